/*
 * feed - sources in, blocks of whole lines out
 *
 * Goes through the sources in the order given and fills one block after the
 * other. A block of a log holds whole lines (but for the last of a log, whose
 * newline is supplied); a block of rows is cut anywhere. Blocks belong to
 * the caller and are filled again and again.
 *
 * A line longer than FEED_LINE_MAX is cut to that length and one byte (so the
 * parser sees that it is too long); the rest is thrown away as it is read, so
 * memory does not follow the longest line.
 */
#ifndef INPUT_FEED_H
#define INPUT_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "input/known.h"
#include "input/source.h"

#define FEED_LINE_MAX 65536

struct block {
    char *data;         /* the feed's to allocate: block_release() */
    size_t len, cap;
    size_t source;      /* which of the feed's sources */
    bool first;         /* the first block of its source */
    bool last;          /* the last one; may be empty */
    bool live;          /* from a pipe: what it yields should not wait */
    bool idle;          /* no bytes: the pipe has been silent for a while */
    bool failed;        /* the source ended with error (this is the last) */
    struct error error;
};

struct feed;

/*
 * sources: in reading order, all of them the caller's, as is known (NULL:
 * logs are not told apart). block_size: how much to read at once, 0 for the
 * usual 256 KiB. idle_ms: how long a silent pipe is waited for before an idle
 * block is given out; -1: for ever.
 */
struct feed *feed_new(struct source **sources, size_t count,
                      struct known *known, size_t block_size, int idle_ms);
void feed_free(struct feed *f); /* NULL is allowed */

/* The next block; false: there is none. Never fails: see block.failed. */
bool feed_next(struct feed *f, struct block *b);

/* Bytes of content given out so far, and taken from disk, for the progress. */
uint64_t feed_content(const struct feed *f);
uint64_t feed_consumed(const struct feed *f);

void block_release(struct block *b);

#endif
