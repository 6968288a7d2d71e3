/* tuple: rows packed into bytes come back, and nothing else is taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mail/tuple.h"

static void rows_come_back(void **state)
{
    const struct slice one[] = {SLICE("kind"), SLICE(""), SLICE("a:b\0c\n")};
    const struct slice two[] = {SLICE("12:x")};
    struct slice field[TUPLE_MAX], packed;
    struct buf b = {0};
    size_t count;

    (void)state;
    tuple_pack(&b, one, 3);
    tuple_pack(&b, two, 1);
    tuple_pack(&b, NULL, 0);
    packed = buf_slice(&b);
    assert_true(tuple_unpack(&packed, field, &count));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(slice_equal(field[i], one[i]));
    assert_true(tuple_unpack(&packed, field, &count));
    assert_int_equal(count, 1);
    assert_true(slice_equal(field[0], two[0]));
    assert_true(tuple_unpack(&packed, field, &count));
    assert_int_equal(count, 0);
    assert_int_equal(packed.len, 0);
    assert_false(tuple_unpack(&packed, field, &count));
    buf_free(&b);
}

static void torn(void **state)
{
    const struct slice row[] = {SLICE("kind"), SLICE("text")};
    struct slice field[TUPLE_MAX];
    struct buf b = {0};
    size_t count;

    (void)state;
    tuple_pack(&b, row, 2);
    for (size_t len = 0; len < b.len; len++) {
        struct slice packed = slice_head(buf_slice(&b), len);

        assert_false(tuple_unpack(&packed, field, &count));
    }
    buf_free(&b);
}

static void no_rows(void **state)
{
    static const char *const cases[] = {
        ":",
        "x:",
        "-1:",
        "1:",
        "1:5:abcd",
        "1:99999999999999999999:a",
        "17:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:",
    };
    struct slice field[TUPLE_MAX];
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice packed = slice_of(cases[i]);

        assert_false(tuple_unpack(&packed, field, &count));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back),
        cmocka_unit_test(torn),
        cmocka_unit_test(no_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
