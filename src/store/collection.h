/*
 * collection - a file of rows kept across runs, and the state beside it
 *
 * FILE holds rows (CSV or JSON Lines, sightings or messages); FILE.state holds
 * what the run must remember (logs read, messages in flight) and to which
 * content of FILE that belongs (state.h). Both change as one:
 *
 *     1. the new rows are made durable beside FILE (in FILE.next, or in a file
 *        without a name if they are to be appended), then the new state in
 *        FILE.state.next
 *     2. FILE is replaced by renaming, or appended to and synced
 *     3. FILE.state.next becomes FILE.state
 *
 * A crash leaves FILE fitting FILE.state (before) or FILE.state.next (after);
 * an append that broke off is cut back. So a run sees either before or after,
 * never between. Until a FILE.state.next is there nothing has happened; what
 * fits no FILE is taken away, as is a FILE.next.
 *
 * A whole FILE that fits neither (edited, restored, new to us) is taken as it
 * stands, without state; without FILE a state is void; a FILE that is not
 * ours, or whose last row is torn, is refused and left alone. Only a FILE that
 * no state fits is read whole to see that.
 *
 * A FILE that is a symbolic link is followed: all else lies beside its target.
 * Their mode is FILE's.
 */
#ifndef STORE_COLLECTION_H
#define STORE_COLLECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/out.h"
#include "format/format.h"
#include "mail/field.h"
#include "store/ledger.h"

/* Neither messages nor a key: it has no rows yet, and may get either. */
struct collection_form {
    const struct format *format;
    bool messages;
    struct field_list key; /* of sightings */
};

enum collection_kind {
    COLLECTION_NEW,   /* there is no FILE, or it is empty and has no state */
    COLLECTION_KNOWN, /* FILE and its state fit; JSON Lines may be empty */
    COLLECTION_FOREIGN_STATE /* a whole FILE of ours that no state fits */
};

struct collection;

/*
 * collection_open - lock it, mend what a crash left, and look at it
 *
 * A new FILE is CSV, or JSON Lines if its name ends in .jsonl. NULL with err
 * set: locked by another run after lock_seconds, torn, not ours, unreadable;
 * nothing was changed.
 */
struct collection *collection_open(const char *path, unsigned lock_seconds,
                                   struct error *err);
/* Unlocks; without a commit all is as it was. NULL is allowed. */
void collection_free(struct collection *c);

enum collection_kind collection_kind(const struct collection *c);

/* What FILE is. For an empty one: format by its name, the rest not set. */
const struct collection_form *collection_form(const struct collection *c);

/* The rows of FILE, each to sink; one of other columns is an error. */
bool collection_rows(struct collection *c, row_sink *sink, void *arg,
                     struct error *err);

/* The rows of the state that was committed with FILE; none if it is void. */
bool collection_state(struct collection *c, ledger_row *visit, void *arg,
                      struct error *err);

/*
 * collection_begin - where the rows of the next commit go
 *
 * append: behind what FILE has (messages); else in its place. The out is the
 * collection's. May be called again after each commit; rows of a begin without
 * commit are forgotten.
 *
 * The caller writes all of it: a header (writer_begin()), too, unless rows are
 * appended to a FILE that is not COLLECTION_NEW.
 */
struct out *collection_begin(struct collection *c, bool append,
                             struct error *err);

/*
 * collection_commit - make rows and state the collection's, as one
 *
 * Without a collection_begin() before it FILE, which must be there, stays, and
 * only the state is new. What is not in the columns of its form, or was
 * changed by somebody else since collection_open(), is not committed.
 *
 * False with err set: all is as it was before, and the rows are forgotten.
 * Only if a disk fails at the last steps, or while they are taken back, it is
 * the next collection_open() that decides for before or after; this c then
 * takes no more. The state's rows may not begin with "collection" or
 * "appended-to", and it can be put to no more.
 */
bool collection_commit(struct collection *c, struct ledger *state,
                       struct error *err);

#endif
