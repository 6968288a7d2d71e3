#include "parse/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/zone.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define STEPS 16

static void use(const char *name)
{
    struct error err;

    if (!zone_use(name, &err))
        fail_msg("%s: %s", name, err.text);
}

static struct wall wall(const char *text)
{
    struct wall w;

    if (wall_parse(slice_of(text), &w) != strlen(text))
        fail_msg("%s", text);
    return w;
}

static int64_t instant(const char *text)
{
    struct stamp s;

    if (!stamp_parse(slice_of(text), &s))
        fail_msg("%s", text);
    return s.sec;
}

struct step {
    const char *logged, *want;
};

/* One log: what is logged, and as which instant it must be read. */
static const struct {
    const char *name, *zone;
    int year;
    struct step steps[STEPS];
} logs[] = {
    {"plain",
     "+01:00",
     2013,
     {{"Mar  7 04:12:33", "2013-03-07T04:12:33+01:00"},
      {"Mar  7 04:12:33", "2013-03-07T04:12:33+01:00"},
      {"Mar 07 04:12:32.123456", "2013-03-07T04:12:32.123456+01:00"},
      {"Mar  7 04:59:59", "2013-03-07T04:59:59+01:00"},
      {"Mar  7 05:00:00", "2013-03-07T05:00:00+01:00"},
      {"Mar  7 04:59:59", "2013-03-07T04:59:59+01:00"},
      {"Jul  7 04:59:59", "2013-07-07T04:59:59+01:00"},
      {"Feb  7 04:59:59", "2013-02-07T04:59:59+01:00"}}},
    {"new year, both ways",
     "UTC",
     2013,
     {{"Dec 31 23:59:58", "2013-12-31T23:59:58+00:00"},
      {"Jan  1 00:00:00", "2014-01-01T00:00:00+00:00"},
      {"Dec 31 23:59:59", "2013-12-31T23:59:59+00:00"},
      {"Jan  1 00:00:01", "2014-01-01T00:00:01+00:00"},
      {"Jan  1 00:00:02", "2014-01-01T00:00:02+00:00"},
      {"Dec 16 00:00:00", "2013-12-16T00:00:00+00:00"},
      {"Jan  1 00:00:02", "2014-01-01T00:00:02+00:00"},
      {"Dec 15 00:00:00", "2014-12-15T00:00:00+00:00"},
      {"Jan  1 00:00:00", "2015-01-01T00:00:00+00:00"},
      {"Feb  1 00:00:00", "2015-02-01T00:00:00+00:00"},
      {"Dec 31 00:00:00", "2015-12-31T00:00:00+00:00"}}},
    {"the first line is of last year",
     "UTC",
     2014,
     {{"Jan  1 00:00:00", "2014-01-01T00:00:00+00:00"},
      {"Dec 31 23:59:59", "2013-12-31T23:59:59+00:00"},
      {"Jan  1 00:00:01", "2014-01-01T00:00:01+00:00"}}},
    {"six months back and no more",
     "UTC",
     2013,
     {{"Dec  7 04:12:33", "2013-12-07T04:12:33+00:00"},
      {"Jun  7 04:12:33", "2013-06-07T04:12:33+00:00"},
      {"Dec  7 04:12:33", "2013-12-07T04:12:33+00:00"},
      {"Jun  7 04:12:32", "2014-06-07T04:12:32+00:00"}}},
    {"ten years",
     "UTC",
     2003,
     {{"Aug  1 00:00:00", "2003-08-01T00:00:00+00:00"},
      {"Jan 20 00:00:00", "2004-01-20T00:00:00+00:00"},
      {"Feb 29 00:00:00", "2004-02-29T00:00:00+00:00"},
      {"Aug  1 00:00:00", "2004-08-01T00:00:00+00:00"},
      {"Jan 20 00:00:00", "2005-01-20T00:00:00+00:00"},
      {"Dec  1 00:00:00", "2005-12-01T00:00:00+00:00"},
      {"Jan 20 00:00:00", "2006-01-20T00:00:00+00:00"},
      {"Sep 20 00:00:00", "2006-09-20T00:00:00+00:00"},
      {"Feb 20 00:00:00", "2007-02-20T00:00:00+00:00"},
      {"Sep 20 00:00:00", "2007-09-20T00:00:00+00:00"},
      {"Feb 29 00:00:00", "2008-02-29T00:00:00+00:00"}}},
    {"29 February moves a wrong year back",
     "UTC",
     2013,
     {{"Feb 28 23:59:59", "2013-02-28T23:59:59+00:00"},
      {"Feb 29 00:00:00", "2012-02-29T00:00:00+00:00"},
      {"Mar  1 00:00:00", "2012-03-01T00:00:00+00:00"},
      {"Jan  1 00:00:00", "2012-01-01T00:00:00+00:00"}}},
    {"29 February first, around 1900",
     "UTC",
     1903,
     {{"Feb 29 12:00:00", "1896-02-29T12:00:00+00:00"}}},
    {"leap seconds",
     "UTC",
     2016,
     {{"Dec 31 23:59:59", "2016-12-31T23:59:59+00:00"},
      {"Dec 31 23:59:60", "2017-01-01T00:00:00+00:00"},
      {"Jan  1 00:00:00", "2017-01-01T00:00:00+00:00"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"}}},
    {"clocks set forward",
     BERLIN,
     2013,
     {{"Mar 31 01:59:59", "2013-03-31T01:59:59+01:00"},
      {"Mar 31 02:30:00", "2013-03-31T02:30:00+01:00"},
      {"Mar 31 03:00:00", "2013-03-31T03:00:00+02:00"}}},
    {"clocks set back",
     BERLIN,
     2013,
     {{"Oct 27 01:59:59", "2013-10-27T01:59:59+02:00"},
      {"Oct 27 02:00:00", "2013-10-27T02:00:00+02:00"},
      {"Oct 27 02:00:00", "2013-10-27T02:00:00+02:00"},
      {"Oct 27 02:59:59", "2013-10-27T02:59:59+02:00"},
      /* seconds out of order are no step of the clock */
      {"Oct 27 02:59:54", "2013-10-27T02:59:54+02:00"},
      {"Oct 27 02:00:02", "2013-10-27T02:00:02+01:00"},
      {"Oct 27 02:00:02", "2013-10-27T02:00:02+01:00"},
      {"Oct 27 02:59:58", "2013-10-27T02:59:58+02:00"},
      {"Oct 27 02:00:01", "2013-10-27T02:00:01+01:00"},
      {"Oct 27 02:30:00", "2013-10-27T02:30:00+01:00"},
      {"Oct 27 02:59:57", "2013-10-27T02:59:57+01:00"},
      {"Oct 27 03:00:00", "2013-10-27T03:00:00+01:00"},
      {"Oct 27 02:59:59", "2013-10-27T02:59:59+01:00"},
      {"Oct 27 03:00:01", "2013-10-27T03:00:01+01:00"}}},
    {"the first line is of an hour that was twice",
     BERLIN,
     2013,
     {{"Oct 27 02:30:00", "2013-10-27T02:30:00+02:00"},
      {"Oct 27 02:10:00", "2013-10-27T02:10:00+01:00"}}},
    {"only the second pass",
     BERLIN,
     2013,
     {{"Oct 27 03:00:00", "2013-10-27T03:00:00+01:00"},
      {"Oct 27 02:30:00", "2013-10-27T02:30:00+01:00"}}},
    {"half an hour of an hour",
     "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
     2013,
     {{"Apr  7 01:15:00", "2013-04-07T01:15:00+11:00"},
      {"Apr  7 01:45:00", "2013-04-07T01:45:00+11:00"},
      {"Apr  7 01:31:00", "2013-04-07T01:31:00+10:30"},
      {"Apr  7 02:00:00", "2013-04-07T02:00:00+10:30"}}},
    {"stamps with zone, and names of zones",
     BERLIN,
     1999,
     {{"2013-03-07T04:12:33.1Z", "2013-03-07T04:12:33.1+00:00"},
      {"2013-03-07T04:12:33-03:30", "2013-03-07T04:12:33-03:30"},
      {"2013-03-07T04:12:33", "2013-03-07T04:12:33+01:00"},
      {"2013-07-07T04:12:33", "2013-07-07T04:12:33+02:00"},
      {"Thu 2013-03-07 04:12:33 UTC", "2013-03-07T04:12:33+00:00"},
      {"Thu 2013-03-07 04:12:33 CET", "2013-03-07T04:12:33+01:00"},
      {"Sun 2013-10-27 02:30:00 CEST", "2013-10-27T02:30:00+02:00"},
      {"Sun 2013-10-27 02:30:00 CET", "2013-10-27T02:30:00+01:00"},
      {"Sun 2013-10-27 02:30:00 JST", "2013-10-27T02:30:00+09:00"},
      {"Mon 2013-07-01 02:30:00 XYZ", "2013-07-01T02:30:00+02:00"},
      {"1362625953.123456", "2013-03-07T03:12:33.123456+00:00"}}},
    {"a year that is told",
     "UTC",
     1999,
     {{"2012-12-31T23:59:59Z", "2012-12-31T23:59:59+00:00"},
      {"Jan  1 00:00:01", "2013-01-01T00:00:01+00:00"},
      {"Mar  1 00:00:01", "2013-03-01T00:00:01+00:00"}}},
    {"the ends of time",
     "UTC",
     9999,
     {{"Dec 31 23:59:59", "9999-12-31T23:59:59+00:00"},
      {"Jan  1 00:00:00", "9999-01-01T00:00:00+00:00"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"},
      {"Dec 31 23:59:59", "0001-12-31T23:59:59+00:00"}}},
};

static void logs_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(logs); i++) {
        struct calendar c;

        use(logs[i].zone);
        calendar_start(&c, logs[i].year);
        for (size_t n = 0; n < STEPS && logs[i].steps[n].logged; n++) {
            const struct step *step = &logs[i].steps[n];
            struct wall w = wall(step->logged);
            char text[STAMP_SIZE];

            text[stamp_format(calendar_resolve(&c, &w), text)] = '\0';
            if (strcmp(text, step->want) != 0)
                fail_msg("%s: %s: %s", logs[i].name, step->logged, text);
        }
    }
}

static const struct {
    const char *limit;
    int year;
    const char *logged[STEPS];
} guesses[] = {
    /* nothing to go by */
    {"2013-03-07T04:12:33+00:00", 2013, {NULL}},
    {"2013-03-07T04:12:33+00:00", 2013, {"2009-03-07T04:12:33Z"}},
    /* one line, as of a pipe */
    {"2013-03-07T04:12:33+00:00", 2013, {"Mar  7 04:12:33"}},
    {"2013-03-07T04:12:33+00:00", 2012, {"Mar  7 04:12:34"}},
    {"2013-03-07T04:12:33+00:00", 2012, {"Dec 31 23:59:59"}},
    {"2013-03-07T04:12:33+00:00", 2013, {"Jan  1 00:00:00"}},
    {"2013-12-31T23:59:59+00:00", 2013, {"Dec 31 23:59:59"}},
    /* several */
    {"2013-03-07T04:12:33+00:00", 2013, {"Mar  6 00:00:00", "Mar  7 04:12:33"}},
    {"2013-03-07T04:12:33+00:00", 2012, {"Mar  6 00:00:00", "Mar  7 04:12:34"}},
    {"2013-03-07T04:12:33+00:00",
     2012,
     {"Mar  7 04:12:34", "Mar  6 00:00:00", "Mar  5 00:00:00"}},
    {"2013-03-07T04:12:33+00:00", 2012, {"Dec  6 00:00:00", "Mar  7 04:12:33"}},
    {"2013-03-07T04:12:33+00:00", 2011, {"Dec  6 00:00:00", "Mar  7 04:12:34"}},
    {"2013-03-07T04:12:33+00:00",
     2012,
     {"Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:59"}},
    {"2013-01-01T00:00:00+00:00", 2013, {"Jan  1 00:00:00", "Dec 31 23:59:59"}},
    {"2012-12-31T23:59:59+00:00", 2012, {"Jan  1 00:00:00", "Dec 31 23:59:59"}},
    {"2013-03-07T04:12:33+00:00",
     2009,
     {"Aug  1 00:00:00", "Jan  1 00:00:00", "Jul  1 00:00:00",
      "Dec  1 00:00:00", "Feb  1 00:00:00", "Jul 31 00:00:00",
      "Jan 30 00:00:00", "Jul 29 00:00:00", "Jan 28 00:00:00"}},
    /* 29 February */
    {"2013-03-07T04:12:33+00:00", 2012, {"Feb 29 00:00:00"}},
    {"2015-03-07T04:12:33+00:00", 2012, {"Feb 28 00:00:00", "Feb 29 00:00:00"}},
    {"2015-03-07T04:12:33+00:00", 2011, {"Nov 28 00:00:00", "Feb 29 00:00:00"}},
    {"2012-02-28T00:00:00+00:00", 2008, {"Feb 28 00:00:00", "Feb 29 00:00:00"}},
    {"2012-02-29T00:00:00+00:00", 2012, {"Feb 28 00:00:00", "Feb 29 00:00:00"}},
    {"2015-03-07T04:12:33+00:00",
     2010,
     {"Nov  1 00:00:00", "Feb  1 00:00:00", "Nov  1 00:00:00",
      "Feb 29 00:00:00", "Nov  1 00:00:00"}},
    {"1903-03-07T04:12:33+00:00", 1896, {"Feb 29 00:00:00"}},
    {"2103-03-07T04:12:33+00:00", 2096, {"Feb 29 00:00:00"}},
    /* no year has both: the limit alone decides */
    {"2015-03-07T04:12:33+00:00",
     2014,
     {"Feb 29 00:00:00", "Nov  1 00:00:00", "Feb 29 00:00:00"}},
    {"0001-01-01T00:00:00+00:00", 1, {"Mar  7 04:12:33"}},
};

static void guess(size_t i, const char *zone, int64_t limit, int year)
{
    struct calendar_guess g = {0};
    int got;

    use(zone);
    for (size_t n = 0; n < STEPS && guesses[i].logged[n]; n++) {
        struct wall w = wall(guesses[i].logged[n]);

        calendar_guess_add(&g, &w);
    }
    got = calendar_guess_year(&g, limit);
    if (got != year)
        fail_msg("guess %zu in %s: %d", i, zone, got);
}

static void years_are_guessed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(guesses); i++)
        guess(i, "UTC", instant(guesses[i].limit), guesses[i].year);
}

/* The limit is an instant, the log's clock is of its zone. */
static void the_zone_counts(void **state)
{
    struct calendar_guess g = {0};
    struct wall w = wall("Jan  1 00:30:00");

    (void)state;
    calendar_guess_add(&g, &w);
    use("+01:00");
    assert_int_equal(
        calendar_guess_year(&g, instant("2012-12-31T23:30:00+00:00")), 2013);
    assert_int_equal(
        calendar_guess_year(&g, instant("2012-12-31T23:29:59+00:00")), 2012);
    use("-01:00");
    assert_int_equal(
        calendar_guess_year(&g, instant("2013-01-01T01:29:59+00:00")), 2012);
}

static void limits_may_be_absurd(void **state)
{
    struct calendar_guess g = {0};
    struct wall w = wall("Jan  1 00:30:00");

    (void)state;
    use("UTC");
    calendar_guess_add(&g, &w);
    assert_int_equal(calendar_guess_year(&g, INT64_MAX), 9999);
    assert_int_equal(calendar_guess_year(&g, INT64_MIN), 1);
}

/* A guess is what puts no line after the limit, and no later year does. */
static void guess_and_calendar_agree(void **state)
{
    static const char zones[][32] = {"UTC", BERLIN, "-11:00"};
    unsigned seed = 7;

    (void)state;
    for (int round = 0; round < 600; round++) {
        struct calendar_guess g = {0};
        struct wall w[40];
        int64_t last[2] = {INT64_MIN, INT64_MIN};
        int64_t t = instant("1995-01-01T00:00:00+00:00"), limit;
        bool leap_day = false;
        int year;

        use(zones[round % 3]);
        for (int n = 0; n < 40; n++) {
            struct civil c;

            t += (int64_t)(rand_r(&seed) % (100 * 86400));
            c = civil_from_seconds(t);
            w[n] = (struct wall){.month = (uint8_t)c.month,
                                 .day = (uint8_t)c.day,
                                 .hour = (uint8_t)c.hour};
            leap_day |= c.month == 2 && c.day == 29;
            calendar_guess_add(&g, &w[n]);
        }
        limit = t + (int64_t)(rand_r(&seed) % (3000 * 86400));
        year = calendar_guess_year(&g, limit);
        for (int later = 0; later < 2; later++) {
            struct calendar c;

            calendar_start(&c, year + later);
            for (int n = 0; n < 40; n++) {
                struct stamp s = calendar_resolve(&c, &w[n]);

                if (s.sec > last[later])
                    last[later] = s.sec;
            }
        }
        assert_true(last[0] <= limit);
        if (!leap_day)
            assert_true(last[1] > limit);
    }
}

/* The same stamps give the same instants whatever was cached. */
static void hours_are_cached_rightly(void **state)
{
    unsigned seed = 11;
    struct calendar c;

    (void)state;
    use(BERLIN);
    calendar_start(&c, 2013);
    for (int n = 0; n < 20000; n++) {
        struct wall w = {.year = 2013, .month = 10, .day = 26};
        struct calendar fresh;
        struct stamp a, b;

        w.day = (uint8_t)(26 + rand_r(&seed) % 3);
        w.hour = (uint8_t)(rand_r(&seed) % 4);
        w.minute = (uint8_t)(rand_r(&seed) % 60);
        w.second = (uint8_t)(rand_r(&seed) % 61);
        if (w.day == 27 && w.hour == 2)
            continue;
        calendar_start(&fresh, 2013);
        a = calendar_resolve(&c, &w);
        b = calendar_resolve(&fresh, &w);
        assert_int_equal(a.sec, b.sec);
        assert_int_equal(a.offset, b.offset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_are_read),
        cmocka_unit_test(years_are_guessed),
        cmocka_unit_test(the_zone_counts),
        cmocka_unit_test(limits_may_be_absurd),
        cmocka_unit_test(guess_and_calendar_agree),
        cmocka_unit_test(hours_are_cached_rightly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
