/*
 * sqlite - an SQLite file as a database
 *
 * Values that are text by their field, but are not UTF-8 or have a NUL, are
 * stored as BLOB: SQLite would keep them as TEXT, too, but whoever dumps or
 * compares them would not.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "format/unicode.h"
#include "store/driver.h"

/* What all of SQLite 3 is called; its functions do not change. */
#define LIBRARY "libsqlite3.so.0"

/* One wait of the library's own; database.c repeats it. */
#define WAIT_MS 1000

/* Functions of the library, less their "sqlite3_". */
struct library {
    __typeof__(sqlite3_bind_blob64) *bind_blob64;
    __typeof__(sqlite3_bind_int64) *bind_int64;
    __typeof__(sqlite3_bind_null) *bind_null;
    __typeof__(sqlite3_bind_text64) *bind_text64;
    __typeof__(sqlite3_busy_timeout) *busy_timeout;
    __typeof__(sqlite3_changes) *changes;
    __typeof__(sqlite3_close) *close;
    __typeof__(sqlite3_column_blob) *column_blob;
    __typeof__(sqlite3_column_bytes) *column_bytes;
    __typeof__(sqlite3_column_text) *column_text;
    __typeof__(sqlite3_column_type) *column_type;
    __typeof__(sqlite3_db_config) *db_config;
    __typeof__(sqlite3_errmsg) *errmsg;
    __typeof__(sqlite3_errstr) *errstr;
    __typeof__(sqlite3_exec) *exec;
    __typeof__(sqlite3_extended_errcode) *extended_errcode;
    __typeof__(sqlite3_finalize) *finalize;
    __typeof__(sqlite3_get_autocommit) *get_autocommit;
    __typeof__(sqlite3_libversion) *libversion;
    __typeof__(sqlite3_open_v2) *open_v2;
    __typeof__(sqlite3_prepare_v2) *prepare_v2;
    __typeof__(sqlite3_reset) *reset;
    __typeof__(sqlite3_step) *step;
    __typeof__(sqlite3_system_errno) *system_errno;
};

#define FUNCTION(name)                                                         \
    {                                                                          \
        "sqlite3_" #name, offsetof(struct library, name)                       \
    }

static const struct function {
    const char *name;
    size_t place; /* of its member */
} functions[] = {
    FUNCTION(bind_blob64),  FUNCTION(bind_int64),
    FUNCTION(bind_null),    FUNCTION(bind_text64),
    FUNCTION(busy_timeout), FUNCTION(changes),
    FUNCTION(close),        FUNCTION(column_blob),
    FUNCTION(column_bytes), FUNCTION(column_text),
    FUNCTION(column_type),  FUNCTION(db_config),
    FUNCTION(errmsg),       FUNCTION(errstr),
    FUNCTION(exec),         FUNCTION(extended_errcode),
    FUNCTION(finalize),     FUNCTION(get_autocommit),
    FUNCTION(libversion),   FUNCTION(open_v2),
    FUNCTION(prepare_v2),   FUNCTION(reset),
    FUNCTION(step),         FUNCTION(system_errno),
};

struct db_connection {
    struct library lib;
    sqlite3 *db;
    char *name; /* for messages */
    bool writes;
    bool settled; /* it is ours, and may be tidied up */
};

struct db_statement {
    struct db_connection *c;
    sqlite3_stmt *stmt;
};

static bool load(struct library *lib, struct error *err)
{
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (handle == NULL)
        return error_set(err, "a database file needs SQLite: %s", dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *address = dlsym(handle, functions[i].name);

        if (address == NULL)
            return error_set(err, "%s has no %s", LIBRARY, functions[i].name);
        memcpy((char *)lib + functions[i].place, &address, sizeof address);
    }
    return true;
}

static const char *library_version(void)
{
    struct library lib;
    struct error unused;

    return load(&lib, &unused) ? lib.libversion() : NULL;
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

/* Whether it is text for SQLite and whoever looks at it. */
static bool is_text(struct slice s)
{
    uint32_t code;

    for (size_t at = 0, len; at < s.len; at += len) {
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
    free(s);
}

/* Texts are valid until the statement has run. */
static int bind(struct db_statement *s, int at, const struct db_value *v)
{
    const struct library *lib = &s->c->lib;
    const char *text = v->text.ptr == NULL ? "" : v->text.ptr;

    switch (v->kind) {
    case DB_NULL:
        return lib->bind_null(s->stmt, at);
    case DB_NUMBER:
        return lib->bind_int64(s->stmt, at, v->number);
    case DB_TEXT:
        if (is_text(v->text))
            return lib->bind_text64(s->stmt, at, text, v->text.len,
                                    SQLITE_STATIC, SQLITE_UTF8);
        break;
    case DB_BYTES:
        break;
    }
    return lib->bind_blob64(s->stmt, at, text, v->text.len, SQLITE_STATIC);
}

static int bind_all(struct db_statement *s, const struct db_value *value,
                    size_t count)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = bind(s, (int)i + 1, &value[i]);
    return code;
}

static enum db_result run(struct db_statement *s, const struct db_value *value,
                          size_t count, uint64_t *changed, struct error *err)
{
    const struct library *lib = &s->c->lib;
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

static struct slice column(const struct library *lib, sqlite3_stmt *stmt, int i)
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

static void close_connection(struct db_connection *c)
{
    if (c == NULL)
        return;
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
    int code = c->lib.open_v2(path, &c->db, flags, NULL);

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
        has_sibling(path, "-wal"))
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
    if (!load(&c->lib, err))
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
        if (!writes && (code & 0xff) == SQLITE_CANTOPEN &&
            has_sibling(u->path, "-wal"))
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

/*
 * A commit in WAL mode is on the disk when the log of it has been written
 * back; what a loss of power takes is whole commits, which the next run makes
 * up for, as rows and state are one. So nothing need wait for the disk but the
 * writing back.
 */
static enum db_result settle(struct db_connection *c, struct error *err)
{
    enum db_result result = do_all(c,
                                   "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = NORMAL;"
                                   "PRAGMA cache_size = -65536",
                                   err);

    c->settled = result == DB_DONE;
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
    .rows_at_once = 1,
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
