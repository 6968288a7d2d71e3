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
    bool met;         /* it was found to be ours */
    bool doubtful;    /* the connection was lost in a commit, which may stand */
    bool filling;     /* it is new, and not settled yet */
    bool indexed;     /* it has its indexes, for all that this run knows */
    bool was_indexed; /* so it was before the transaction under way */
    int64_t logs_version;
    int64_t claimed_by, claimed_at; /* who makes its tables, since when */
    struct bulk bulk[BULK_TOTAL];
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

/* Whatever was begun is over; a connection of no more use is closed. */
void database_begin_anew(struct database *d);

static inline struct db_value db_null(void)
{
    return (struct db_value){.kind = DB_NULL};
}

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

/* ---- rows, many at once (database_bulk.c) ---- */

/* Where the next row's values go. */
struct db_value *bulk_next(struct bulk *b);
/* Whether what is gathered is to be flushed: many rows, or large ones. */
bool bulk_is_full(const struct database *d, struct bulk *b);
enum db_result bulk_flush(struct database *d, struct bulk *b,
                          struct error *err);
/* Some of those gathered, from one on, by a statement of their own. */
enum db_result bulk_put(struct database *d, struct bulk *b, size_t from,
                        unsigned rows, struct error *err);

/* ---- messages (database_messages.c) ---- */

enum db_result database_put_messages(struct database *d,
                                     const struct database_batch *t,
                                     struct error *err);

/* Whether there are all of the schema. */
enum db_result database_look_at_indexes(struct database *d, struct error *err);
enum db_result database_make_indexes(struct database *d, struct error *err);

/* ---- values ---- */

/* A db_row: the first field, a number, into the int64_t that arg is. */
bool database_take_number(void *arg, const struct slice *field,
                          struct error *err);

/* 16 bytes, the high ones first. Valid as long as room. */
struct db_value db_hash(const struct known_hash *hash, unsigned char room[16]);
bool db_hash_take(struct slice bytes, struct known_hash *hash);

#endif
