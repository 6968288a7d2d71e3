/*
 * stored - the logs known, as a database has them
 *
 * Beside struct known, which the run changes as it reads, stands here for the
 * same index what the database has: so a commit writes what has changed, and
 * says what it took that to have been. A log has a name for each machine that
 * reads it, "MACHINE PATH" a line; struct known has our own.
 */
#ifndef RUN_STORED_H
#define RUN_STORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stamp.h"
#include "input/known.h"
#include "store/database.h"

struct stored_mark {
    int64_t place, version;
};

struct stored {
    struct known *known;
    struct known was;
    struct stored_mark *mark;
    size_t mark_cap;
    int64_t place; /* the greatest */
    char machine[256];

    /* Those that --expire lets go of, until a commit has done it. */
    struct database_move *forgotten;
    size_t forgotten_count;
};

/* known: empty as yet; it must outlive s. */
void stored_init(struct stored *s, struct known *known);
void stored_release(struct stored *s);

/* A log of the database's: a database_log, whose arg is s. */
void stored_take(void *s, const struct known_log *log, int64_t place,
                 int64_t version);

/* Lets go of what only messages older than that were in: forget.h. From here on
 * this run does not know them. */
void stored_forget(struct stored *s, struct stamp before);

/* Whether the log of that index is not as the database has it. */
bool stored_is_changed(const struct stored *s, size_t log);

/*
 * stored_moves - those of count logs, each once, that have changed
 *
 * For the caller to give to stored_free_moves(); they point into s until the
 * next stored_moved().
 */
struct database_move *stored_moves(struct stored *s, const size_t *logs,
                                   size_t count, size_t *moves);
void stored_free_moves(struct database_move *moves, size_t count);

/* They are in the database now, and what was to be forgotten is not. */
void stored_moved(struct stored *s, const struct database_move *moves,
                  size_t count, int64_t version);

#endif
