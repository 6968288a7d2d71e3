/*
 * inflater - the engine of input/gunzip, from zlib
 */
#include "input/inflater.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"

#define GZIP_WRAPPER 16 /* added to the window's bits: header and trailer */

struct inflater {
    z_stream z;
};

struct inflater *inflater_new(void)
{
    struct inflater *i = mem_new(sizeof *i);

    /* All that can fail here is memory, of which the first use tells. */
    if (inflateInit2(&i->z, MAX_WBITS + GZIP_WRAPPER) != Z_OK)
        i->z.state = NULL;
    return i;
}

void inflater_free(struct inflater *i)
{
    if (i == NULL)
        return;
    inflateEnd(&i->z);
    free(i);
}

static uInt limited(size_t len)
{
    return len < UINT_MAX ? (uInt)len : UINT_MAX;
}

enum inflated inflater_step(struct inflater *i, struct inflater_io *io,
                            const char **what)
{
    z_stream *z = &i->z;
    uInt in = limited(io->in_len), room = limited(io->room);
    int result;

    z->next_in = (z_const Bytef *)io->in;
    z->avail_in = in;
    z->next_out = io->out;
    z->avail_out = room;
    result = inflate(z, Z_NO_FLUSH);
    io->in += in - z->avail_in;
    io->in_len -= in - z->avail_in;
    io->out += room - z->avail_out;
    io->room -= room - z->avail_out;
    switch (result) {
    case Z_OK:
    case Z_BUF_ERROR: /* wants more input or room, no more than that */
        return INFLATED_SOME;
    case Z_STREAM_END:
        inflateReset(z);
        return INFLATED_ALL;
    default:
        *what = z->msg != NULL ? z->msg : "damaged gzip data";
        return INFLATED_DAMAGE;
    }
}

bool inflater_is_slow(void)
{
    return true;
}

const char *inflater_version(void)
{
    return "zlib " ZLIB_VERSION;
}
