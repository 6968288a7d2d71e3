/* textset: what is in, and that texts stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/textset.h"

static void keeps_each_once(void **state)
{
    struct textset set;
    char text[16];

    (void)state;
    textset_init(&set);
    assert_false(textset_has(&set, SLICE("")));
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            (void)snprintf(text, sizeof text, "text %d", i);
            assert_int_equal(textset_add(&set, slice_of(text)), round == 0);
        }
    assert_int_equal(set.count, 1000);
    assert_true(slice_equal(set.texts[7], SLICE("text 7")));
    assert_true(textset_has(&set, SLICE("text 999")));
    assert_false(textset_has(&set, SLICE("text 1000")));
    assert_false(textset_has(&set, SLICE("text 99\0")));
    assert_true(textset_add(&set, slice_make(NULL, 0)));
    assert_true(textset_has(&set, SLICE("")));
    textset_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_each_once),
    };

    return cmocka_run_group_tests_name("textset", tests, NULL, NULL);
}
