/*
 * keep - what lasts from run to run: a collection, how far each log was read,
 * and what was in flight then
 *
 * All of it is committed as one, so whatever happens to a run, the next one
 * goes on where the last commit was. The collection is a file of rows
 * (store/collection), which is the run's alone until it ends; or a database
 * (store/database), which others may write to at any time, so that a commit
 * may find that all this run did is void.
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
#include "mail/message.h"
#include "options.h"
#include "run/inputs.h"
#include "run/run.h"

struct keep;

/* How it stands with the collection, when something failed. */
enum keep_verdict {
    KEEP_FINE,   /* whatever failed was something else */
    KEEP_MOVED,  /* another run went on with the same logs: begin anew */
    KEEP_REFUSED /* a database that could not be read or written */
};

/*
 * keep_open - open the collection of -a or -d, or make ready for a new one
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

bool keep_is_database(const struct keep *k);
enum keep_verdict keep_verdict(const struct keep *k);
/* Whether this run has committed something to a database. */
bool keep_got_on(const struct keep *k);

/*
 * Puts into flight what was in flight; of a database what was of the hosts
 * last heard of in one of the inputs.
 */
bool keep_load(struct keep *k, const struct inputs *in, struct join *j,
               struct rejoin *r, struct error *err);

/*
 * keep_log - how far a log was read, in place of how far it had been
 *
 * source: which of the inputs. from: its identity then (known_put()). log:
 * now, with stamps; its name is copied.
 */
void keep_log(struct keep *k, size_t source, const struct known_log *from,
              const struct known_log *log);

/* ---- a file ---- */

/* The rows of the collection as it stands, each to sink. */
bool keep_read(struct keep *k, row_sink *sink, void *arg, struct error *err);

/* Where the rows of the next commit go: behind those that are there, or in
 * their place. */
struct out *keep_rows(struct keep *k, bool append, struct error *err);

/* ---- a database ---- */

/*
 * keep_meet - a line of that host comes, out of that source
 *
 * Puts into flight what was in flight of it, when it is met first.
 */
bool keep_meet(struct keep *k, struct slice host, size_t source, struct join *j,
               struct rejoin *r, struct error *err);

/* A message for the next commit. rows_of: the input of rows it is from; 0: it
 * is out of a log. */
void keep_add(struct keep *k, const struct message *m, unsigned rows_of);

/* Whether so many are waiting that it is time to commit. */
bool keep_is_due(const struct keep *k);

/* ---- both ---- */

/* Makes rows, logs and what is in flight the collection's; does nothing when
 * nothing is new. goes_on: more of the input is at hand, so that a database may
 * still be at it when this returns, and a later call tells if it failed. */
bool keep_commit(struct keep *k, const struct join *j, const struct rejoin *r,
                 bool goes_on, struct error *err);

#endif
