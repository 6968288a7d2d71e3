/*
 * zone - one DNS list: what it is called, what its answers come to, and
 * whether it is any good
 *
 * Only reputation.c has use for more than struct reputation_zone.
 */
#ifndef LOOKUP_ZONE_H
#define LOOKUP_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include "lookup/reply.h"

struct reputation_zone {
    struct slice zone;
    struct slice name; /* what verdicts call it */
    bool of_domains;   /* is asked for domains, not for addresses */
    bool allows;       /* what it lists is good */
};

/* Takes what is to be told of a zone. */
typedef void zone_complain(void *arg, const struct error *err);

/* These, and from the last on a number for each way to be listed. */
typedef uint16_t verdict;
enum { VERDICT_PENDING, VERDICT_NOT_LISTED, VERDICT_UNKNOWN, VERDICT_LISTED };

struct zone {
    const struct reputation_zone *given;
    zone_complain *complain;
    void *arg;
    bool given_up;      /* it is asked no more */
    bool told;          /* which the user knows */
    bool not_believed;  /* nor is what it has said before */
    bool useful;        /* it has answered with a verdict */
    unsigned strikes;   /* of failures */
    unsigned useless;   /* answers that were no verdict */
    struct buf *listed; /* words of verdicts from VERDICT_LISTED on */
    size_t count, cap;
};

void zone_release(struct zone *z); /* what it holds, not z */

verdict zone_judge(struct zone *z, const struct reply *reply);

/* The words of a verdict that is unknown or listed; behind out. */
void zone_spell(const struct zone *z, verdict v, struct buf *out);

/*
 * zone_count - how a lookup ended; the zone may be given up for it
 *
 * failed: there was no answer of the list's. why tells in words what there
 * was, or is NULL.
 */
void zone_count(struct zone *z, verdict v, bool failed, const char *why);

/* It may be asked again, if it was given up, and is if it fails again; but
 * that is told only once. */
void zone_forgive(struct zone *z);

/* It lists this, and so it lists everything. */
void zone_disbelieve(struct zone *z, const char *what);

#endif
