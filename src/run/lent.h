/*
 * lent - the cache of a collection that is only read
 *
 * A collection keeps with its state what DNS lists said (lookup/cache). When
 * it is an INPUT, and lists are asked for its rows, this lends that cache to
 * the run, and puts back what the run has learned. It is locked for the moment
 * of putting back only; when another run has it, or we may not write there,
 * nothing is put back, and no harm. Rows, logs and what is in flight stay as
 * they are.
 */
#ifndef RUN_LENT_H
#define RUN_LENT_H

#include "base/error.h"
#include "lookup/cache.h"
#include "options.h"

struct lent;

/* Of the first INPUT that is a collection, if any lends one; never NULL. */
struct lent *lent_open(const struct options *o);
void lent_free(struct lent *l); /* puts nothing back; NULL is allowed */

/* NULL: there is none. */
struct cache *lent_cache(struct lent *l);

/* False with err set: a disk failed, and all is as it was. */
bool lent_put_back(struct lent *l, struct error *err);

#endif
