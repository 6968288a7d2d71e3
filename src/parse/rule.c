/*
 * rule - one pattern of a rule file, ready to match
 */
#include "parse/rule.h"

#include <stdio.h>
#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"
#include "parse/literal.h"

/* A pattern cannot turn to UTF-8, where a stray byte would be an error. */
#define RULE_OPTIONS                                                           \
    (PCRE2_DOLLAR_ENDONLY | PCRE2_DOTALL | PCRE2_DUPNAMES |                    \
     PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |               \
     PCRE2_NEVER_BACKSLASH_C)

/*
 * Limits, so that no text can stall a pattern that backtracks. Both engines
 * count the points they come back to; either stops after a few milliseconds.
 */
#define JIT_STACK_START (32 * 1024)
#define JIT_STACK_MAX (1024 * 1024)
#define JIT_MATCH_LIMIT 200000
#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 100000
#define HEAP_LIMIT_KIB (16 * 1024)

struct matcher {
    pcre2_match_data *data;
    const PCRE2_SIZE *ovector;
    pcre2_match_context *jit;
    pcre2_match_context *interpreter;
    pcre2_jit_stack *stack;
    char reason[256];
};

/* PCRE2's allocator, so that its objects cannot fail either. */
static void *take_memory(size_t size, void *arg)
{
    (void)arg;
    return mem_new(size);
}

static void give_memory(void *ptr, void *arg)
{
    (void)arg;
    free(ptr);
}

struct matcher *matcher_new(uint32_t groups)
{
    struct matcher *m = mem_new(sizeof *m);
    pcre2_general_context *memory =
        pcre2_general_context_create(take_memory, give_memory, NULL);

    m->data = pcre2_match_data_create(groups + 1, memory);
    m->ovector = pcre2_get_ovector_pointer(m->data);
    m->jit = pcre2_match_context_create(memory);
    m->interpreter = pcre2_match_context_create(memory);
    pcre2_general_context_free(memory);

    (void)pcre2_set_match_limit(m->jit, JIT_MATCH_LIMIT);
    (void)pcre2_set_match_limit(m->interpreter, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(m->interpreter, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(m->interpreter, HEAP_LIMIT_KIB);

    /* NULL is the 32 KiB of the machine stack: enough for most, and for the
       rest there is the interpreter. */
    m->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
    pcre2_jit_stack_assign(m->jit, NULL, m->stack);
    return m;
}

void matcher_free(struct matcher *m)
{
    if (m == NULL)
        return;
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->jit);
    pcre2_match_context_free(m->interpreter);
    pcre2_jit_stack_free(m->stack);
    free(m);
}

struct slice matcher_reason(const struct matcher *m)
{
    return slice_of(m->reason);
}

/* PCRE2's words, and the pattern from where it no longer made sense. */
static void error_regex(struct error *err, struct place at, int code,
                        struct slice pattern, PCRE2_SIZE offset)
{
    PCRE2_UCHAR text[160];
    struct slice rest;

    if (pcre2_get_error_message(code, text, sizeof text) < 0)
        text[0] = '\0';
    if (offset > pattern.len)
        offset = pattern.len;
    rest = slice_head(slice_from(pattern, offset), 40);
    if (rest.len == 0)
        (void)error_at(err, at, "bad pattern: %s at its end",
                       (const char *)text);
    else
        (void)error_at(err, at, "bad pattern: %s at byte %zu, before \"%.*s\"",
                       (const char *)text, (size_t)offset, (int)rest.len,
                       rest.ptr);
}

static int compare_groups(const void *a, const void *b)
{
    const struct rule_group *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/*
 * Each named group as the fact it is. Groups of one name are several entries
 * of PCRE2's table: two bytes of number, then the name.
 */
static bool bind_groups(struct rule *rule, struct error *err)
{
    uint32_t size = 0;
    PCRE2_SPTR entry = NULL;

    (void)pcre2_pattern_info(rule->code, PCRE2_INFO_NAMECOUNT,
                             &rule->group_count);
    (void)pcre2_pattern_info(rule->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    (void)pcre2_pattern_info(rule->code, PCRE2_INFO_NAMETABLE, &entry);
    if (rule->group_count == 0)
        return true;

    rule->groups = mem_array(rule->group_count, sizeof *rule->groups);
    for (uint32_t i = 0; i < rule->group_count; i++, entry += size) {
        const char *name = (const char *)entry + 2;
        enum fact fact;

        if (!fact_find(slice_of(name), &fact))
            return error_at(err, rule->place, "unknown group \"%s\"", name);
        rule->groups[i].number = (uint32_t)(entry[0] << 8 | entry[1]);
        rule->groups[i].fact = fact;
    }
    qsort(rule->groups, rule->group_count, sizeof *rule->groups,
          compare_groups);
    return true;
}

static pcre2_code *compile(struct slice pattern, int *code, PCRE2_SIZE *offset)
{
    PCRE2_SPTR text = (PCRE2_SPTR)(pattern.len == 0 ? "" : pattern.ptr);

    return pcre2_compile(text, pattern.len, RULE_OPTIONS, code, offset, NULL);
}

static void begin_with_any(struct rule *rule)
{
    memset(rule->begins, true, sizeof rule->begins);
    rule->may_be_empty = true;
}

/*
 * The bytes a match can begin with, of a pattern without plain prefix
 *
 * PCRE2 works them out, though not for anchored patterns, where it has no use
 * for them: so it is asked about the pattern without its "^".
 */
static void find_first_bytes(struct rule *rule, struct slice pattern)
{
    pcre2_code *code;
    const uint8_t *bitmap = NULL;
    uint32_t type = 0, unit = 0;
    PCRE2_SIZE offset;
    int error;

    code = compile(slice_from(pattern, 1), &error, &offset);
    if (code == NULL) {
        begin_with_any(rule);
        return;
    }
    (void)pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &type);
    (void)pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &unit);
    (void)pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &bitmap);
    if (type == 1) {
        /* Of [Mm] PCRE2 names one case, and does not tell that it is so. */
        rule->begins[toupper((int)unit)] = true;
        rule->begins[tolower((int)unit)] = true;
    } else if (bitmap != NULL) {
        for (unsigned c = 0; c < 256; c++)
            rule->begins[c] = (bitmap[c / 8] >> (c % 8) & 1) != 0;
    } else {
        begin_with_any(rule);
    }
    pcre2_code_free(code);
}

/* Takes over what the pattern says in plain text. */
static void set_literals(struct rule *rule, struct slice literal,
                         struct slice pattern, struct literal *found)
{
    char *out = mem_new(pattern.len + literal.len + sizeof rule->head);
    size_t head;

    *found = literal_of(pattern, out);
    rule->texts = out;
    rule->prefix = found->prefix;
    head = slice_head(rule->prefix, sizeof rule->head).len;
    memcpy(&rule->head, out, head);
    memset(&rule->head_mask, 0xFF, head);
    rule->whole = found->whole;
    if (slice_find(rule->prefix, literal) != SIZE_MAX)
        return;
    if (literal.len > 0)
        memcpy(out + pattern.len, literal.ptr, literal.len);
    rule->literal = slice_make(out + pattern.len, literal.len);
}

struct rule *rule_compile(enum event_kind kind, struct slice literal,
                          struct slice pattern, struct place at,
                          struct error *err)
{
    struct rule *rule;
    struct literal found;
    PCRE2_SIZE offset;
    int error;

    if (pattern.len > RULE_PATTERN_MAX) {
        (void)error_at(err, at, "the pattern is too long");
        return NULL;
    }
    rule = mem_new(sizeof *rule);
    rule->kind = (uint8_t)kind;
    rule->place = at;
    set_literals(rule, literal, pattern, &found);
    if (!found.complete) {
        rule->code = compile(pattern, &error, &offset);
        if (rule->code == NULL) {
            error_regex(err, at, error, pattern, offset);
            goto fail;
        }
        if (!bind_groups(rule, err))
            goto fail;
    }

    if (rule->prefix.len > 0)
        rule->begins[(unsigned char)rule->prefix.ptr[0]] = true;
    else if (found.anchored && !found.complete)
        find_first_bytes(rule, pattern);
    else
        begin_with_any(rule);
    return rule;

fail:
    rule_free(rule);
    return NULL;
}

void rule_free(struct rule *rule)
{
    if (rule == NULL)
        return;
    pcre2_code_free(rule->code);
    free(rule->groups);
    free(rule->texts);
    free(rule);
}

void rule_translate(struct rule *rule)
{
    if (rule->code != NULL)
        rule->jit = pcre2_jit_compile(rule->code, PCRE2_JIT_COMPLETE) == 0;
}

uint32_t rule_groups(const struct rule *rule)
{
    uint32_t count = 0;

    if (rule->code != NULL)
        (void)pcre2_pattern_info(rule->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

struct place rule_place(const struct rule *rule)
{
    return rule->place;
}

/* Keeps what is to be said of an engine that gave up. */
static enum rule_result give_up(const struct rule *rule, struct matcher *m,
                                int code)
{
    PCRE2_UCHAR text[160];

    if (pcre2_get_error_message(code, text, sizeof text) < 0)
        text[0] = '\0';
    (void)snprintf(m->reason, sizeof m->reason,
                   "the regex engine gave up at the rule %s:%llu: %s",
                   rule->place.file, (unsigned long long)rule->place.line,
                   (const char *)text);
    return RULE_FAILED;
}

/*
 * The regex by the interpreter, under limits: for what machine code could
 * not decide (its stack or limit was too small), and where there is no JIT.
 */
static int interpret(const struct rule *rule, struct slice text,
                     struct matcher *m)
{
    return pcre2_match(rule->code, (PCRE2_SPTR)text.ptr, text.len, 0,
                       PCRE2_NO_JIT, m->data, m->interpreter);
}

static int run_regex(const struct rule *rule, struct slice text,
                     struct matcher *m)
{
    int found;

    if (!rule->jit)
        return interpret(rule, text, m);
    found = pcre2_jit_match(rule->code, (PCRE2_SPTR)text.ptr, text.len, 0, 0,
                            m->data, m->jit);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH)
        found = interpret(rule, text, m);
    return found;
}

static void take_facts(const struct rule *rule, struct slice text,
                       const PCRE2_SIZE *ovector, struct event *ev)
{
    uint32_t facts = 0;

    for (uint32_t i = 0; i < rule->group_count; i++) {
        struct rule_group group = rule->groups[i];
        PCRE2_SIZE start = ovector[2 * group.number];
        PCRE2_SIZE end = ovector[2 * group.number + 1];

        if (start == PCRE2_UNSET)
            continue;
        facts |= UINT32_C(1) << group.fact;
        ev->value[group.fact] = slice_make(text.ptr + start, end - start);
    }
    ev->facts = facts;
}

/* Mostly it stands in front, where memmem() need not set up its search. */
static bool occurs(struct slice text, struct slice literal)
{
    return literal.len == 0 || slice_starts(text, literal) ||
           memmem(text.ptr, text.len, literal.ptr, literal.len) != NULL;
}

/* slice_starts() of the prefix, without a call for most prefixes. */
static bool begins(const struct rule *rule, struct slice text)
{
    uint64_t head;

    if (text.len < sizeof head)
        return slice_starts(text, rule->prefix);
    memcpy(&head, text.ptr, sizeof head);
    if (((head ^ rule->head) & rule->head_mask) != 0)
        return false;
    return rule->prefix.len <= sizeof head || slice_starts(text, rule->prefix);
}

enum rule_result rule_match(const struct rule *rule, struct slice text,
                            struct matcher *m, struct event *ev)
{
    if (!begins(rule, text) || !occurs(text, rule->literal))
        return RULE_NO;

    if (rule->code == NULL) {
        if (rule->whole && text.len != rule->prefix.len)
            return RULE_NO;
        ev->facts = 0;
    } else {
        int found = run_regex(rule, text, m);

        if (found == PCRE2_ERROR_NOMATCH)
            return RULE_NO;
        if (found < 0)
            return give_up(rule, m, found);
        take_facts(rule, text, m->ovector, ev);
    }
    ev->kind = rule->kind;
    ev->rule = rule;
    return RULE_YES;
}
