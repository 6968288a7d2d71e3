/*
 * carried - what is in flight, in a database: what of it this run has taken
 * on, and what has changed since
 *
 * Only that of hosts is taken on which this run hears of: those last heard of
 * in one of its logs, and others when their first line comes. Else it would
 * end messages that another machine's run is at. All comes with a version of
 * its host, and is given back with it; only what has changed is written.
 */
#ifndef RUN_CARRIED_H
#define RUN_CARRIED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"
#include "input/known.h"
#include "join/join.h"
#include "join/rejoin.h"
#include "run/inputs.h"
#include "run/keep.h"
#include "store/database.h"

struct carried;

struct carried *carried_new(struct database *d);
void carried_free(struct carried *k); /* NULL is allowed */

/* Which hosts there are. */
bool carried_open(struct carried *k, struct error *err);

/* Takes on what is of hosts that were last heard of in one of the inputs. */
bool carried_load(struct carried *k, const struct known *known,
                  const struct inputs *in, struct join *j, struct rejoin *r,
                  struct error *err);

/* Whether carried_meet() would ask the database for what is of that host. */
bool carried_asks(struct carried *k, struct slice host);

/* A line of that host comes, out of that source: takes on what is of it. */
bool carried_meet(struct carried *k, struct slice host, size_t source,
                  struct join *j, struct rejoin *r, struct error *err);

/* ---- a commit ---- */

/* What is in flight now, against what is in the database. */
void carried_gather(struct carried *k, const struct join *j,
                    const struct rejoin *r);

/* A log has grown: so may have its head, by which it is known to hosts. */
void carried_follow(struct carried *k, const struct known_log *was,
                    const struct known_log *now);

/* Puts what has changed into b; it is valid until the next gathering. */
void carried_list(struct carried *k, const struct keep *keep,
                  struct database_batch *b);
void carried_done(struct carried *k, const struct database_batch *b);

#endif
