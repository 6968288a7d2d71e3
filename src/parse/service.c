/*
 * service - the rules of one program of an MTA, and which of them to try
 */
#include "parse/service.h"

#include <stdlib.h>

#include "base/mem.h"

struct service *service_new(struct slice name, const struct rulefile *file)
{
    struct service *s = mem_new(sizeof *s);

    s->name = name;
    s->file = file;
    return s;
}

void service_free(struct service *s)
{
    free(s->rules);
    free(s->lists);
    free(s);
}

void service_add(struct service *s, struct rule *rule)
{
    if (s->count > 0 && s->rules[s->count - 1] == rule)
        return; /* its line names the service twice */
    s->rules = mem_grow(s->rules, s->count, &s->cap, sizeof(struct rule *));
    s->rules[s->count++] = rule;
}

static bool may_begin(const struct rule *rule, unsigned byte)
{
    return byte == SERVICE_EMPTY_TEXT ? rule->may_be_empty : rule->begins[byte];
}

/* Whether two first bytes have the same rules, and so can share a list. */
static bool begin_alike(const struct service *s, unsigned a, unsigned b)
{
    for (size_t i = 0; i < s->count; i++)
        if (may_begin(s->rules[i], a) != may_begin(s->rules[i], b))
            return false;
    return true;
}

void service_prepare(struct service *s)
{
    size_t used = 0, cap = 0;

    for (unsigned byte = 0; byte <= SERVICE_EMPTY_TEXT; byte++) {
        unsigned twin = 0;

        while (!begin_alike(s, twin, byte))
            twin++;
        if (twin < byte) {
            s->first[byte] = s->first[twin];
            continue;
        }
        s->first[byte] = (uint32_t)used;
        for (size_t i = 0; i <= s->count; i++) {
            const struct rule *rule = i < s->count ? s->rules[i] : NULL;

            if (rule != NULL && !may_begin(rule, byte))
                continue;
            s->lists = mem_grow(s->lists, used, &cap, sizeof(struct rule *));
            s->lists[used++] = rule;
        }
    }
}

enum rule_result service_match(const struct service *s, struct slice text,
                               struct matcher *m, struct event *ev)
{
    unsigned byte = SERVICE_EMPTY_TEXT;
    enum rule_result result = RULE_NO;

    if (text.len > 0)
        byte = (unsigned char)text.ptr[0];
    else
        text = SLICE(""); /* the regex engine wants a pointer */
    for (const struct rule **r = s->lists + s->first[byte];
         *r != NULL && result == RULE_NO; r++)
        result = rule_match(*r, text, m, ev);
    return result;
}
