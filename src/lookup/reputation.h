/*
 * reputation - what DNS lists say of addresses and of domains
 *
 * A set of zones. What is to be judged, a subject, is handed in; each zone is
 * asked for each subject once, however often it comes, many at a time, and
 * what a cache still knows is not asked for. Then the verdicts can be had.
 *
 * A zone is given up for the rest of the run, with a message, when
 *   - it does not answer: more than a fifth of the last lookups, or all of
 *     the first 64, timed out, found nobody, or were refused by the server
 *     asked. So a dead server costs a few times its time-out, not that of
 *     each subject;
 *   - nothing that it has answered to 64 lookups was a verdict: it, or the
 *     server asked, does not want us;
 *   - it lists 127.0.0.1, or the domain "invalid", which no list does (RFC
 *     5782, 5): lists that were closed list everything.
 * What it was not asked for, or has not answered, is unknown.
 */
#ifndef LOOKUP_REPUTATION_H
#define LOOKUP_REPUTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include "lookup/cache.h"
#include "lookup/resolver.h"
#include "lookup/zone.h"
#include "mail/address.h"

#define REPUTATION_ZONES_MAX 64

struct reputation;

/*
 * zones and, if it is not NULL, cache must outlive it. NULL with err set:
 * nobody can be asked.
 */
struct reputation *reputation_new(const struct reputation_zone *zone,
                                  size_t count,
                                  const struct resolver_options *o,
                                  struct cache *cache, zone_complain *complain,
                                  void *arg, struct error *err);
void reputation_free(struct reputation *r); /* NULL is allowed */

#define REPUTATION_NOBODY UINT32_MAX /* no address, no domain */

/*
 * Hands in a subject; it is asked for as soon as others are answered. This
 * waits for them while there are too many. Returns its number, for the calls
 * below, or REPUTATION_NOBODY.
 */
uint32_t reputation_address(struct reputation *r, const struct address *ip);
uint32_t reputation_domain(struct reputation *r, struct slice domain);

/* Takes answers for so many milliseconds at most, or until one came. */
void reputation_turn(struct reputation *r, int milliseconds);

/* Whether all verdicts on a subject are there, so that it can be told. */
bool reputation_is_settled(const struct reputation *r, uint32_t subject);

/* Waits until this is so for all. */
void reputation_settle(struct reputation *r);

/*
 * reputation_forget - all subjects, and what was held against zones
 *
 * For a run without end: what was said is true for a while only. All must be
 * settled, and numbers of subjects are void. The cache knows what still holds.
 */
void reputation_forget(struct reputation *r);

/* What to look for in verdicts. */
struct reputation_told {
    bool listed;  /* by a zone that does not allow */
    bool allowed; /* by one that does */
};

/*
 * reputation_tell - the verdicts on a settled subject, as words
 *
 * In the order of the zones, with one blank between words and behind what is
 * in words already: NAME for a zone that lists it (NAME:CODE for each code
 * that is known of it), with a "!" before it if the zone allows; ?NAME for
 * one of which it is unknown; nothing for one that does not list it.
 */
void reputation_tell(const struct reputation *r, uint32_t subject,
                     struct buf *words, struct reputation_told *told);

#endif
