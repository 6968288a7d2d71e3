/*
 * split - the lines of a block, one after the other
 *
 * Where lines end is found for many of them at once: how long a line is can
 * not be foreseen, so a search for each would leave the processor guessing.
 */
#ifndef PARSE_SPLIT_H
#define PARSE_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define SPLIT_SPAN 2048 /* bytes gone through at once */

struct split {
    const char *at;       /* the next line begins here */
    const char *searched; /* no further have ends been looked for */
    const char *end;
    const char *base;     /* what newlines count from */
    unsigned count, next; /* of newlines */
    uint16_t newlines[SPLIT_SPAN];
};

/* Begins; the block must stay. */
void split_begin(struct split *s, struct slice block);

/* Looks for further ends; false: there is no newline any more. */
bool split_search(struct split *s);

/* The next line, less its newline, which the last may lack; false: no more. */
static inline bool split_next(struct split *s, struct slice *line)
{
    const char *stop = s->end;

    if (s->next < s->count || split_search(s))
        stop = s->base + s->newlines[s->next++];
    else if (s->at == s->end)
        return false;
    *line = slice_make(s->at, (size_t)(stop - s->at));
    s->at = stop == s->end ? stop : stop + 1;
    return true;
}

#endif
