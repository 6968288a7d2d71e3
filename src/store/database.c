/* database - messages and the state of their logs, in tables */
#include "store/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/database_inside.h"

/* Between two attempts, in milliseconds: from the first on, doubled. */
#define PAUSE_FIRST 20
#define PAUSE_MOST 1000

/* Who makes tables, and is at it longer, has died. */
#define CLAIM_MS 30000

#ifdef HAVE_SQLITE
#define SQLITE_DRIVER &driver_sqlite
#else
#define SQLITE_DRIVER NULL
#endif
#ifdef HAVE_MARIADB
#define MYSQL_DRIVER &driver_mysql
#else
#define MYSQL_DRIVER NULL
#endif

static const struct {
    const struct driver *driver; /* NULL: not built in */
    const char *name;
} kinds[] = {
    [URI_SQLITE] = {SQLITE_DRIVER, "SQLite"},
    [URI_MYSQL] = {MYSQL_DRIVER, "MariaDB"},
};

const char *database_library(unsigned i, char text[80])
{
    const char *version;

    if (i >= sizeof kinds / sizeof kinds[0])
        return NULL;
    if (kinds[i].driver == NULL) {
        (void)snprintf(text, 80, "%s: not built in", kinds[i].name);
        return text;
    }
    version = kinds[i].driver->version();
    if (version == NULL)
        (void)snprintf(text, 80, "%s: none found", kinds[i].name);
    else
        (void)snprintf(text, 80, "%s %s", kinds[i].name, version);
    return text;
}

bool database_is_file(struct slice head)
{
    static const char magic[] = "SQLite format 3";

    return slice_starts(head, slice_make(magic, sizeof magic));
}

int64_t database_new_version(void)
{
    uint64_t number = 0;

    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        number = (uint64_t)now.tv_sec * 1000000007u ^ (uint64_t)now.tv_nsec;
    }
    number &= INT64_MAX;
    return number == 0 ? 1 : (int64_t)number;
}

/* ---- values ---- */

static void put_half(uint64_t half, unsigned char *to)
{
    for (int i = 0; i < 8; i++)
        to[i] = (unsigned char)(half >> (56 - 8 * i));
}

static uint64_t take_half(const char *from)
{
    uint64_t half = 0;

    for (int i = 0; i < 8; i++)
        half = half << 8 | (unsigned char)from[i];
    return half;
}

struct db_value db_hash(const struct known_hash *hash, unsigned char room[16])
{
    put_half(hash->high, room);
    put_half(hash->low, room + 8);
    return db_bytes(slice_make((const char *)room, 16));
}

bool db_hash_take(struct slice bytes, struct known_hash *hash)
{
    if (bytes.len != 16)
        return false;
    hash->high = take_half(bytes.ptr);
    hash->low = take_half(bytes.ptr + 8);
    return true;
}

/* ---- connecting ---- */

static void drop_connection(struct database *d)
{
    for (unsigned i = 0; i < BULK_TOTAL; i++) {
        if (d->c != NULL) {
            d->driver->release(d->bulk[i].one);
            d->driver->release(d->bulk[i].many);
        }
        d->bulk[i].one = d->bulk[i].many = NULL;
    }
    d->driver->close(d->c);
    d->c = NULL;
}

static enum db_result refuse(const struct database *d, const char *why,
                             struct error *err)
{
    (void)error_set(err, "%s: %s", d->uri.name, why);
    return DB_FAILED;
}

static enum db_result do_step(struct database *d, unsigned step,
                              struct error *err)
{
    struct buf sql = {0};
    enum db_result result = DB_DONE;

    for (unsigned i = 0; result == DB_DONE &&
                         schema_statement(step, i, d->driver->dialect, &sql);
         i++)
        result = d->driver->execute(d->c, sql.ptr, NULL, 0, NULL, err);
    if (result == DB_DONE && step > 0) {
        struct db_value version = db_number(step);

        result = d->driver->execute(d->c,
                                    "UPDATE spamharvest SET schema_version = ?",
                                    &version, 1, NULL, err);
    }
    if (result == DB_DONE)
        result = d->driver->set_version(d->c, step, err);
    buf_free(&sql);
    return result;
}

/* Whether it can be used, or made so. */
static enum db_result judge(struct database *d, enum db_mark *mark,
                            int64_t *version, struct error *err)
{
    enum db_result result = d->driver->look(d->c, mark, version, err);

    if (result != DB_DONE)
        return result;
    if (*mark == DB_FOREIGN)
        return refuse(d, "is a database, but none of spamharvest's", err);
    if (*version < 0)
        return refuse(d, "is of a version that never was", err);
    if (*mark == DB_OURS && *version > SCHEMA_VERSION)
        return refuse(d, "was made by a newer version of spamharvest", err);
    if (!d->writes && *mark == DB_EMPTY)
        return refuse(d, "is a database without tables", err);
    if (!d->writes && *version < SCHEMA_VERSION)
        return refuse(d,
                      "is of an older version, and is brought forward when it "
                      "is written to (-d)",
                      err);
    return DB_DONE;
}

/*
 * The nodes of a Galera cluster hang when two make one view at once. So whoever
 * brings a server's database forward first puts his number into the row that
 * all share; who finds another's there waits, but not for one who has died.
 */
static enum db_result claim(struct database *d, struct error *err)
{
    struct db_value value[] = {db_number(database_new_version()), db_number(0),
                               db_number(SCHEMA_VERSION)};
    uint64_t changed = 0;
    int64_t owner = 0;
    enum db_result result =
        d->driver->select(d->c, "SELECT logs_version FROM spamharvest", NULL, 0,
                          1, database_take_number, &owner, err);

    if (result != DB_DONE)
        return result;
    if (owner != d->claimed_by) {
        d->claimed_by = owner;
        d->claimed_at = clock_ms();
    }
    if (owner == 0 || clock_ms() - d->claimed_at > CLAIM_MS) {
        value[1] = db_number(owner);
        result = d->driver->execute(d->c,
                                    "UPDATE spamharvest SET logs_version = ?"
                                    " WHERE logs_version = ?"
                                    " AND schema_version < ?",
                                    value, 3, &changed, err);
    }
    if (result != DB_DONE || changed > 0)
        return result;
    (void)error_set(err, "%s: another run is making its tables", d->uri.name);
    return DB_AGAIN;
}

/* Brings it to our version; each step can be repeated. */
static enum db_result bring_forward(struct database *d, struct error *err)
{
    enum db_mark mark = DB_EMPTY;
    int64_t version = 0;
    enum db_result result = d->driver->begin(d->c, err);

    if (result == DB_DONE)
        result = judge(d, &mark, &version, err);
    if (result == DB_DONE && version == 0)
        result = do_step(d, 0, err);
    if (result == DB_DONE && d->driver->dialect == DIALECT_MYSQL &&
        version < SCHEMA_VERSION)
        result = claim(d, err);
    while (result == DB_DONE && version < SCHEMA_VERSION)
        result = do_step(d, (unsigned)++version, err);
    return result == DB_DONE ? d->driver->commit(d->c, err) : result;
}

static enum db_result connect(struct database *d, struct error *err)
{
    enum db_mark mark;
    int64_t version;
    enum db_result result;

    d->c = d->driver->open(&d->uri, d->writes, d->seconds, &result, err);
    if (d->c == NULL)
        return result;
    result = judge(d, &mark, &version, err);
    if (result == DB_DONE && d->writes) {
        result = d->driver->settle(d->c, true, err);
        d->filling = true;
        if (result == DB_DONE && (mark == DB_EMPTY || version < SCHEMA_VERSION))
            result = bring_forward(d, err);
        if (result == DB_DONE)
            result = database_look_at_indexes(d, err);
    }
    if (result == DB_DONE)
        d->met = true;
    return result;
}

/* ---- again and again ---- */

static void nap(int64_t milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

    (void)nanosleep(&time, NULL);
}

/* Half of the pause and some: two that met do not meet again. */
static int64_t scattered(int64_t pause)
{
    return pause / 2 + database_new_version() % (pause / 2 + 1);
}

void database_begin_anew(struct database *d)
{
    if (d->c == NULL)
        return;
    d->driver->rollback(d->c);
    for (unsigned i = 0; i < BULK_TOTAL; i++)
        d->bulk[i].rows = d->bulk[i].bytes = 0;
    d->indexed = d->was_indexed;
    if (!d->met || d->driver->is_lost(d->c))
        drop_connection(d);
}

bool database_do(struct database *d, database_work *work, void *arg,
                 struct error *err)
{
    int64_t end = clock_ms() + (int64_t)d->seconds * 1000;
    int64_t pause = PAUSE_FIRST;

    for (;;) {
        enum db_result result = d->c == NULL ? connect(d, err) : DB_DONE;
        int64_t left;

        if (result == DB_DONE)
            result = work(d, arg, err);
        if (result == DB_DONE)
            return true;
        database_begin_anew(d);
        left = end - clock_ms();
        if (result == DB_FAILED)
            return false;
        if (left <= 0) {
            struct error last = *err;

            return error_set(err, "%s (waited %u second%s)", last.text,
                             d->seconds, d->seconds == 1 ? "" : "s");
        }
        nap(left < pause ? left : scattered(pause));
        pause = pause * 2 < PAUSE_MOST ? pause * 2 : PAUSE_MOST;
    }
}

/* ---- opening ---- */

/* Of a statement with many rows that may have to be taken back alone, by a NULL
 * that should not be, SQLite would write each page to a journal of its own. */
#define INTO_SQLITE "INSERT OR ROLLBACK INTO"

static void bulk_init(struct database *d)
{
    static const struct bulk bulks[BULK_TOTAL][2] = {
        [BULK_MESSAGES] = {{.into = INTO_SQLITE " messages VALUES",
                            .columns = 20,
                            .tail = " ON CONFLICT DO NOTHING"},
                           {.into = "INSERT INTO messages VALUES",
                            .columns = 20,
                            .tail = " ON DUPLICATE KEY UPDATE id = id"}},
        [BULK_RECIPIENTS] = {{.into = INTO_SQLITE " recipients VALUES",
                              .columns = 3,
                              .tail = " ON CONFLICT DO NOTHING"},
                             {.into = "INSERT INTO recipients VALUES",
                              .columns = 3,
                              .tail = " ON DUPLICATE KEY UPDATE id = id"}},
        [BULK_FLIGHTS] = {{.into = "REPLACE INTO in_flight VALUES",
                           .columns = 6,
                           .tail = ""},
                          {.into = "REPLACE INTO in_flight VALUES",
                           .columns = 6,
                           .tail = ""}},
    };

    for (unsigned i = 0; i < BULK_TOTAL; i++) {
        struct bulk *b = &d->bulk[i];

        *b = bulks[i][d->driver->dialect];
        b->value =
            mem_array(d->driver->rows_at_once * b->columns, sizeof *b->value);
    }
}

static enum db_result nothing(struct database *d, void *arg, struct error *err)
{
    (void)d, (void)arg, (void)err;
    return DB_DONE;
}

struct database *database_open(const struct uri *u, bool writes,
                               unsigned seconds, struct error *err)
{
    const struct driver *driver = kinds[u->kind].driver;
    struct database *d;

    if (driver == NULL) {
        (void)error_set(err, "%s: this spamharvest was built without %s",
                        u->name, kinds[u->kind].name);
        return NULL;
    }
    d = mem_new(sizeof *d);
    d->driver = driver;
    d->uri = uri_copy(u);
    d->writes = writes;
    d->seconds = seconds;
    bulk_init(d);
    if (database_do(d, nothing, NULL, err))
        return d;
    database_close(d);
    return NULL;
}

bool database_is_indexed(const struct database *d)
{
    return d->indexed;
}

size_t database_batch_size(const struct database *d)
{
    return d->driver->messages_at_once;
}

void database_close(struct database *d)
{
    if (d == NULL)
        return;
    drop_connection(d);
    for (unsigned i = 0; i < BULK_TOTAL; i++)
        free(d->bulk[i].value);
    uri_release(&d->uri);
    free(d);
}
