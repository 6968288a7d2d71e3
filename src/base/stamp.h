/*
 * stamp - an instant, and how it was written
 *
 * A stamp is a count of seconds since 1970-01-01T00:00:00Z with what is
 * needed to print it as it was logged: the offset from UTC and the number of
 * digits of the fraction. Two stamps compare as instants, so the same moment
 * logged in two zones is equal (stamp_compare) though not spelled alike.
 *
 * Calendar arithmetic is the proleptic Gregorian of ISO 8601; leap seconds
 * (:60) count as the second that follows.
 */
#ifndef BASE_STAMP_H
#define BASE_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define STAMP_DAY INT64_C(86400) /* seconds */

struct stamp {
    int64_t sec; /* INT64_MIN: no stamp */
    uint32_t nsec;
    int16_t offset; /* minutes east of UTC */
    uint8_t digits; /* of the fraction, 0 to 9 */
};

#define STAMP_NONE ((struct stamp){.sec = INT64_MIN})
#define STAMP_SIZE 40 /* room for the longest text, NUL included */

/* A date and time of day without a zone. month 1-12, day 1-31. */
struct civil {
    int year;
    int month, day;
    int hour, minute, second;
};

static inline bool stamp_is_none(struct stamp s)
{
    return s.sec == INT64_MIN;
}

/* As instants: <0, 0, >0; no stamp comes first. */
static inline int stamp_compare(struct stamp a, struct stamp b)
{
    if (a.sec != b.sec)
        return a.sec < b.sec ? -1 : 1;
    return a.nsec < b.nsec ? -1 : a.nsec > b.nsec;
}

/* The same instant, spelled alike. */
static inline bool stamp_is_same(struct stamp a, struct stamp b)
{
    return a.sec == b.sec && a.nsec == b.nsec && a.offset == b.offset &&
           a.digits == b.digits;
}

/* Seconds from 1970-01-01T00:00:00 on the same clock. */
int64_t civil_seconds(const struct civil *c);
struct civil civil_from_seconds(int64_t seconds);
int civil_days_in_month(int year, int month);
bool civil_valid(const struct civil *c); /* second 60 is valid */

/* As texts: 0 only when they are spelled alike. */
int stamp_compare_texts(struct stamp a, struct stamp b);

/*
 * stamp_format - 2013-03-07T04:12:33.123456+01:00
 *
 * Writes at most STAMP_SIZE bytes and a NUL to out; returns the length.
 * No stamp gives "".
 */
size_t stamp_format(struct stamp s, char out[STAMP_SIZE]);

/* Reads what stamp_format() wrote, and Z for +00:00; the whole of text. */
bool stamp_parse(struct slice text, struct stamp *s);

/* The day as logged, YYYY-MM-DD, in the stamp's own offset. 10 bytes. */
size_t stamp_format_day(struct stamp s, char out[STAMP_SIZE]);

/* Days since 1970-01-01 of that day. */
int32_t stamp_day(struct stamp s);

#endif
