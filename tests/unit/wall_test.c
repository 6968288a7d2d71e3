#include "parse/wall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Year (- if none), date, time, fraction as digits:nsec, zone. */
static void describe(const struct wall *w, char *out, size_t size)
{
    char zone[16] = "none";

    if (w->zone == WALL_ZONE_OFFSET)
        (void)snprintf(zone, sizeof zone, "%+d", w->offset);
    else if (w->zone == WALL_ZONE_NAME)
        (void)snprintf(zone, sizeof zone, "%s", w->abbreviation);
    (void)snprintf(out, size, "%d-%02d-%02d %02d:%02d:%02d %d:%u %s", w->year,
                   w->month, w->day, w->hour, w->minute, w->second, w->digits,
                   w->nsec, zone);
}

static const struct {
    const char *text; /* '|' ends the stamp and is no part of it */
    const char *want;
} good[] = {
    /* RFC 3164 and its kin */
    {"Mar  7 04:12:33| mx1", "0-03-07 04:12:33 0:0 none"},
    {"Mar 07 04:12:33| mx1", "0-03-07 04:12:33 0:0 none"},
    {"Mar 7 04:12:33| mx1", "0-03-07 04:12:33 0:0 none"},
    {"Mar 17 04:12:33| mx1", "0-03-17 04:12:33 0:0 none"},
    {"Dec 31 23:59:60| mx1", "0-12-31 23:59:60 0:0 none"},
    {"Feb 29 00:00:00|", "0-02-29 00:00:00 0:0 none"},
    {"Mar  7 2013 04:12:33| mx1", "2013-03-07 04:12:33 0:0 none"},
    {"Mar 07 2013 04:12:33| mx1", "2013-03-07 04:12:33 0:0 none"},
    {"2013 Mar  7 04:12:33| mx1", "2013-03-07 04:12:33 0:0 none"},
    {"2013 Mar 07 04:12:33.5| mx1", "2013-03-07 04:12:33 1:500000000 none"},
    {"Mar 07 04:12:33.123456| mx1", "0-03-07 04:12:33 6:123456000 none"},
    {"Mar 07 2012 04:12:33.123| mx1", "2012-03-07 04:12:33 3:123000000 none"},
    {"Feb 29 2012 04:12:33|", "2012-02-29 04:12:33 0:0 none"},
    /* ISO 8601 */
    {"2013-03-07T04:12:33| mx1", "2013-03-07 04:12:33 0:0 none"},
    {"2013-03-07 04:12:33| mx1", "2013-03-07 04:12:33 0:0 none"},
    {"2013-03-07T04:12:33Z| mx1", "2013-03-07 04:12:33 0:0 +0"},
    {"2013-03-07T04:12:33+0100| mx1", "2013-03-07 04:12:33 0:0 +60"},
    {"2013-03-07T04:12:33+01:00| mx1", "2013-03-07 04:12:33 0:0 +60"},
    {"2013-03-07T04:12:33+01| mx1", "2013-03-07 04:12:33 0:0 +60"},
    {"2013-03-07T04:12:33-03:30| mx1", "2013-03-07 04:12:33 0:0 -210"},
    {"2013-03-07T04:12:33-00:00|", "2013-03-07 04:12:33 0:0 +0"},
    {"2013-03-07T04:12:33.1Z|", "2013-03-07 04:12:33 1:100000000 +0"},
    {"2013-03-07T04:12:33.12Z|", "2013-03-07 04:12:33 2:120000000 +0"},
    {"2013-03-07T04:12:33.123Z|", "2013-03-07 04:12:33 3:123000000 +0"},
    {"2013-03-07T04:12:33.1234Z|", "2013-03-07 04:12:33 4:123400000 +0"},
    {"2013-03-07T04:12:33.12345Z|", "2013-03-07 04:12:33 5:123450000 +0"},
    {"2013-03-07T04:12:33.123456Z|", "2013-03-07 04:12:33 6:123456000 +0"},
    {"2013-03-07T04:12:33.1234567Z|", "2013-03-07 04:12:33 7:123456700 +0"},
    {"2013-03-07T04:12:33.12345678Z|", "2013-03-07 04:12:33 8:123456780 +0"},
    {"2013-03-07T04:12:33.123456789Z|", "2013-03-07 04:12:33 9:123456789 +0"},
    {"2013-03-07T04:12:33.000000000Z|", "2013-03-07 04:12:33 9:0 +0"},
    {"2013-03-07T04:12:33,123456+0100|", "2013-03-07 04:12:33 6:123456000 +60"},
    {"2013-03-07T04:12:33.123456|", "2013-03-07 04:12:33 6:123456000 none"},
    {"2016-12-31T23:59:60Z|", "2016-12-31 23:59:60 0:0 +0"},
    {"2012-02-29T04:12:33Z|", "2012-02-29 04:12:33 0:0 +0"},
    /* journalctl */
    {"Thu 2013-03-07 04:12:33 CET| mx1", "2013-03-07 04:12:33 0:0 CET"},
    {"Thu 2013-03-07 04:12:33 CEST| mx1", "2013-03-07 04:12:33 0:0 CEST"},
    {"Thu 2013-03-07 04:12:33 +03| mx1", "2013-03-07 04:12:33 0:0 +180"},
    {"Thu 2013-03-07 04:12:33 -0330| mx1", "2013-03-07 04:12:33 0:0 -210"},
    {"Do. 2013-03-07 04:12:33.123456 ABCDEF| mx1",
     "2013-03-07 04:12:33 6:123456000 ABCDEF"},
    {"1362625953.123456| mx1", "2013-03-07 03:12:33 6:123456000 +0"},
    {"1362625953.0|", "2013-03-07 03:12:33 1:0 +0"},
    {"100000000.5|", "1973-03-03 09:46:40 1:500000000 +0"},
    {"253402300799.999|", "9999-12-31 23:59:59 3:999000000 +0"},
};

static const char *const bad[] = {
    "",
    " ",
    "x",
    "Mar",
    "Mar  7",
    "Mar  7 04:12:3",
    "Mar  7 04:12:33x",
    "Mar  7 04:12:33:",
    "Mar  7 04:12:33.",
    "Mar  7 04:12:33. mx1",
    "Mar  7 04:12:33.1234567890 mx1",
    "Mar  7 4:12:33 mx1",
    "Mar  0 04:12:33 mx1",
    "Mar 00 04:12:33 mx1",
    "Mar 32 04:12:33 mx1",
    "Apr 31 04:12:33 mx1",
    "Feb 30 04:12:33 mx1",
    "Feb 29 2013 04:12:33 mx1",
    "Mar  7 0000 04:12:33 mx1",
    "Mar  7 24:12:33 mx1",
    "Mar  7 25:12:33 mx1",
    "Mar  7 04:60:33 mx1",
    "Mar  7 04:12:61 mx1",
    "Mar   7 04:12:33 mx1",
    "mar  7 04:12:33 mx1",
    "MAR  7 04:12:33 mx1",
    "Mrz  7 04:12:33 mx1",
    " Mar  7 04:12:33 mx1",
    "2013 Mar  7 2013 04:12:33 mx1",
    "0000 Mar  7 04:12:33 mx1",
    "2013-3-07T04:12:33 mx1",
    "2013-13-07T04:12:33 mx1",
    "2013-00-07T04:12:33 mx1",
    "2013-02-29T04:12:33Z mx1",
    "1900-02-29T04:12:33Z mx1",
    "0000-02-29T04:12:33Z mx1",
    "2013-03-07X04:12:33 mx1",
    "2013-03-07T04:12:33z mx1",
    "2013-03-07T04:12:33+1 mx1",
    "2013-03-07T04:12:33+010 mx1",
    "2013-03-07T04:12:33+01:0 mx1",
    "2013-03-07T04:12:33+24:00 mx1",
    "2013-03-07T04:12:33+01:60 mx1",
    "2013-03-07T04:12:33+01:00x mx1",
    "2013-03-07T04:12:33.1234567890Z mx1",
    "2013-03-07T04:12:33-",
    "Thu 2013-03-07 04:12:33",
    "Thu 2013-03-07 04:12:33 ",
    "Thu 2013-03-07 04:12:33 ABCDEFG mx1",
    "Thu 2013-03-07 04:12:33 C3T mx1",
    "T 2013-03-07 04:12:33 CET mx1",
    "1362625953 mx1",
    "1362625953. mx1",
    "1362625953.1234567890 mx1",
    "12345678.1 mx1",
    "253402300800.0 mx1",
    "9999999999999999999999.1 mx1",
};

static void stamps_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        const char *bar = strchr(good[i].text, '|');
        size_t want = (size_t)(bar - good[i].text);
        size_t len = strlen(good[i].text) - 1;
        char text[80], got[120];
        struct wall w;

        memcpy(text, good[i].text, want);
        memcpy(text + want, bar + 1, len - want);
        assert_int_equal(wall_parse(slice_make(text, len), &w), want);
        describe(&w, got, sizeof got);
        if (strcmp(got, good[i].want) != 0)
            fail_msg("%s: %s", good[i].text, got);
    }
}

static void what_is_no_date_is_no_stamp(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct wall w;

        if (wall_parse(slice_of(bad[i]), &w) != 0)
            fail_msg("%s", bad[i]);
        assert_int_equal(w.month, 0);
    }
}

/* In memory of just that size, so that a sanitizer sees a byte too far. */
static void stamps_may_be_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        for (size_t len = 0; len <= strlen(good[i].text); len++) {
            char *text = malloc(len == 0 ? 1 : len);
            struct wall w;

            assert_non_null(text);
            memcpy(text, good[i].text, len);
            assert_true(wall_parse(slice_make(text, len), &w) <= len);
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamps_are_read),
        cmocka_unit_test(what_is_no_date_is_no_stamp),
        cmocka_unit_test(stamps_may_be_cut_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
