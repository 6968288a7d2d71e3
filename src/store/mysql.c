/*
 * mysql - a database of a MariaDB or MySQL server (MariaDB Connector/C)
 *
 * Rows go in by prepared statements, many at once, as bytes; all else is text,
 * in which a value stands as number, as 'plain text' or as X'hexadecimal'.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/driver.h"
#include "store/mysql_lib.h"

#define CONNECT_SECONDS 10
#define ANSWER_SECONDS 600 /* a server silent that long is gone */

struct db_connection {
    struct mysql_lib lib;
    MYSQL *mysql;
    char *name; /* for messages */
    struct buf sql;
    bool lost;
};

struct db_statement {
    struct db_connection *c;
    MYSQL_STMT *stmt;
    MYSQL_BIND *bind;
    unsigned long *length;
    size_t count;
};

static const char *library_version(void)
{
    struct mysql_lib lib;
    struct error unused;

    return mysql_lib_load(&lib, &unused) ? lib.get_client_info() : NULL;
}

/* ---- errors ---- */

/*
 * Errors after which the transaction is to be begun anew, by their numbers in
 * MariaDB's and MySQL's manuals; lost: over a new connection.
 */
static const struct {
    unsigned number;
    bool lost;
} passing[] = {
    {1040, true},  /* ER_CON_COUNT_ERROR: too many connections */
    {1047, true},  /* ER_UNKNOWN_COM_ERROR: a Galera node is not ready */
    {1053, true},  /* ER_SERVER_SHUTDOWN */
    {1180, true},  /* ER_ERROR_DURING_COMMIT: Galera's node was cut off */
    {1205, false}, /* ER_LOCK_WAIT_TIMEOUT */
    {1213, false}, /* ER_LOCK_DEADLOCK, and Galera's certification */
    {1317, false}, /* ER_QUERY_INTERRUPTED */
    {1927, true},  /* ER_CONNECTION_KILLED (MariaDB) */
    {2002, true},  /* CR_CONNECTION_ERROR: no socket */
    {2003, true},  /* CR_CONN_HOST_ERROR */
    {2006, true},  /* CR_SERVER_GONE_ERROR */
    {2013, true},  /* CR_SERVER_LOST */
    {2055, true},  /* CR_SERVER_LOST_EXTENDED */
    {4031, true},  /* ER_CLIENT_INTERACTION_TIMEOUT, of MySQL 8 */
};

static enum db_result failed(struct db_connection *c, unsigned number,
                             const char *text, struct error *err)
{
    (void)error_set(err, "%s: %s (error %u)", c->name, text, number);
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        if (passing[i].number != number)
            continue;
        c->lost |= passing[i].lost;
        return DB_AGAIN;
    }
    return DB_FAILED;
}

static enum db_result connection_failed(struct db_connection *c,
                                        struct error *err)
{
    return failed(c, c->lib.error_number(c->mysql), c->lib.error(c->mysql),
                  err);
}

/* ---- statements as text ---- */

/* Whether it can stand between quotes as it is. */
static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > '~' || s.ptr[i] == '\'' ||
            s.ptr[i] == '\\')
            return false;
    return true;
}

static void add_value(struct buf *sql, const struct db_value *v)
{
    static const char hex[] = "0123456789ABCDEF";

    if (v->kind == DB_NULL) {
        buf_addf(sql, "NULL");
    } else if (v->kind == DB_NUMBER) {
        buf_addf(sql, "%lld", (long long)v->number);
    } else if (v->kind == DB_TEXT && is_plain(v->text)) {
        buf_add_byte(sql, '\'');
        buf_add(sql, v->text);
        buf_add_byte(sql, '\'');
    } else {
        buf_add(sql, SLICE("X'"));
        for (size_t i = 0; i < v->text.len; i++) {
            unsigned char byte = (unsigned char)v->text.ptr[i];

            buf_add_byte(sql, hex[byte >> 4]);
            buf_add_byte(sql, hex[byte & 15]);
        }
        buf_add_byte(sql, '\'');
    }
}

/* Values in place of each "?"; our statements have no other. */
static enum db_result query(struct db_connection *c, const char *sql,
                            const struct db_value *value, struct error *err)
{
    buf_reset(&c->sql);
    for (; *sql != '\0'; sql++) {
        if (*sql == '?')
            add_value(&c->sql, value++);
        else
            buf_add_byte(&c->sql, *sql);
    }
    if (c->lib.real_query(c->mysql, c->sql.ptr, c->sql.len) != 0)
        return connection_failed(c, err);
    return DB_DONE;
}

static enum db_result execute(struct db_connection *c, const char *sql,
                              const struct db_value *value, size_t count,
                              uint64_t *changed, struct error *err)
{
    enum db_result result = query(c, sql, value, err);

    (void)count;
    if (result == DB_DONE && changed != NULL)
        *changed = c->lib.affected_rows(c->mysql);
    return result;
}

static enum db_result select_rows(struct db_connection *c, const char *sql,
                                  const struct db_value *value, size_t count,
                                  size_t fields, db_row *sink, void *arg,
                                  struct error *err)
{
    struct slice field[DB_FIELDS_MAX];
    enum db_result result = query(c, sql, value, err);
    MYSQL_RES *res;
    MYSQL_ROW row;

    (void)count;
    if (result != DB_DONE)
        return result;
    res = c->lib.use_result(c->mysql);
    if (res == NULL)
        return connection_failed(c, err);
    while (result == DB_DONE && (row = c->lib.fetch_row(res)) != NULL) {
        const unsigned long *length = c->lib.fetch_lengths(res);

        for (size_t i = 0; i < fields && i < DB_FIELDS_MAX; i++)
            field[i] = slice_make(row[i], row[i] == NULL ? 0 : length[i]);
        if (!sink(arg, field, err))
            result = DB_FAILED;
    }
    if (result == DB_DONE && c->lib.error_number(c->mysql) != 0)
        result = connection_failed(c, err);
    c->lib.free_result(res);
    return result;
}

/* ---- prepared ---- */

static void release(struct db_statement *s)
{
    if (s == NULL)
        return;
    if (s->stmt != NULL)
        (void)s->c->lib.stmt_close(s->stmt);
    free(s->bind);
    free(s->length);
    free(s);
}

static enum db_result statement_failed(struct db_statement *s,
                                       struct error *err)
{
    return failed(s->c, s->c->lib.stmt_errno(s->stmt),
                  s->c->lib.stmt_error(s->stmt), err);
}

static struct db_statement *prepare(struct db_connection *c, const char *sql,
                                    enum db_result *result, struct error *err)
{
    struct db_statement *s = mem_new(sizeof *s);

    *result = DB_DONE;
    s->c = c;
    s->stmt = c->lib.stmt_init(c->mysql);
    if (s->stmt == NULL)
        *result = connection_failed(c, err);
    else if (c->lib.stmt_prepare(s->stmt, sql, strlen(sql)) != 0)
        *result = statement_failed(s, err);
    if (*result == DB_DONE)
        return s;
    release(s);
    return NULL;
}

/* The library only reads it, but does not say so. */
static void lend(MYSQL_BIND *b, const void *bytes)
{
    memcpy(&b->buffer, &bytes, sizeof bytes);
}

static void bind(struct db_statement *s, const struct db_value *value,
                 size_t count)
{
    if (count != s->count) {
        free(s->bind);
        free(s->length);
        s->bind = mem_array(count, sizeof *s->bind);
        s->length = mem_array(count, sizeof *s->length);
        s->count = count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct db_value *v = &value[i];
        MYSQL_BIND *b = &s->bind[i];

        *b = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
        if (v->kind == DB_NUMBER) {
            b->buffer_type = MYSQL_TYPE_LONGLONG;
            lend(b, &v->number);
        } else if (v->kind != DB_NULL) {
            s->length[i] = v->text.len;
            b->buffer_type = MYSQL_TYPE_BLOB;
            lend(b, v->text.ptr == NULL ? "" : v->text.ptr);
            b->buffer_length = v->text.len;
            b->length = &s->length[i];
        }
    }
}

static enum db_result run(struct db_statement *s, const struct db_value *value,
                          size_t count, uint64_t *changed, struct error *err)
{
    const struct mysql_lib *lib = &s->c->lib;

    bind(s, value, count);
    if (lib->stmt_bind_param(s->stmt, s->bind) != 0 ||
        lib->stmt_execute(s->stmt) != 0)
        return statement_failed(s, err);
    if (changed != NULL)
        *changed = lib->stmt_affected_rows(s->stmt);
    return DB_DONE;
}

/* ---- opening ---- */

static void close_connection(struct db_connection *c)
{
    if (c == NULL)
        return;
    if (c->mysql != NULL)
        c->lib.close(c->mysql);
    buf_free(&c->sql);
    free(c->name);
    free(c);
}

static void set_options(struct db_connection *c, const struct uri *u)
{
    unsigned connecting = CONNECT_SECONDS, answering = ANSWER_SECONDS;
    my_bool on = 1, verify = u->ssl_anyone ? 0 : 1;

    (void)c->lib.options(c->mysql, MYSQL_READ_DEFAULT_GROUP, "spamharvest");
    (void)c->lib.options(c->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    (void)c->lib.options(c->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connecting);
    (void)c->lib.options(c->mysql, MYSQL_OPT_READ_TIMEOUT, &answering);
    (void)c->lib.options(c->mysql, MYSQL_OPT_WRITE_TIMEOUT, &answering);
    if (!u->ssl)
        return;
    (void)c->lib.ssl_set(c->mysql, u->ssl_key, u->ssl_cert, u->ssl_ca, NULL,
                         NULL);
    (void)c->lib.options(c->mysql, MYSQL_OPT_SSL_ENFORCE, &on);
    (void)c->lib.options(c->mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

/*
 * Galera: what another node has committed is there before we read (a server
 * that knows no such thing does not mind). READ COMMITTED, since each of our
 * decisions is by a row that is locked when it is made; so there are fewer
 * deadlocks.
 */
static enum db_result set_session(struct db_connection *c, struct error *err)
{
    struct error unused;
    enum db_result result = query(c,
                                  "SET SESSION sql_mode = 'STRICT_ALL_TABLES',"
                                  " innodb_lock_wait_timeout = 5,"
                                  " lock_wait_timeout = 5,"
                                  " net_write_timeout = 600",
                                  NULL, err);

    if (result == DB_DONE)
        result =
            query(c, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                  NULL, err);
    if (result == DB_DONE)
        (void)query(c, "SET SESSION wsrep_sync_wait = 1", NULL, &unused);
    return result;
}

/* The library does not tell which one it could not read. */
static bool can_read(const struct db_connection *c, const char *path,
                     struct error *err)
{
    return path == NULL || access(path, R_OK) == 0 ||
           error_system(err, errno, "%s: %s", c->name, path);
}

static struct db_connection *open_connection(const struct uri *u, bool writes,
                                             unsigned seconds,
                                             enum db_result *result,
                                             struct error *err)
{
    struct db_connection *c = mem_new(sizeof *c);

    (void)writes, (void)seconds;
    c->name = mem_text(slice_of(u->name));
    *result = DB_FAILED;
    if (!mysql_lib_load(&c->lib, err) || !can_read(c, u->ssl_ca, err) ||
        !can_read(c, u->ssl_cert, err) || !can_read(c, u->ssl_key, err))
        goto fail;
    c->mysql = c->lib.init(NULL);
    if (c->mysql == NULL) {
        (void)error_set(err, "%s: out of memory", c->name);
        goto fail;
    }
    set_options(c, u);
    if (c->lib.real_connect(c->mysql, u->host, u->user, NULL, u->database,
                            u->port, u->socket, 0) == NULL)
        *result = connection_failed(c, err);
    else
        *result = set_session(c, err);
    if (*result == DB_DONE)
        return c;

fail:
    close_connection(c);
    return NULL;
}

/* ---- marks ---- */

struct tables {
    size_t count;
    bool ours; /* one of them is */
};

static bool on_table(void *arg, const struct slice *field, struct error *err)
{
    struct tables *t = arg;

    (void)err;
    t->count++;
    t->ours |= slice_equal(field[0], SLICE("spamharvest"));
    return true;
}

/* No row: step 0 of the schema broke off. */
static bool take_version(void *arg, const struct slice *field,
                         struct error *err)
{
    unsigned long long number = 0;

    (void)err;
    *(int64_t *)arg = slice_number(field[0], &number) && number <= INT64_MAX
                          ? (int64_t)number
                          : -1;
    return true;
}

#define NO_SUCH_COLUMN 1054 /* ER_BAD_FIELD_ERROR */

static enum db_result look(struct db_connection *c, enum db_mark *mark,
                           int64_t *version, struct error *err)
{
    struct tables t = {.count = 0};
    enum db_result result =
        select_rows(c, "SHOW TABLES", NULL, 0, 1, on_table, &t, err);

    *version = 0;
    *mark = t.ours ? DB_OURS : t.count > 0 ? DB_FOREIGN : DB_EMPTY;
    if (result != DB_DONE || !t.ours)
        return result;
    result = select_rows(c, "SELECT schema_version FROM spamharvest", NULL, 0,
                         1, take_version, version, err);
    if (result == DB_FAILED &&
        c->lib.error_number(c->mysql) == NO_SUCH_COLUMN) {
        *mark = DB_FOREIGN; /* somebody else's, of that name */
        result = DB_DONE;
    }
    return result;
}

static enum db_result settle(struct db_connection *c, bool filling,
                             struct error *err)
{
    (void)c, (void)filling, (void)err;
    return DB_DONE;
}

/* It stands in the table alone. */
static enum db_result set_version(struct db_connection *c, int64_t version,
                                  struct error *err)
{
    (void)c, (void)version, (void)err;
    return DB_DONE;
}

/* ---- transactions ---- */

static enum db_result begin(struct db_connection *c, struct error *err)
{
    return query(c, "START TRANSACTION", NULL, err);
}

static enum db_result commit(struct db_connection *c, struct error *err)
{
    return query(c, "COMMIT", NULL, err);
}

static void rollback(struct db_connection *c)
{
    struct error unused;

    if (!c->lost)
        (void)query(c, "ROLLBACK", NULL, &unused);
}

static bool is_lost(const struct db_connection *c)
{
    return c->lost;
}

const struct driver driver_mysql = {
    .dialect = DIALECT_MYSQL,
    .rows_at_once = 128,
    .messages_at_once = 20000,
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
