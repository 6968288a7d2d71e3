/*
 * scanner_fuzz - simple patterns: scanned, a text gives what PCRE2 gives
 *
 * The first line is a pattern, or else all those of the built-in rules are
 * meant; the other lines are texts.
 */
#include "fuzz.h"
#include "parse/dispatch.h"
#include "parse/regex.h"
#include "parse/rulefile.h"
#include "parse/scanner.h"

#define RULES_MAX 1000

static void check_groups(const struct matcher *m, struct slice text,
                         unsigned count, const struct scanner_groups *groups)
{
    for (unsigned i = 0; i < count; i++) {
        bool set = (groups->set >> i & 1) != 0;
        size_t begin, end;

        CHECK(matcher_group(m, i, &begin, &end) == set);
        if (set) {
            CHECK(groups->at[i].begin == text.ptr + begin);
            CHECK(groups->at[i].end == text.ptr + end);
        }
    }
}

static void check_text(const struct scanner *s, const struct regex *re,
                       struct slice text)
{
    unsigned count = scanner_group_count(s);
    struct matcher *m = matcher_new(regex_group_count(re));
    struct scanner_groups groups;
    enum scanner_result got = scanner_match(s, text, &groups);
    enum regex_result want = regex_match(re, text, m);
    bool begins[256] = {false};

    if (got != SCANNER_FAILED && want != REGEX_FAILED) {
        CHECK((got == SCANNER_YES) == (want == REGEX_YES));
        if (got == SCANNER_YES)
            check_groups(m, text, count, &groups);
    }
    if (want == REGEX_YES && scanner_begins(s, begins))
        CHECK(text.len > 0 && begins[(unsigned char)text.ptr[0]]);
    matcher_free(m);
}

static void check_texts(const struct scanner *s, const struct regex *re,
                        struct slice texts)
{
    struct slice text;

    while (fuzz_line(&texts, &text))
        check_text(s, re, text);
}

/* PCRE2's own of a simple pattern. */
static struct regex *regex_of(const struct scanner *s, struct slice pattern)
{
    struct error err;
    struct regex *re = regex_new(pattern, (struct place){"fuzz", 1}, &err);

    CHECK(re != NULL);
    CHECK(regex_group_count(re) == scanner_group_count(s));
    for (unsigned i = 0; i < scanner_group_count(s); i++)
        CHECK(slice_equal(regex_group_name(re, i), scanner_group_name(s, i)));
    return re;
}

static void check_pattern(struct slice pattern, struct slice texts)
{
    struct scanner *s = scanner_new(pattern);
    struct regex *re;

    if (s == NULL)
        return;
    re = regex_of(s, pattern);
    check_texts(s, re, texts);
    regex_free(re);
    scanner_free(s);
}

/* What is made once, for the life of the process. */
static struct {
    struct ruleset *rules;
    struct regex *regex[RULES_MAX]; /* of the simple ones, file by file */
} builtin;

static void open_builtin(void)
{
    struct error err;
    size_t count = 0;

    builtin.rules = ruleset_new();
    CHECK(ruleset_add_builtin(builtin.rules, &err));
    for (size_t i = 0; i < builtin.rules->count; i++) {
        const struct rulefile *f = builtin.rules->files[i];

        for (size_t n = 0; n < f->rule_count; n++, count++) {
            CHECK(count < RULES_MAX);
            if (f->rules[n]->scanner == NULL)
                continue;
            builtin.regex[count] =
                regex_of(f->rules[n]->scanner, f->rules[n]->pattern);
            regex_translate(builtin.regex[count]);
        }
    }
}

static void check_builtin(struct slice texts)
{
    size_t count = 0;

    if (builtin.rules == NULL)
        open_builtin();
    for (size_t i = 0; i < builtin.rules->count; i++) {
        const struct rulefile *f = builtin.rules->files[i];

        for (size_t n = 0; n < f->rule_count; n++, count++)
            if (builtin.regex[count] != NULL)
                check_texts(f->rules[n]->scanner, builtin.regex[count], texts);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make((const char *)data, size), first;

    if (!fuzz_line(&rest, &first))
        return 0;
    if (slice_starts(first, SLICE("^")))
        check_pattern(first, rest);
    else
        check_builtin(rest);
    return 0;
}
