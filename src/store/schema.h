/*
 * schema - the tables of a database, in the dialect that it speaks
 *
 * The text stands here once, in steps. Step 0 makes the mark of a database
 * that is ours, of version 0; step N brings one of version N - 1 to N. Each can
 * be repeated, so that one which broke off half way does no harm.
 * spamharvest-db(5) is the manual.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <stdbool.h>

#include "base/buf.h"

/* The version that this program writes. */
#define SCHEMA_VERSION 1

/* The mark of an SQLite file that is ours: "SpHv". */
#define SCHEMA_APPLICATION_ID 0x53704876

enum dialect { DIALECT_SQLITE, DIALECT_MYSQL };

/*
 * schema_statement - the number-th statement of a step, without semicolon
 *
 * False: there are no more. out is emptied first, and ends in a NUL that is
 * not counted.
 */
bool schema_statement(unsigned step, unsigned number, enum dialect dialect,
                      struct buf *out);

/* The same for those that make indexes, for which rows need not wait. */
bool schema_index(unsigned number, enum dialect dialect, struct buf *out);

#define SCHEMA_INDEXES 3
extern const char *const schema_index_names[SCHEMA_INDEXES];

#endif
