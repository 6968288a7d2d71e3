/*
 * rule - one pattern of a rule file, ready to match
 */
#include "parse/rule.h"

#include <stdlib.h>

#include "base/mem.h"
#include "parse/literal.h"

/* Takes over what the pattern says in plain text. */
static void set_literals(struct rule *rule, struct slice literal,
                         struct slice pattern, struct literal *found)
{
    char *out = mem_new(2 * pattern.len + literal.len + sizeof rule->head);
    char *copy = out + pattern.len + sizeof rule->head;
    size_t head;

    *found = literal_of(pattern, out);
    rule->texts = out;
    rule->prefix = found->prefix;
    head = slice_head(rule->prefix, sizeof rule->head).len;
    memcpy(&rule->head, out, head);
    memset(&rule->head_mask, 0xFF, head);
    rule->whole = found->whole;
    if (pattern.len > 0)
        memcpy(copy, pattern.ptr, pattern.len);
    rule->pattern = slice_make(copy, pattern.len);
    if (slice_find(rule->prefix, literal) != SIZE_MAX)
        return;
    copy += pattern.len;
    if (literal.len > 0)
        memcpy(copy, literal.ptr, literal.len);
    rule->literal = slice_make(copy, literal.len);
}

static struct slice group_name(const struct rule *rule, unsigned group)
{
    return rule->scanner != NULL ? scanner_group_name(rule->scanner, group)
                                 : regex_group_name(rule->regex, group);
}

/* Each group is the fact that it is named for. */
static bool bind_groups(struct rule *rule, struct error *err)
{
    rule->groups = rule->scanner != NULL ? scanner_group_count(rule->scanner)
                                         : regex_group_count(rule->regex);
    rule->facts = mem_new(rule->groups + 1);
    for (unsigned i = 0; i < rule->groups; i++) {
        struct slice name = group_name(rule, i);
        enum fact fact;

        if (!fact_find(name, &fact))
            return error_at(err, rule->place, "unknown group \"%.*s\"",
                            (int)name.len, name.ptr);
        rule->facts[i] = (uint8_t)fact;
    }
    return true;
}

static void set_begins(struct rule *rule)
{
    if (rule->prefix.len > 0) {
        rule->begins[(unsigned char)rule->prefix.ptr[0]] = true;
    } else if (rule->scanner == NULL ||
               !scanner_begins(rule->scanner, rule->begins)) {
        memset(rule->begins, true, sizeof rule->begins);
        rule->may_be_empty = true;
    }
}

/* The engine for a pattern: a scanner if that can do. */
static bool set_engine(struct rule *rule, struct error *err)
{
    rule->scanner = scanner_new(rule->pattern);
    if (rule->scanner == NULL)
        rule->regex = regex_new(rule->pattern, rule->place, err);
    return (rule->scanner != NULL || rule->regex != NULL) &&
           bind_groups(rule, err);
}

struct rule *rule_compile(enum event_kind kind, struct slice literal,
                          struct slice pattern, struct place at,
                          struct error *err)
{
    struct rule *rule;
    struct literal found;

    if (pattern.len > RULE_PATTERN_MAX) {
        (void)error_at(err, at, "the pattern is too long");
        return NULL;
    }
    rule = mem_new(sizeof *rule);
    rule->kind = (uint8_t)kind;
    rule->place = at;
    set_literals(rule, literal, pattern, &found);
    if (!found.complete && !set_engine(rule, err)) {
        rule_free(rule);
        return NULL;
    }
    set_begins(rule);
    return rule;
}

void rule_free(struct rule *rule)
{
    if (rule == NULL)
        return;
    scanner_free(rule->scanner);
    regex_free(rule->regex);
    free(rule->facts);
    free(rule->texts);
    free(rule);
}

void rule_translate(struct rule *rule)
{
    if (rule->regex != NULL)
        regex_translate(rule->regex);
}

uint32_t rule_groups(const struct rule *rule)
{
    return rule->groups;
}

struct place rule_place(const struct rule *rule)
{
    return rule->place;
}

static void take_fact(const struct rule *rule, unsigned group,
                      struct slice value, struct event *ev)
{
    unsigned fact = rule->facts[group];

    ev->facts |= UINT32_C(1) << fact;
    ev->value[fact] = value;
}

static void take_scanned(const struct rule *rule,
                         const struct scanner_groups *groups, struct event *ev)
{
    for (uint32_t set = groups->set; set != 0; set &= set - 1) {
        unsigned group = (unsigned)__builtin_ctz(set);
        const char *begin = groups->at[group].begin;

        take_fact(rule, group,
                  slice_make(begin, (size_t)(groups->at[group].end - begin)),
                  ev);
    }
}

static enum rule_result take_regex(const struct rule *rule, struct slice text,
                                   enum regex_result found,
                                   const struct matcher *m, struct event *ev)
{
    size_t begin, end;

    if (found == REGEX_NO)
        return RULE_NO;
    if (found == REGEX_FAILED)
        return RULE_FAILED;
    ev->facts = 0;
    for (uint32_t i = 0; i < rule->groups; i++)
        if (matcher_group(m, i, &begin, &end))
            take_fact(rule, i, slice_make(text.ptr + begin, end - begin), ev);
    return RULE_YES;
}

/* What the scanner gives up at, the regex engine may still decide. */
static enum rule_result match_simple(const struct rule *rule, struct slice text,
                                     struct matcher *m, struct event *ev)
{
    struct scanner_groups groups;

    switch (scanner_match(rule->scanner, text, &groups)) {
    case SCANNER_NO:
        return RULE_NO;
    case SCANNER_YES:
        ev->facts = 0;
        take_scanned(rule, &groups, ev);
        return RULE_YES;
    default:
        return take_regex(rule, text,
                          regex_match_once(rule->pattern, rule->place, text, m),
                          m, ev);
    }
}

/* Mostly it stands in front, where memmem() need not set up its search. */
static bool occurs(struct slice text, struct slice literal)
{
    return slice_starts_short(text, literal) ||
           memmem(text.ptr, text.len, literal.ptr, literal.len) != NULL;
}

static enum rule_result match_literal(const struct rule *rule,
                                      struct slice text, struct event *ev)
{
    if (!slice_starts_short(text, rule->prefix) ||
        (rule->whole && text.len != rule->prefix.len))
        return RULE_NO;
    ev->facts = 0;
    return RULE_YES;
}

enum rule_result rule_match(const struct rule *rule, struct slice text,
                            struct matcher *m, struct event *ev)
{
    enum rule_result result;

    if (rule->literal.len > 0 && !occurs(text, rule->literal))
        return RULE_NO;
    if (rule->scanner != NULL)
        result = match_simple(rule, text, m, ev);
    else if (rule->regex != NULL)
        result =
            take_regex(rule, text, regex_match(rule->regex, text, m), m, ev);
    else
        result = match_literal(rule, text, ev);
    if (result == RULE_YES) {
        ev->kind = rule->kind;
        ev->rule = rule;
    }
    return result;
}
