/*
 * batch - what parsing one block gave: the events in order, and the counts
 */
#ifndef RUN_BATCH_H
#define RUN_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "parse/event.h"
#include "parse/parser.h"

struct batch {
    struct event *event;
    size_t count, cap;
    uint64_t lines;
    uint64_t results[PARSE_TOTAL]; /* lines, by result */

    /* Only when lines are kept: of each event, which are then all lines. */
    struct batch_line *line;
    size_t line_cap;
};

struct batch_line {
    struct slice text;
    struct slice reason; /* why it was not understood */
    enum parse_result result;
};

enum batch_keep {
    BATCH_EVENTS, /* what the join needs */
    BATCH_LINES   /* every line, for --explain and --unparsed */
};

/*
 * batch_parse - parse a block of whole lines
 *
 * What was in the batch is forgotten. Beside events that matter, a line stays
 * (as EVENT_IRRELEVANT) where its second or host is not that of the line
 * before: by these the calendar and the join's clocks go, and they must not
 * depend on where blocks begin. All points into the block or the parser.
 */
void batch_parse(struct batch *b, struct parser *p, struct slice block,
                 enum batch_keep keep);
void batch_release(struct batch *b);

#endif
