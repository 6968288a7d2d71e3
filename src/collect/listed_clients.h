/*
 * listed_clients - which addresses and networks a list has: the part of
 * listing that knows clients
 */
#ifndef COLLECT_LISTED_CLIENTS_H
#define COLLECT_LISTED_CLIENTS_H

#include "collect/listing.h"

struct listed_clients;

/* rules and tally, which is kept up, outlive it. */
struct listed_clients *listed_clients_new(const struct listing_rules *rules,
                                          struct listing_tally *tally);
void listed_clients_free(struct listed_clients *c); /* NULL is allowed */

void listed_clients_allow(struct listed_clients *c, const struct address *ip);

/* value: a client_ip or client_net. */
void listed_clients_add(struct listed_clients *c, struct slice value,
                        struct slice client_name);
void listed_clients_settle(struct listed_clients *c);
bool listed_clients_each(const struct listed_clients *c, listing_visit *visit,
                         void *arg, struct error *err);

#endif
