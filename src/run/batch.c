/* batch - what parsing one block gave */
#include "run/batch.h"

#include <stdlib.h>

#include "base/mem.h"
#include "parse/split.h"

static bool has_stamp(enum parse_result result)
{
    return result != PARSE_NO_LOG && result != PARSE_TOO_LONG;
}

static void keep_line(struct batch *b, struct parser *p, struct slice line,
                      enum parse_result result)
{
    b->line = mem_grow(b->line, b->count, &b->line_cap, sizeof *b->line);
    b->line[b->count] = (struct batch_line){.text = line, .result = result};
    if (result == PARSE_NOT_UNDERSTOOD)
        b->line[b->count].reason = parser_reason(p);
}

/*
 * Whether the fold needs the line: for what it says, or since time may have
 * gone on with it, or another host speaks.
 */
static inline bool is_needed(enum parse_result result, struct event *ev,
                             enum batch_keep keep)
{
    if (result == PARSE_EVENT || keep == BATCH_LINES)
        return true;
    if (ev->same_second && ev->same_host)
        return false;
    ev->kind = EVENT_IRRELEVANT;
    return has_stamp(result);
}

void batch_parse(struct batch *b, struct parser *p, struct slice block,
                 enum batch_keep keep)
{
    struct split lines;
    struct slice line;

    split_begin(&lines, block);
    parser_reset(p);
    b->count = 0;
    b->lines = 0;
    memset(b->results, 0, sizeof b->results);
    while (split_next(&lines, &line)) {
        enum parse_result result;
        struct event *ev;

        b->event = mem_grow(b->event, b->count, &b->cap, sizeof *b->event);
        ev = &b->event[b->count];
        result = parser_line(p, line, ev);
        b->results[result]++;
        ev->line = (uint32_t)b->lines++;

        if (keep == BATCH_LINES)
            keep_line(b, p, line, result);
        if (is_needed(result, ev, keep))
            b->count++;
    }
}

void batch_release(struct batch *b)
{
    free(b->event);
    free(b->line);
}
