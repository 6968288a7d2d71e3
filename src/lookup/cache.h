/*
 * cache - what DNS lists said, for as long as they allow
 *
 * Lasts from run to run as rows (mail/tuple.h), which whoever keeps a
 * collection keeps with it:
 *
 *     dns,ZONE,SUBJECT,EXPIRES,ADDRESSES
 *
 * SUBJECT is an address or a domain in lower case, EXPIRES a time in seconds,
 * ADDRESSES those that the list answered with, a blank between two, or
 * nothing: not listed. Kept are the addresses, not what they were taken to
 * mean, so that this may be decided anew.
 *
 * It is only a cache: rows that are none are passed over, what has expired is
 * let go of from time to time, and when it is full of what has not, the quarter
 * that came first gives way.
 */
#ifndef LOOKUP_CACHE_H
#define LOOKUP_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "lookup/reply.h"
#include "mail/tuple.h"

struct cache;

#define CACHE_MAX ((size_t)1 << 20)

/* max: how many answers it may hold. */
struct cache *cache_new(size_t max);
void cache_free(struct cache *c); /* NULL is allowed */

/* Whether a row is of a cache, and to be given to cache_load(). */
bool cache_owns(const struct slice *field, size_t count);

/* Of two about the same the one that lasts longer stands. */
void cache_load(struct cache *c, const struct slice *field, size_t count);

/* Each row that has not expired by now, in the order in which they came. */
void cache_save(const struct cache *c, int64_t now, tuple_sink *put, void *arg);

/* Addresses, or REPLY_NOTHING; false: nothing that has not expired. */
bool cache_find(const struct cache *c, struct slice zone, struct slice subject,
                int64_t now, struct reply *reply);

/* How often something was put since it was made: not what was loaded. */
uint64_t cache_changes(const struct cache *c);

/* How many answers it holds, expired ones too. */
size_t cache_count(const struct cache *c);

/* Keeps a reply as long as its ttl, if that is not 0, allows: a day at most,
 * and an hour that there is nothing. */
void cache_put(struct cache *c, struct slice zone, struct slice subject,
               int64_t now, const struct reply *reply);

#endif
