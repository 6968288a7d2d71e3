/*
 * keep - what lasts from run to run: a collection, how far each log was read,
 * and what was in flight then
 *
 * All of it is committed as one (store/collection), so whatever happens to a
 * run, the next one goes on where the last that finished had stopped.
 */
#ifndef RUN_KEEP_H
#define RUN_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/out.h"
#include "base/stamp.h"
#include "format/format.h"
#include "input/known.h"
#include "join/join.h"
#include "join/rejoin.h"
#include "lookup/cache.h"
#include "options.h"
#include "run/run.h"

struct keep;

/*
 * keep_open - open the collection of -a, or make ready for a new one
 *
 * What it is decides for what was not asked for on the command line: *o gets
 * its form, key and columns. NULL with err and *status set: refused, or asked
 * for in another form than it has (usage). A collection that no state fits is
 * complained of, and taken.
 */
struct keep *keep_open(struct options *o, enum status *status,
                       run_complain *complain, void *arg, struct error *err);
void keep_free(struct keep *k); /* without a commit; NULL is allowed */

/* The logs that earlier runs read. */
struct known *keep_known(struct keep *k);

/* What DNS lists said in earlier runs, and what they say in this one. */
struct cache *keep_cache(struct keep *k);

/* Whether there are no rows yet: the first commit begins with a header. */
bool keep_is_new(const struct keep *k);

/* Whether rows may be there that the state does not know of. */
bool keep_is_foreign(const struct keep *k);

/* Puts into flight what was in flight. */
bool keep_load(struct keep *k, struct join *j, struct rejoin *r,
               struct error *err);

/*
 * keep_log - how far a log was read, in place of how far it had been
 *
 * from: its identity then (known_put()). log: now, with stamps; its name is
 * copied.
 */
void keep_log(struct keep *k, const struct known_log *from,
              const struct known_log *log);

/* The rows of the collection as it stands, each to sink. */
bool keep_read(struct keep *k, row_sink *sink, void *arg, struct error *err);

/* Where the rows of the next commit go: behind those that are there, or in
 * their place. */
struct out *keep_rows(struct keep *k, bool append, struct error *err);

/* Makes rows, logs and what is in flight the collection's; does nothing when
 * nothing is new. */
bool keep_commit(struct keep *k, const struct join *j, const struct rejoin *r,
                 struct error *err);

#endif
