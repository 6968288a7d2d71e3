#include "parse/calendar.h"

#include <string.h>

#include "base/zone.h"

#define MONTH (1u << 22)   /* in_year()'s measure */
#define LATE_DECEMBER 16   /* after January: the year before */
#define OUT_OF_ORDER 60    /* seconds; a greater step back is the clock's */
#define LEAP_YEARS_APART 8 /* at most, around 1900 and 2100 */

#define YEAR_MIN 1
#define YEAR_MAX 9999
#define SECOND_MIN (-62135596800) /* 0001-01-01T00:00:00Z */
#define SECOND_MAX 253402300799   /* 9999-12-31T23:59:59Z */

/* Month, day and time as a number that grows with them. */
static uint32_t in_year(const struct wall *w)
{
    return (uint32_t)w->month << 22 | (uint32_t)w->day << 17 |
           (uint32_t)w->hour << 12 | (uint32_t)w->minute << 6 | w->second;
}

/* How many years lie between a stamp and the next, by their months and days. */
static int year_step(const struct wall *last, const struct wall *w)
{
    if (in_year(last) > in_year(w) + 6 * MONTH)
        return 1;
    if (last->month == 1 && w->month == 12 && w->day >= LATE_DECEMBER)
        return -1;
    return 0;
}

static bool is_leap_day(const struct wall *w)
{
    return w->month == 2 && w->day == 29;
}

static bool is_leap_year(int year)
{
    return civil_days_in_month(year, 2) == 29;
}

static struct civil civil_of(const struct wall *w, int year)
{
    return (struct civil){.year = year,
                          .month = w->month,
                          .day = w->day,
                          .hour = w->hour,
                          .minute = w->minute,
                          .second = w->second};
}

/* The offsets w may have; c is the same with its year. */
static struct zone_offsets offsets_of(const struct wall *w,
                                      const struct civil *c)
{
    int16_t offset = w->offset;

    if (w->zone == WALL_ZONE_OFFSET ||
        (w->zone == WALL_ZONE_NAME &&
         zone_abbreviation(slice_of(w->abbreviation), c, &offset)))
        return (struct zone_offsets){.earlier = offset, .later = offset};
    return zone_offsets(c);
}

void calendar_start(struct calendar *c, int first_year)
{
    *c = (struct calendar){.first_year = first_year, .at = STAMP_NONE};
}

static int year_of(const struct calendar *c, const struct wall *w)
{
    int year;

    if (w->year != 0)
        return w->year;
    year = c->year == 0 ? c->first_year : c->year + year_step(&c->last, w);
    if (is_leap_day(w))
        while (!is_leap_year(year))
            year--;
    /* A senseless log may count up for ever. */
    if (year < YEAR_MIN)
        return YEAR_MIN;
    return year > YEAR_MAX ? YEAR_MAX : year;
}

/*
 * Of a time that occurs twice, the later is meant when the earlier would be
 * a step back.
 */
static int16_t pick_offset(const struct calendar *c, int64_t seconds,
                           struct zone_offsets offsets)
{
    int64_t earlier = seconds - offsets.earlier * 60;

    if (offsets.earlier == offsets.later || stamp_is_none(c->at) ||
        earlier >= c->at.sec - OUT_OF_ORDER)
        return offsets.earlier;
    return offsets.later;
}

/* Whether nothing changes between the first and the last second of w's hour. */
static bool is_steady(const struct wall *w, struct civil hour)
{
    struct zone_offsets first, last;

    if (w->zone == WALL_ZONE_OFFSET)
        return true;
    hour.minute = hour.second = 0;
    first = offsets_of(w, &hour);
    hour.minute = hour.second = 59;
    last = offsets_of(w, &hour);
    return first.earlier == first.later && last.earlier == last.later &&
           first.earlier == last.earlier;
}

/* Whether w is in the hour of the last stamp and has the same offset. */
static bool is_near(const struct calendar *c, const struct wall *w)
{
    const struct wall *last = &c->last;

    if (last->hour != w->hour || last->day != w->day ||
        last->month != w->month || last->year != w->year ||
        last->zone != w->zone || last->offset != w->offset ||
        memcmp(last->abbreviation, w->abbreviation, sizeof w->abbreviation) !=
            0)
        return false;
    return c->steady ||
           (last->minute == w->minute && last->second == w->second);
}

void calendar_resume(struct calendar *c, struct stamp last)
{
    struct civil at = civil_from_seconds(last.sec + last.offset * 60);
    struct wall w = {
        .month = (uint8_t)at.month,
        .day = (uint8_t)at.day,
        .hour = (uint8_t)at.hour,
        .minute = (uint8_t)at.minute,
        .second = (uint8_t)at.second,
        .digits = last.digits,
        .nsec = last.nsec,
        .offset = last.offset,
        .zone = WALL_ZONE_OFFSET,
    };

    calendar_start(c, at.year);
    (void)calendar_resolve(c, &w);
}

struct stamp calendar_resolve(struct calendar *c, const struct wall *w)
{
    if (is_near(c, w)) {
        c->at.sec +=
            (w->minute - c->last.minute) * 60 + w->second - c->last.second;
    } else {
        int year = year_of(c, w);
        struct civil civil = civil_of(w, year);
        int64_t seconds = civil_seconds(&civil);

        c->at.offset = pick_offset(c, seconds, offsets_of(w, &civil));
        c->at.sec = seconds - c->at.offset * 60;
        c->steady = is_steady(w, civil);
        c->year = year;
    }
    c->at.nsec = w->nsec;
    c->at.digits = w->digits;
    c->last = *w;
    return c->at;
}

void calendar_guess_add(struct calendar_guess *g, const struct wall *w)
{
    if (w->year != 0)
        return;
    if (g->started)
        g->years += year_step(&g->last, w);
    if (!g->started || g->years > g->latest_years ||
        (g->years == g->latest_years && in_year(w) > in_year(&g->latest))) {
        g->latest_years = g->years;
        g->latest = *w;
    }
    if (is_leap_day(w) && g->years >= 0 && g->years < 64)
        g->leap_days |= UINT64_C(1) << g->years;
    g->last = *w;
    g->started = true;
}

/* Whether every 29 February is in a leap year if the first stamp is in year. */
static bool leap_days_fit(const struct calendar_guess *g, int year)
{
    for (int n = 0; n < 64; n++)
        if ((g->leap_days >> n & 1) != 0 && !is_leap_year(year + n))
            return false;
    return true;
}

int calendar_guess_year(const struct calendar_guess *g, int64_t limit)
{
    struct civil c;
    int year;

    if (limit < SECOND_MIN)
        limit = SECOND_MIN;
    if (limit > SECOND_MAX)
        limit = SECOND_MAX;
    year = civil_from_seconds(limit).year;
    if (!g->started)
        return year;

    /* The limit's year may be another in the log's zone. */
    year = year + 1 - g->latest_years;
    for (; year > YEAR_MIN; year--) {
        c = civil_of(&g->latest, year + g->latest_years);
        if (civil_seconds(&c) - zone_offsets(&c).earlier * 60 <= limit)
            break;
    }
    for (int back = 0; back <= LEAP_YEARS_APART; back++)
        if (leap_days_fit(g, year - back))
            return year - back < YEAR_MIN ? YEAR_MIN : year - back;
    return year < YEAR_MIN ? YEAR_MIN : year;
}
