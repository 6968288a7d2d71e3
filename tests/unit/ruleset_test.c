/* ruleset: files side by side, and their samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parse/dispatch.h"
#include "parse/ruleset.h"

static void runs_samples(void **state)
{
    static const struct {
        const char *text, *message; /* NULL: all pass */
        size_t samples;
    } cases[] = {
        {"mta a\n", NULL, 0},
        {"mta a\ns,t held - ^(?<size>\\d+)$\n= 42\n  size=42\n  helo\n! x\n",
         NULL, 2},
        {"mta a\nunescape backslash\ns held - ^(?<sender>.*)$\n"
         "= a\\\\b\\101\n  sender=a\\bA\n",
         NULL, 1},
        {"mta a\ns held - ^$\n=\n! \\\n", NULL, 2},
        {"mta a\ns held - ^x$\n= y\n",
         "t:3: the rule of line 2 does not match the sample", 1},
        {"mta a\ns held - ^x\n= x\n! xy\n",
         "t:4: the rule of line 2 matches the sample", 2},
        {"mta a\ns held - ^x\nr,s done - ^xy\n= xyz\n",
         "t:4: the rule of line 2 takes the sample before", 1},
        {"mta a\ns held - ^(?<size>\\d+)(?<helo>x)?\n= 42\n  size=43\n",
         "t:4: size is \"42\"", 1},
        {"mta a\ns held - ^(?<size>\\d+)(?<helo>x)?\n= 42\n  helo=\n",
         "t:4: helo is not set, not \"\"", 1},
        {"mta a\ns held - ^(?<size>\\d+)(?<helo>x)?\n= 42x\n  helo\n",
         "t:4: helo is \"x\", but should not be set", 1},
        {"mta a\nqueue_id [A-]{2}\nother_id \" as \"\ns queued - ^from\n"
         "s delivered - ^(?:as )?as (?<other_id>[A-]+).$\n"
         "= as as A-)\n= as A-)\n",
         "t:7: other_id does not stand where the directive says", 2},
        {"mta a\nother_id \" as \"\n"
         "s delivered - ^as (?<other_id>[A-Z]+).$\n= as AB)\n",
         NULL, 1},
        {"mta a\ns held - ^(a+)+$\n= aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n",
         "t:3: the regex engine gave up at the rule t:2: match limit "
         "exceeded",
         1},
        {"mta a\ns held - ^(a+)+$\n! aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n",
         "t:3: the regex engine gave up at the rule t:2: match limit "
         "exceeded",
         1},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct ruleset *rs = ruleset_new();
        struct error err;
        size_t n = i / 2, samples;

        assert_true(ruleset_add(rs, slice_of(cases[n].text), "t", &err));
        if (i % 2 == 0)
            ruleset_finish(rs); /* or not: interpreted */
        assert_int_equal(ruleset_check(rs, &samples, &err),
                         cases[n].message == NULL);
        if (cases[n].message != NULL)
            assert_string_equal(err.text, cases[n].message);
        assert_int_equal(samples, cases[n].samples);
        ruleset_free(rs);
    }
}

static void a_later_file_replaces(void **state)
{
    struct ruleset *rs = ruleset_new();
    struct error err;
    size_t samples;

    (void)state;
    assert_true(ruleset_add(rs, SLICE("mta a\ns done - x\n= y\n"), "1", &err));
    assert_true(ruleset_add(rs, SLICE("mta b\ns done - x\n= x\n"), "2", &err));
    assert_true(ruleset_add(rs, SLICE("mta a\ns done - x\n= x\n"), "3", &err));
    assert_false(ruleset_add(rs, SLICE("mta a\ns nosuch - x\n"), "4", &err));
    ruleset_finish(rs);
    assert_true(ruleset_check(rs, &samples, &err));
    assert_int_equal(samples, 2);
    assert_true(slice_equal(ruleset_mta_name(rs, 0), SLICE("a")));
    assert_true(slice_equal(ruleset_mta_name(rs, 1), SLICE("b")));
    assert_int_equal(ruleset_mta_name(rs, 2).len, 0);
    ruleset_free(rs);
}

static void reads_the_builtin(void **state)
{
    struct ruleset *rs = ruleset_new();
    struct error err = {.text = ""};
    size_t samples;

    (void)state;
    if (!ruleset_add_builtin(rs, &err))
        assert_string_equal(err.text, "");
    ruleset_finish(rs);
    if (!ruleset_check(rs, &samples, &err))
        assert_string_equal(err.text, "");
    assert_true(samples > 0);
    ruleset_free(rs);
}

/* Words, foreign names, services, other: in this order, over all files. */
static void tells_tags(void **state)
{
    static const struct {
        const char *tag;
        enum tag_kind kind;
        uint8_t mta;
    } cases[] = {
        {"postfix/smtpd", TAG_KNOWN, 0},
        {"postfix-in/smtpd", TAG_KNOWN, 0},
        {"a/b/smtpd", TAG_KNOWN, 0},
        {"postfix/anvil", TAG_IRRELEVANT, 0},
        {"postfix/both", TAG_KNOWN, 0},
        {"postfix/new", TAG_UNKNOWN, 0},
        {"postfix-in/x/new", TAG_UNKNOWN, 0},
        {"other/new", TAG_FOREIGN, 0},
        {"other/-", TAG_FOREIGN, 0},
        {"odd/smtpd", TAG_FOREIGN, 0},
        {"smtpd", TAG_STRANGER, 1},
        {"sm-mta", TAG_KNOWN, 1},
        {"in/sendmail", TAG_KNOWN, 1},
        {"kernel", TAG_FOREIGN, 0},
        {"anything", TAG_STRANGER, 1},
        {"a-tag-of-more-than-thirty-one-bytes", TAG_STRANGER, 1},
        {"a-tag-of-more-than-thirty-one-bytes/smtpd", TAG_KNOWN, 0},
        {"", TAG_FOREIGN, 0},
        {"/", TAG_FOREIGN, 0},
        {"/smtpd", TAG_KNOWN, 0},
        {"postfix/", TAG_UNKNOWN, 0},
    };
    struct ruleset *rs = ruleset_new();
    static struct dispatch_cache cache;
    struct error err;

    (void)state;
    assert_true(ruleset_add(rs,
                            SLICE("mta postfix\ntag slash\n"
                                  "foreign odd/smtpd\n"
                                  "irrelevant anvil both\n"
                                  "smtpd,both done - x\n"),
                            "1", &err));
    assert_true(ruleset_add(rs,
                            SLICE("mta sendmail\ntag other\n"
                                  "tag word sm-mta in/sendmail\n"
                                  "foreign kernel\n"
                                  "- done - x\n"),
                            "2", &err));
    for (size_t i = 0; i < 3 * sizeof cases / sizeof cases[0]; i++) {
        size_t n = i % (sizeof cases / sizeof cases[0]);
        struct target t = dispatch_cached(rs, &cache, slice_of(cases[n].tag));

        assert_int_equal(t.kind, cases[n].kind);
        assert_int_equal(t.mta, cases[n].mta);
        assert_int_equal(t.service == NULL,
                         t.kind == TAG_FOREIGN || t.kind == TAG_UNKNOWN);
    }
    ruleset_free(rs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_samples),
        cmocka_unit_test(a_later_file_replaces),
        cmocka_unit_test(reads_the_builtin),
        cmocka_unit_test(tells_tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
