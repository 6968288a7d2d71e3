/*
 * known - a log is known by its content, not by its name or inode
 *
 * maillog, maillog.1 and maillog.1.gz are one log at three times. Identity is
 * the length and XXH3-128 of the first up to 4 KiB of content, the offset
 * read so far, and the hash of the last up to 4 KiB before it, which decides
 * between logs with equal heads. A log given twice is read once: reading goes
 * on where it stopped. Nothing read yet identifies nothing.
 */
#ifndef INPUT_KNOWN_H
#define INPUT_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/stamp.h"
#include "input/source.h"

#define KNOWN_SPAN 4096 /* bytes of head and tail that are hashed */

struct known_hash {
    uint64_t low, high;
};

static inline bool known_same_hash(struct known_hash a, struct known_hash b)
{
    return a.low == b.low && a.high == b.high;
}

struct known_log {
    uint32_t head_size; /* up to KNOWN_SPAN */
    struct known_hash head;
    uint64_t offset; /* of content, read so far */
    uint32_t tail_size;
    struct known_hash tail; /* of the last tail_size bytes before offset */

    /* What others need to go on with it; kept, not used, here. */
    char *name;         /* the INPUT it was found by; NULL: a pipe */
    struct stamp first; /* of its first line; none: not known */
    struct stamp last;  /* of the line before offset */
};

/* The logs met so far, whose names are its own; zero-initialise. */
struct known {
    struct known_log *log;
    size_t count, cap;
};

void known_release(struct known *k);

/* Which of them has that identity, offset included; SIZE_MAX: none. */
size_t known_find(const struct known *k, const struct known_log *log);

/*
 * known_put - file a log, in place of what it was before (known_find())
 *
 * Only the identity is taken from log: name and stamps stay those of from,
 * and of a log not met before there are none yet. Returns the entry, valid
 * until the next one is filed; NULL when nothing was read.
 */
struct known_log *known_put(struct known *k, const struct known_log *from,
                            const struct known_log *log);

/*
 * known_track - the running identity of a log as it is read
 *
 * Zero-initialise; known_resume() and every byte read then go into it, and
 * known_put() files what known_of() makes of it.
 */
struct known_track {
    char head[KNOWN_SPAN];
    char tail[KNOWN_SPAN]; /* ring: the byte at offset o is at o % KNOWN_SPAN */
    uint32_t head_size;
    uint64_t tail_from; /* the ring holds nothing before that offset */
    uint64_t offset;
    struct known_log from; /* what it was resumed from; offset 0: nothing.
                              Its name is the table's. */
};

/*
 * known_resume - how much of the source was read already
 *
 * t->offset: 0 for a log not met before, else where to go on; the source then
 * stands there (its content up to there has been skipped). A log that grew
 * behind a line without newline goes on with that line, whole. Of a pipe that
 * looks known what is read is kept in an unlinked file, since the decision
 * may fall only at the offset.
 *
 * A log that is shorter than what was read of one with the same head is
 * another log: there is nothing to compare.
 */
bool known_resume(const struct known *k, struct source *s,
                  struct known_track *t, struct error *err);

void known_track_add(struct known_track *t, struct slice bytes);

/*
 * The log that the source's first bytes are of, or NULL; no proof without a
 * look at its tail. The one read furthest, if there are several. Before the
 * first read only.
 */
const struct known_log *known_peek(const struct known *k, struct source *s);

/* The log as far as t has read it: identity alone. */
struct known_log known_of(const struct known_track *t);

/*
 * The last up to max bytes that t has read, put in a row; at most KNOWN_SPAN.
 * Returns how many there are.
 */
size_t known_tail(const struct known_track *t, char *out, size_t max);

#endif
