/*
 * inflater - the engine of input/gunzip: one gzip member after the other
 *
 * One of two is built: ISA-L's (inflater_isal.c), three times as fast, where
 * it is to be had, or zlib's (inflater_zlib.c). Both check the check sums,
 * and both give out all that stands before a damage; where the data is cut
 * off, ISA-L's may lack up to INFLATER_HELD bytes, since it takes several
 * short codes at once.
 */
#ifndef INPUT_INFLATER_H
#define INPUT_INFLATER_H

#include <stdbool.h>
#include <stddef.h>

#define INFLATER_HELD 2

struct inflater;

/* What is to be read, and room for what comes of it; both are used up. */
struct inflater_io {
    const unsigned char *in;
    size_t in_len;
    unsigned char *out;
    size_t room;
};

enum inflated {
    INFLATED_SOME, /* wants more input, or room */
    INFLATED_ALL,  /* the member is whole; ready for the next one */
    INFLATED_DAMAGE
};

struct inflater *inflater_new(void);
void inflater_free(struct inflater *i); /* NULL is allowed */

/*
 * Goes on until the input or the room is used up, or the member has ended.
 * When room is, there may be more to come of no further input. Of a damage,
 * *what says what it is.
 */
enum inflated inflater_step(struct inflater *i, struct inflater_io *io,
                            const char **what);

bool inflater_is_slow(void); /* in the sense of unpack_is_slow() */

const char *inflater_version(void); /* of the library, with its name */

#endif
