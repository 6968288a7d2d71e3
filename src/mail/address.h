/*
 * address - IPv4 and IPv6 addresses and networks, in binary
 *
 * Sixteen bytes in network order. An IPv4 address is its IPv4-mapped form,
 * so ::ffff:192.0.2.7 and 192.0.2.7 are one. All zeros is "no address": ::
 * is never a client.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct address {
    uint8_t bytes[16];
};

struct cidr {
    struct address address; /* host bits are zero */
    uint8_t prefix;         /* of 128; IPv4's /24 is 120 */
};

#define ADDRESS_SIZE 56 /* room for the text of either, NUL included */

/*
 * Reads the whole of text: dotted quad or RFC 4291 text, with or without
 * "IPv6:" before it (sendmail). Brackets, zone identifiers and ::, which is
 * no address, are refused, as are leading zeros in a dotted quad: some read
 * them as octal.
 */
bool address_parse(struct slice text, struct address *a);

/* Canonical text of RFC 5952; IPv4 as dotted quad; no address gives "". */
size_t address_format(const struct address *a, char out[ADDRESS_SIZE]);

bool address_is_none(const struct address *a);
bool address_is_v4(const struct address *a);
bool address_equal(const struct address *a, const struct address *b);
bool address_is_loopback(const struct address *a); /* 127/8, ::1 */

/* RFC 1918, RFC 4193, link-local, and RFC 6598 shared space. */
bool address_is_private(const struct address *a);

/* The first prefix bits (of 128), the rest zero. */
struct address address_masked(const struct address *a, unsigned prefix);

/* ADDRESS/PREFIX, or an address alone (/32, /128); host bits must be zero. */
bool cidr_parse(struct slice text, struct cidr *c);

/* IPv4 addresses are in IPv4 networks only: ::/0 is all of IPv6, not more. */
bool cidr_contains(const struct cidr *c, const struct address *a);
bool cidr_is_v4(const struct cidr *c);
/* Whether all of other is in c. */
bool cidr_covers(const struct cidr *c, const struct cidr *other);
/* IPv4 first, then by address, then the larger network: <0, 0, >0. */
int cidr_compare(const struct cidr *a, const struct cidr *b);
size_t cidr_format(const struct cidr *c, char out[ADDRESS_SIZE]);

/* The /24 or /64 an address stands in: the field client_net. */
struct cidr address_net(const struct address *a);
/* The /32 or /128 that is nothing but this address. */
struct cidr address_alone(const struct address *a);

#endif
