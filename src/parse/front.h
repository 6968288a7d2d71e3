/*
 * front - what a line has before its host: wrapper, PRI, stamp
 *
 * As below in header.c, skip_ and take_ step over what they know; where that
 * does not stand, they move nothing.
 */
#ifndef PARSE_FRONT_H
#define PARSE_FRONT_H

#include <stdbool.h>

#include "base/slice.h"
#include "parse/header.h"
#include "parse/wall.h"

/* What follows: HOST TAG[PID]:, or RFC 5424's words. */
enum front {
    FRONT_NONE, /* no stamp */
    FRONT_BSD,
    FRONT_5424
};

/* Whether a stamp is of the form that containers write. */
static inline bool front_is_outer(const char *stamp, const struct wall *when)
{
    return when->zone == WALL_ZONE_OFFSET && stamp[10] == 'T';
}

/* Steps over all of it; when is the outermost stamp. */
enum front front_take(struct slice *s, struct header_cache *cache,
                      struct wall *when);

#endif
