/* rule: patterns as they are written, and texts that would stall them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "parse/rule.h"

#define TEXT_MAX 16384

/* Far above what the limits let pass, for slow machines and sanitizers. */
#define STALL_SECONDS 2

static struct rule *compile(const char *literal, const char *pattern,
                            bool translate)
{
    struct error err;
    struct rule *rule =
        rule_compile(EVENT_CLIENT, slice_of(literal), slice_of(pattern),
                     (struct place){"test.rules", 7}, &err);

    assert_non_null(rule);
    if (translate)
        rule_translate(rule);
    return rule;
}

static void assert_fact(const struct event *ev, enum fact f, const char *want)
{
    assert_true(event_has(ev, f));
    assert_int_equal(ev->value[f].len, strlen(want));
    assert_memory_equal(ev->value[f].ptr, want, strlen(want));
}

static void matches(void **state)
{
    static const struct {
        const char *literal, *pattern;
        struct slice text;
        bool want;
    } cases[] = {
        {"", "^removed$", {"removed", 7}, true},
        {"", "^removed$", {"removed ", 8}, false},
        {"", "^removed$", {"removed\n", 8}, false},
        {"", "^connect from ", {"connect from x", 14}, true},
        {"", "^connect from ", {"connect fro", 11}, false},
        {"by", "^connect from ", {"connect from x", 14}, false},
        {"by", "^connect from ", {"connect from by", 15}, true},
        {"", "^$", {"", 0}, true},
        {"", "^$", {"x", 1}, false},
        {"", "^a.b$", {"a\nb", 3}, true}, /* "." is any byte */
        {"", "^a.b$", {"a\0b", 3}, true},
        {"", "^a\\d$", {"a1\n", 3}, false}, /* "$" the very end */
        {"", "^\\xFF+$", {"\xFF\xFF", 2}, true},
        {"", "b|^c", {"ab", 2}, true},
        {"", "^(?:x|y)z", {"yz", 2}, true},
        {"", "^(?:x|y)z", {"zz", 2}, false},
        {"", "^(x)y\\w", {"xyz", 3}, true}, /* a bare group captures not */
        {"=5", "^(?:x|y)", {"x=4", 3}, false},
        {"=5", "^(?:x|y)", {"x=5", 3}, true},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        size_t n = i / 2;
        struct rule *rule =
            compile(cases[n].literal, cases[n].pattern, i % 2 == 0);
        struct matcher *m = matcher_new(rule_groups(rule));
        struct event ev = {.kind = EVENT_NONE};
        enum rule_result got = rule_match(rule, cases[n].text, m, &ev);

        assert_int_equal(got, cases[n].want ? RULE_YES : RULE_NO);
        assert_int_equal(ev.kind, cases[n].want ? EVENT_CLIENT : EVENT_NONE);
        if (got == RULE_YES && cases[n].text.len > 0)
            assert_true(rule->begins[(unsigned char)cases[n].text.ptr[0]]);
        if (got == RULE_YES && cases[n].text.len == 0)
            assert_true(rule->may_be_empty);
        matcher_free(m);
        rule_free(rule);
    }
}

static void binds_groups(void **state)
{
    struct rule *rule =
        compile("",
                "^(?:ip=(?<client_ip>\\d+)|name=(?<client_name>\\w*)"
                "|both=(?<client_name>\\w+),(?<client_ip>\\d+)(?<forged>!)?)$",
                true);
    struct matcher *m = matcher_new(rule_groups(rule));
    struct event ev;

    (void)state;
    assert_int_equal(rule_groups(rule), 5);
    assert_int_equal(rule_match(rule, SLICE("ip=42"), m, &ev), RULE_YES);
    assert_int_equal(ev.facts, 1U << FACT_CLIENT_IP);
    assert_fact(&ev, FACT_CLIENT_IP, "42");

    assert_int_equal(rule_match(rule, SLICE("name="), m, &ev), RULE_YES);
    assert_int_equal(ev.facts, 1U << FACT_CLIENT_NAME);
    assert_fact(&ev, FACT_CLIENT_NAME, "");

    assert_int_equal(rule_match(rule, SLICE("both=a,7!"), m, &ev), RULE_YES);
    assert_fact(&ev, FACT_CLIENT_NAME, "a");
    assert_fact(&ev, FACT_CLIENT_IP, "7");
    assert_fact(&ev, FACT_FORGED, "!");

    assert_int_equal(rule_match(rule, SLICE("both=a,7"), m, &ev), RULE_YES);
    assert_false(event_has(&ev, FACT_FORGED));
    matcher_free(m);
    rule_free(rule);
}

static void tells_first_bytes(void **state)
{
    struct rule *rule = compile("", "^(?:reject|hold): \\d", true);

    (void)state;
    for (unsigned c = 0; c < 256; c++)
        assert_int_equal(rule->begins[c], c == 'r' || c == 'h');
    assert_false(rule->may_be_empty);
    rule_free(rule);

    rule = compile("", "^\\s*x?", true);
    assert_true(rule->begins['q']);
    assert_true(rule->may_be_empty);
    rule_free(rule);
}

static void refuses(void **state)
{
    static const struct {
        const char *pattern, *message;
    } cases[] = {
        {"^(?<cleint_ip>x)", "test.rules:7: unknown group \"cleint_ip\""},
        {"^a(b", "test.rules:7: bad pattern: "}, /* PCRE2's words follow */
        {"^a)b", "test.rules:7: bad pattern: "},
        {"(*UTF)a", "test.rules:7: bad pattern: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err;

        assert_null(rule_compile(EVENT_CLIENT, SLICE(""),
                                 slice_of(cases[i].pattern),
                                 (struct place){"test.rules", 7}, &err));
        assert_true(
            slice_starts(slice_of(err.text), slice_of(cases[i].message)));
    }
}

/*
 * Patterns that backtrack without end are given up at a limit: neither a
 * match nor none, and in time.
 */
static void gives_up(void **state)
{
    static const char *const patterns[] = {
        "^(a+)+$",       "^(?:a|aa)+$",    "^(?:a?){30}a{30}$",
        "^a*a*a*a*a*b$", "^.*a.*a.*a.*c$",
    };
    static char text[TEXT_MAX];

    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text + sizeof text - 3, "cb~", 3);
    for (size_t i = 0; i < 2 * sizeof patterns / sizeof patterns[0]; i++) {
        struct rule *rule = compile("", patterns[i / 2], i % 2 == 0);
        struct matcher *m = matcher_new(rule_groups(rule));
        struct event ev = {.kind = EVENT_NONE};
        clock_t start = clock();

        assert_int_equal(
            rule_match(rule, slice_make(text, sizeof text), m, &ev),
            RULE_FAILED);
        assert_true(clock() - start < STALL_SECONDS * CLOCKS_PER_SEC);
        assert_true(slice_starts(
            matcher_reason(m),
            SLICE("the regex engine gave up at the rule test.rules:7: ")));
        assert_int_equal(ev.kind, EVENT_NONE);
        matcher_free(m);
        rule_free(rule);
    }
}

/* The machine code's stack does not do for this; the interpreter's does. */
static void interprets_what_overflows(void **state)
{
    static char text[TEXT_MAX];
    struct rule *rule = compile(
        "", "^(?<sender>(?:(?<helo>(?<size>(?<stage>a|b)))|c)*?)$", true);
    struct matcher *m = matcher_new(rule_groups(rule));
    struct event ev;

    (void)state;
    memset(text, 'a', sizeof text);
    assert_int_equal(rule_match(rule, slice_make(text, sizeof text), m, &ev),
                     RULE_YES);
    assert_int_equal(event_fact(&ev, FACT_SENDER).len, sizeof text);
    matcher_free(m);
    rule_free(rule);
}

/* More than either engine's memory: given up, and the next line is fine. */
static void survives_what_overflows_both(void **state)
{
    static char text[TEXT_MAX];
    struct rule *rule = compile("",
                                "^((?<sender>a(?<size>b?)(?<helo>b?)"
                                "(?<stage>b?)(?<action>b?))*)$",
                                true);
    struct matcher *m = matcher_new(rule_groups(rule));
    struct event ev;

    (void)state;
    memset(text, 'a', sizeof text);
    assert_int_equal(rule_match(rule, slice_make(text, sizeof text), m, &ev),
                     RULE_FAILED);
    assert_int_equal(rule_match(rule, SLICE("a"), m, &ev), RULE_YES);
    matcher_free(m);
    rule_free(rule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches),
        cmocka_unit_test(binds_groups),
        cmocka_unit_test(tells_first_bytes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(gives_up),
        cmocka_unit_test(interprets_what_overflows),
        cmocka_unit_test(survives_what_overflows_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
