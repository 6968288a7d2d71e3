/*
 * mysql - a database of a MariaDB or MySQL server (MariaDB Connector/C)
 *
 * Rows go in by prepared statements, many at once, as bytes; all else is text,
 * in which a value stands as number, as 'plain text' or as X'hexadecimal'.
 */
#include <dlfcn.h>
#include <mysql.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/driver.h"

/* What all of Connector/C 3 is called; its functions do not change. */
#define LIBRARY "libmariadb.so.3"

#define CONNECT_SECONDS 10
#define ANSWER_SECONDS 600 /* a server silent that long is gone */

/* Functions of the library, less their "mysql_". */
struct library {
    __typeof__(mysql_affected_rows) *affected_rows;
    __typeof__(mysql_close) *close;
    __typeof__(mysql_errno) *error_number;
    __typeof__(mysql_error) *error;
    __typeof__(mysql_fetch_lengths) *fetch_lengths;
    __typeof__(mysql_fetch_row) *fetch_row;
    __typeof__(mysql_free_result) *free_result;
    __typeof__(mysql_get_client_info) *get_client_info;
    __typeof__(mysql_init) *init;
    __typeof__(mysql_options) *options;
    __typeof__(mysql_real_connect) *real_connect;
    __typeof__(mysql_real_query) *real_query;
    __typeof__(mysql_ssl_set) *ssl_set;
    __typeof__(mysql_stmt_affected_rows) *stmt_affected_rows;
    __typeof__(mysql_stmt_bind_param) *stmt_bind_param;
    __typeof__(mysql_stmt_close) *stmt_close;
    __typeof__(mysql_stmt_errno) *stmt_errno;
    __typeof__(mysql_stmt_error) *stmt_error;
    __typeof__(mysql_stmt_execute) *stmt_execute;
    __typeof__(mysql_stmt_init) *stmt_init;
    __typeof__(mysql_stmt_prepare) *stmt_prepare;
    __typeof__(mysql_use_result) *use_result;
};

#define FUNCTION(member, name)                                                 \
    {                                                                          \
        "mysql_" #name, offsetof(struct library, member)                       \
    }

static const struct function {
    const char *name;
    size_t place; /* of its member */
} functions[] = {
    FUNCTION(affected_rows, affected_rows),
    FUNCTION(close, close),
    FUNCTION(error_number, errno),
    FUNCTION(error, error),
    FUNCTION(fetch_lengths, fetch_lengths),
    FUNCTION(fetch_row, fetch_row),
    FUNCTION(free_result, free_result),
    FUNCTION(get_client_info, get_client_info),
    FUNCTION(init, init),
    FUNCTION(options, options),
    FUNCTION(real_connect, real_connect),
    FUNCTION(real_query, real_query),
    FUNCTION(ssl_set, ssl_set),
    FUNCTION(stmt_affected_rows, stmt_affected_rows),
    FUNCTION(stmt_bind_param, stmt_bind_param),
    FUNCTION(stmt_close, stmt_close),
    FUNCTION(stmt_errno, stmt_errno),
    FUNCTION(stmt_error, stmt_error),
    FUNCTION(stmt_execute, stmt_execute),
    FUNCTION(stmt_init, stmt_init),
    FUNCTION(stmt_prepare, stmt_prepare),
    FUNCTION(use_result, use_result),
};

struct db_connection {
    struct library lib;
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

static bool load(struct library *lib, struct error *err)
{
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (handle == NULL)
        return error_set(err, "a server needs MariaDB Connector/C: %s",
                         dlerror());
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

    return load(&lib, &unused) ? lib.get_client_info() : NULL;
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
    {1205, false}, /* ER_LOCK_WAIT_TIMEOUT */
    {1213, false}, /* ER_LOCK_DEADLOCK, and Galera's certification */
    {1317, false}, /* ER_QUERY_INTERRUPTED */
    {1927, true},  /* ER_CONNECTION_KILLED (MariaDB) */
    {2002, true},  /* CR_CONNECTION_ERROR: no socket */
    {2003, true},  /* CR_CONN_HOST_ERROR */
    {2006, true},  /* CR_SERVER_GONE_ERROR */
    {2013, true},  /* CR_SERVER_LOST */
    {2026, true},  /* CR_SSL_CONNECTION_ERROR: also when it is lost */
    {2055, true},  /* CR_SERVER_LOST_EXTENDED */
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
            b->buffer = (void *)(uintptr_t)&v->number;
        } else if (v->kind != DB_NULL) {
            s->length[i] = v->text.len;
            b->buffer_type = MYSQL_TYPE_BLOB;
            b->buffer =
                (void *)(uintptr_t)(v->text.ptr == NULL ? "" : v->text.ptr);
            b->buffer_length = v->text.len;
            b->length = &s->length[i];
        }
    }
}

static enum db_result run(struct db_statement *s, const struct db_value *value,
                          size_t count, uint64_t *changed, struct error *err)
{
    const struct library *lib = &s->c->lib;

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
                                  " innodb_lock_wait_timeout = 5",
                                  NULL, err);

    if (result == DB_DONE)
        result =
            query(c, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                  NULL, err);
    if (result == DB_DONE)
        (void)query(c, "SET SESSION wsrep_sync_wait = 1", NULL, &unused);
    return result;
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
    if (!load(&c->lib, err))
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

struct numbers {
    int64_t *to[2];
};

static bool take_numbers(void *arg, const struct slice *field,
                         struct error *err)
{
    struct numbers *n = arg;

    (void)err;
    for (int i = 0; i < 2 && n->to[i] != NULL; i++) {
        unsigned long long number = 0;

        if (slice_number(field[i], &number) && number <= INT64_MAX)
            *n->to[i] = (int64_t)number;
    }
    return true;
}

static enum db_result look(struct db_connection *c, enum db_mark *mark,
                           int64_t *version, struct error *err)
{
    int64_t tables = 0, ours = 0;
    struct numbers n = {{&tables, &ours}}, v = {{version, NULL}};
    enum db_result result = select_rows(
        c,
        "SELECT COUNT(*), COALESCE(SUM(column_name = 'schema_version'), 0)"
        " FROM information_schema.tables LEFT JOIN information_schema.columns"
        " USING (table_schema, table_name)"
        " WHERE table_schema = DATABASE() AND"
        " (column_name IS NULL OR ordinal_position = 1 OR"
        " (table_name = 'spamharvest' AND column_name = 'schema_version'))",
        NULL, 0, 2, take_numbers, &n, err);

    *version = 0;
    *mark = ours > 0 ? DB_OURS : tables > 0 ? DB_FOREIGN : DB_EMPTY;
    if (result == DB_DONE && *mark == DB_OURS)
        result = select_rows(c, "SELECT schema_version FROM spamharvest", NULL,
                             0, 1, take_numbers, &v, err);
    return result;
}

static enum db_result settle(struct db_connection *c, struct error *err)
{
    (void)c, (void)err;
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
