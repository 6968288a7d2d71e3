/*
 * inflater - the engine of input/gunzip, from ISA-L
 */
#include "input/inflater.h"

#include <isa-l.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

struct inflater {
    struct inflate_state state;
    struct isal_gzip_header header; /* as far as it has been read */
    bool in_header;
};

/* Before a member. What ISA-L has of input is left alone. */
static void begin_member(struct inflater *i)
{
    isal_inflate_reset(&i->state);
    i->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
    isal_gzip_header_init(&i->header);
    i->in_header = true;
}

struct inflater *inflater_new(void)
{
    struct inflater *i = mem_new(sizeof *i);

    isal_inflate_init(&i->state);
    begin_member(i);
    return i;
}

void inflater_free(struct inflater *i)
{
    free(i);
}

static const char *meaning(int result)
{
    switch (result) {
    case ISAL_INVALID_BLOCK:
        return "invalid block";
    case ISAL_INVALID_SYMBOL:
        return "invalid code";
    case ISAL_INVALID_LOOKBACK:
        return "invalid distance too far back";
    case ISAL_INVALID_WRAPPER:
        return "incorrect header check";
    case ISAL_UNSUPPORTED_METHOD:
        return "unknown compression method";
    case ISAL_INCORRECT_CHECKSUM:
        return "incorrect data check";
    default:
        return "damaged gzip data";
    }
}

static uint32_t limited(size_t len)
{
    return len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
}

/*
 * The header apart from the data: isal_inflate() would read it too, but
 * forgets what it knew of one that comes in two pieces.
 */
static int inflate_some(struct inflater *i)
{
    int result = ISAL_DECOMP_OK;

    if (i->in_header) {
        result = isal_read_gzip_header(&i->state, &i->header);
        i->in_header = result == ISAL_END_INPUT;
    }
    return result == ISAL_DECOMP_OK ? isal_inflate(&i->state) : result;
}

enum inflated inflater_step(struct inflater *i, struct inflater_io *io,
                            const char **what)
{
    struct inflate_state *s = &i->state;
    uint32_t in = limited(io->in_len), room = limited(io->room);
    int result;

    s->next_in = (uint8_t *)io->in;
    s->avail_in = in;
    s->next_out = io->out;
    s->avail_out = room;
    result = inflate_some(i);
    io->in += in - s->avail_in;
    io->in_len -= in - s->avail_in;
    io->out += room - s->avail_out;
    io->room -= room - s->avail_out;
    if (result < 0) {
        *what = meaning(result);
        return INFLATED_DAMAGE;
    }
    if (s->block_state != ISAL_BLOCK_FINISH)
        return INFLATED_SOME;
    begin_member(i);
    return INFLATED_ALL;
}

bool inflater_is_slow(void)
{
    return false;
}

#define TEXT(number) #number
#define JOINED(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *inflater_version(void)
{
    return "ISA-L " JOINED(ISAL_MAJOR_VERSION, ISAL_MINOR_VERSION,
                           ISAL_PATCH_VERSION);
}
