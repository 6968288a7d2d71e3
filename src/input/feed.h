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
 *
 * A feed can be asked to follow a log under its name (feed_follow), and to
 * tell how far each log was read (feed_keep_state).
 */
#ifndef INPUT_FEED_H
#define INPUT_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "input/known.h"
#include "input/lines.h"
#include "input/source.h"

#define FEED_LINE_MAX LINES_MAX

struct block {
    char *data; /* the feed's to allocate: block_release() */
    size_t len, cap;
    size_t source; /* which of the feed's sources */
    bool first;    /* the first block of its source */
    bool last;     /* the last one; may be empty */
    bool live;     /* from a pipe, or a log that is followed: what it
                           yields should not wait */
    bool idle;     /* no bytes: it has been silent for a while; neither
                           first nor last */
    bool failed;   /* the source ended with error (this is the last) */
    bool resumed;  /* first: what comes before it was read already */
    /*
     * The log as read up to the end of this block, and as it was known
     * before (offset 0: it was not): known_put(k, &from, &known) keeps a
     * table up to date. Only when the feed keeps state; offset 0 in known:
     * nothing to tell. Identities, no more: names are not the reader's.
     */
    struct known_log known, from;
    struct error error;
};

struct feed;

/*
 * sources: in reading order, all of them the caller's, as is known (NULL:
 * logs are not told apart), which is changed as logs end. block_size: how much to read at once, 0 for the
 * usual 256 KiB. idle_ms: how long a silent pipe is waited for before an idle
 * block is given out; -1: for ever.
 */
struct feed *feed_new(struct source **sources, size_t count,
                      struct known *known, size_t block_size, int idle_ms);

/*
 * feed_read_ahead - while one source is read, unpack the next ones
 *
 * archives: how many of them at once, each in a thread of its own; there is a
 * limit. What waits to be read is in all not more than 32 MiB. The sources are
 * the feed's, then, until it is freed.
 */
void feed_read_ahead(struct feed *f, size_t archives);

/*
 * feed_keep_state - the run will go on where this one stops
 *
 * Blocks tell how far each log was read: to the end of a whole line, and
 * through a line without newline only at the last block. hold[i]: such a line
 * at the end of source i is neither given out nor told, but left to the next
 * run, which may find its rest. hold is the caller's and has an element for
 * each source; NULL: none is held.
 */
void feed_keep_state(struct feed *f, const bool *hold);

/*
 * feed_follow - go on with a log under its name, as tail -F does
 *
 * path outlives the feed. source: under which number its blocks come: the
 * last source's, if that was opened under this name, or the count of sources
 * if the log could not be opened yet.
 *
 * Its source then ends only when the log is replaced or truncated (see
 * input/follow); what takes its place comes under the same number, from
 * another first block on. A line without newline waits for its rest as long
 * as there may be one. An INPUT that was packed, or rows, is read to its end
 * as ever, and what takes its name then is followed; standard input and pipes
 * are not followed.
 *
 * Ends with feed_stop() only. Needs known, so that nothing comes twice, and
 * idle blocks for whatever else is to be done in time.
 */
void feed_follow(struct feed *f, const char *path, size_t source);

/*
 * feed_stop - feed_next() gives out nothing more, and ends at once if it waits
 *
 * feed_reopen - a log that is followed has been replaced, if only by an empty
 * file; what is no more under the name is given back
 *
 * Both may be called by any thread and in a signal handler.
 */
void feed_stop(struct feed *f);
void feed_reopen(struct feed *f);

void feed_free(struct feed *f); /* NULL is allowed */

/* The next block; false: there is none. Never fails: see block.failed. */
bool feed_next(struct feed *f, struct block *b);

/* Bytes of content given out so far, and taken from disk, for the progress. */
uint64_t feed_content(const struct feed *f);
uint64_t feed_consumed(const struct feed *f);

void block_release(struct block *b);

#endif
