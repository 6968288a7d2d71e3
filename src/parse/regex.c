/*
 * regex - PCRE2, with what a rule asks of it
 */
#include "parse/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* A pattern cannot turn to UTF-8, where a stray byte would be an error. */
#define OPTIONS                                                                \
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

struct regex {
    pcre2_code *code;
    bool jit; /* it has been translated */
    struct place place;
};

struct matcher {
    uint32_t groups;
    pcre2_match_data *data; /* NULL: nothing below has been made yet */
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

    m->groups = groups;
    return m;
}

static void prepare(struct matcher *m)
{
    pcre2_general_context *memory =
        pcre2_general_context_create(take_memory, give_memory, NULL);

    m->data = pcre2_match_data_create(m->groups + 1, memory);
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

bool matcher_group(const struct matcher *m, uint32_t group, size_t *begin,
                   size_t *end)
{
    *begin = m->ovector[2 * (group + 1)];
    *end = m->ovector[2 * (group + 1) + 1];
    return *begin != PCRE2_UNSET;
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

static pcre2_code *compile(struct slice pattern, int *code, PCRE2_SIZE *offset)
{
    PCRE2_SPTR text = (PCRE2_SPTR)(pattern.len == 0 ? "" : pattern.ptr);

    return pcre2_compile(text, pattern.len, OPTIONS, code, offset, NULL);
}

struct regex *regex_new(struct slice pattern, struct place at,
                        struct error *err)
{
    struct regex *re;
    PCRE2_SIZE offset;
    int error;
    pcre2_code *code = compile(pattern, &error, &offset);

    if (code == NULL) {
        error_regex(err, at, error, pattern, offset);
        return NULL;
    }
    re = mem_new(sizeof *re);
    re->code = code;
    re->place = at;
    return re;
}

void regex_free(struct regex *re)
{
    if (re == NULL)
        return;
    pcre2_code_free(re->code);
    free(re);
}

void regex_translate(struct regex *re)
{
    re->jit = pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE) == 0;
}

uint32_t regex_group_count(const struct regex *re)
{
    uint32_t count = 0;

    (void)pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

/* PCRE2's table has an entry a group: two bytes of number, then the name. */
struct slice regex_group_name(const struct regex *re, uint32_t group)
{
    uint32_t count = 0, size = 0;
    PCRE2_SPTR entry = NULL;

    (void)pcre2_pattern_info(re->code, PCRE2_INFO_NAMECOUNT, &count);
    (void)pcre2_pattern_info(re->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    (void)pcre2_pattern_info(re->code, PCRE2_INFO_NAMETABLE, &entry);
    for (; count > 0; count--, entry += size)
        if ((uint32_t)(entry[0] << 8 | entry[1]) == group + 1)
            return slice_of((const char *)entry + 2);
    return SLICE("");
}

/*
 * By the interpreter: for what machine code could not decide (its stack or
 * limit was too small), and where there is no JIT.
 */
static int interpret(const pcre2_code *code, struct slice text,
                     struct matcher *m)
{
    return pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, 0, PCRE2_NO_JIT,
                       m->data, m->interpreter);
}

/* Keeps what is to be said of an engine that gave up. */
static void give_up(struct matcher *m, struct place at, int code)
{
    PCRE2_UCHAR text[160];

    if (pcre2_get_error_message(code, text, sizeof text) < 0)
        text[0] = '\0';
    (void)snprintf(m->reason, sizeof m->reason,
                   "the regex engine gave up at the rule %s:%llu: %s", at.file,
                   (unsigned long long)at.line, (const char *)text);
}

static enum regex_result result_of(int found, struct matcher *m,
                                   struct place at)
{
    if (found >= 0)
        return REGEX_YES;
    if (found == PCRE2_ERROR_NOMATCH)
        return REGEX_NO;
    give_up(m, at, found);
    return REGEX_FAILED;
}

enum regex_result regex_match(const struct regex *re, struct slice text,
                              struct matcher *m)
{
    int found = PCRE2_ERROR_JIT_BADOPTION;

    if (m->data == NULL)
        prepare(m);
    if (re->jit)
        found = pcre2_jit_match(re->code, (PCRE2_SPTR)text.ptr, text.len, 0, 0,
                                m->data, m->jit);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH)
        found = interpret(re->code, text, m);
    return result_of(found, m, re->place);
}

enum regex_result regex_match_once(struct slice pattern, struct place at,
                                   struct slice text, struct matcher *m)
{
    PCRE2_SIZE offset;
    int found;
    pcre2_code *code = compile(pattern, &found, &offset);

    if (m->data == NULL)
        prepare(m);
    if (code != NULL)
        found = interpret(code, text, m);
    pcre2_code_free(code);
    return result_of(found, m, at);
}
