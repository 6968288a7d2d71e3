#include "base/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void use(const char *name)
{
    struct error err;

    if (!zone_use(name, &err))
        fail_msg("%s: %s", name, err.text);
}

static void names_are_known_or_an_error(void **state)
{
    static const struct {
        const char *name;
        bool good;
    } cases[] = {
        {"UTC", true},
        {"Z", true},
        {"+01:00", true},
        {"+0100", true},
        {"-3", true},
        {"-03", true},
        {"+05:45", true},
        {"+23:59", true},
        {BERLIN, true},
        {"UTC0", true},
        {"EST+5", true},
        {"<+0330>-03:30", true},
        {"<+01>-1<+02>-2,M3.5.0/2:00:00,M10.5.0/3", true},
        {"NZST-12NZDT,M9.5.0,M4.1.0/3", true},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", true},
        {"XXX3YYY,J60/0,J300", true},
        {"XXX3YYY,0,365/-1", true},
        {"WGT3WGST,M3.5.0/-2,M10.5.0/167", true},

        {"", false},
        {"Nowhere/Town", false},
        {"Europe", false},
        {"CETX", false},
        {"XYZ-1XYZS", false}, /* would follow the United States */
        {"XYZ-1XYZS,M3.5.0", false},
        {"XYZ-25", false},
        {"XY-1", false},
        {"XYZ-1XYZS,M13.5.0,M10.5.0", false},
        {"XYZ-1XYZS,M3.6.0,M10.5.0", false},
        {"XYZ-1XYZS,M3.5.7,M10.5.0", false},
        {"XYZ-1XYZS,J0,J300", false},
        {"XYZ-1XYZS,1,366", false},
        {"XYZ-1XYZS,M3.5.0/168,M10.5.0", false},
        {"XYZ-1XYZS,M3.5.0,M10.5.0,", false},
        {"<+1>-1", false},
        {"<+01-1", false},
        {"+24:00", false},
        {"+01:60", false},
        {"+1:0", false},
        {"+010", false},
        {"+01000", false},
        {"+", false},
        {"1", false},
        {"+aa:bb", false},
        {"../etc/localtime", false},
        {"/etc/passwd", false},
        {".", false},
        {":UTC", false},
        {"99999999999999999999", false},
        {"XYZ-99999999999999999999", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = {0};

        if (zone_use(cases[i].name, &err) != cases[i].good)
            fail_msg("%s", cases[i].name);
        if (!cases[i].good)
            assert_non_null(strstr(err.text, "unknown time zone"));
    }
}

static void a_name_too_long_is_an_error(void **state)
{
    struct error err;
    char name[8192];

    (void)state;
    memset(name, 'A', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_false(zone_use(name, &err));
}

/* The machine's database may be missing: then there is nothing to test. */
static void the_database_is_asked(void **state)
{
    struct civil summer = {2013, 7, 1, 12, 0, 0};
    struct error err;

    (void)state;
    if (!zone_use("Europe/Berlin", &err))
        skip();
    assert_int_equal(zone_offsets(&summer).earlier, 120);
    assert_true(zone_use("Asia/Kathmandu", &err));
    assert_int_equal(zone_offsets(&summer).earlier, 345);

    assert_int_equal(setenv("TZDIR", "/nonexistent", 1), 0);
    assert_false(zone_use("Europe/Berlin", &err));
    assert_true(zone_use("UTC", &err));
    assert_int_equal(unsetenv("TZDIR"), 0);
}

static void no_name_is_the_machine(void **state)
{
    struct civil c = {2013, 7, 1, 12, 0, 0};

    (void)state;
    assert_int_equal(setenv("TZ", "XXX-2", 1), 0);
    use(NULL);
    assert_int_equal(zone_offsets(&c).earlier, 120);
}

static void offsets_follow_the_wall_clock(void **state)
{
    static const struct {
        const char *zone;
        struct civil wall;
        int16_t earlier, later;
    } cases[] = {
        {"UTC", {2013, 3, 7, 4, 12, 33}, 0, 0},
        {"+01:00", {2013, 7, 7, 4, 12, 33}, 60, 60},
        {"-03:30", {2013, 7, 7, 4, 12, 33}, -210, -210},
        {"-3", {2013, 7, 7, 4, 12, 33}, -180, -180},
        {BERLIN, {2013, 1, 1, 0, 0, 0}, 60, 60},
        {BERLIN, {2013, 7, 1, 0, 0, 0}, 120, 120},
        /* set forward on 31 March: 2 o'clock never was */
        {BERLIN, {2013, 3, 31, 1, 59, 59}, 60, 60},
        {BERLIN, {2013, 3, 31, 2, 0, 0}, 60, 60},
        {BERLIN, {2013, 3, 31, 2, 59, 59}, 60, 60},
        {BERLIN, {2013, 3, 31, 3, 0, 0}, 120, 120},
        /* set back on 27 October: 2 o'clock was twice */
        {BERLIN, {2013, 10, 27, 1, 59, 59}, 120, 120},
        {BERLIN, {2013, 10, 27, 2, 0, 0}, 120, 60},
        {BERLIN, {2013, 10, 27, 2, 59, 59}, 120, 60},
        {BERLIN, {2013, 10, 27, 3, 0, 0}, 60, 60},
        {"EST5EDT,M3.2.0,M11.1.0", {2013, 11, 3, 1, 30, 0}, -240, -300},
        /* half an hour, in the south */
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
         {2013, 4, 7, 1, 45, 0},
         660,
         630},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
         {2013, 4, 7, 1, 15, 0},
         660,
         660},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone_offsets o;

        use(cases[i].zone);
        o = zone_offsets(&cases[i].wall);
        if (o.earlier != cases[i].earlier || o.later != cases[i].later)
            fail_msg("case %zu, %s: %d %d", i, cases[i].zone, o.earlier,
                     o.later);
    }
}

static void abbreviations(void **state)
{
    static const struct civil winter = {2013, 1, 15, 12, 0, 0};
    static const struct civil summer = {2013, 7, 15, 12, 0, 0};
    static const struct civil twice = {2013, 10, 27, 2, 30, 0};
    static const struct {
        const char *zone, *name;
        const struct civil *wall;
        int offset; /* 9999: unknown */
    } cases[] = {
        {"UTC", "UTC", &winter, 0},
        {"UTC", "GMT", &winter, 0},
        {"UTC", "CET", &winter, 60},
        {"UTC", "CEST", &winter, 120},
        {"UTC", "+03", &winter, 180},
        {"UTC", "-0330", &winter, -210},
        {"UTC", "+0545", &winter, 345},
        {"UTC", "CST", &winter, 9999},
        {"UTC", "IST", &winter, 9999},
        {"UTC", "", &winter, 9999},
        {"UTC", "ce", &winter, 9999},
        /* the zone in use knows its own names, out of season too */
        {"CST6CDT,M3.2.0,M11.1.0", "CST", &winter, -360},
        {"CST6CDT,M3.2.0,M11.1.0", "CDT", &summer, -300},
        {"CST6CDT,M3.2.0,M11.1.0", "CST", &summer, -360},
        {"CST-8", "CST", &winter, 480},
        {BERLIN, "CEST", &twice, 120},
        {BERLIN, "CET", &twice, 60},
        {"<+0330>-3:30", "+0330", &winter, 210},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int16_t offset = 9999;
        bool known;

        use(cases[i].zone);
        known =
            zone_abbreviation(slice_of(cases[i].name), cases[i].wall, &offset);
        if (known != (cases[i].offset != 9999) ||
            (known && offset != cases[i].offset))
            fail_msg("%s in %s: %d", cases[i].name, cases[i].zone, offset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_known_or_an_error),
        cmocka_unit_test(a_name_too_long_is_an_error),
        cmocka_unit_test(the_database_is_asked),
        cmocka_unit_test(no_name_is_the_machine),
        cmocka_unit_test(offsets_follow_the_wall_clock),
        cmocka_unit_test(abbreviations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
