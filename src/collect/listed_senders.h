/*
 * listed_senders - which senders or domains of senders a list has: the part
 * of listing that knows senders
 */
#ifndef COLLECT_LISTED_SENDERS_H
#define COLLECT_LISTED_SENDERS_H

#include "collect/listing.h"

struct listed_senders;

/* rules and tally, which is kept up, outlive it. */
struct listed_senders *listed_senders_new(const struct listing_rules *rules,
                                          struct listing_tally *tally);
void listed_senders_free(struct listed_senders *s); /* NULL is allowed */

/* An address whose domain is ours. */
void listed_senders_own(struct listed_senders *s, struct slice recipient);

/* A domain that is not to be listed, nor a sender in it. */
void listed_senders_allow(struct listed_senders *s, struct slice domain);

/* value: a sender or sender_domain. */
void listed_senders_add(struct listed_senders *s, struct slice value);
void listed_senders_settle(struct listed_senders *s);
bool listed_senders_each(const struct listed_senders *s, listing_visit *visit,
                         void *arg, struct error *err);

#endif
