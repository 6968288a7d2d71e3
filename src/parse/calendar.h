/*
 * calendar - wall-clock stamps of one log, in order, as instants
 *
 * Most logs have neither year nor zone. The year of the first line is given
 * (--year) or guessed; from there on, a step back of more than six months is
 * a new year, and a line of late December (from the 16th) after one of January
 * is last year's. 29 February is only in leap years: a year that puts it
 * elsewhere is moved back to one. A stamp that has its year tells it to those
 * behind it that have none.
 *
 * A wall-clock time that occurs twice (clocks set back) is the earlier one
 * until a line has stepped back over it: by more than the minute that lines
 * of several daemons may be out of order.
 *
 * The zone names of short-full are looked up in the log's zone, then among
 * those of one meaning world-wide; others are taken for the log's zone.
 *
 * One calendar per log, one thread. The same hour costs a comparison.
 */
#ifndef PARSE_CALENDAR_H
#define PARSE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stamp.h"
#include "parse/wall.h"

struct calendar {
    int year;         /* of the last stamp; 0: none seen yet */
    int first_year;   /* what a first line without year gets */
    struct wall last; /* for the cache and the steps */
    struct stamp at;  /* last as instant */
    bool steady;      /* the offset of last holds for its whole hour */
};

/* first_year: the year of the first line without one. */
void calendar_start(struct calendar *c, int first_year);

/* Goes on behind a line of that stamp, as if it had just been resolved. */
void calendar_resume(struct calendar *c, struct stamp last);

/* The instant of w, which follows, in the log, what came before. */
struct stamp calendar_resolve(struct calendar *c, const struct wall *w);

/*
 * calendar_guess - the year of the first line
 *
 * Feed it the stamps of the log in order (all, or samples close enough that
 * no six months hide between two; those with a year do not count), then ask.
 * The answer is the latest year that puts no line after limit and 29 February
 * only into leap years; without stamps, the year of limit. Zero-initialise to
 * start.
 */
struct calendar_guess {
    bool started;
    int years;        /* from the first stamp's year to the last's */
    struct wall last; /* the stamp added last */
    int latest_years; /* the same for the stamp that is the latest in time */
    struct wall latest;
    uint64_t leap_days; /* bit n: a 29 February n years after the first */
};

void calendar_guess_add(struct calendar_guess *g, const struct wall *w);
int calendar_guess_year(const struct calendar_guess *g, int64_t limit);

#endif
