/* batch - what parsing one block gave */
#include "run/batch.h"

#include <stdlib.h>

#include "base/mem.h"

/* What the calendar and the join's clocks go by: the second and the host. */
struct moment {
    uint64_t second;
    struct slice host;
};

/* A line's second as one number: month to second, and the year if logged. */
static uint64_t second_of(const struct wall *w)
{
    return (uint64_t)w->year << 40 | (uint64_t)w->month << 32 |
           (uint64_t)w->day << 24 | (uint64_t)w->hour << 16 |
           (uint64_t)w->minute << 8 | w->second;
}

/* Whether time goes on with this line, or another host speaks; keeps track. */
static bool moves_on(struct moment *m, struct event *ev)
{
    uint64_t second = second_of(&ev->when);

    ev->same_host = slice_equal(ev->host, m->host) && m->second != 0;
    if (second == m->second && ev->same_host)
        return false;
    *m = (struct moment){second, ev->host};
    return true;
}

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

/* Whether the fold needs the line: for what it says, or for its stamp. */
static bool is_needed(struct moment *last, enum parse_result result,
                      struct event *ev, enum batch_keep keep)
{
    bool moved = false;

    ev->same_host = false;
    if (has_stamp(result))
        moved = moves_on(last, ev);
    if (keep == BATCH_LINES || result == PARSE_EVENT)
        return true;
    ev->kind = EVENT_IRRELEVANT;
    return moved;
}

void batch_parse(struct batch *b, struct parser *p, struct slice block,
                 enum batch_keep keep)
{
    const char *at = block.ptr, *end = block.ptr + block.len;
    struct moment last = {0, {NULL, 0}};

    parser_reset(p);
    b->count = 0;
    b->lines = 0;
    memset(b->results, 0, sizeof b->results);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;
        struct slice line = slice_make(at, (size_t)(stop - at));
        enum parse_result result;
        struct event *ev;

        b->event = mem_grow(b->event, b->count, &b->cap, sizeof *b->event);
        ev = &b->event[b->count];
        result = parser_line(p, line, ev);
        b->results[result]++;
        ev->line = (uint32_t)b->lines++;
        at = stop + 1;

        if (keep == BATCH_LINES)
            keep_line(b, p, line, result);
        if (is_needed(&last, result, ev, keep))
            b->count++;
    }
}

void batch_release(struct batch *b)
{
    free(b->event);
    free(b->line);
}
