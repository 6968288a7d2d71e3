/*
 * gunzip - gzip undone to the last byte before a damage
 */
#include "input/gunzip.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"

#define INPUT_SIZE 131072
#define GZIP_WRAPPER 16 /* added to the window's bits: header and trailer */
#define GZIP_FIRST 0x1f /* byte of every member */

struct gunzip {
    struct raw *raw;
    z_stream z;
    bool between; /* members: the end may come here */
    bool ended;
    bool full; /* zlib may have more to give without input */
    uint64_t content;
    unsigned char input[INPUT_SIZE];
};

struct gunzip *gunzip_new(struct raw *raw)
{
    struct gunzip *g = mem_new(sizeof *g);

    g->raw = raw;
    /* All that can fail here is memory, of which the first use tells. */
    if (inflateInit2(&g->z, MAX_WBITS + GZIP_WRAPPER) != Z_OK)
        g->z.state = NULL;
    return g;
}

void gunzip_free(struct gunzip *g)
{
    if (g == NULL)
        return;
    inflateEnd(&g->z);
    free(g);
}

static bool damaged(const struct gunzip *g, const char *what, struct error *err)
{
    return error_set(
        err, "%s: %s at byte %" PRIu64 " (byte %" PRIu64 " of its content)",
        raw_name(g->raw), what, raw_offset(g->raw) - g->z.avail_in, g->content);
}

/* More input, unless there is some; *more false: this was all. */
static bool refill(struct gunzip *g, bool *more, struct error *err)
{
    size_t got = g->z.avail_in;

    if (got == 0) {
        if (!raw_read(g->raw, (char *)g->input, sizeof g->input, &got, err))
            return false;
        g->z.next_in = g->input;
        g->z.avail_in = (uInt)got;
    }
    *more = got > 0;
    return true;
}

/* One step of zlib with what is in the buffers. */
static bool step(struct gunzip *g, struct error *err)
{
    uInt room = g->z.avail_out;
    int result = inflate(&g->z, Z_NO_FLUSH);

    g->content += room - g->z.avail_out;
    g->full = g->z.avail_out == 0;
    switch (result) {
    case Z_OK:
    case Z_BUF_ERROR: /* wants more input or room, no more than that */
        return true;
    case Z_STREAM_END:
        g->between = true;
        g->full = false;
        inflateReset(&g->z);
        return true;
    default:
        return damaged(g, g->z.msg != NULL ? g->z.msg : "damaged gzip data",
                       err);
    }
}

static bool fill(struct gunzip *g, struct error *err)
{
    uInt size = g->z.avail_out;

    while (!g->ended && g->z.avail_out > 0) {
        bool more = true;

        /* Do not wait for a pipe while there is something to give. */
        if (g->z.avail_in == 0 && g->z.avail_out < size)
            break;
        if (!g->full && !refill(g, &more, err))
            return false;
        if (g->between && (!more || *g->z.next_in != GZIP_FIRST)) {
            g->ended = true;
        } else if (!more) {
            return damaged(g, "gzip data cut short", err);
        } else {
            g->between = false;
            if (!step(g, err))
                return false;
        }
    }
    return true;
}

bool gunzip_read(struct gunzip *g, char *buf, size_t size, size_t *got,
                 struct error *err)
{
    uInt room = size < UINT_MAX ? (uInt)size : UINT_MAX;
    bool ok;

    g->z.next_out = (unsigned char *)buf;
    g->z.avail_out = room;
    ok = fill(g, err);
    *got = room - g->z.avail_out;
    return ok;
}

bool gunzip_ready(const struct gunzip *g)
{
    return g->ended || g->full || g->z.avail_in > 0;
}
