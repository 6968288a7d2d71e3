/*
 * rulefile - the loader of rule files
 */
#include "parse/rulefile.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "parse/defines.h"

#define SERVICES_MAX 256

/* A file in the course of being read. */
struct loader {
    struct rulefile *file;
    struct defines defines;
    struct place at; /* the line being read */
    struct slice directive;
    struct error *err;
};

struct directive {
    const char *name;
    bool (*read)(struct loader *l, struct slice rest);
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct slice skip_blanks(struct slice s)
{
    size_t i = 0;

    while (i < s.len && is_blank(s.ptr[i]))
        i++;
    return slice_from(s, i);
}

/* The next word of *rest; "" when there is none. */
static struct slice next_word(struct slice *rest)
{
    struct slice s = skip_blanks(*rest);
    size_t i = 0;

    while (i < s.len && !is_blank(s.ptr[i]))
        i++;
    *rest = skip_blanks(slice_from(s, i));
    return slice_head(s, i);
}

/* The next part of a list with commas. */
static struct slice next_item(struct slice *rest)
{
    size_t comma = slice_find_byte(*rest, ',');
    struct slice item = slice_head(*rest, comma);

    *rest = slice_from(*rest, comma == SIZE_MAX ? rest->len : comma + 1);
    return item;
}

/* For "%.*s": a text of the file, cut to what a message can show. */
static int shown(struct slice s)
{
    return s.len < 60 ? (int)s.len : 60;
}

static bool wrong(struct loader *l, const char *what)
{
    return error_at(l->err, l->at, "%.*s: %s", shown(l->directive),
                    l->directive.ptr, what);
}

bool names_have(const struct names *n, struct slice name)
{
    for (size_t i = 0; i < n->count; i++)
        if (slice_equal(n->name[i], name))
            return true;
    return false;
}

static bool add_names(struct loader *l, struct names *n, struct slice rest)
{
    if (rest.len == 0)
        return wrong(l, "a name is missing");
    while (rest.len > 0) {
        struct slice name = next_word(&rest);

        n->name = mem_grow(n->name, n->count, &n->cap, sizeof *n->name);
        n->name[n->count++] = arena_copy(l->file->texts, name);
    }
    return true;
}

struct service *rulefile_service(const struct rulefile *f, struct slice name)
{
    for (size_t i = 0; i < f->service_count; i++)
        if (slice_equal(f->services[i]->name, name))
            return f->services[i];
    return NULL;
}

/* The service of this name, which may be new; NULL: there are too many. */
static struct service *get_service(struct rulefile *f, struct slice name)
{
    struct service *s = rulefile_service(f, name);

    if (s != NULL || f->service_count == SERVICES_MAX)
        return s;
    s = service_new(arena_copy(f->texts, name), f);
    f->services = mem_grow(f->services, f->service_count, &f->service_cap,
                           sizeof(struct service *));
    f->services[f->service_count++] = s;
    return s;
}

static bool read_mta(struct loader *l, struct slice rest)
{
    struct slice name = next_word(&rest);

    if (l->file->mta.len > 0)
        return wrong(l, "stands once in a file");
    if (name.len == 0 || rest.len > 0)
        return wrong(l, "one name is expected");
    l->file->mta = arena_copy(l->file->texts, name);
    return true;
}

static bool read_tag(struct loader *l, struct slice rest)
{
    struct slice form = next_word(&rest);

    if (slice_equal(form, SLICE("word")))
        return add_names(l, &l->file->words, rest);
    if (rest.len > 0)
        return wrong(l, "nothing is expected behind slash and other");
    if (slice_equal(form, SLICE("slash")))
        l->file->tag_slash = true;
    else if (slice_equal(form, SLICE("other")))
        l->file->tag_other = true;
    else
        return wrong(l, "slash, word or other is expected");
    return true;
}

static bool read_foreign(struct loader *l, struct slice rest)
{
    return add_names(l, &l->file->foreign, rest);
}

static bool read_queue_id(struct loader *l, struct slice rest)
{
    const char *what = queueid_add(&l->file->ids, slice_trim(rest));

    return what == NULL || wrong(l, what);
}

static bool read_unescape(struct loader *l, struct slice rest)
{
    if (!slice_equal(slice_trim(rest), SLICE("backslash")))
        return wrong(l, "backslash is expected");
    l->file->unescape = true;
    return true;
}

static bool read_split(struct loader *l, struct slice rest)
{
    if (!slice_equal(slice_trim(rest), SLICE("ID[N]")))
        return wrong(l, "ID[N] is expected");
    l->file->split = true;
    return true;
}

static bool read_irrelevant(struct loader *l, struct slice rest)
{
    if (rest.len == 0)
        return wrong(l, "a service is missing");
    while (rest.len > 0) {
        struct service *s = get_service(l->file, next_word(&rest));

        if (s == NULL)
            return wrong(l, "there are too many services");
        s->irrelevant = true;
    }
    return true;
}

/* The pattern with every %{NAME} put in, to out. */
static bool expand(struct loader *l, struct slice pattern, struct buf *out)
{
    return defines_expand(&l->defines, pattern, RULE_PATTERN_MAX, out, l->at,
                          l->err);
}

static bool read_define(struct loader *l, struct slice rest)
{
    struct slice name = next_word(&rest);
    struct buf pattern = {0};
    bool good;

    if (name.len == 0 || rest.len == 0)
        return wrong(l, "a name and a pattern are expected");
    good = expand(l, rest, &pattern);
    if (good &&
        !defines_add(&l->defines, name, buf_slice(&pattern), l->file->texts))
        good = wrong(l, "the name is taken");
    buf_free(&pattern);
    return good;
}

/* LITERAL: a word, "quoted text" (\" and \\ in it), or - for none. */
static bool next_literal(struct loader *l, struct slice *rest,
                         struct buf *literal)
{
    struct slice s = *rest;
    size_t i = 1;

    if (s.len == 0 || s.ptr[0] != '"') {
        struct slice word = next_word(rest);

        if (!slice_equal(word, SLICE("-")))
            buf_add(literal, word);
        return true;
    }
    while (i < s.len && s.ptr[i] != '"') {
        if (s.ptr[i] == '\\' && i + 1 < s.len)
            i++;
        buf_add_byte(literal, s.ptr[i++]);
    }
    if (i == s.len)
        return error_at(l->err, l->at, "the literal's second \" is missing");
    *rest = skip_blanks(slice_from(s, i + 1));
    return true;
}

static bool read_other_id(struct loader *l, struct slice rest)
{
    struct buf text = {0};
    bool good = next_literal(l, &rest, &text);

    if (good && (text.len == 0 || rest.len > 0))
        good = wrong(l, "one text is expected");
    if (good && l->file->other_id.len > 0)
        good = wrong(l, "stands once in a file");
    if (good)
        l->file->other_id = arena_copy(l->file->texts, buf_slice(&text));
    buf_free(&text);
    return good;
}

static const struct directive directives[] = {
    {"mta", read_mta},           {"tag", read_tag},
    {"foreign", read_foreign},   {"queue_id", read_queue_id},
    {"unescape", read_unescape}, {"split", read_split},
    {"define", read_define},     {"irrelevant", read_irrelevant},
    {"other_id", read_other_id},
};

static const struct directive *find_directive(struct slice name)
{
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (slice_equal(slice_of(directives[i].name), name))
            return &directives[i];
    return NULL;
}

static bool add_to_services(struct loader *l, struct rule *rule,
                            struct slice list)
{
    while (list.len > 0) {
        struct slice name = next_item(&list);
        struct service *s = get_service(l->file, name);

        if (name.len == 0 || s == NULL)
            return error_at(l->err, l->at, "%s",
                            name.len == 0 ? "a service without name"
                                          : "there are too many services");
        service_add(s, rule);
    }
    return true;
}

static bool add_rule(struct loader *l, struct slice services,
                     enum event_kind kind, struct slice literal,
                     struct slice pattern)
{
    struct rulefile *f = l->file;
    struct rule *rule = rule_compile(kind, literal, pattern, l->at, l->err);

    if (rule == NULL)
        return false;
    f->rules =
        mem_grow(f->rules, f->rule_count, &f->rule_cap, sizeof(struct rule *));
    f->rules[f->rule_count++] = rule;
    f->doubts |= kind == EVENT_ENVELOPE || kind == EVENT_TAKEN;
    f->queues |= kind == EVENT_QUEUED;
    return add_to_services(l, rule, services);
}

/* SERVICE[,SERVICE...] EVENT LITERAL PATTERN */
static bool read_rule(struct loader *l, struct slice services,
                      struct slice rest)
{
    struct slice event = next_word(&rest);
    struct buf literal = {0}, pattern = {0};
    enum event_kind kind;
    bool good = false;

    if (!event_find(event, &kind)) {
        if (rest.len == 0)
            return error_at(l->err, l->at, "unknown directive \"%.*s\"",
                            shown(services), services.ptr);
        return error_at(l->err, l->at, "unknown event \"%.*s\"", shown(event),
                        event.ptr);
    }
    if (next_literal(l, &rest, &literal)) {
        if (rest.len == 0)
            (void)error_at(l->err, l->at,
                           "a rule is SERVICE EVENT LITERAL PATTERN");
        else if (expand(l, rest, &pattern))
            good = add_rule(l, services, kind, buf_slice(&literal),
                            buf_slice(&pattern));
    }
    buf_free(&literal);
    buf_free(&pattern);
    return good;
}

/* "= TEXT" and "! TEXT": one blank is between them. */
static bool read_sample(struct loader *l, struct slice line)
{
    struct rulefile *f = l->file;
    struct sample *s;

    if (f->rule_count == 0)
        return error_at(l->err, l->at, "a sample stands below a rule");
    if (line.len > 1 && line.ptr[1] != ' ')
        return error_at(l->err, l->at, "a blank is missing behind \"%c\"",
                        line.ptr[0]);
    f->samples = mem_grow(f->samples, f->sample_count, &f->sample_cap,
                          sizeof *f->samples);
    s = &f->samples[f->sample_count++];
    *s = (struct sample){
        .rule = f->rules[f->rule_count - 1],
        .match = line.ptr[0] == '=',
        .text = arena_copy(f->texts, slice_from(line, line.len > 1 ? 2 : 1)),
        .place = l->at,
    };
    return true;
}

/* "  NAME=VALUE" or "  NAME", of the sample above. */
static bool read_fact(struct loader *l, struct slice line)
{
    struct rulefile *f = l->file;
    struct slice text = skip_blanks(line);
    size_t sign = slice_find_byte(text, '=');
    struct slice name = slice_trim(slice_head(text, sign));
    struct sample *s;
    enum fact fact;

    if (f->sample_count == 0)
        return error_at(l->err, l->at, "a fact stands below a sample");
    s = &f->samples[f->sample_count - 1];
    if (s->rule != f->rules[f->rule_count - 1] || !s->match)
        return error_at(l->err, l->at, "a fact stands below a \"=\" sample");
    if (!fact_find(name, &fact))
        return error_at(l->err, l->at, "unknown fact \"%.*s\"", shown(name),
                        name.ptr);
    s->facts = mem_grow(s->facts, s->count, &s->cap, sizeof *s->facts);
    s->facts[s->count++] = (struct sample_fact){
        .fact = fact,
        .set = sign != SIZE_MAX,
        .value = sign == SIZE_MAX
                     ? SLICE("")
                     : arena_copy(f->texts, slice_from(text, sign + 1)),
        .place = l->at,
    };
    return true;
}

static bool read_line(struct loader *l, struct slice line)
{
    struct slice rest = line;
    const struct directive *d;

    if (slice_trim(line).len == 0 || line.ptr[0] == '#')
        return true;
    if (line.ptr[0] == '=' || line.ptr[0] == '!')
        return read_sample(l, line);
    if (is_blank(line.ptr[0]))
        return read_fact(l, line);

    l->directive = next_word(&rest);
    d = find_directive(l->directive);
    if (l->file->mta.len == 0 && (d == NULL || d->read != read_mta))
        return error_at(l->err, l->at, "\"mta NAME\" must come first");
    return d != NULL ? d->read(l, rest) : read_rule(l, l->directive, rest);
}

static bool read_lines(struct loader *l, struct slice text)
{
    while (text.len > 0) {
        size_t end = slice_find_byte(text, '\n');
        struct slice line = slice_head(text, end);

        text = slice_from(text, end == SIZE_MAX ? text.len : end + 1);
        if (slice_ends(line, SLICE("\r")))
            line.len--;
        l->at.line++;
        if (!read_line(l, line))
            return false;
    }
    if (l->file->mta.len == 0) {
        l->at.line = 0;
        return error_at(l->err, l->at, "\"mta NAME\" is missing");
    }
    return true;
}

struct rulefile *rulefile_read(struct slice text, const char *name,
                               struct error *err)
{
    struct rulefile *f = mem_new(sizeof *f);
    struct loader l = {.file = f, .err = err};
    bool good;

    f->texts = arena_new();
    f->name = mem_text(slice_of(name));
    l.at.file = f->name;
    good = read_lines(&l, text);
    defines_release(&l.defines);
    if (!good) {
        rulefile_free(f);
        return NULL;
    }
    for (size_t i = 0; i < f->service_count; i++)
        service_prepare(f->services[i]);
    return f;
}

void rulefile_free(struct rulefile *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->service_count; i++)
        service_free(f->services[i]);
    for (size_t i = 0; i < f->rule_count; i++)
        rule_free(f->rules[i]);
    for (size_t i = 0; i < f->sample_count; i++)
        free(f->samples[i].facts);
    free(f->services);
    free(f->rules);
    free(f->samples);
    free(f->words.name);
    free(f->foreign.name);
    free((char *)f->name);
    arena_free(f->texts);
    free(f);
}
