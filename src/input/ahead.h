/*
 * ahead - a packed file, unpacked by a thread of its own before it is read
 *
 * What an archive's bytes unpack to follows from all before them, so one
 * archive is the work of one thread; but the next ones can be unpacked while
 * this one is read. The thread has the stages below (input/raw, input/unpack)
 * to itself; what comes out of them waits in a ring, and when that is full
 * the thread waits, too. The reader, one thread at a time, takes bytes and,
 * behind them, the error that ended them, as from input/unpack itself.
 */
#ifndef INPUT_AHEAD_H
#define INPUT_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "input/raw.h"
#include "input/unpack.h"

struct ahead;

/*
 * ahead_new - begin to unpack
 *
 * raw and unpack stay the caller's, who lets both alone until ahead_free().
 * At most room bytes, and not less than two pieces of 256 KiB, wait to be
 * read. NULL: there is no thread to be had; unpack is as it was.
 */
struct ahead *ahead_new(struct raw *raw, struct unpack *unpack, size_t room);

/* Ends the thread, wherever it is. NULL is allowed. */
void ahead_free(struct ahead *a);

/* As unpack_read(). */
bool ahead_read(struct ahead *a, char *buf, size_t size, size_t *got,
                struct error *err);

/* raw_offset() as it was when what was read here last had been unpacked. */
uint64_t ahead_consumed(const struct ahead *a);

#endif
