/*
 * unpack - gzip, bzip2, xz, zstd and lz4, undone as they are read
 *
 * Known by their first bytes. Members one after the other are one content,
 * as "cat a.gz b.gz" makes them. The work is libarchive's, but for gzip
 * (input/gunzip).
 */
#ifndef INPUT_UNPACK_H
#define INPUT_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"
#include "input/raw.h"

struct unpack;

/* Whether these first bytes (RAW_PEEK of them, or all) are of a packed file. */
bool unpack_knows(struct slice head);

/*
 * Whether undoing it takes longer than all that is done with the log then, as
 * with bzip2 and xz. What is not slow had better be read at once, while it is
 * in the processor's cache: unpacking gzip in another thread was measured to
 * cost a quarter more.
 */
bool unpack_is_slow(struct slice head);

/* raw is the caller's and stands at the beginning. */
struct unpack *unpack_new(struct raw *raw);
void unpack_free(struct unpack *u); /* NULL is allowed */

/*
 * *got 0 is the end. What comes before a damage is given out first; false
 * then, with err naming the file and the place in it and in its content.
 */
bool unpack_read(struct unpack *u, char *buf, size_t size, size_t *got,
                 struct error *err);

/* Whether bytes wait that need no more of the raw ones. */
bool unpack_ready(const struct unpack *u);

#endif
