/*
 * networks - a set of networks, and what it has of another one
 *
 * For what must not be listed: a network may lie in such a set with all of
 * its addresses, with some, or with none. IPv4 is no part of IPv6, as with
 * cidr_contains().
 */
#ifndef MAIL_NETWORKS_H
#define MAIL_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>

#include "mail/address.h"

/* Zero-initialise. */
struct networks {
    struct cidr *net;
    size_t count, cap;
};

enum overlap { OVERLAP_NONE, OVERLAP_PART, OVERLAP_ALL };

void networks_release(struct networks *set);
void networks_add(struct networks *set, const struct cidr *net);

/*
 * networks_settle - sorts the set, as cidr_compare() does, and drops what is
 * within another of its networks
 *
 * After additions, before the set is asked.
 */
void networks_settle(struct networks *set);

enum overlap networks_overlap(const struct networks *set,
                              const struct cidr *net);

/*
 * Those blocks that no client on the Internet can have: the IPv4 and IPv6
 * special-purpose address registries of IANA (RFC 6890, as of 2025), without
 * regard to what of them is said to be reachable; multicast; and of IPv6
 * all that is not yet given out, outside of 2000::/3 (RFC 4291).
 */
void networks_add_special(struct networks *set);

#endif
