/*
 * keep_kind - what keep.c asks of a collection file, and of a database
 *
 * Nobody but the siblings here includes this.
 */
#ifndef RUN_KEEP_KIND_H
#define RUN_KEEP_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "input/known.h"
#include "run/keep.h"

struct keep_kind {
    bool (*load)(struct keep *k, const struct inputs *in, struct join *j,
                 struct rejoin *r, struct error *err);
    bool (*commit)(struct keep *k, const struct join *j, const struct rejoin *r,
                   bool goes_on, struct error *err);
    void (*release)(struct keep *k);
};

/* What both begin with. */
struct keep {
    const struct keep_kind *kind;
    struct known known;
    struct cache *cache; /* NULL: a database, with which nobody is asked */
    size_t *log_of;      /* by source: which of those known was read last */
    size_t sources;
    size_t *read; /* which of those known may have changed since the commit */
    size_t read_count, read_cap;
    bool is_database;
    bool is_new;
    bool is_foreign;
    enum keep_verdict verdict;
    bool got_on; /* something was committed */
};

/* That log may have changed. */
void keep_note(struct keep *k, size_t log);

/* NULL with err and *status set, as keep_open(). */
struct keep *keep_open_file(struct options *o, enum status *status,
                            run_complain *complain, void *arg,
                            struct error *err);
struct keep *keep_open_database(struct options *o, enum status *status,
                                struct error *err);

#endif
