/* stamp: the calendar of ISO 8601, and texts that come back as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/stamp.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Every day of the years 0 to 9999 and some around, counted one by one. */
static void counts_days(void **state)
{
    struct civil day = {.year = -401, .month = 1, .day = 1};
    int64_t seconds = civil_seconds(&day);

    (void)state;
    while (day.year < 10002) {
        struct civil back = civil_from_seconds(seconds + 86399);

        if (civil_seconds(&day) != seconds || back.year != day.year ||
            back.month != day.month || back.day != day.day || back.hour != 23 ||
            back.minute != 59 || back.second != 59)
            fail_msg("%d-%d-%d", day.year, day.month, day.day);
        seconds += 86400;
        if (++day.day > civil_days_in_month(day.year, day.month)) {
            day.day = 1;
            if (++day.month > 12) {
                day.month = 1;
                day.year++;
            }
        }
    }
}

static void knows_instants(void **state)
{
    static const struct {
        struct civil civil;
        int64_t seconds;
    } cases[] = {
        {{1970, 1, 1, 0, 0, 0}, 0},
        {{1969, 12, 31, 23, 59, 59}, -1},
        {{2000, 2, 29, 12, 0, 0}, 951825600},
        {{2013, 3, 7, 3, 12, 33}, 1362625953},
        {{2038, 1, 19, 3, 14, 8}, INT64_C(2147483648)},
        {{1, 1, 1, 0, 0, 0}, INT64_C(-62135596800)},
        {{9999, 12, 31, 23, 59, 59}, INT64_C(253402300799)},
        {{2016, 12, 31, 23, 59, 60}, 1483228800}, /* a leap second */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(civil_seconds(&cases[i].civil), cases[i].seconds);
}

static void knows_what_is_a_date(void **state)
{
    static const struct {
        struct civil civil;
        bool valid;
    } cases[] = {
        {{2012, 2, 29, 0, 0, 0}, true},   {{2013, 2, 29, 0, 0, 0}, false},
        {{2000, 2, 29, 0, 0, 0}, true},   {{1900, 2, 29, 0, 0, 0}, false},
        {{2013, 4, 30, 0, 0, 0}, true},   {{2013, 4, 31, 0, 0, 0}, false},
        {{2013, 1, 0, 0, 0, 0}, false},   {{2013, 0, 1, 0, 0, 0}, false},
        {{2013, 13, 1, 0, 0, 0}, false},  {{0, 1, 1, 0, 0, 0}, false},
        {{1, 1, 1, 0, 0, 0}, true},       {{10000, 1, 1, 0, 0, 0}, false},
        {{2013, 1, 1, 23, 59, 60}, true}, {{2013, 1, 1, 23, 59, 61}, false},
        {{2013, 1, 1, 24, 0, 0}, false},  {{2013, 1, 1, 0, 60, 0}, false},
        {{2013, 1, 1, -1, 0, 0}, false},  {{2013, 1, 1, 0, 0, -1}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(civil_valid(&cases[i].civil), cases[i].valid);
}

static void formats(void **state)
{
    static const struct {
        struct stamp stamp;
        const char *text;
    } cases[] = {
        {{1362625953, 0, 60, 0}, "2013-03-07T04:12:33+01:00"},
        {{1362625953, 123456000, 60, 6}, "2013-03-07T04:12:33.123456+01:00"},
        {{1362625953, 0, 0, 0}, "2013-03-07T03:12:33+00:00"},
        {{1362625953, 0, -570, 0}, "2013-03-06T17:42:33-09:30"},
        {{1362625953, 0, -30, 0}, "2013-03-07T02:42:33-00:30"},
        {{1362625953, 1, 0, 9}, "2013-03-07T03:12:33.000000001+00:00"},
        {{1362625953, 999999999, 0, 1}, "2013-03-07T03:12:33.9+00:00"},
        {{1362625953, 0, 1439, 3}, "2013-03-08T03:11:33.000+23:59"},
        {{-1, 0, 0, 0}, "1969-12-31T23:59:59+00:00"},
        {{INT64_C(-62135596800), 0, 0, 0}, "0001-01-01T00:00:00+00:00"},
        {{INT64_C(-62135596801), 0, 60, 0}, "0001-01-01T00:59:59+01:00"},
        {{INT64_C(-62135596801), 0, 0, 0}, ""},
        {{INT64_C(253402300799), 0, 0, 0}, "9999-12-31T23:59:59+00:00"},
        {{INT64_C(253402300799), 0, 60, 0}, ""},
        {{INT64_MIN, 0, 0, 0}, ""},
        {{INT64_MAX, 0, INT16_MAX, 0}, ""},
        {{INT64_MIN + 1, 0, INT16_MIN, 0}, ""},
        {{0, UINT32_MAX, INT16_MIN, 200}, NULL}, /* no crash, that is all */
    };
    char text[STAMP_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = stamp_format(cases[i].stamp, text);

        if (cases[i].text == NULL)
            continue;
        assert_string_equal(text, cases[i].text);
        assert_int_equal(len, strlen(cases[i].text));
    }
}

static void parses(void **state)
{
    static const struct {
        const char *text;
        struct stamp stamp;
    } cases[] = {
        {"2013-03-07T04:12:33+01:00", {1362625953, 0, 60, 0}},
        {"2013-03-07T03:12:33Z", {1362625953, 0, 0, 0}},
        {"2013-03-07T03:12:33-00:00", {1362625953, 0, 0, 0}},
        {"2013-03-06T17:42:33.5-09:30", {1362625953, 500000000, -570, 1}},
        {"2013-03-07T03:12:33.123456789Z", {1362625953, 123456789, 0, 9}},
        {"2013-03-07T03:12:33.000Z", {1362625953, 0, 0, 3}},
        {"2016-12-31T23:59:60Z", {1483228800, 0, 0, 0}},
        {"0001-01-01T00:00:00+23:59", {INT64_C(-62135683140), 0, 1439, 0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stamp s, want = cases[i].stamp;

        assert_true(stamp_parse(slice_of(cases[i].text), &s));
        assert_true(s.sec == want.sec && s.nsec == want.nsec &&
                    s.offset == want.offset && s.digits == want.digits);
    }
}

static void refuses(void **state)
{
    static const char *const texts[] = {
        "",
        "Z",
        "2013-03-07",
        "2013-03-07T04:12:33",
        "2013-03-07T04:12Z",
        "2013-03-07 04:12:33Z",
        "2013-03-07T04:12:33z",
        "2013-3-07T04:12:33Z",
        "13-03-07T04:12:33Z",
        "12013-03-07T04:12:33Z",
        "0000-01-01T00:00:00Z",
        "2013-02-29T00:00:00Z",
        "2013-03-07T24:00:00Z",
        "2013-03-07T04:12:33.Z",
        "2013-03-07T04:12:33.1234567890Z",
        "2013-03-07T04:12:33,5Z",
        "2013-03-07T04:12:33+0100",
        "2013-03-07T04:12:33+01",
        "2013-03-07T04:12:33+24:00",
        "2013-03-07T04:12:33+01:60",
        "2013-03-07T04:12:33 01:00",
        "2013-03-07T04:12:33Z ",
        " 2013-03-07T04:12:33Z",
        "2013-03-07T04:12:33+01:00x",
        "+013-03-07T04:12:33Z",
        "2013-03-07T04:12:33.-5Z",
        "2013-03-07T04:1 :33Z",
    };
    static const char nul[] = "2013-03-07T04:12:33Z\0";

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct stamp s = {.sec = 7};

        if (stamp_parse(slice_of(texts[i]), &s))
            fail_msg("%s", texts[i]);
        assert_int_equal(s.sec, 7);
    }
    for (size_t len = 0; len < sizeof nul; len++) {
        struct stamp s;

        assert_int_equal(stamp_parse(slice_make(nul, len), &s),
                         len == sizeof nul - 2);
    }
}

static void comes_back(void **state)
{
    uint32_t random = 3;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct stamp s, back;
        char text[STAMP_SIZE], again[STAMP_SIZE];
        size_t len;

        random = random * 1664525u + 1013904223u;
        s.sec = (int64_t)random * 73 - INT64_C(62000000000);
        s.offset =
            (int16_t)((int)(random >> 8 & 2047) % 1440 * (i % 2 * 2 - 1));
        s.digits = (uint8_t)(i % 10);
        s.nsec = random % 1000000000u;
        for (uint32_t unit = 1000000000, d = 0; d <= 9; d++, unit /= 10)
            if (d == s.digits)
                s.nsec -= s.nsec % unit;
        len = stamp_format(s, text);
        assert_true(stamp_parse(slice_make(text, len), &back));
        assert_int_equal(stamp_compare(s, back), 0);
        stamp_format(back, again);
        assert_string_equal(text, again);
    }
}

static void compares_instants(void **state)
{
    struct stamp a = {100, 5, 0, 9}, b = {100, 5, 60, 9}, c = {100, 6, 0, 9};
    struct stamp d = {101, 0, 0, 0};

    (void)state;
    assert_int_equal(stamp_compare(a, b), 0);
    assert_true(stamp_compare(a, c) < 0 && stamp_compare(c, a) > 0);
    assert_true(stamp_compare(c, d) < 0 && stamp_compare(d, c) > 0);
    assert_true(stamp_compare(STAMP_NONE, a) < 0);
    assert_true(stamp_is_none(STAMP_NONE) && !stamp_is_none(a));
}

static void tells_days(void **state)
{
    static const struct {
        struct stamp stamp;
        const char *text;
        int32_t day;
    } cases[] = {
        {{0, 0, 0, 0}, "1970-01-01", 0},
        {{0, 0, -1, 0}, "1969-12-31", -1},
        {{86399, 0, 1, 0}, "1970-01-02", 1},
        {{86399, 0, 0, 0}, "1970-01-01", 0},
        {{-86400, 0, 0, 0}, "1969-12-31", -1},
        {{-86401, 0, 0, 0}, "1969-12-30", -2},
        {{INT64_MIN, 0, 0, 0}, "", INT32_MIN},
        {{INT64_MAX, 0, 1, 0}, "", INT32_MAX},
    };
    char text[STAMP_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(stamp_format_day(cases[i].stamp, text),
                         strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        assert_int_equal(stamp_day(cases[i].stamp), cases[i].day);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_days),
        cmocka_unit_test(knows_instants),
        cmocka_unit_test(knows_what_is_a_date),
        cmocka_unit_test(formats),
        cmocka_unit_test(parses),
        cmocka_unit_test(refuses),
        cmocka_unit_test(comes_back),
        cmocka_unit_test(compares_instants),
        cmocka_unit_test(tells_days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
