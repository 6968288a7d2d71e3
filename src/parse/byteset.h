/*
 * byteset - a class of bytes, as patterns write it, and how far it goes
 *
 * A class is kept as ranges of bytes, either those in it or the others, which
 * are mostly few; so sixteen bytes of a text are judged at once, whatever the
 * processor, and a span of any length takes it the same way.
 */
#ifndef PARSE_BYTESET_H
#define PARSE_BYTESET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"
#include "parse/scan.h"

#define BYTESET_RANGES 14

/* A class as it is read: a bit for each byte. */
struct byteclass {
    uint64_t has[4];
};

struct byteset {
    struct byteclass in;
    bool all;           /* every byte is in it */
    bool loose;         /* the ranges have some bytes too many */
    uint8_t ranges;     /* behind them stands the last once more */
    scan_vector others; /* all ones: the ranges are of members */
    struct {
        scan_vector first, more; /* from first to first + more */
    } range[BYTESET_RANGES + 1];
};

/* Adds the bytes from first to last. */
void byteclass_add(struct byteclass *in, unsigned char first,
                   unsigned char last);

/*
 * byteclass_take - the class that *pattern begins with: [...], \d, \w, \s and
 * their opposites, "." for any byte
 *
 * Steps over it and adds it. False, and nothing is moved: there is none, or
 * one that is not plain enough.
 */
bool byteclass_take(struct slice *pattern, struct byteclass *in);

/* Makes ready what byteset_span() needs; false: the class is too ragged. */
bool byteset_make(struct byteset *set, const struct byteclass *in);

static inline bool byteclass_has(const struct byteclass *in, char byte)
{
    unsigned c = (unsigned char)byte;

    return (in->has[c / 64] >> (c % 64) & 1) != 0;
}

static inline bool byteset_has(const struct byteset *set, char byte)
{
    return byteclass_has(&set->in, byte);
}

/* Ones where a byte is in this range. */
static inline scan_vector byteset_within(const struct byteset *set,
                                         unsigned range, scan_vector text)
{
    return (scan_vector)(text - set->range[range].first <=
                         set->range[range].more);
}

/* Ones where a byte is not in the set. */
static inline scan_vector byteset_misses(const struct byteset *set,
                                         const char *at)
{
    scan_vector text = scan_load_vector(at);
    scan_vector within = byteset_within(set, 0, text);

    if (set->ranges > 1)
        within |= byteset_within(set, 1, text);
    if (set->ranges > 2)
        within |= byteset_within(set, 2, text) | byteset_within(set, 3, text);
    for (unsigned i = 4; i < set->ranges; i++)
        within |= byteset_within(set, i, text);
    return within ^ set->others;
}

/*
 * byteset_span - the end of the bytes from at on that are in the set
 *
 * begin, not behind at: what may be read before it.
 */
static inline const char *byteset_span(const struct byteset *set,
                                       const char *begin, const char *at,
                                       const char *end)
{
    static const scan_vector places = {0, 1, 2,  3,  4,  5,  6,  7,
                                       8, 9, 10, 11, 12, 13, 14, 15};
    unsigned first;

    if (set->all)
        return end;
    while (end - at >= SCAN_WIDTH) {
        first = scan_first(byteset_misses(set, at));
        at += first;
        if (first == SCAN_WIDTH)
            continue;
        if (!set->loose || !byteset_has(set, *at))
            return at;
        at++;
    }
    if (end - begin >= SCAN_WIDTH) {
        /* The last sixteen, less those that stand before at. */
        uint8_t before = (uint8_t)(SCAN_WIDTH - (end - at));

        at = end - SCAN_WIDTH;
        at += scan_first(byteset_misses(set, at) &
                         (scan_vector)(places >= before));
        if (at == end || !set->loose)
            return at;
    }
    while (at < end && byteset_has(set, *at))
        at++;
    return at;
}

#endif
