/* scanner: what it says of a text is what PCRE2 says, or it says nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "parse/dispatch.h"
#include "parse/regex.h"
#include "parse/rulefile.h"
#include "parse/scanner.h"

#define TEXT_MAX 4096

/* A pattern by both ways. */
struct pair {
    struct scanner *scanner;
    struct regex *regex;
    struct matcher *matcher;
};

static bool open_pair(struct pair *p, struct slice pattern)
{
    struct error err;

    p->scanner = scanner_new(pattern);
    if (p->scanner == NULL)
        return false;
    p->regex = regex_new(pattern, (struct place){"test", 1}, &err);
    assert_non_null(p->regex);
    assert_int_equal(regex_group_count(p->regex),
                     scanner_group_count(p->scanner));
    regex_translate(p->regex);
    p->matcher = matcher_new(regex_group_count(p->regex));
    return true;
}

static void close_pair(struct pair *p)
{
    scanner_free(p->scanner);
    regex_free(p->regex);
    matcher_free(p->matcher);
}

static void assert_same_groups(const struct pair *p, struct slice text,
                               const struct scanner_groups *groups)
{
    for (unsigned i = 0; i < scanner_group_count(p->scanner); i++) {
        size_t begin, end;
        bool set = matcher_group(p->matcher, i, &begin, &end);

        assert_int_equal(groups->set >> i & 1, set);
        if (set) {
            assert_ptr_equal(groups->at[i].begin, text.ptr + begin);
            assert_ptr_equal(groups->at[i].end, text.ptr + end);
        }
    }
}

/* Both say the same of a text; says whether it matches. */
static bool agree(const struct pair *p, struct slice text)
{
    struct scanner_groups groups;
    enum scanner_result got = scanner_match(p->scanner, text, &groups);
    enum regex_result want = regex_match(p->regex, text, p->matcher);

    if (got == SCANNER_FAILED || want == REGEX_FAILED)
        return false;
    if ((got == SCANNER_YES) != (want == REGEX_YES))
        print_message("# %.*s\n", (int)text.len, text.ptr);
    assert_int_equal(got == SCANNER_YES, want == REGEX_YES);
    if (got == SCANNER_YES)
        assert_same_groups(p, text, &groups);
    return got == SCANNER_YES;
}

/* Pieces of texts in which the patterns below find what they want. */
static const char *const pieces[] = {
    "a",
    "b",
    "ab",
    "ba",
    "aab",
    "x",
    "\"",
    "\\",
    "<",
    ">",
    ", ",
    "1",
    "12",
    "-",
    " ",
    "\n",
    "a=1",
    "abcdefgh",
    "abcdefghijklmnop",
    "\xFF",
    "[",
    "]",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
};
#define PIECES (sizeof pieces / sizeof *pieces)

static const char *const simple[] = {
    "^",
    "^$",
    "^a",
    "^ab$",
    "^abcdefgh",
    "^abcdefghi",
    "^abcdefghijklmnopx",
    "^a?b",
    "^a??b",
    "^a?+b",
    "^a*b",
    "^a*?b$",
    "^a*+b",
    "^a+b",
    "^a+?b",
    "^a{2}b",
    "^a{1,2}+b",
    "^a{1,2}b",
    "^a{1,}?b",
    "^[ab]+b",
    "^[^a]*a",
    "^.*b",
    "^.*?b$",
    "^.{0,3}?b",
    "^.{2}",
    "^(?<x>.*)b",
    "^(?<x>.*?)b.*$",
    "^(?<x>a|ab)b",
    "^(?:a|ab)b$",
    "^(?:a|ab)+b$",
    "^(?:a|ab)+?b",
    "^(?:a|ab)*$",
    "^(?:ab|a)*?b",
    "^(?:a|ab)?b$",
    "^(?:a|ab)?+b$",
    "^(?:a|ab)*+b",
    "^(?:ab|a)++b",
    "^(?>a|ab)b",
    "^(?>ab|a)(?<x>b?)",
    "^(?=a)(?<x>.)",
    "^(?!ab)(?<x>a*)",
    "^(?=(?<x>a*))a(?<y>.*)",
    "^(?<x>a)?(?<y>b)?",
    "^(?:(?<x>a)|(?<x>b))(?<y>.)",
    "^(?:(?<x>a)b|a(?<y>.))",
    "^(?:(?<x>a*)b)?+(?<y>a*)",
    "^(?<x>(?<y>a)b?)",
    "^(?:a(?<x>b)?+|b)x?",
    "^a|",
    "^(?:|a)b",
    "^(?:a|)b",
    "^(?:a?|b)+?b",
    "^\\d++\\D",
    "^\\s*\\S+\\s",
    "^\\w+\\W",
    "^[\\]\\[]+",
    "^[a-]+",
    "^[-a]+",
    "^[^]a]",
    "^[[:alpha:]]+[[:digit:]]",
    "^[[:^alpha:]]",
    "^\\<[^<>]*+\\>",
    "^\"(?:[^\"\\\\]++|\\\\.)*+\"",
    "^(?:[^\"\\\\]++|\"(?:[^\"\\\\]++|\\\\.)*+\"|\\\\.)*+,",
    "^.*(?<!.{9})b",
    "^.*(?<=[ab])x",
    "^(?<=[ab])x",
    "^.*(?<!.{3})$",
    "^(?<x>[^a]++)?+(?<y>a=\\d++)?+",
    "^(?:, (?<x>a++))?+, a?",
    "^(?:a(?:b(?:x)?)?)?$",
    "^(?:a=(?<x>\\d))*",
    "^(?:(?:a|b){2})",
    "^(?:a|b){2}",
    "^(?:a*)*",
    "^(a)b",
    "^((a|b)x?)*+$",
    "^a(?#x)b",
    "^a\\x62",
    "^\\Qa\\E",
    "^a{,2}",
    "^a\\b",
    "^(?i)A",
    "^a$b",
    "^^a",
    "a",
    "^a++b*+x?+$",
    "^a]",
    "^a}",
    "^(?<x>a",
    "^a)",
    "^[b-a]",
    "^[\\d-x]",
    "^[[.a.]]",
    "^x*(?!a)b",
    "^(?:(?!b).)*+b",
    "^(?:b|.(?!b))*+",
    "^[^\\s\\S]",
    "^[\\s\\S]b",
    "^.*, (?<x>.*) ?$",
    "^(?>.*b)",
    "^(?>.*?b)a",
};

/* Texts of up to three pieces, against every pattern. */
static void agrees_on_patterns(void **state)
{
    size_t accepted = 0, matched = 0;

    (void)state;
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
        struct pair p;

        if (!open_pair(&p, slice_of(simple[i])))
            continue;
        accepted++;
        for (size_t n = 0; n < PIECES * PIECES * PIECES; n++) {
            /* No byte behind the text may be read: it is a block of its own. */
            char all[256];
            size_t len = (size_t)snprintf(
                all, sizeof all, "%s%s%s", n == 0 ? "" : pieces[n % PIECES],
                n < PIECES ? "" : pieces[n / PIECES % PIECES],
                n < PIECES * PIECES ? "" : pieces[n / PIECES / PIECES]);
            char *text = malloc(len + (len == 0));

            assert_non_null(text);
            memcpy(text, all, len);
            matched += agree(&p, slice_make(text, len));
            free(text);
        }
        close_pair(&p);
    }
    assert_in_range(accepted, sizeof simple / sizeof *simple * 2 / 3, SIZE_MAX);
    assert_true(matched > 1000);
}

static void leaves_the_rest_to_pcre2(void **state)
{
    static const char *const patterns[] = {
        "a",      "^a|b",        "^(?:a|b){2}",   "^(?:a*)*",    "^(?<x>a)*",
        "^\\x61", "^(?i)a",      "^a\\b",         "^(?<=ab)b",   "^(?#a)",
        "^a{,2}", "^(?<x>a)\\1", "^[[:^alpha:]]", "^[\\d-x]",    "^(a",
        "^a)",    "^[b-a]",      "^\\Qa\\E",      "^(*ACCEPT)a", "^(?R)",
        "^^a",    "^$*",         "^a**",
    };

    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        assert_null(scanner_new(slice_of(patterns[i])));
}

/* A text changed in one place: what a stranger may try. */
static size_t mutate(struct slice text, unsigned how, char *out)
{
    static const char bytes[] = "\"\\<>,;:= []()-0aZ\n\xFF";
    size_t place = text.len == 0 ? 0 : how / 64 % text.len;
    size_t len = text.len, behind = len - place;

    memcpy(out, text.ptr, len);
    if (len == 0 || len > TEXT_MAX / 2)
        return len;
    switch (how % 4) {
    case 0: /* cut */
        return place;
    case 1: /* one byte is gone */
        memmove(out + place, out + place + 1, behind - 1);
        return len - 1;
    case 2: /* one is another */
        out[place] = bytes[how / 4 % (sizeof bytes - 1)];
        return len;
    default: /* the rest stands there twice */
        memcpy(out + len, text.ptr + place, behind);
        return len + behind;
    }
}

/* The built-in rules, on all samples and on what may be made of these. */
static void agrees_on_rules(void **state)
{
    struct ruleset *rs = ruleset_new();
    static char changed[TEXT_MAX];
    struct error err;
    size_t matched = 0;
    unsigned how = 1;

    (void)state;
    assert_true(ruleset_add_builtin(rs, &err));
    for (size_t i = 0; i < rs->count; i++) {
        const struct rulefile *f = rs->files[i];

        for (size_t n = 0; n < f->rule_count; n++) {
            struct pair p;

            if (!open_pair(&p, f->rules[n]->pattern))
                continue;
            for (size_t k = 0; k < f->sample_count; k++) {
                struct slice text = f->samples[k].text;

                matched += text.len > 0 && agree(&p, text);
                for (unsigned more = 0; more < 4 && text.len > 0; more++) {
                    how = how * 1103515245 + 12345;
                    (void)agree(&p, slice_make(changed, mutate(text, how / 16,
                                                               changed)));
                }
            }
            close_pair(&p);
        }
    }
    assert_true(matched > 100);
    ruleset_free(rs);
}

/*
 * All built-in rules are simple, but those that recurse: no honest log waits
 * for a regex.
 */
static void reads_the_builtin(void **state)
{
    struct ruleset *rs = ruleset_new();
    struct error err;

    (void)state;
    assert_true(ruleset_add_builtin(rs, &err));
    for (size_t i = 0; i < rs->count; i++)
        for (size_t n = 0; n < rs->files[i]->rule_count; n++)
            if (slice_find(rs->files[i]->rules[n]->pattern,
                           SLICE("(?(DEFINE)")) == SIZE_MAX)
                assert_null(rs->files[i]->rules[n]->regex);
    ruleset_free(rs);
}

/* Too many choices are no answer. */
static void gives_up(void **state)
{
    static char text[TEXT_MAX];
    struct scanner *s = scanner_new(SLICE("^(?:a|aa)+$"));
    struct scanner_groups groups;

    (void)state;
    memset(text, 'a', sizeof text);
    assert_non_null(s);
    assert_int_equal(scanner_match(s, SLICE("aaaaaaa"), &groups), SCANNER_YES);
    assert_int_equal(scanner_match(s, slice_make(text, sizeof text), &groups),
                     SCANNER_FAILED);
    scanner_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_on_patterns),
        cmocka_unit_test(leaves_the_rest_to_pcre2),
        cmocka_unit_test(agrees_on_rules),
        cmocka_unit_test(reads_the_builtin),
        cmocka_unit_test(gives_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
