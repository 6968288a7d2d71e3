/*
 * follow - a log under its name, as it grows and is rotated
 *
 * What tail -F does, so that no line is lost or comes twice:
 *
 *   renamed     Another file has the name. Whoever writes the log goes on in
 *   deleted     the old file until it opens the new one, so the old one is
 *               done with when the new one has content, and the old one no
 *               more than was read.
 *   truncated   The file is shorter than what was read, or no more what was
 *               read (copytruncate, rewritten): it begins anew. What came
 *               after the last look is in the copy that was made of it; that
 *               is found by content among the log's siblings.
 *   missing     It is waited for, as is one that may not be read yet.
 *
 * inotify tells when to look, and where it does not work, time: five looks a
 * second, or one where it may only have missed something (symbolic links, a
 * file system of another machine).
 */
#ifndef INPUT_FOLLOW_H
#define INPUT_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "input/known.h"
#include "input/source.h"

struct follow;

/* path must outlive it. wake_fd: while readable nothing waits. */
struct follow *follow_new(const char *path, int wake_fd);
void follow_free(struct follow *w); /* NULL is allowed */

enum follow_news {
    FOLLOW_SAME,
    FOLLOW_GROWN,
    FOLLOW_REPLACED,  /* read to its end, and another has the name */
    FOLLOW_TRUNCATED, /* what was read is no more there */
    FOLLOW_FAILED     /* err is set */
};

/* What became of a source, a plain file read as far as t. */
enum follow_news follow_look(struct follow *w, struct source *s,
                             const struct known_track *t, struct error *err);

/* When a wait of so many milliseconds (-1: for ever) will be over. */
int64_t follow_until(int milliseconds);

/* Waits until there may be news; false: the time is over. */
bool follow_wait(struct follow *w, int64_t until);

/*
 * follow_open - the log that now has the name; the caller's to free
 *
 * *s NULL: there is none yet, or none with content. False with err set: there
 * is one, but it cannot be read.
 */
bool follow_open(struct follow *w, struct source **s, struct error *err);

/*
 * The sibling with the content of a log and more: what copytruncate made of
 * it. NULL: there is none. The caller's to free, before the next call.
 */
struct source *follow_copy(struct follow *w, const struct known_log *log);

/* Whether the source was opened under the name. */
bool follow_names(const struct follow *w, const struct source *s);

/* The source will not grow: it is not opened again unless it has changed. */
void follow_leave(struct follow *w, const struct source *s);

/* A new file takes over even when empty. Safe in a signal handler. */
void follow_reopen(struct follow *w);

#endif
