/*
 * ledger - rows of byte strings that must come back whole
 *
 * The form of state files: CSV (libcsv), any byte in any field, a first row
 * that says what it is and a last one with a checksum over all before it, so
 * that a torn or foreign file is never taken for one.
 *
 *     spamharvest-state,1
 *     KIND,FIELD,...
 *     end,ROWS,XXH3-64 in hexadecimal
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

#define LEDGER_FIELDS_MAX 64

/* ---- writing: rows are gathered in memory ---- */

struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *l); /* NULL is allowed */
void ledger_put(struct ledger *l, const struct slice *field, size_t count);

/* The whole file's bytes; no row can be put after. */
struct slice ledger_bytes(struct ledger *l);

/* ---- reading ---- */

/* Whether this is a ledger that another version of the program wrote. */
bool ledger_is_foreign(struct slice bytes);

typedef bool ledger_row(void *arg, const struct slice *field, size_t count,
                        struct error *err);

/*
 * ledger_read - visit each row between the first and the last
 *
 * The checksum is verified before the first visit. False with err set: not a
 * ledger, torn, of another version, or visit said so. name is for messages.
 */
bool ledger_read(struct slice bytes, const char *name, ledger_row *visit,
                 void *arg, struct error *err);

#endif
