/*
 * wall - a stamp as the log has it: perhaps without year, perhaps without zone
 *
 * Parsing is pure, so it cannot know the year of "Mar  7 04:12:33"; what it
 * read is kept as written, and parse/calendar turns it into an instant when
 * the lines are folded in order.
 */
#ifndef PARSE_WALL_H
#define PARSE_WALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "parse/scan.h"

enum wall_zone {
    WALL_ZONE_NONE,   /* the log's zone: the machine's, or --timezone's */
    WALL_ZONE_OFFSET, /* offset holds */
    WALL_ZONE_NAME    /* abbreviation holds: CET, +03 */
};

struct wall {
    uint16_t year; /* 0: not logged */
    uint8_t month, day, hour, minute, second;
    uint8_t digits; /* of the fraction, 0 to 9 */
    uint32_t nsec;
    int16_t offset;       /* minutes east of UTC */
    uint8_t zone;         /* enum wall_zone */
    char abbreviation[7]; /* NUL-padded; longer names are no stamp */
};

/*
 * wall_parse - the stamp at the beginning of text, of any form of
 * LOG-FORMATS: RFC 3164 (blank- or 0-padded day), with the year behind the
 * day or before the month, with a fraction; ISO 8601 with 0 to 9 digits and
 * Z, +0100, +01:00 or no offset; journalctl's short-full ("Thu 2013-03-07
 * 04:12:33 CET"); seconds since 1970 with a fraction (UTC).
 *
 * Returns how many bytes it took (without the blank behind), or 0: no stamp,
 * or no such date (31 April, 25 o'clock; 29 February is left to the year).
 */
size_t wall_parse(struct slice text, struct wall *w);

/*
 * wall_cache - the last stamp read, since most lines have that of the line
 * before. One per thread and place in the line; zero-initialised.
 *
 * What is compared is the stamp and the blank behind it, less the digits of
 * the fraction, which are read anew: "...T04:12:33." before, "+01:00 " behind.
 */
struct wall_cache {
    char text[48];
    uint8_t before; /* bytes of text before the digits; 0: nothing cached */
    uint8_t behind;
    bool is_bsd;     /* all of it is "Mar  7 04:12:33 " */
    uint64_t second; /* a number that changes when the second does */
    struct wall when;
};

#define WALL_BSD 16 /* bytes, with the blank */

/* For what is not the stamp of the line before, or has another form. */
size_t wall_parse_any(struct slice text, struct wall_cache *cache,
                      struct wall *w);

/* The same as wall_parse(), sooner. */
static inline size_t wall_parse_cached(struct slice text,
                                       struct wall_cache *cache, struct wall *w)
{
    if (!cache->is_bsd || text.len < WALL_BSD ||
        scan_load(text.ptr) != scan_load(cache->text) ||
        scan_load(text.ptr + 8) != scan_load(cache->text + 8))
        return wall_parse_any(text, cache, w);
    *w = cache->when;
    return WALL_BSD - 1;
}

#endif
