/* slice: bytes with NUL in them are found, compared and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct slice none = {NULL, 0};

static void finds(void **state)
{
    static const struct {
        struct slice text, needle;
        size_t first, last;
    } cases[] = {
#define S(literal) {literal, sizeof literal - 1}
        {S("abcabc"), S("abc"), 0, 3},
        {S("abcabc"), S("c"), 2, 5},
        {S("abcabc"), S("bca"), 1, 1},
        {S("abcabc"), S("abcabc"), 0, 0},
        {S("abcabc"), S("abcabcd"), SIZE_MAX, SIZE_MAX},
        {S("abcabc"), S("x"), SIZE_MAX, SIZE_MAX},
        {S("abcabc"), S(""), 0, 6},
        {S(""), S("a"), SIZE_MAX, SIZE_MAX},
        {S("aaaa"), S("aa"), 0, 2},
        {S("aab"), S("ab"), 1, 1},
        {S("bba"), S("ab"), SIZE_MAX, SIZE_MAX},
        {S("a\0b\0b"), S("\0b"), 1, 3},
        {S("a\0"), S("\0"), 1, 1},
        {S("\377\376"), S("\376"), 1, 1},
        {{NULL, 0}, S("a"), SIZE_MAX, SIZE_MAX},
        {{NULL, 0}, {NULL, 0}, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(slice_find(cases[i].text, cases[i].needle),
                         cases[i].first);
        assert_int_equal(slice_find_last(cases[i].text, cases[i].needle),
                         cases[i].last);
    }
    assert_int_equal(slice_find_byte(SLICE("a\0b"), '\0'), 1);
    assert_int_equal(slice_find_byte(SLICE("\377"), '\377'), 0);
    assert_int_equal(slice_find_byte(none, '\0'), SIZE_MAX);
}

static void compares(void **state)
{
    static const struct slice ascending[] = {
        {NULL, 0}, S("\0"), S("\0a"), S("A"),
        S("a"),    S("aa"), S("b"),   S("\377"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ascending); i++)
        for (size_t j = 0; j < COUNT(ascending); j++) {
            int order = slice_compare(ascending[i], ascending[j]);

            assert_int_equal(order < 0, i < j);
            assert_int_equal(order > 0, i > j);
            assert_int_equal(slice_equal(ascending[i], ascending[j]), i == j);
        }
}

static void compares_without_case(void **state)
{
    (void)state;
    assert_true(slice_equal_nocase(SLICE("Mx1.EXAMPLE"), SLICE("mX1.example")));
    assert_true(slice_equal_nocase(none, SLICE("")));
    assert_false(slice_equal_nocase(SLICE("a"), SLICE("ab")));
    assert_false(slice_equal_nocase(SLICE("@"), SLICE("`")));
    assert_false(slice_equal_nocase(SLICE("["), SLICE("{")));
    assert_false(slice_equal_nocase(SLICE("\304"), SLICE("\344")));
}

static void takes_parts(void **state)
{
    struct slice s = SLICE("abc");

    (void)state;
    assert_true(slice_starts(s, SLICE("ab")) && slice_starts(s, none));
    assert_false(slice_starts(s, SLICE("abcd")));
    assert_true(slice_ends(s, SLICE("bc")) && slice_ends(s, none));
    assert_false(slice_ends(s, SLICE("ab")));
    assert_true(slice_starts(none, none) && slice_ends(none, none));
    assert_true(slice_equal(slice_from(s, 1), SLICE("bc")));
    assert_true(slice_equal(slice_from(none, 0), none));
    assert_true(slice_equal(slice_head(s, 2), SLICE("ab")));
    assert_true(slice_equal(slice_head(s, SIZE_MAX), s));
    assert_true(slice_equal(slice_of(NULL), none));
    assert_true(slice_equal(slice_of("a"), slice_make("ab", 1)));
    assert_true(slice_equal(slice_trim(SLICE(" \ta b\t ")), SLICE("a b")));
    assert_true(slice_equal(slice_trim(SLICE(" \t ")), none));
    assert_true(slice_equal(slice_trim(SLICE("\ra\n")), SLICE("\ra\n")));
    assert_true(slice_equal(slice_trim(none), none));
}

static void reads_numbers(void **state)
{
    static const struct {
        struct slice text;
        bool valid;
        unsigned long long number;
    } cases[] = {
        {S("0"), true, 0},
        {S("007"), true, 7},
        {S("9999999999999999999"), true, UINT64_C(9999999999999999999)},
        {S("18446744073709551615"), true, UINT64_MAX},
        {S("0000000000000000000000018446744073709551615"), true, UINT64_MAX},
        {S("18446744073709551616"), false, 0},
        {S("99999999999999999999"), false, 0},
        {S(""), false, 0},
        {S("-1"), false, 0},
        {S("+1"), false, 0},
        {S(" 1"), false, 0},
        {S("1 "), false, 0},
        {S("1\0"), false, 0},
        {S("0x1"), false, 0},
        {S("\3211"), false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned long long number = 42;

        assert_int_equal(slice_number(cases[i].text, &number), cases[i].valid);
        assert_int_equal(number, cases[i].valid ? cases[i].number : 42);
    }
}

/* Any length, any place, and the bytes next to the capitals. */
static void finds_capitals(void **state)
{
    char text[24];

    (void)state;
    for (size_t len = 0; len <= sizeof text; len++) {
        struct slice s = slice_make(text, len);

        memset(text, 'a', sizeof text);
        assert_false(slice_has_capital(s));
        for (size_t i = 0; i < len; i++) {
            for (unsigned c = 0; c < 256; c++) {
                text[i] = (char)c;
                assert_int_equal(slice_has_capital(s), c >= 'A' && c <= 'Z');
            }
            text[i] = 'a';
        }
        if (len < sizeof text)
            text[len] = 'A'; /* behind it */
        assert_false(slice_has_capital(s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(compares),
        cmocka_unit_test(takes_parts),
        cmocka_unit_test(compares_without_case),
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(finds_capitals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
