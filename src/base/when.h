/*
 * when - a moment as people type it: a date, a date and time, or an age
 *
 *   2013-03-07                     that day
 *   2013-03-07T04:12[:33[.25]]     that minute or second; a blank for T will do
 *   2013-03-07T04:12:33+01:00      the same with its offset: +01:00, +0100, Z
 *   90m 36h 7d 2w                  so long ago; s for seconds
 *
 * Without an offset the wall clock is that of the zone in use (base/zone).
 *
 * What is typed names a span, a day or a minute or a second, and each user
 * wants one of its ends: "since 7 March" begins with the day, "until 7 March"
 * takes all of it.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/stamp.h"

enum when_end {
    WHEN_FIRST, /* the first instant of the span */
    WHEN_LAST   /* the last, to the nanosecond */
};

/* Reads the whole of text; now, in seconds since 1970, is for ages. */
bool when_parse(struct slice text, enum when_end end, int64_t now,
                struct stamp *at);

#endif
