/*
 * gunzip - gzip undone, as far as it goes before a damage
 */
#include "input/gunzip.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "input/inflater.h"

#define INPUT_SIZE 131072
#define GZIP_FIRST 0x1f /* byte of every member */

struct gunzip {
    struct raw *raw;
    struct inflater *inflater;
    const unsigned char *next; /* of the input */
    size_t left;
    bool between; /* members: the end may come here */
    bool full;    /* there may be more to give without input */
    bool ended;
    uint64_t content;
    unsigned char input[INPUT_SIZE];
};

struct gunzip *gunzip_new(struct raw *raw)
{
    struct gunzip *g = mem_new(sizeof *g);

    g->raw = raw;
    g->inflater = inflater_new();
    return g;
}

void gunzip_free(struct gunzip *g)
{
    if (g == NULL)
        return;
    inflater_free(g->inflater);
    free(g);
}

static bool damaged(const struct gunzip *g, const char *what, struct error *err)
{
    return error_set(
        err, "%s: %s at byte %" PRIu64 " (byte %" PRIu64 " of its content)",
        raw_name(g->raw), what, raw_offset(g->raw) - g->left, g->content);
}

/* More input, unless there is some; none left: this was all. */
static bool refill(struct gunzip *g, struct error *err)
{
    if (g->left > 0)
        return true;
    g->next = g->input;
    return raw_read(g->raw, (char *)g->input, sizeof g->input, &g->left, err);
}

/* One step with what is in the buffers; returns what came of it in *got. */
/* NOLINTNEXTLINE(readability-non-const-parameter): written through io */
static bool step(struct gunzip *g, char *buf, size_t size, size_t *got,
                 struct error *err)
{
    struct inflater_io io = {g->next, g->left, (unsigned char *)buf, size};
    const char *what = NULL;
    enum inflated result = inflater_step(g->inflater, &io, &what);
    bool stuck = result == INFLATED_SOME && io.in_len == g->left &&
                 io.in_len > 0 && io.room == size;

    g->next = io.in;
    g->left = io.in_len;
    *got = size - io.room;
    g->content += *got;
    g->full = result == INFLATED_SOME && io.room == 0;
    g->between = result == INFLATED_ALL;
    if (stuck)
        what = "undecidable gzip data"; /* an engine's fault: do not stall */
    return what == NULL || damaged(g, what, err);
}

/* Some more of the content; none: the end, or only a header was read. */
static bool advance(struct gunzip *g, char *buf, size_t size, size_t *got,
                    struct error *err)
{
    *got = 0;
    if (g->full)
        return step(g, buf, size, got, err);
    if (!refill(g, err))
        return false;
    if (g->between && (g->left == 0 || *g->next != GZIP_FIRST)) {
        g->ended = true;
        return true;
    }
    if (g->left == 0)
        return damaged(g, "gzip data cut short", err);
    return step(g, buf, size, got, err);
}

bool gunzip_read(struct gunzip *g, char *buf, size_t size, size_t *got,
                 struct error *err)
{
    *got = 0;
    while (!g->ended && *got < size) {
        size_t some;
        bool ok;

        /* Do not wait for a pipe while there is something to give. */
        if (*got > 0 && g->left == 0)
            break;
        ok = advance(g, buf + *got, size - *got, &some, err);
        *got += some;
        if (!ok)
            return false;
    }
    return true;
}

bool gunzip_ready(const struct gunzip *g)
{
    return g->ended || g->full || g->left > 0;
}
