/* mail vocabulary: outcomes, domains, and addresses as keys compare them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mail/message.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void names_outcomes(void **state)
{
    enum outcome o;

    (void)state;
    for (unsigned i = 0; i < OUTCOME_TOTAL; i++) {
        assert_true(outcome_find(outcome_name((enum outcome)i), &o));
        assert_int_equal(o, i);
    }
    assert_false(outcome_find(SLICE("Accepted"), &o));
    assert_false(outcome_find(SLICE(""), &o));
}

static void finds_the_domain(void **state)
{
    static const struct {
        const char *address, *domain;
    } cases[] = {
        {"a@b.example", "b.example"},
        {"\"a@c\"@b.example", "b.example"},
        {"@b", "b"},
        {"a@", ""},
        {"a", ""},
        {"<>", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(slice_equal(mail_domain(slice_of(cases[i].address)),
                                slice_of(cases[i].domain)));
    assert_int_equal(mail_domain(slice_of(NULL)).len, 0);
}

static const char *const ordered[] = {
    /* of one line all are equal */
    "",    NULL,   "<>",   NULL,          "A@b",         "A@B",   NULL,
    "B@a", NULL,   "JOE",  NULL,          "a",           NULL,    "a@",
    NULL,  "a@@B", "a@@b", NULL,          "a@B@B",       "a@B@b", NULL,
    "a@b", "a@B",  NULL,   "a@b.Example", "a@B.eXAMPLE", NULL,    "a@b@B",
    NULL,  "a@z",  "a@Z",  NULL,          "a@\304",      NULL,    "a@\344",
    NULL,  "b@a",  NULL,
};

/* The folded form agrees with the order, here and for every other text. */
static void check(struct slice a, struct slice b, int order)
{
    char *x = mem_new(a.len);
    char *y = mem_new(b.len);
    int folded;

    mail_fold(a, x);
    mail_fold(b, y);
    folded = slice_compare(slice_make(x, a.len), slice_make(y, b.len));
    assert_int_equal(folded < 0, order < 0);
    assert_int_equal(folded > 0, order > 0);
    free(x);
    free(y);
}

static void orders_addresses(void **state)
{
    int group_a = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ordered); i++) {
        int group_b = 0;

        if (ordered[i] == NULL) {
            group_a++;
            continue;
        }
        for (size_t j = 0; j < COUNT(ordered); j++) {
            if (ordered[j] == NULL)
                group_b++;
            else
                check(slice_of(ordered[i]), slice_of(ordered[j]),
                      group_a - group_b);
        }
    }
}

static void folds(void **state)
{
    char out[16];

    (void)state;
    mail_fold(SLICE("Joe@EXAMPLE.[Z"), out);
    assert_memory_equal(out, "Joe@example.[z", 14);
    domain_fold(SLICE("A\0Z"), out);
    assert_memory_equal(out, "a\0z", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_outcomes),
        cmocka_unit_test(finds_the_domain),
        cmocka_unit_test(orders_addresses),
        cmocka_unit_test(folds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
