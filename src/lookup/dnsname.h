/*
 * dnsname - the names under which a DNS list is asked (RFC 5782)
 *
 * An address is asked for by its bytes in reverse, before the zone: four
 * decimal numbers (section 2.1), or the 32 nibbles of an IPv6 address (2.4).
 * A domain stands before the zone as it is (2.3).
 */
#ifndef LOOKUP_DNSNAME_H
#define LOOKUP_DNSNAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "mail/address.h"

#define DNSNAME_SIZE 256 /* room for the text of any name, NUL included */

/*
 * Whether it can be a zone: labels of letters, digits, "-" and "_" (RFC 1035,
 * 2.3.4: of 63 at most), and room before it for an IPv6 address.
 */
bool dnsname_is_zone(struct slice zone);

/*
 * dnsname_fold - a sender's domain as a name: lower case, no final dot
 *
 * False: it is none that a list could have. Senders are the attacker's text,
 * so no byte but those of host names gets into a query; nor does what looks
 * like an address ("192.0.2.7", "[192.0.2.7]"), which lists of domains
 * forbid to ask for.
 */
bool dnsname_fold(struct slice domain, char out[DNSNAME_SIZE]);

/* The name to ask for; zone is one, and there is an address. */
void dnsname_of_address(const struct address *ip, struct slice zone,
                        char out[DNSNAME_SIZE]);

/* domain: folded. False: it is too long to stand before the zone. */
bool dnsname_of_domain(struct slice domain, struct slice zone,
                       char out[DNSNAME_SIZE]);

#endif
