/*
 * Moments as people type them, and which end of the span is meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/when.h"
#include "base/zone.h"

#define NOW 1362625953 /* 2013-03-07T03:12:33Z */

static void reads(void **state)
{
    static const struct {
        const char *text;
        int64_t first, last; /* seconds */
        uint32_t first_nsec, last_nsec;
    } cases[] = {
        /* Berlin: one hour ahead in winter. */
        {"2013-03-07", 1362610800, 1362697199, 0, 999999999},
        {"2013-03-07T04:12", 1362625920, 1362625979, 0, 999999999},
        {"2013-03-07T04:12:33", 1362625953, 1362625953, 0, 999999999},
        {"2013-03-07 04:12:33", 1362625953, 1362625953, 0, 999999999},
        {"2013-03-07T04:12:33.25", 1362625953, 1362625953, 250000000,
         259999999},
        {"2013-03-07T04:12:33.123456789", 1362625953, 1362625953, 123456789,
         123456789},
        {"2013-03-07T03:12:33Z", 1362625953, 1362625953, 0, 999999999},
        {"2013-03-06T22:12:33-0500", 1362625953, 1362625953, 0, 999999999},
        {"2013-03-07T08:42+05:30", 1362625920, 1362625979, 0, 999999999},
        {"2012-02-29", 1330470000, 1330556399, 0, 999999999},
        /* The day of 25 hours, and the hour that comes twice. */
        {"2013-10-27", 1382824800, 1382914799, 0, 999999999},
        {"2013-10-27T02:30", 1382833800, 1382837459, 0, 999999999},
        /* An age is an instant. */
        {"7d", NOW - 7 * 86400, NOW - 7 * 86400, 0, 0},
        {"36h", NOW - 36 * 3600, NOW - 36 * 3600, 0, 0},
        {"90m", NOW - 90 * 60, NOW - 90 * 60, 0, 0},
        {"2w", NOW - 14 * 86400, NOW - 14 * 86400, 0, 0},
        {"5s", NOW - 5, NOW - 5, 0, 0},
        {"0d", NOW, NOW, 0, 0},
    };
    struct error err;

    (void)state;
    assert_true(zone_use("Europe/Berlin", &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice text = slice_of(cases[i].text);
        struct stamp first, last;

        if (!when_parse(text, WHEN_FIRST, NOW, &first) ||
            !when_parse(text, WHEN_LAST, NOW, &last))
            fail_msg("not read: %s", cases[i].text);
        if (first.sec != cases[i].first || last.sec != cases[i].last ||
            first.nsec != cases[i].first_nsec ||
            last.nsec != cases[i].last_nsec)
            fail_msg("%s: %lld.%u to %lld.%u", cases[i].text,
                     (long long)first.sec, first.nsec, (long long)last.sec,
                     last.nsec);
    }
}

static void refuses(void **state)
{
    static const char *const cases[] = {
        "",
        "7",
        "d",
        "7y",
        "-7d",
        " 7d",
        "7d ",
        "7 d",
        "1.5d",
        "99999999999d",
        "2013",
        "2013-03",
        "2013-3-7",
        "13-03-07",
        "2013-02-29",
        "2013-13-01",
        "2013-03-07T",
        "2013-03-07T4:12",
        "2013-03-07T25:00",
        "2013-03-07T04:61",
        "2013-03-07T04:12:",
        "2013-03-07T04:12:33.",
        "2013-03-07T04:12:33.1234567890",
        "2013-03-07T04:12:33+1",
        "2013-03-07T04:12:33+01:00x",
        "2013-03-07T04:12:33+2400",
        "2013-03-07Z",
        "2013-03-07x",
        "2013-03-07T04:12:33ZZ",
        "yesterday",
        "+013-03-07",
    };
    struct error err;

    (void)state;
    assert_true(zone_use("UTC", &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stamp at;

        if (when_parse(slice_of(cases[i]), WHEN_FIRST, NOW, &at))
            fail_msg("taken: '%s'", cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
