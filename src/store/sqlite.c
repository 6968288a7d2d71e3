/*
 * sqlite - an SQLite file as a database
 *
 * Values that are text by their field, but are not UTF-8 or have a NUL, are
 * stored as BLOB: SQLite would keep them as TEXT, too, but whoever dumps or
 * compares them would not.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "format/unicode.h"
#include "store/driver.h"
#include "store/sqlite_lib.h"

/* One wait of the library's own; database.c repeats it. */
#define WAIT_MS 1000

struct db_connection {
    struct sqlite_lib lib;
    sqlite3 *db;
    char *name; /* for messages */
    bool writes;
    bool settled;   /* it is ours, and may be tidied up */
    bool filling;   /* it is new, and not in WAL mode yet */
    uint32_t round; /* transactions so far */
};

/* Many save time; but more than 999 values are too many for an old library. */
#define ROWS_AT_ONCE 48

/* What is bound stays bound; texts are valid as long as the transaction. */
struct db_statement {
    struct db_connection *c;
    sqlite3_stmt *stmt;
    struct db_value *bound;
    size_t bound_count;
    uint32_t round; /* of bound */
};

static const char *library_version(void)
{
    struct sqlite_lib lib;
    struct error unused;

    return sqlite_lib_load(&lib, &unused) ? lib.libversion() : NULL;
}

/* What an error code is for the caller, told in err. */
static enum db_result failed(const struct db_connection *c, int code,
                             struct error *err)
{
    bool busy = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
    const char *text =
        c->db == NULL ? c->lib.errstr(code) : c->lib.errmsg(c->db);
    int number = c->db == NULL ? 0 : c->lib.system_errno(c->db);

    if (busy)
        (void)error_set(err, "%s: is locked by another program", c->name);
    else if (number != 0 && ((code & 0xff) == SQLITE_CANTOPEN ||
                             (code & 0xff) == SQLITE_IOERR))
        (void)error_system(err, number, "%s: %s", c->name, text);
    else
        (void)error_set(err, "%s: %s", c->name, text);
    return busy ? DB_AGAIN : DB_FAILED;
}

/* Statements without values. */
static enum db_result do_all(struct db_connection *c, const char *sql,
                             struct error *err)
{
    int code = c->lib.exec(c->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? DB_DONE
                             : failed(c, c->lib.extended_errcode(c->db), err);
}

/* ---- statements ---- */

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

/* Whether it is text for SQLite and whoever looks at it. */
static bool is_text(struct slice s)
{
    uint32_t code;

    size_t at = 0;

    /* Most is ASCII: eight bytes without a top bit, and none of them zero. */
    for (uint64_t eight; at + sizeof eight <= s.len; at += sizeof eight) {
        memcpy(&eight, s.ptr + at, sizeof eight);
        if ((eight | (eight - ONES)) & TOPS)
            break;
    }
    for (size_t len; at < s.len; at += len) {
        unsigned char c = (unsigned char)s.ptr[at];

        len = 1;
        if (c == 0)
            return false;
        if (c >= 0x80 && (len = unicode_next(slice_from(s, at), &code)) == 0)
            return false;
    }
    return true;
}

static struct db_statement *prepare(struct db_connection *c, const char *sql,
                                    enum db_result *result, struct error *err)
{
    sqlite3_stmt *stmt;
    int code = c->lib.prepare_v2(c->db, sql, -1, &stmt, NULL);
    struct db_statement *s;

    *result = DB_DONE;
    if (code != SQLITE_OK) {
        *result = failed(c, code, err);
        return NULL;
    }
    s = mem_new(sizeof *s);
    s->c = c;
    s->stmt = stmt;
    return s;
}

static void release(struct db_statement *s)
{
    if (s == NULL)
        return;
    (void)s->c->lib.finalize(s->stmt);
    free(s->bound);
    free(s);
}

/* Texts are valid until the statement has run. */
static int bind(struct db_statement *s, int at, const struct db_value *v)
{
    const struct sqlite_lib *lib = &s->c->lib;
    const char *text = v->text.ptr == NULL ? "" : v->text.ptr;

    switch (v->kind) {
    case DB_NULL:
        return lib->bind_null(s->stmt, at);
    case DB_NUMBER:
        return lib->bind_int64(s->stmt, at, v->number);
    case DB_TEXT:
        if (is_text(slice_make(text, v->text.len)))
            return lib->bind_text64(s->stmt, at, text, v->text.len,
                                    SQLITE_STATIC, SQLITE_UTF8);
        break;
    case DB_BYTES:
        break;
    }
    return lib->bind_blob64(s->stmt, at, text, v->text.len, SQLITE_STATIC);
}

/* Texts only by where they are: to read them all would cost more. */
static bool is_same(const struct db_value *a, const struct db_value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == DB_NUMBER)
        return a->number == b->number;
    return a->text.len == b->text.len &&
           (a->text.ptr == b->text.ptr || a->text.len == 0);
}

/* Of rows like the one before little is new. */
static int bind_all(struct db_statement *s, const struct db_value *value,
                    size_t count)
{
    bool goes_on = s->round == s->c->round && s->bound_count == count;
    int code = SQLITE_OK;

    if (s->bound == NULL)
        s->bound = mem_array(count + 1, sizeof *s->bound);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        if (goes_on && is_same(&s->bound[i], &value[i]))
            continue;
        code = bind(s, (int)i + 1, &value[i]);
        s->bound[i] = value[i];
    }
    s->bound_count = code == SQLITE_OK ? count : 0;
    s->round = s->c->round;
    return code;
}

static enum db_result run(struct db_statement *s, const struct db_value *value,
                          size_t count, uint64_t *changed, struct error *err)
{
    const struct sqlite_lib *lib = &s->c->lib;
    int code = bind_all(s, value, count);
    enum db_result result = DB_DONE;

    if (code == SQLITE_OK)
        code = lib->step(s->stmt);
    if (code != SQLITE_DONE)
        result = failed(s->c, lib->extended_errcode(s->c->db), err);
    else if (changed != NULL)
        *changed = (uint64_t)lib->changes(s->c->db);
    (void)lib->reset(s->stmt);
    return result;
}

static enum db_result execute(struct db_connection *c, const char *sql,
                              const struct db_value *value, size_t count,
                              uint64_t *changed, struct error *err)
{
    struct db_statement *s;
    enum db_result result;

    if (count == 0 && changed == NULL)
        return do_all(c, sql, err);
    s = prepare(c, sql, &result, err);
    if (s != NULL)
        result = run(s, value, count, changed, err);
    release(s);
    return result;
}

static struct slice column(const struct sqlite_lib *lib, sqlite3_stmt *stmt,
                           int i)
{
    const char *text;

    if (lib->column_type(stmt, i) == SQLITE_NULL)
        return slice_make(NULL, 0);
    text = lib->column_type(stmt, i) == SQLITE_BLOB
               ? lib->column_blob(stmt, i)
               : (const char *)lib->column_text(stmt, i);
    return slice_make(text == NULL ? "" : text,
                      (size_t)lib->column_bytes(stmt, i));
}

static enum db_result select_rows(struct db_connection *c, const char *sql,
                                  const struct db_value *value, size_t count,
                                  size_t fields, db_row *sink, void *arg,
                                  struct error *err)
{
    enum db_result result;
    struct db_statement *s = prepare(c, sql, &result, err);
    struct slice field[DB_FIELDS_MAX];
    int code;

    if (s == NULL)
        return result;
    code = bind_all(s, value, count);
    while (result == DB_DONE && (code == SQLITE_OK || code == SQLITE_ROW) &&
           (code = c->lib.step(s->stmt)) == SQLITE_ROW) {
        for (size_t i = 0; i < fields && i < DB_FIELDS_MAX; i++)
            field[i] = column(&c->lib, s->stmt, (int)i);
        if (!sink(arg, field, err))
            result = DB_FAILED;
    }
    if (result == DB_DONE && code != SQLITE_DONE)
        result = failed(c, c->lib.extended_errcode(c->db), err);
    release(s);
    return result;
}

/* ---- opening ---- */

static enum db_result settle(struct db_connection *c, bool filling,
                             struct error *err);

static void close_connection(struct db_connection *c)
{
    struct error unused;

    if (c == NULL)
        return;
    if (c->filling)
        (void)settle(c, false, &unused);
    /* What is not ours is left as it is. */
    if (c->db != NULL && !c->settled)
        (void)c->lib.db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                               NULL);
    if (c->db != NULL)
        (void)c->lib.close(c->db);
    free(c->name);
    free(c);
}

static bool has_sibling(const char *path, const char *suffix)
{
    struct buf name = {0};
    struct stat info;
    bool there;

    buf_addf(&name, "%s%s", path, suffix);
    buf_add_byte(&name, '\0');
    there = stat(name.ptr, &info) == 0 && info.st_size > 0;
    buf_free(&name);
    return there;
}

/* Of a run that is under way, or was killed. */
static bool has_log(const char *path)
{
    return has_sibling(path, "-wal") || has_sibling(path, "-journal");
}

static bool is_denied(int code)
{
    return (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY;
}

/* The path as a URI of SQLite's, for immutable=1. */
static void add_uri(struct buf *uri, const char *path)
{
    static const char hex[] = "0123456789ABCDEF";

    buf_addf(uri, "file:");
    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;

        if (c > ' ' && c < 0x7f && strchr("%?#", c) == NULL) {
            buf_add_byte(uri, *path);
            continue;
        }
        buf_add_byte(uri, '%');
        buf_add_byte(uri, hex[c >> 4]);
        buf_add_byte(uri, hex[c & 15]);
    }
    buf_add(uri, SLICE("?immutable=1"));
    buf_add_byte(uri, '\0');
}

static int open_file(struct db_connection *c, const char *path, int flags)
{
    /* Only one thread at a time has it. */
    int code = c->lib.open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

    return code == SQLITE_OK ? c->lib.exec(c->db, "SELECT 1 FROM sqlite_master",
                                           NULL, NULL, NULL)
                             : code;
}

/*
 * A file in WAL mode wants to write beside it even to be read. Where that may
 * not be, nobody can be writing to it now if there is no log of his; so it is
 * read as what will not change.
 */
static int open_to_read(struct db_connection *c, const char *path)
{
    int code = open_file(c, path, SQLITE_OPEN_READONLY);
    struct buf uri = {0};

    if ((code & 0xff) != SQLITE_CANTOPEN || access(path, R_OK) != 0 ||
        has_log(path))
        return code;
    (void)c->lib.close(c->db);
    c->db = NULL;
    add_uri(&uri, path);
    code = open_file(c, uri.ptr, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    buf_free(&uri);
    return code;
}

static struct db_connection *open_connection(const struct uri *u, bool writes,
                                             unsigned seconds,
                                             enum db_result *result,
                                             struct error *err)
{
    struct db_connection *c = mem_new(sizeof *c);
    struct stat info;
    int code;

    c->name = mem_text(slice_of(u->name));
    c->writes = writes;
    *result = DB_FAILED;
    if (!sqlite_lib_load(&c->lib, err))
        goto fail;
    if (stat(u->path, &info) == 0 && !S_ISREG(info.st_mode)) {
        (void)error_set(err, "%s: not a regular file", c->name);
        goto fail;
    }
    code = writes ? open_file(c, u->path,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
                  : open_to_read(c, u->path);
    if (code != SQLITE_OK) {
        *result = failed(c, code, err);
        if (!writes && is_denied(code) && has_log(u->path))
            (void)error_set(err,
                            "%s: a run was killed or is under way, and to read "
                            "what it wrote wants write access to the folder",
                            c->name);
        goto fail;
    }
    (void)c->lib.busy_timeout(c->db, seconds > 0 ? WAIT_MS : 0);
    *result = DB_DONE;
    return c;

fail:
    close_connection(c);
    return NULL;
}

/* ---- marks ---- */

static void rollback(struct db_connection *c)
{
    if (!c->lib.get_autocommit(c->db))
        (void)c->lib.exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool take_number(void *arg, const struct slice *field, struct error *err)
{
    unsigned long long number = 0;

    (void)err;
    *(int64_t *)arg = slice_number(field[0], &number) && number <= INT64_MAX
                          ? (int64_t)number
                          : -1;
    return true;
}

static enum db_result look(struct db_connection *c, enum db_mark *mark,
                           int64_t *version, struct error *err)
{
    int64_t id = 0, tables = 0;
    const struct {
        const char *sql;
        int64_t *number;
    } asked[] = {
        {"PRAGMA application_id", &id},
        {"PRAGMA user_version", version},
        {"SELECT COUNT(*) FROM sqlite_master", &tables},
    };
    bool alone = c->lib.get_autocommit(c->db) != 0;
    enum db_result result = alone ? do_all(c, "BEGIN", err) : DB_DONE;

    /* All of one moment. */
    for (size_t i = 0; i < sizeof asked / sizeof asked[0] && result == DB_DONE;
         i++)
        result = select_rows(c, asked[i].sql, NULL, 0, 1, take_number,
                             asked[i].number, err);
    if (alone)
        rollback(c);
    *mark = id == SCHEMA_APPLICATION_ID               ? DB_OURS
            : id == 0 && *version == 0 && tables == 0 ? DB_EMPTY
                                                      : DB_FOREIGN;
    return result;
}

#define NEW_PAGES 64 /* tables without rows have fewer */

static bool take_is_wal(void *arg, const struct slice *field, struct error *err)
{
    (void)err;
    *(bool *)arg = slice_equal(field[0], SLICE("wal"));
    return true;
}

static enum db_result find_new(struct db_connection *c, bool *is_new,
                               struct error *err)
{
    int64_t pages = 0;
    bool wal = false;
    enum db_result result = select_rows(c, "PRAGMA page_count", NULL, 0, 1,
                                        take_number, &pages, err);

    if (result == DB_DONE)
        result = select_rows(c, "PRAGMA journal_mode", NULL, 0, 1, take_is_wal,
                             &wal, err);
    *is_new = !wal && pages < NEW_PAGES;
    return result;
}

/*
 * A commit in WAL mode is on the disk when the log of it has been written
 * back; what a loss of power takes is whole commits, which the next run makes
 * up for, as rows and state are one. So nothing need wait for the disk but the
 * writing back. Rows are larger than SQLite's pages are made for.
 *
 * WAL writes each page twice. A journal that takes back only has those pages
 * twice that were there before, which are few as long as a new file is filled.
 * Such a file grows at its end, so that few pages are wanted again; and an
 * index is sorted in parts as large as the cache, which had better be in that
 * of the processor.
 */
static enum db_result settle(struct db_connection *c, bool filling,
                             struct error *err)
{
    enum db_result result = do_all(c, "PRAGMA page_size = 8192", err);

    c->filling = false;
    if (result == DB_DONE && filling)
        result = find_new(c, &c->filling, err);
    if (result == DB_DONE)
        result = do_all(c,
                        c->filling ? "PRAGMA cache_size = -2048"
                                   : "PRAGMA cache_size = -65536;"
                                     "PRAGMA journal_mode = WAL;"
                                     "PRAGMA synchronous = NORMAL;"
                                     "PRAGMA wal_autocheckpoint = 16384",
                        err);
    c->settled |= result == DB_DONE;
    return result;
}

static enum db_result set_version(struct db_connection *c, int64_t version,
                                  struct error *err)
{
    char sql[128];

    (void)snprintf(sql, sizeof sql,
                   "PRAGMA application_id = %d; PRAGMA user_version = %lld",
                   SCHEMA_APPLICATION_ID, (long long)version);
    return do_all(c, sql, err);
}

/* ---- transactions ---- */

static enum db_result begin(struct db_connection *c, struct error *err)
{
    c->round++;
    return do_all(c, "BEGIN IMMEDIATE", err);
}

static enum db_result commit(struct db_connection *c, struct error *err)
{
    return do_all(c, "COMMIT", err);
}

static bool is_lost(const struct db_connection *c)
{
    (void)c;
    return false;
}

const struct driver driver_sqlite = {
    .dialect = DIALECT_SQLITE,
    .rows_at_once = ROWS_AT_ONCE,
    .messages_at_once = 32768,
    .builds_indexes = true,
    .open = open_connection,
    .close = close_connection,
    .look = look,
    .settle = settle,
    .set_version = set_version,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .is_lost = is_lost,
    .execute = execute,
    .select = select_rows,
    .prepare = prepare,
    .run = run,
    .release = release,
    .version = library_version,
};
