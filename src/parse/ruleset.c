/*
 * ruleset - the grammar: rule files, read, checked and made ready to match
 */
#include "parse/ruleset.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "parse/builtin.h"
#include "parse/dispatch.h"
#include "parse/rulefile.h"
#include "parse/unescape.h"

#define FILES_MAX 255

struct ruleset *ruleset_new(void)
{
    return mem_new(sizeof(struct ruleset));
}

void ruleset_free(struct ruleset *rs)
{
    if (rs == NULL)
        return;
    for (size_t i = 0; i < rs->count; i++)
        rulefile_free(rs->files[i]);
    free(rs->files);
    free(rs);
}

bool ruleset_add(struct ruleset *rs, struct slice text, const char *name,
                 struct error *err)
{
    struct rulefile *f = rulefile_read(text, name, err);
    size_t i = 0;

    if (f == NULL)
        return false;
    while (i < rs->count && !slice_equal(rs->files[i]->mta, f->mta))
        i++;
    if (i == FILES_MAX) {
        rulefile_free(f);
        return error_set(err, "%s: there are too many rule files", name);
    }
    if (i < rs->count) {
        rulefile_free(rs->files[i]);
    } else {
        rs->files =
            mem_grow(rs->files, rs->count, &rs->cap, sizeof(struct rulefile *));
        rs->count++;
    }
    f->index = (uint8_t)i;
    rs->files[i] = f;
    return true;
}

bool ruleset_add_builtin(struct ruleset *rs, struct error *err)
{
    for (const struct builtin_rules *b = builtin_rules; b->name != NULL; b++)
        if (!ruleset_add(rs, slice_make(b->text, b->len), b->name, err))
            return false;
    return true;
}

void ruleset_finish(struct ruleset *rs)
{
    for (size_t i = 0; i < rs->count; i++)
        for (size_t n = 0; n < rs->files[i]->rule_count; n++)
            rule_translate(rs->files[i]->rules[n]);
}

uint32_t ruleset_groups(const struct ruleset *rs)
{
    uint32_t most = 0;

    for (size_t i = 0; i < rs->count; i++) {
        for (size_t n = 0; n < rs->files[i]->rule_count; n++) {
            uint32_t groups = rule_groups(rs->files[i]->rules[n]);

            most = groups > most ? groups : most;
        }
    }
    return most;
}

struct slice ruleset_mta_name(const struct ruleset *rs, unsigned mta)
{
    return mta < rs->count ? rs->files[mta]->mta : SLICE("");
}

/* For "%.*s" of a text that a message quotes. */
static int shown(struct slice s)
{
    return s.len < 200 ? (int)s.len : 200;
}

static bool check_facts(const struct sample *s, const struct event *ev,
                        struct error *err)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct sample_fact *f = &s->facts[i];
        struct slice name = fact_name(f->fact);
        struct slice value = event_fact(ev, f->fact);

        if (f->set == event_has(ev, f->fact) && slice_equal(f->value, value))
            continue;
        if (!event_has(ev, f->fact))
            return error_at(err, f->place, "%.*s is not set, not \"%.*s\"",
                            (int)name.len, name.ptr, shown(f->value),
                            f->value.ptr);
        return error_at(err, f->place, "%.*s is \"%.*s\"%s", (int)name.len,
                        name.ptr, shown(value), value.ptr,
                        f->set ? "" : ", but should not be set");
    }
    return true;
}

/* Whether a text would be left unread by who wants no deliveries. */
static bool is_left(const struct service *s, struct slice text,
                    struct matcher *m)
{
    struct event ev = {.kind = EVENT_NONE};

    return service_match(s, text, (struct unwanted){.deliveries = true}, m,
                         &ev) == RULE_YES &&
           ev.kind == EVENT_UNREAD;
}

/* A "=" sample at one of the services of its rule. */
static bool check_service(const struct sample *s, const struct service *where,
                          struct slice text, struct matcher *m,
                          struct error *err)
{
    struct event ev = {.kind = EVENT_NONE};
    enum rule_result result =
        service_match(where, text, (struct unwanted){0}, m, &ev);

    if (result == RULE_FAILED)
        return error_at(err, s->place, "%s", matcher_reason(m).ptr);
    if (result == RULE_YES && ev.rule != s->rule)
        return error_at(err, s->place,
                        "the rule of line %llu takes the sample before",
                        (unsigned long long)ev.rule->place.line);
    if (result == RULE_NO)
        return error_at(err, s->place,
                        "the rule of line %llu does not match the sample",
                        (unsigned long long)s->rule->place.line);
    if (event_has(&ev, FACT_OTHER_ID) && is_left(where, text, m))
        return error_at(err, s->place,
                        "other_id does not stand where the directive says");
    return check_facts(s, &ev, err);
}

static bool service_has(const struct service *s, const struct rule *rule)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->rules[i] == rule)
            return true;
    return false;
}

static bool check_match(const struct rulefile *f, const struct sample *s,
                        struct slice text, struct matcher *m, struct error *err)
{
    for (size_t i = 0; i < f->service_count; i++)
        if (service_has(f->services[i], s->rule) &&
            !check_service(s, f->services[i], text, m, err))
            return false;
    return true;
}

static bool check_no_match(const struct sample *s, struct slice text,
                           struct matcher *m, struct error *err)
{
    struct event ev;

    switch (rule_match(s->rule, text, m, &ev)) {
    case RULE_NO:
        return true;
    case RULE_FAILED:
        return error_at(err, s->place, "%s", matcher_reason(m).ptr);
    default:
        return error_at(err, s->place,
                        "the rule of line %llu matches the sample",
                        (unsigned long long)s->rule->place.line);
    }
}

static bool check_sample(const struct rulefile *f, const struct sample *s,
                         struct matcher *m, struct error *err)
{
    char *copy = mem_new(s->text.len + 1);
    struct slice text = {copy, s->text.len};
    bool good;

    if (f->unescape)
        text.len = unescape(s->text, copy);
    else if (s->text.len > 0)
        memcpy(copy, s->text.ptr, s->text.len);
    good = s->match ? check_match(f, s, text, m, err)
                    : check_no_match(s, text, m, err);
    free(copy);
    return good;
}

bool ruleset_check(const struct ruleset *rs, size_t *samples, struct error *err)
{
    struct matcher *m = matcher_new(ruleset_groups(rs));
    bool good = true;

    *samples = 0;
    for (size_t i = 0; i < rs->count && good; i++) {
        const struct rulefile *f = rs->files[i];

        for (size_t n = 0; n < f->sample_count && good; n++) {
            good = check_sample(f, &f->samples[n], m, err);
            ++*samples;
        }
    }
    matcher_free(m);
    return good;
}
