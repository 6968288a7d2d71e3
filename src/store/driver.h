/*
 * driver - what database.c asks of SQLite, and of MySQL
 *
 * A driver speaks to its library, which it loads when it is needed, and knows
 * nothing of what is stored. Nobody but the siblings here includes this.
 */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "store/schema.h"
#include "store/uri.h"

enum db_result {
    DB_DONE,
    DB_AGAIN, /* may do when the transaction is begun anew, after a while */
    DB_FAILED
};

/* A value to be stored. */
struct db_value {
    enum { DB_NULL, DB_NUMBER, DB_TEXT, DB_BYTES } kind;
    int64_t number;
    struct slice text;
};

/* What a database is, before anything was changed in it. */
enum db_mark {
    DB_EMPTY,  /* no tables at all */
    DB_OURS,   /* with its version */
    DB_FOREIGN /* others' tables, and no mark of ours */
};

/* Takes a row of a SELECT; NULL comes as a slice whose ptr is NULL. Valid until
 * it returns. False with err set: no more rows. */
typedef bool db_row(void *arg, const struct slice *field, struct error *err);

#define DB_FIELDS_MAX 24 /* of a row that is read */

struct db_connection;
struct db_statement;

struct driver {
    enum dialect dialect;
    unsigned rows_at_once;     /* in one INSERT, for most speed */
    unsigned messages_at_once; /* in one transaction, likewise */
    bool builds_indexes;       /* in a transaction, and faster than rows */

    /* seconds: how long to wait for who has it locked. NULL with *result. */
    struct db_connection *(*open)(const struct uri *u, bool writes,
                                  unsigned seconds, enum db_result *result,
                                  struct error *err);
    void (*close)(struct db_connection *c); /* NULL is allowed */

    enum db_result (*look)(struct db_connection *c, enum db_mark *mark,
                           int64_t *version, struct error *err);
    /* Before the first change, once it is known to be ours, or empty. filling:
     * one that has next to nothing yet may be in whatever state is the best to
     * fill it; until it is settled without. */
    enum db_result (*settle)(struct db_connection *c, bool filling,
                             struct error *err);
    /* A step of the schema is done. */
    enum db_result (*set_version)(struct db_connection *c, int64_t version,
                                  struct error *err);

    enum db_result (*begin)(struct db_connection *c, struct error *err);
    enum db_result (*commit)(struct db_connection *c, struct error *err);
    void (*rollback)(struct db_connection *c);
    /* Whether the connection is of no more use. */
    bool (*is_lost)(const struct db_connection *c);

    /*
     * One statement, with ? for values. *changed (NULL: not asked): rows that
     * it changed. Without values there may be several statements.
     */
    enum db_result (*execute)(struct db_connection *c, const char *sql,
                              const struct db_value *value, size_t count,
                              uint64_t *changed, struct error *err);
    enum db_result (*select)(struct db_connection *c, const char *sql,
                             const struct db_value *value, size_t count,
                             size_t fields, db_row *sink, void *arg,
                             struct error *err);

    /* The same for what is to run often; it ends before its connection. Until
     * the transaction does, texts stay as they are, where they are. */
    struct db_statement *(*prepare)(struct db_connection *c, const char *sql,
                                    enum db_result *result, struct error *err);
    enum db_result (*run)(struct db_statement *s, const struct db_value *value,
                          size_t count, uint64_t *changed, struct error *err);
    void (*release)(struct db_statement *s); /* NULL is allowed */

    /* The library's name and version; NULL: it is not installed. */
    const char *(*version)(void);
};

#ifdef HAVE_SQLITE
extern const struct driver driver_sqlite;
#endif
#ifdef HAVE_MARIADB
extern const struct driver driver_mysql;
#endif

#endif
