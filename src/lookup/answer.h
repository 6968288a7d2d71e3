/*
 * answer - what the addresses that a list answers with mean
 *
 * There are three answers. A list that blocks who asks, or a resolver that
 * makes answers up, also answers with addresses, so that to be "listed" they
 * must stand in 127.0.0.0/8 and mean it; what means nothing is "unknown", and
 * never listed. A table (answer.c) has the codes of well-known lists; of any
 * other list all codes mean "listed", but:
 *
 *     127.255.255.0/24   errors: a typing error, a public resolver, too many
 *                        queries (Spamhaus, and those that follow it)
 *     127.0.0.1          no list's code for a listing, but what several
 *                        answer with to those whom they block
 */
#ifndef LOOKUP_ANSWER_H
#define LOOKUP_ANSWER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* A greater one outweighs the lesser ones in the same reply. */
enum answer { ANSWER_NOT_LISTED, ANSWER_LISTED, ANSWER_UNKNOWN };

/*
 * answer_decode - all addresses of one reply
 *
 * With ANSWER_LISTED the words for what it is listed as, if the zone is
 * known, are appended to words, with one blank between; in the table's order.
 */
enum answer answer_decode(struct slice zone, const uint32_t *address,
                          unsigned count, struct buf *words);

#endif
