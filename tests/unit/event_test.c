/* event: every kind and fact has a name of its own, and is found by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parse/event.h"

static void names_kinds(void **state)
{
    enum event_kind found;

    (void)state;
    for (unsigned i = 0; i < EVENT_TOTAL; i++) {
        struct slice name = event_name((enum event_kind)i);
        bool for_rules = i < EVENT_PART;

        assert_true(name.len > 0);
        assert_int_equal(event_find(name, &found), for_rules);
        if (for_rules)
            assert_int_equal(found, i);
    }
    assert_false(event_find(SLICE("clients"), &found));
    assert_false(event_find(SLICE(""), &found));
}

static void names_facts(void **state)
{
    enum fact found;

    (void)state;
    for (unsigned i = 0; i < FACT_TOTAL; i++) {
        struct slice name = fact_name((enum fact)i);

        assert_true(name.len > 0);
        assert_true(fact_find(name, &found));
        assert_int_equal(found, i);
    }
    assert_false(fact_find(SLICE("client"), &found));
    assert_false(fact_find(SLICE(""), &found));
}

static void has_only_the_facts_set(void **state)
{
    struct event ev;

    (void)state;
    ev.facts = 1U << FACT_SIZE;
    ev.value[FACT_SIZE] = SLICE("42");
    ev.value[FACT_HELO] = SLICE("of an earlier line");
    assert_true(event_has(&ev, FACT_SIZE));
    assert_false(event_has(&ev, FACT_HELO));
    assert_int_equal(event_fact(&ev, FACT_SIZE).len, 2);
    assert_int_equal(event_fact(&ev, FACT_HELO).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_kinds),
        cmocka_unit_test(names_facts),
        cmocka_unit_test(has_only_the_facts_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
