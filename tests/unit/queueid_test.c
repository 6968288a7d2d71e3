/* queueid: where an ID ends, and which templates are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parse/queueid.h"

static void scans(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"3F1A2B4C5D: client=", 10},
        {"3F1A2: from", 0},        /* too short */
        {"3F1A2B", 6},             /* the text's end */
        {"3f1a2b4c5d: ", 0},       /* short IDs are upper case */
        {"4FxyZ12345678z: x", 14}, /* the long template */
        {"NOQUEUE: reject", 0},
        {"0123456789ABCDEF0123456: ", 21}, /* no ":" behind: the caller sees */
        {"", 0},
        {": ", 0},
        {"\xFF\xFE: ", 0},
    };
    struct queueid q = {0};

    (void)state;
    assert_null(queueid_add(&q, SLICE("[0-9A-F]{6,21}")));
    assert_null(queueid_add(&q, SLICE("[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10}"
                                      "[0-9A-Zb-df-hj-np-tv-z]{1,10}")));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(queueid_scan(&q, slice_of(cases[i].text)),
                         cases[i].len);
}

/* sendmail 8.8: two positions of A-~, which "[" is one of. */
static void takes_odd_classes(void **state)
{
    struct queueid q = {0};

    (void)state;
    assert_null(queueid_add(&q, SLICE("[A-X][A-~]{2}[0-9]{5}")));
    assert_null(queueid_add(&q, SLICE("[]-]{2}[x]{0,1}")));
    assert_int_equal(queueid_scan(&q, SLICE("EA[12345[1]: ")), 8);
    assert_int_equal(queueid_scan(&q, SLICE("]-: ")), 2);
    assert_int_equal(queueid_scan(&q, SLICE("-]x: ")), 3);
    assert_int_equal(queueid_scan(&q, SLICE("EA[1234: ")), 0);
}

static void no_template_no_id(void **state)
{
    struct queueid q = {0};

    (void)state;
    assert_int_equal(queueid_scan(&q, SLICE("3F1A2B4C5D: ")), 0);
    assert_int_equal(queueid_scan(&q, SLICE("")), 0);
}

static void refuses(void **state)
{
    static const char *const bad[] = {
        "",        "abc",           "[",         "[]",
        "[abc",    "[z-a]",         "[a]{",      "[a]{2",
        "[a]{x}",  "[a]{3,2}",      "[a]{0}",    "[a]{1,2}[b]",
        "[a]{65}", "[a]{60}[b]{5}", "[a]{9999}", "[a]{99999999999999999999}",
        "[a] [b]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct queueid q = {0};

        assert_non_null(queueid_add(&q, slice_of(bad[i])));
    }
}

static void has_room_for_eight(void **state)
{
    struct queueid q = {0};

    (void)state;
    for (int i = 0; i < QUEUEID_TEMPLATES; i++)
        assert_null(queueid_add(&q, SLICE("[a]{64}")));
    assert_non_null(queueid_add(&q, SLICE("[a]")));
    assert_int_equal(q.rows, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans),
        cmocka_unit_test(takes_odd_classes),
        cmocka_unit_test(no_template_no_id),
        cmocka_unit_test(refuses),
        cmocka_unit_test(has_room_for_eight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
