/*
 * database_commit - rows and state into a database, as one
 *
 * First whether this run may: each log and host is moved from the version that
 * was loaded to that of this commit, and one that is not there in the former
 * was moved by somebody else. Then what is in flight, then messages.
 *
 * Two runs that meet a log for the first time have no row to collide on. So
 * whoever adds a log also moves logs_version, the one row that all share; who
 * finds it moved looks whether one of the logs that came since may be his.
 */
#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "store/database_inside.h"

/* A commit under way. */
struct commit {
    const struct database_batch *batch;
    bool moved; /* by another run */
};

static enum db_result moved(struct commit *t, const struct database *d,
                            struct error *err)
{
    t->moved = true;
    (void)error_set(err, "%s: another run goes on with the same logs",
                    d->uri.name);
    return DB_FAILED;
}

/* ---- logs ---- */

#define LOG_COLUMNS 10

struct log_values {
    struct db_value value[LOG_COLUMNS];
    unsigned char head[16], tail[16];
    char first[STAMP_SIZE], last[STAMP_SIZE];
};

static void log_values(const struct database_move *m, int64_t version,
                       struct log_values *to)
{
    const struct known_log *log = &m->now;
    size_t first = stamp_format(log->first, to->first);
    size_t last = stamp_format(log->last, to->last);

    to->value[0] = db_hash(&log->head, to->head);
    to->value[1] = db_number(log->head_size);
    to->value[2] = db_number((int64_t)log->offset);
    to->value[3] = db_hash(&log->tail, to->tail);
    to->value[4] = db_number(log->tail_size);
    to->value[5] = db_text(slice_of(log->name == NULL ? "" : log->name));
    to->value[6] = db_text(slice_make(to->first, first));
    to->value[7] = db_text(slice_make(to->last, last));
    to->value[8] = db_number(m->place);
    to->value[9] = db_number(version);
}

static enum db_result move_log(struct database *d, struct commit *t,
                               const struct database_move *m, struct error *err)
{
    struct log_values now;
    struct db_value value[LOG_COLUMNS + 4];
    unsigned char head[16], tail[16];
    uint64_t changed = 0;
    enum db_result result;

    log_values(m, t->batch->version, &now);
    memcpy(value, now.value, sizeof now.value);
    value[LOG_COLUMNS] = db_hash(&m->was.head, head);
    value[LOG_COLUMNS + 1] = db_number((int64_t)m->was.offset);
    value[LOG_COLUMNS + 2] = db_hash(&m->was.tail, tail);
    value[LOG_COLUMNS + 3] = db_number(m->version);
    result = d->driver->execute(
        d->c,
        "UPDATE logs SET head = ?, head_size = ?, read_to = ?, tail = ?,"
        " tail_size = ?, name = ?, first_line = ?, last_line = ?, place = ?,"
        " version = ?"
        " WHERE head = ? AND read_to = ? AND tail = ? AND version = ?",
        value, LOG_COLUMNS + 4, &changed, err);
    return result == DB_DONE && changed == 0 ? moved(t, d, err) : result;
}

/*
 * Whether two logs may be one at two times, as far as their first bytes tell:
 * what is shorter than a whole head may have been any log's beginning.
 */
static bool may_be_one(const struct known_log *a, const struct known_log *b)
{
    if (a->head_size == b->head_size)
        return known_same_hash(a->head, b->head);
    return true;
}

struct newcomer {
    struct commit *t;
    bool same;
};

static void on_log(void *arg, const struct known_log *log, int64_t place,
                   int64_t version)
{
    struct newcomer *n = arg;
    const struct database_batch *b = n->t->batch;

    (void)place, (void)version;
    for (size_t i = 0; i < b->move_count && !n->same; i++)
        if (b->moves[i].was.offset == 0 && may_be_one(log, &b->moves[i].now))
            n->same = known_find(b->loaded, log) == SIZE_MAX;
}

bool database_take_number(void *arg, const struct slice *field,
                          struct error *err)
{
    unsigned long long number;

    if (!slice_number(field[0], &number) || number > INT64_MAX)
        return error_set(err, "its state has a number that is none");
    *(int64_t *)arg = (int64_t)number;
    return true;
}

/* Before logs are added: whether somebody has added one that may be ours. */
static enum db_result look_at_logs(struct database *d, struct commit *t,
                                   struct error *err)
{
    const char *sql = d->driver->dialect == DIALECT_MYSQL
                          ? "SELECT logs_version FROM spamharvest FOR UPDATE"
                          : "SELECT logs_version FROM spamharvest";
    struct newcomer n = {.t = t};
    struct db_value version = db_number(t->batch->version);
    int64_t found = 0;
    enum db_result result = d->driver->select(
        d->c, sql, NULL, 0, 1, database_take_number, &found, err);

    if (result == DB_DONE && found != d->logs_version)
        result = database_read_logs(d, on_log, &n, err);
    if (result == DB_DONE && n.same)
        return moved(t, d, err);
    if (result == DB_DONE)
        result =
            d->driver->execute(d->c, "UPDATE spamharvest SET logs_version = ?",
                               &version, 1, NULL, err);
    return result;
}

static enum db_result add_log(struct database *d, struct commit *t,
                              const struct database_move *m, struct error *err)
{
    struct log_values now;

    log_values(m, t->batch->version, &now);
    return d->driver->execute(d->c,
                              "INSERT INTO logs VALUES (?,?,?,?,?,?,?,?,?,?)",
                              now.value, LOG_COLUMNS, NULL, err);
}

static enum db_result forget_log(struct database *d,
                                 const struct database_move *m,
                                 struct error *err)
{
    unsigned char head[16], tail[16];
    struct db_value value[] = {
        db_hash(&m->was.head, head), db_number((int64_t)m->was.offset),
        db_hash(&m->was.tail, tail), db_number(m->version)};

    return d->driver->execute(
        d->c,
        "DELETE FROM logs"
        " WHERE head = ? AND read_to = ? AND tail = ? AND version = ?",
        value, 4, NULL, err);
}

static enum db_result put_logs(struct database *d, struct commit *t,
                               struct error *err)
{
    const struct database_batch *b = t->batch;
    enum db_result result = DB_DONE;
    size_t added = 0;

    for (size_t i = 0; i < b->forgotten_count && result == DB_DONE; i++)
        result = forget_log(d, &b->forgotten[i], err);
    for (size_t i = 0; i < b->move_count && result == DB_DONE; i++) {
        if (b->moves[i].was.offset == 0)
            added++;
        else
            result = move_log(d, t, &b->moves[i], err);
    }
    if (result == DB_DONE && added > 0)
        result = look_at_logs(d, t, err);
    for (size_t i = 0; i < b->move_count && result == DB_DONE; i++)
        if (b->moves[i].was.offset == 0)
            result = add_log(d, t, &b->moves[i], err);
    return result;
}

/* ---- hosts, and what is in flight ---- */

static enum db_result put_host(struct database *d, struct commit *t,
                               const struct database_host *h, struct error *err)
{
    bool mysql = d->driver->dialect == DIALECT_MYSQL;
    unsigned char head[16];
    struct db_value hash = db_hash(&h->head, head);
    struct db_value state = db_bytes(h->state), name = db_text(h->name);
    struct db_value version = db_number(t->batch->version);
    struct db_value add[] = {name, hash, state, version};
    struct db_value move[] = {hash, state, version, name,
                              db_number(h->version)};
    uint64_t changed = 0;
    enum db_result result;

    if (h->version == 0)
        result = d->driver->execute(
            d->c,
            mysql ? "INSERT INTO hosts VALUES (?,?,?,?)"
                    " ON DUPLICATE KEY UPDATE version = version"
                  : "INSERT INTO hosts VALUES (?,?,?,?)"
                    " ON CONFLICT DO NOTHING",
            add, 4, &changed, err);
    else
        result = d->driver->execute(
            d->c,
            "UPDATE hosts SET head = ?, state = ?, version = ?"
            " WHERE mta_host = ? AND version = ?",
            move, 5, &changed, err);
    return result == DB_DONE && changed == 0 ? moved(t, d, err) : result;
}

static enum db_result put_flights(struct database *d, struct commit *t,
                                  struct error *err)
{
    struct bulk *b = &d->bulk[BULK_FLIGHTS];
    enum db_result result = DB_DONE;

    for (size_t i = 0; i < t->batch->flight_count && result == DB_DONE; i++) {
        const struct database_flight *f = &t->batch->flights[i];
        struct db_value key[] = {db_text(f->host), db_text(f->kind),
                                 db_text(f->id)};
        struct db_value *v;

        if (f->state.ptr == NULL) {
            result = d->driver->execute(
                d->c,
                "DELETE FROM in_flight"
                " WHERE mta_host = ? AND kind = ? AND id = ?",
                key, 3, NULL, err);
            continue;
        }
        v = bulk_next(b);
        v[0] = key[0];
        v[1] = key[1];
        v[2] = key[2];
        v[3] = db_number(f->opened);
        v[4] = f->latest == INT64_MIN ? db_null() : db_number(f->latest);
        v[5] = db_bytes(f->state);
        if (bulk_is_full(d, b))
            result = bulk_flush(d, b, err);
    }
    return result == DB_DONE ? bulk_flush(d, b, err) : result;
}

/* ---- the whole ---- */

/*
 * Whether a commit stands whose answer was lost with the connection: then its
 * version does. One without logs and hosts leaves no trace, and can be done
 * twice.
 */
static enum db_result look_back(struct database *d, const struct commit *t,
                                bool *stands, struct error *err)
{
    struct db_value version[] = {db_number(t->batch->version),
                                 db_number(t->batch->version)};
    int64_t found = 0;
    enum db_result result = d->driver->select(
        d->c,
        "SELECT (SELECT COUNT(*) FROM logs WHERE version = ?) +"
        " (SELECT COUNT(*) FROM hosts WHERE version = ?)",
        version, 2, 1, database_take_number, &found, err);

    *stands = found > 0;
    return result;
}

static enum db_result put_all(struct database *d, struct commit *t,
                              struct error *err)
{
    enum db_result result = put_logs(d, t, err);

    for (size_t i = 0; i < t->batch->host_count && result == DB_DONE; i++)
        result = put_host(d, t, &t->batch->hosts[i], err);
    if (result == DB_DONE)
        result = put_flights(d, t, err);
    if (result == DB_DONE)
        result = database_put_messages(d, t->batch, err);
    return result;
}

static enum db_result attempt(struct database *d, void *arg, struct error *err)
{
    struct commit *t = arg;
    bool stands = false;
    enum db_result result = d->driver->begin(d->c, err);

    if (result == DB_DONE && d->doubtful)
        result = look_back(d, t, &stands, err);
    if (result == DB_DONE && stands) {
        d->driver->rollback(d->c);
        return DB_DONE;
    }
    if (result == DB_DONE)
        result = put_all(d, t, err);
    if (result != DB_DONE)
        return result;
    result = d->driver->commit(d->c, err);
    if (result == DB_DONE)
        d->was_indexed = d->indexed;
    d->doubtful |= result == DB_AGAIN;
    return result;
}

static bool adds_logs(const struct database_batch *b)
{
    for (size_t i = 0; i < b->move_count; i++)
        if (b->moves[i].was.offset == 0)
            return true;
    return false;
}

/*
 * What need not be at once: what it is filled in may not be what it is kept in,
 * and a server's new tables have no indexes yet. What fails is left to the next
 * run; two that make the same indexes find so.
 */
static void round_off(struct database *d)
{
    struct error unused;

    if (d->filling)
        d->filling = d->driver->settle(d->c, false, &unused) != DB_DONE;
    if (!d->indexed && database_make_indexes(d, &unused) != DB_DONE)
        database_begin_anew(d);
    d->was_indexed = d->indexed;
}

enum database_result database_commit(struct database *d,
                                     const struct database_batch *b,
                                     struct error *err)
{
    struct commit t = {.batch = b};
    bool done = database_do(d, attempt, &t, err);

    d->doubtful = false;
    if (!done)
        return t.moved ? DATABASE_MOVED : DATABASE_FAILED;
    if (adds_logs(b))
        d->logs_version = b->version;
    if (!b->goes_on)
        round_off(d);
    return DATABASE_DONE;
}

struct expiry {
    int64_t before;
    struct slice day; /* on which all of that is, or earlier */
};

static enum db_result expire(struct database *d, void *arg, struct error *err)
{
    static const char *const recipients[] = {
        [DIALECT_SQLITE] = "DELETE FROM recipients WHERE id IN"
                           " (SELECT id FROM messages"
                           " WHERE day <= ? AND instant < ?)",
        [DIALECT_MYSQL] = "DELETE recipients FROM recipients JOIN messages"
                          " USING (id)"
                          " WHERE day <= ? AND instant < ?",
    };
    const struct expiry *e = arg;
    struct db_value value[] = {db_text(e->day), db_number(e->before)};
    enum db_result result = d->driver->begin(d->c, err);

    if (result == DB_DONE)
        result = d->driver->execute(d->c, recipients[d->driver->dialect], value,
                                    2, NULL, err);
    if (result == DB_DONE)
        result = d->driver->execute(
            d->c, "DELETE FROM messages WHERE day <= ? AND instant < ?", value,
            2, NULL, err);
    if (result == DB_DONE)
        result =
            d->driver->execute(d->c, "DELETE FROM in_flight WHERE latest < ?",
                               value + 1, 1, NULL, err);
    return result == DB_DONE ? d->driver->commit(d->c, err) : result;
}

bool database_expire(struct database *d, struct stamp before, struct error *err)
{
    struct stamp day = {.sec = before.sec + STAMP_DAY};
    char text[STAMP_SIZE];
    struct expiry e = {before.sec,
                       slice_make(text, stamp_format_day(day, text))};

    return database_do(d, expire, &e, err);
}
