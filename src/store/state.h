/*
 * state - FILE.state: what a run remembers, and of which FILE
 *
 * A ledger of the caller's rows, and behind them those of the collection
 * itself, which its visitors do not see:
 *
 *     collection,SIZE,HEADSIZE,HEADHASH,TAILSIZE,TAILHASH,FRESH,FRESHHASH
 *     appended-to,SIZE,HEADSIZE,HEADHASH,TAILSIZE,TAILHASH
 *
 * The first is the imprint of FILE after the commit. FRESH is how many of its
 * last bytes that commit wrote: all of a file that was replaced. Their hash
 * decides after a crash, as head and tail cannot: when one count in the
 * middle has changed, or when the disk has the end of what was appended and
 * not its beginning. The second is the imprint before, to which FILE is cut
 * back if appending broke off.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/error.h"
#include "store/beside.h"
#include "store/imprint.h"
#include "store/ledger.h"

struct binding {
    struct imprint now;
    uint64_t fresh;
    XXH128_hash_t fresh_hash;
    bool appends; /* before is set */
    struct imprint before;
};

/* Zero-initialise. */
struct state {
    struct buf bytes; /* of the ledger */
    bool valid;       /* else there is none, or one torn or foreign */
    struct binding binding;
};

void state_release(struct state *s);

/* Reads what is there; false only if that could not be read. */
bool state_read(struct state *s, const struct beside *at,
                const struct sibling *file, struct error *err);

/* Takes a finished ledger over. */
void state_set(struct state *s, struct slice bytes, const struct binding *b);

/* The caller's rows of a state; none if it is not valid. */
bool state_rows(const struct state *s, const char *name, ledger_row *visit,
                void *arg, struct error *err);

/* Adds the collection's own rows. */
void state_bind(struct ledger *l, const struct binding *b);

/* *fits: FILE is what it was after that commit, as far as head and tail tell. */
bool state_fits(const struct state *s, const struct part *file, bool *fits,
                struct error *err);

/* The same, and all that the commit wrote is there, too. */
bool state_fits_wholly(const struct state *s, const struct part *file,
                       bool *fits, struct error *err);

/*
 * Makes bytes durable in a file that takes the place of one left over; its
 * name in the folder is not yet durable. old: whose mode it gets.
 */
bool state_write(const struct beside *at, const struct sibling *file,
                 const struct stat *old, struct slice bytes, struct error *err);

#endif
