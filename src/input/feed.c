/*
 * feed - sources in, blocks of whole lines out
 *
 * What a block ends with that is no whole line is carried to the next one,
 * so at most a line of each block is copied. Lines are not looked at: that
 * none is longer than FEED_LINE_MAX shows in a few looks per block.
 */
#include "input/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK_SIZE 262144
#define CUT_SIZE (FEED_LINE_MAX + 1) /* what is left of a line too long */

enum fill {
    FULL,
    IDLE,
    ENDED,
    FAILED
};

struct feed {
    struct source **sources;
    size_t count;
    size_t now; /* which is read */
    struct known *known;
    size_t block_size;
    int idle_ms;

    /* Of the source that is read */
    bool started;
    bool lines;    /* it is a log */
    bool skipping; /* the rest of a line too long, of which a part is out */
    size_t carry_len;
    struct known_track track;

    uint64_t content;
    uint64_t consumed; /* of the sources before */
    char carry[FEED_LINE_MAX];
};

struct feed *feed_new(struct source **sources, size_t count,
                      struct known *known, size_t block_size, int idle_ms)
{
    struct feed *f = mem_new(sizeof *f);

    f->sources = sources;
    f->count = count;
    f->known = known;
    f->block_size = block_size > 0 ? block_size : BLOCK_SIZE;
    f->idle_ms = idle_ms;
    return f;
}

void feed_free(struct feed *f)
{
    free(f);
}

uint64_t feed_content(const struct feed *f)
{
    return f->content;
}

uint64_t feed_consumed(const struct feed *f)
{
    if (f->now == f->count || !f->started)
        return f->consumed;
    return f->consumed + source_consumed(f->sources[f->now]);
}

void block_release(struct block *b)
{
    free(b->data);
    *b = (struct block){0};
}

/* Makes b the source's next block: what was carried, and room. */
static void begin_block(struct feed *f, struct block *b)
{
    /* A read behind a whole carry, then a newline for each of the cuts. */
    size_t cap = FEED_LINE_MAX + f->block_size + 2;

    if (b->cap < cap) {
        free(b->data);
        b->data = mem_resize(NULL, cap, 1);
        b->cap = cap;
    }
    b->source = f->now;
    b->first = !f->started;
    b->last = b->idle = b->failed = false;
    b->live = !source_is_file(f->sources[f->now]);
    memcpy(b->data, f->carry, f->carry_len);
    b->len = f->carry_len;
    f->carry_len = 0;
}

static bool begin_source(struct feed *f, struct error *err)
{
    struct source *s = f->sources[f->now];

    f->started = true;
    f->lines = source_format(s) == NULL;
    f->skipping = false;
    f->track = (struct known_track){.offset = 0};
    return !f->lines || f->known == NULL ||
           known_resume(f->known, s, &f->track, err);
}

static void end_source(struct feed *f)
{
    struct source *s = f->sources[f->now];

    if (f->lines && f->known != NULL)
        known_note(f->known, &f->track);
    f->consumed += source_consumed(s);
    source_rest(s);
    f->started = false;
    f->now++;
}

/*
 * Adds what was read behind the block to it, less the rest of a line too
 * long. Returns whether there is the end of a line in it.
 */
static bool take(struct feed *f, struct block *b, size_t got)
{
    char *new = b->data + b->len;

    f->content += got;
    if (!f->lines) {
        b->len += got;
        return true;
    }
    known_track_add(&f->track, slice_make(new, got));
    if (f->skipping) {
        const char *newline = memchr(new, '\n', got);

        if (newline == NULL)
            return false;
        f->skipping = false;
        got -= (size_t)(newline + 1 - new);
        memmove(new, newline + 1, got);
    }
    b->len += got;
    return memrchr(new, '\n', got) != NULL;
}

/*
 * Reads until the block is full. A pipe's block is also full when it has a
 * whole line and nothing more is ready; one without goes on until it has, or
 * is too long for a line.
 */
static enum fill fill(struct feed *f, struct block *b)
{
    struct source *s = f->sources[f->now];
    size_t full = b->len + f->block_size;
    bool whole = !f->lines;

    while (b->len < full || (!whole && b->len <= FEED_LINE_MAX)) {
        size_t room = b->len < full ? full - b->len : f->block_size;
        size_t got;

        if (b->live && f->idle_ms >= 0 && !source_ready(s, f->idle_ms))
            return IDLE;
        if (!source_read(s, b->data + b->len, room, &got, &b->error))
            return FAILED;
        if (got == 0)
            return ENDED;
        whole = take(f, b, got) || whole;
        if (b->live && whole && b->len > 0 && !source_ready(s, 0))
            return FULL;
    }
    return FULL;
}

/*
 * Cuts the lines that are too long, and makes the block end with a newline
 * if its last is one of them. Looks back for a newline from as far ahead as
 * one must be, so that short lines cost next to nothing.
 */
static void cut_long_lines(struct feed *f, struct block *b)
{
    size_t from = 0, to = 0;

    while (b->len - from > FEED_LINE_MAX) {
        char *line = b->data + from;
        const char *newline = memrchr(line, '\n', CUT_SIZE);
        size_t size = newline != NULL ? (size_t)(newline + 1 - line) : CUT_SIZE;

        if (to < from)
            memmove(b->data + to, line, size);
        from += size;
        to += size;
        if (newline != NULL)
            continue;
        newline = memchr(line + size, '\n', b->len - from);
        f->skipping = newline == NULL;
        from = f->skipping ? b->len : (size_t)(newline + 1 - b->data);
        b->data[to++] = '\n';
    }
    if (to < from)
        memmove(b->data + to, b->data + from, b->len - from);
    b->len = to + (b->len - from);
}

/* Leaves whole lines in the block, and carries the rest. */
static void end_lines(struct feed *f, struct block *b)
{
    const char *newline;
    size_t whole;

    cut_long_lines(f, b);
    if (b->last) {
        if (b->len > 0 && b->data[b->len - 1] != '\n')
            b->data[b->len++] = '\n';
        return;
    }
    newline = b->len > 0 ? memrchr(b->data, '\n', b->len) : NULL;
    whole = newline != NULL ? (size_t)(newline + 1 - b->data) : 0;
    f->carry_len = b->len - whole;
    memcpy(f->carry, b->data + whole, f->carry_len);
    b->len = whole;
}

bool feed_next(struct feed *f, struct block *b)
{
    enum fill how = FAILED;

    if (f->now == f->count)
        return false;
    begin_block(f, b);
    if (f->started || begin_source(f, &b->error))
        how = fill(f, b);
    b->failed = how == FAILED;
    b->last = how == FAILED || how == ENDED;
    if (f->lines)
        end_lines(f, b);
    b->idle = how == IDLE && b->len == 0;
    if (b->last)
        end_source(f);
    return true;
}
