/*
 * database_inside - what the parts of database share: it opens, _commit
 * writes, _read reads
 *
 * Nobody else includes this.
 */
#ifndef STORE_DATABASE_INSIDE_H
#define STORE_DATABASE_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/database.h"
#include "store/driver.h"

/* Rows on their way into a table, as many at once as the driver likes. */
struct bulk {
    const char *into; /* "INSERT INTO messages VALUES" */
    size_t columns;
    const char *tail;          /* what follows the rows */
    struct db_statement *one;  /* prepared, or NULL */
    struct db_statement *many; /* likewise */
    struct db_value *value;    /* rows_at_once rows */
    size_t rows, bytes;        /* gathered */
    uint64_t given, changed;   /* rows so far */
};

enum bulk_table { BULK_MESSAGES, BULK_RECIPIENTS, BULK_FLIGHTS, BULK_TOTAL };

struct database {
    const struct driver *driver;
    struct db_connection *c; /* NULL: lost, or not yet there */
    struct uri uri;          /* the caller's texts, copied */
    bool writes;
    unsigned seconds;
    bool met;      /* it was reached before: it is worth waiting for */
    bool doubtful; /* the connection was lost in a commit, which may stand */
    int64_t logs_version;
    struct bulk bulk[BULK_TOTAL];
    struct arena *arena; /* texts of rows that are gathered */
};

/* Something that is done in one piece, and can be done again. */
typedef enum db_result database_work(struct database *d, void *arg,
                                     struct error *err);

/* As database_logs(), in a transaction that is under way. */
enum db_result database_read_logs(struct database *d, database_log *sink,
                                  void *arg, struct error *err);

/* Does it, again and again while that may help and there is time. */
bool database_do(struct database *d, database_work *work, void *arg,
                 struct error *err);

static inline struct db_value db_number(int64_t number)
{
    return (struct db_value){.kind = DB_NUMBER, .number = number};
}

static inline struct db_value db_text(struct slice text)
{
    return (struct db_value){.kind = DB_TEXT, .text = text};
}

static inline struct db_value db_bytes(struct slice bytes)
{
    return (struct db_value){.kind = DB_BYTES, .text = bytes};
}

/* 16 bytes, the high ones first. Valid as long as room. */
struct db_value db_hash(const struct known_hash *hash, unsigned char room[16]);
bool db_hash_take(struct slice bytes, struct known_hash *hash);

#endif
