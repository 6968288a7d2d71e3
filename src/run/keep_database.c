/*
 * keep_database - what lasts from run to run, in a database
 *
 * Others may write to it while this run reads, so all that is taken from it
 * has its version, and is given back with it (store/database). Only what has
 * changed since is written. What is in flight is carried's business.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/table.h"
#include "run/carried.h"
#include "run/committing.h"
#include "run/forget.h"
#include "run/keep_kind.h"
#include "store/database.h"

struct copy {
    uint64_t digest;
    uint32_t count;
};

/* How often a message without queue ID came so far. */
struct copies {
    struct table table;
    struct copy *entry;
    size_t count, cap;
};

/* Of a log in the database. */
struct mark {
    int64_t place, version;
};

struct keep_database {
    struct keep keep;
    struct database *d;
    struct stamp expire; /* none: nothing does, or it is done */
    char machine[256];

    /* Of each log known, by the same index: as it is in the database. */
    struct known was;
    struct mark *mark;
    size_t mark_cap;
    int64_t place; /* the greatest */

    /* Those that --expire lets go of, until the first commit has done it. */
    struct database_move *forgotten;
    size_t forgotten_count;

    struct carried *carried;

    /* For the next commit; the other one is that of the one under way. */
    struct gathered {
        struct arena *arena;
        struct database_message *message;
        size_t count, cap;
    } gathered[2];
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

/* How many like it came before. */
static uint32_t count_copy(struct copies *c, const struct message *m)
{
    uint64_t digest = database_digest(m), hash;
    struct table_probe probe;
    uint32_t index;

    if (c->table.slots == NULL)
        table_init(&c->table, 256);
    hash = table_hash(&c->table, &digest, sizeof digest);
    for (probe = table_probe(&c->table, hash);
         table_next(&c->table, &probe, &index);)
        if (c->entry[index].digest == digest)
            return ++c->entry[index].count;
    c->entry = mem_grow(c->entry, c->count, &c->cap, sizeof *c->entry);
    c->entry[c->count].digest = digest;
    c->entry[c->count].count = 0;
    table_add(&c->table, hash, (uint32_t)c->count++);
    return 0;
}

static void forget_copies(struct copies *c)
{
    if (c->table.slots != NULL)
        table_release(&c->table);
    free(c->entry);
    *c = (struct copies){.entry = NULL};
}

static struct slice name_copy(struct arena *a, struct slice name)
{
    return arena_copy(a, slice_head(name, DATABASE_NAME_MAX));
}

static void copy_message(struct arena *a, struct message *m)
{
    struct slice *list =
        arena_alloc(a, m->recipient_count * sizeof *m->recipients);

    for (size_t i = 0; i < m->recipient_count; i++)
        list[i] = arena_copy(a, m->recipients[i]);
    m->recipients = list;
    m->sender = arena_copy(a, m->sender);
    m->client_name = arena_copy(a, m->client_name);
    m->helo = arena_copy(a, m->helo);
    m->message_id = arena_copy(a, m->message_id);
    m->mta = name_copy(a, m->mta);
    m->mta_host = name_copy(a, m->mta_host);
    m->queue_id = name_copy(a, m->queue_id);
}

void keep_add(struct keep *keep, const struct message *m, unsigned rows_of)
{
    struct keep_database *k = database_of(keep);
    struct gathered *g = &k->gathered[k->turn];
    struct database_message *new;

    g->message = mem_grow(g->message, g->count, &g->cap, sizeof *g->message);
    new = &g->message[g->count++];
    *new = (struct database_message){.message = *m, .as_read = rows_of == 0};
    copy_message(g->arena, &new->message);
    if (m->queue_id.len > 0)
        return;
    if (rows_of != k->rows_of) {
        forget_copies(&k->of_rows);
        k->rows_of = rows_of;
    }
    new->copy = count_copy(rows_of == 0 ? &k->of_logs : &k->of_rows, m);
}

bool keep_is_due(const struct keep *keep)
{
    const struct keep_database *k = (const struct keep_database *)keep;

    size_t due;

    if (!keep->is_database)
        return false;
    due = database_batch_size(k->d);
    if (!keep->got_on && !k->committing.under_way)
        due /= 4; /* so that it does not begin when we are half through */
    return k->gathered[k->turn].count >= due;
}

/* ---- the commit: logs ---- */

/*
 * The names of a log, "MACHINE PATH" a line: each machine knows by its own one
 * which log it has to look for when that was rotated away.
 */
static struct slice own_name(const struct keep_database *k, struct slice names)
{
    struct slice machine = slice_of(k->machine);

    while (names.len > 0) {
        struct slice line = slice_head(names, slice_find_byte(names, '\n'));

        if (line.len > machine.len && line.ptr[machine.len] == ' ' &&
            slice_starts(line, machine))
            return slice_from(line, machine.len + 1);
        names =
            slice_from(names, line.len < names.len ? line.len + 1 : line.len);
    }
    return SLICE("");
}

/* The names with ours in place of what it was. */
static char *renamed(struct keep_database *k, struct slice names,
                     struct slice own)
{
    struct slice before = own_name(k, names);
    struct buf b = {0};
    char *text;

    while (names.len > 0) {
        struct slice line = slice_head(names, slice_find_byte(names, '\n'));

        if (before.ptr == NULL || before.ptr < line.ptr ||
            before.ptr >= line.ptr + line.len || before.len == 0) {
            buf_add(&b, line);
            buf_add_byte(&b, '\n');
        }
        names =
            slice_from(names, line.len < names.len ? line.len + 1 : line.len);
    }
    if (own.len > 0 && slice_find_byte(own, '\n') == SIZE_MAX) {
        buf_addf(&b, "%s ", k->machine);
        buf_add(&b, own);
        buf_add_byte(&b, '\n');
    }
    text = mem_text(buf_slice(&b));
    buf_free(&b);
    return text;
}

static void on_log(void *arg, const struct known_log *log, int64_t place,
                   int64_t version)
{
    struct keep_database *k = arg;
    struct known *known = &k->keep.known, *was = &k->was;
    struct slice own = own_name(k, slice_of(log->name));

    was->log = mem_grow(was->log, was->count, &was->cap, sizeof *was->log);
    k->mark = mem_grow(k->mark, was->count, &k->mark_cap, sizeof *k->mark);
    known->log =
        mem_grow(known->log, known->count, &known->cap, sizeof *known->log);
    k->mark[was->count] = (struct mark){place, version};
    if (place > k->place)
        k->place = place;
    was->log[was->count] = *log;
    was->log[was->count++].name =
        mem_text(log->name == NULL ? SLICE("") : slice_of(log->name));
    known->log[known->count] = *log;
    known->log[known->count++].name = own.len == 0 ? NULL : mem_text(own);
}

/* From here on this run does not know them. */
static void forget_old(struct keep_database *k)
{
    struct known *known = &k->keep.known, *was = &k->was;
    bool *goes = forget_which(was, k->expire);
    size_t kept = 0;

    k->forgotten = mem_array(was->count + 1, sizeof *k->forgotten);
    for (size_t i = 0; i < was->count; i++) {
        if (goes[i]) {
            k->forgotten[k->forgotten_count++] = (struct database_move){
                .was = was->log[i], .version = k->mark[i].version};
            free(was->log[i].name);
            free(known->log[i].name);
            continue;
        }
        was->log[kept] = was->log[i];
        known->log[kept] = known->log[i];
        k->mark[kept++] = k->mark[i];
    }
    was->count = known->count = kept;
    free(goes);
}

static bool is_changed(const struct keep_database *k, size_t i)
{
    const struct known_log *log = &k->keep.known.log[i];
    const struct known_log *was = &k->was.log[i];

    return log->offset != was->offset || log->head_size != was->head_size ||
           !known_same_hash(log->head, was->head) ||
           !known_same_hash(log->tail, was->tail) ||
           !slice_equal(slice_of(log->name), own_name(k, slice_of(was->name)));
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

static bool is_stored(const struct keep_database *k, size_t i)
{
    return i < k->was.count && k->was.log[i].offset != 0;
}

static struct database_move move_of(struct keep_database *k, size_t i)
{
    const struct known_log *log = &k->keep.known.log[i];
    struct database_move m = {.now = *log, .log = i};
    struct slice names = SLICE("");

    if (is_stored(k, i)) {
        m.was = k->was.log[i];
        m.version = k->mark[i].version;
        names = slice_of(m.was.name);
    }
    m.place = i < k->was.count ? k->mark[i].place
                               : k->place + 1 + (int64_t)(i - k->was.count);
    m.now.name = renamed(k, names, slice_of(log->name));
    return m;
}

/* Of the logs that were read since the last commit, those that have changed. */
static struct database_move *list_moves(struct keep_database *k, size_t *count)
{
    struct keep *keep = &k->keep;
    struct database_move *moves;

    sort_read(keep);
    moves = mem_array(keep->read_count + 1, sizeof *moves);
    *count = 0;
    for (size_t n = 0; n < keep->read_count; n++)
        if (!is_stored(k, keep->read[n]) || is_changed(k, keep->read[n]))
            moves[(*count)++] = move_of(k, keep->read[n]);
    keep->read_count = 0;
    return moves;
}

/* What was moved is known, from now on, as it is. */
static void moved(struct keep_database *k, const struct database_move *moves,
                  size_t count, int64_t version)
{
    const struct known *known = &k->keep.known;
    struct known *was = &k->was;

    while (was->count < known->count) {
        was->log = mem_grow(was->log, was->count, &was->cap, sizeof *was->log);
        k->mark = mem_grow(k->mark, was->count, &k->mark_cap, sizeof *k->mark);
        was->log[was->count] = (struct known_log){.first = STAMP_NONE};
        k->mark[was->count++] = (struct mark){++k->place, 0};
    }
    for (size_t i = 0; i < count; i++) {
        struct known_log *log = &was->log[moves[i].log];

        free(log->name);
        *log = moves[i].now;
        log->name = mem_text(slice_of(log->name));
        k->mark[moves[i].log].version = version;
    }
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
    for (size_t i = 0; i < k->move_count; i++)
        free(k->moves[i].now.name);
    free(k->moves);
    k->moves = NULL;
    k->move_count = 0;
}

/* Waits for what is under way; then the database may be asked again. */
static bool end_commit(struct keep_database *k, struct error *err)
{
    const struct database_batch *b = &k->committing.batch;
    struct gathered *g = &k->gathered[k->turn ^ 1];
    bool ok;

    if (!k->committing.under_way)
        return true;
    ok = settle(k, committing_end(&k->committing, err));
    if (ok) {
        k->keep.got_on = true;
        k->forgotten_count = 0;
        moved(k, b->moves, b->move_count, b->version);
        carried_done(k->carried, b);
    }
    forget_moves(k);
    g->count = 0;
    arena_reset(g->arena);
    return ok;
}

static void begin_commit(struct keep_database *k, struct database_batch *b)
{
    if (b->move_count == 0 && b->host_count == 0 && b->flight_count == 0 &&
        b->message_count == 0 && b->forgotten_count == 0 &&
        (b->goes_on || database_is_indexed(k->d))) {
        forget_moves(k);
        return;
    }
    b->version = database_new_version();
    committing_begin(&k->committing, k->d, b);
    k->turn ^= 1;
    forget_copies(&k->of_logs);
}

static bool expire(struct keep_database *k, struct error *err)
{
    struct stamp before = k->expire;

    k->expire = STAMP_NONE;
    return stamp_is_none(before) ||
           settle(k, database_expire(k->d, before, err) ? DATABASE_DONE
                                                        : DATABASE_FAILED);
}

static bool commit(struct keep *keep, const struct join *j,
                   const struct rejoin *r, bool goes_on, struct error *err)
{
    struct keep_database *k = database_of(keep);
    struct database_batch b = {.loaded = &k->was,
                               .forgotten = k->forgotten,
                               .forgotten_count = k->forgotten_count,
                               .goes_on = goes_on};

    /* What is forgotten must be gone before. */
    if (!end_commit(k, err) || !expire(k, err))
        return false;
    carried_gather(k->carried, j, r);
    b.moves = k->moves = list_moves(k, &k->move_count);
    b.move_count = k->move_count;
    for (size_t i = 0; i < b.move_count; i++)
        carried_follow(k->carried, &b.moves[i].was, &b.moves[i].now);
    carried_list(k->carried, keep, &b);
    b.messages = k->gathered[k->turn].message;
    b.message_count = k->gathered[k->turn].count;
    begin_commit(k, &b);
    return goes_on || end_commit(k, err);
}

/* ---- what is in flight ---- */

/* The inputs have taken names away from logs that are lost. */
static void note_names(struct keep_database *k)
{
    for (size_t i = 0; i < k->was.count; i++)
        if (k->keep.known.log[i].name == NULL && is_changed(k, i))
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
    known_release(&k->was);
    free(k->mark);
    free(k->forgotten);
    forget_copies(&k->of_logs);
    forget_copies(&k->of_rows);
    for (unsigned i = 0; i < 2; i++) {
        free(k->gathered[i].message);
        arena_free(k->gathered[i].arena);
    }
}

static const struct keep_kind kind = {load, commit, release};

/* Blanks and line ends would not come back. */
static void find_machine(char *to, size_t size)
{
    if (gethostname(to, size) != 0)
        *to = '\0';
    to[size - 1] = '\0';
    for (; *to != '\0'; to++)
        if (*to == ' ' || *to == '\n')
            *to = '_';
}

struct keep *keep_open_database(struct options *o, enum status *status,
                                struct error *err)
{
    struct keep_database *k = mem_new(sizeof *k);

    *status = STATUS_REFUSED;
    k->keep.kind = &kind;
    k->keep.is_database = true;
    k->gathered[0].arena = arena_new();
    k->gathered[1].arena = arena_new();
    k->expire = o->expire;
    find_machine(k->machine, sizeof k->machine);
    k->d = database_open(o->database, true, o->lock_wait, err);
    k->carried = carried_new(k->d);
    if (k->d == NULL || !database_logs(k->d, on_log, k, err) ||
        !carried_open(k->carried, err)) {
        keep_free(&k->keep);
        return NULL;
    }
    if (!stamp_is_none(k->expire))
        forget_old(k);
    return &k->keep;
}
