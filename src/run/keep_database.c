/*
 * keep_database - what lasts from run to run, in a database
 *
 * Others may write to it while this run reads, so all that is taken from it
 * has its version, and is given back with it (store/database). Only what has
 * changed since is written. What is in flight is carried's business, the logs
 * are stored's, and messages gathered's; here they become one commit.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "run/carried.h"
#include "run/committing.h"
#include "run/gathered.h"
#include "run/keep_kind.h"
#include "run/stored.h"
#include "store/database.h"

struct keep_database {
    struct keep keep;
    struct database *d;
    struct stamp expire; /* none: nothing does, or it is done */
    struct stored stored;
    struct carried *carried;

    /* For the next commit; the other one is that of the one under way. */
    struct gathered gathered[2];
    unsigned turn;
    struct copies of_logs, of_rows;
    unsigned rows_of; /* which input of_rows is of */

    struct committing committing;
    struct database_move *moves; /* of that */
    size_t move_count;
};

static struct keep_database *database_of(struct keep *k)
{
    return (struct keep_database *)k;
}

/* ---- messages ---- */

void keep_add(struct keep *keep, const struct message *m, unsigned rows_of)
{
    struct keep_database *k = database_of(keep);
    uint32_t copy = 0;

    if (m->queue_id.len == 0 && rows_of != k->rows_of) {
        copies_forget(&k->of_rows);
        k->rows_of = rows_of;
    }
    if (m->queue_id.len == 0)
        copy = copies_count(rows_of == 0 ? &k->of_logs : &k->of_rows, m);
    gathered_add(&k->gathered[k->turn], m, copy, rows_of == 0);
}

/* Much at once is fast, but not as fast as a database that never waits. */
#define IDLE_SHARE 8

bool keep_is_due(const struct keep *keep)
{
    const struct keep_database *k = (const struct keep_database *)keep;
    size_t due;

    if (!keep->is_database)
        return false;
    due = database_batch_size(k->d);
    if (!committing_is_at_work(&k->committing))
        due /= IDLE_SHARE;
    return k->gathered[k->turn].count >= due;
}

/* ---- the commit ---- */

static bool settle(struct keep_database *k, enum database_result result)
{
    if (result == DATABASE_MOVED)
        k->keep.verdict = KEEP_MOVED;
    if (result == DATABASE_FAILED)
        k->keep.verdict = KEEP_REFUSED;
    return result == DATABASE_DONE;
}

static void forget_moves(struct keep_database *k)
{
    stored_free_moves(k->moves, k->move_count);
    k->moves = NULL;
    k->move_count = 0;
}

/* Waits for what is under way; then the database may be asked again. */
static bool end_commit(struct keep_database *k, struct error *err)
{
    const struct database_batch *b = &k->committing.batch;
    bool ok;

    if (!k->committing.under_way)
        return true;
    ok = settle(k, committing_end(&k->committing, err));
    if (ok) {
        k->keep.got_on = true;
        stored_moved(&k->stored, b->moves, b->move_count, b->version);
        carried_done(k->carried, b);
    }
    forget_moves(k);
    gathered_clear(&k->gathered[k->turn ^ 1]);
    return ok;
}

static void begin_commit(struct keep_database *k, struct database_batch *b)
{
    if (b->move_count == 0 && b->host_count == 0 && b->flight_count == 0 &&
        b->arrival_count == 0 && b->forgotten_count == 0 &&
        (b->goes_on || database_is_indexed(k->d))) {
        forget_moves(k);
        return;
    }
    b->version = database_new_version();
    committing_begin(&k->committing, k->d, b);
    k->turn ^= 1;
    copies_forget(&k->of_logs);
}

static bool expire(struct keep_database *k, struct error *err)
{
    struct stamp before = k->expire;

    k->expire = STAMP_NONE;
    return stamp_is_none(before) ||
           settle(k, database_expire(k->d, before, err) ? DATABASE_DONE
                                                        : DATABASE_FAILED);
}

static int by_index(const void *a, const void *b)
{
    const size_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* What was read since the last commit, each log once. */
static void sort_read(struct keep *keep)
{
    size_t count = 0;

    if (keep->read_count > 0)
        qsort(keep->read, keep->read_count, sizeof *keep->read, by_index);
    for (size_t i = 0; i < keep->read_count; i++)
        if (i == 0 || keep->read[i] != keep->read[count - 1])
            keep->read[count++] = keep->read[i];
    keep->read_count = count;
}

static bool commit(struct keep *keep, const struct join *j,
                   const struct rejoin *r, bool goes_on, struct error *err)
{
    struct keep_database *k = database_of(keep);
    struct database_batch b = {.loaded = &k->stored.was, .goes_on = goes_on};
    struct gathered *g = &k->gathered[k->turn];

    /* While the one before is still under way. */
    gathered_sort(g);
    /* What is forgotten must be gone before. */
    if (!end_commit(k, err) || !expire(k, err))
        return false;
    carried_gather(k->carried, j, r);
    sort_read(keep);
    b.moves = k->moves =
        stored_moves(&k->stored, keep->read, keep->read_count, &k->move_count);
    b.move_count = k->move_count;
    keep->read_count = 0;
    b.forgotten = k->stored.forgotten;
    b.forgotten_count = k->stored.forgotten_count;
    for (size_t i = 0; i < b.move_count; i++)
        carried_follow(k->carried, &b.moves[i].was, &b.moves[i].now);
    carried_list(k->carried, keep, &b);
    b.arrivals = g->arrival;
    b.arrival_count = g->count;
    begin_commit(k, &b);
    return goes_on || end_commit(k, err);
}

/* ---- what is in flight ---- */

/* The inputs have taken names away from logs that are lost. */
static void note_names(struct keep_database *k)
{
    for (size_t i = 0; i < k->stored.was.count; i++)
        if (k->keep.known.log[i].name == NULL &&
            stored_is_changed(&k->stored, i))
            keep_note(&k->keep, i);
}

static bool load(struct keep *keep, const struct inputs *in, struct join *j,
                 struct rejoin *r, struct error *err)
{
    struct keep_database *k = database_of(keep);

    note_names(k);
    if (carried_load(k->carried, &keep->known, in, j, r, err))
        return true;
    keep->verdict = KEEP_REFUSED;
    return false;
}

bool keep_meet(struct keep *keep, struct slice host, size_t source,
               struct join *j, struct rejoin *r, struct error *err)
{
    struct keep_database *k = database_of(keep);

    if (carried_asks(k->carried, host) && !end_commit(k, err))
        return false;
    if (carried_meet(k->carried, host, source, j, r, err))
        return true;
    keep->verdict = KEEP_REFUSED;
    return false;
}

/* ---- opening ---- */

static void release(struct keep *keep)
{
    struct keep_database *k = database_of(keep);
    struct error unused;

    (void)end_commit(k, &unused);
    carried_free(k->carried);
    database_close(k->d);
    stored_release(&k->stored);
    copies_forget(&k->of_logs);
    copies_forget(&k->of_rows);
    for (unsigned i = 0; i < 2; i++)
        gathered_release(&k->gathered[i]);
}

static const struct keep_kind kind = {load, commit, release};

struct keep *keep_open_database(struct options *o, enum status *status,
                                struct error *err)
{
    struct keep_database *k = mem_new(sizeof *k);

    *status = STATUS_REFUSED;
    k->keep.kind = &kind;
    k->keep.is_database = true;
    for (unsigned i = 0; i < 2; i++)
        gathered_init(&k->gathered[i]);
    stored_init(&k->stored, &k->keep.known);
    k->expire = o->expire;
    k->d = database_open(o->database, true, o->lock_wait, err);
    k->carried = carried_new(k->d);
    if (k->d == NULL || !database_logs(k->d, stored_take, &k->stored, err) ||
        !carried_open(k->carried, err)) {
        keep_free(&k->keep);
        return NULL;
    }
    if (!stamp_is_none(k->expire))
        stored_forget(&k->stored, k->expire);
    return &k->keep;
}
