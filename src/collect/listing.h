/*
 * listing - sightings in, the entries of a list out
 *
 * A list is loaded by a mail system and refuses mail, so this module keeps
 * out of it what must never be refused:
 *
 *   - the null sender, senders and clients that are not known
 *   - networks that are private or reserved (mail/networks.h)
 *   - senders of the domains that were written to: those of the traps, and of
 *     the recipients of accepted mail that a client brought, if the log
 *     leaves no doubt of them. A list of
 *     domains has none above these either, since access maps take what is
 *     below along
 *   - public suffixes (mail/suffix.h), in a list of domains
 *   - what is allowed (--allow): no entry covers an allowed address, or the
 *     domain of an allowed sender. A network that has allowed addresses is
 *     listed as the parts that have none
 *
 * and what the format does not carry. All of it is counted.
 *
 * Senders are forged and names are given by whoever owns the address, so
 * each kind of pattern allows its own kind: mail patterns allow senders, and
 * client patterns clients. What an allowed client brought puts no sender on a
 * list.
 *
 * Entries are in order, IPv4 first, and do not overlap. One thread.
 */
#ifndef COLLECT_LISTING_H
#define COLLECT_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "format/format.h"
#include "mail/field.h"
#include "mail/message.h"
#include "mail/pattern.h"
#include "mail/sighting.h"
#include "mail/suffix.h"

#define LISTING_SINGLE 100 /* an aggregate of 100 %: there is none */

struct listing_rules {
    enum field what; /* client_ip, client_net, sender or sender_domain */
    const struct format *format;
    const struct patterns *allow, *traps;
    const struct suffixes *suffixes; /* of sender_domain; else NULL */
    /*
     * Of client_ip: a /24 or /64 stands for its addresses where more than so
     * many of a hundred are caught, of 256 (in a /64, too, where one host may
     * take any number), and none of it is allowed.
     */
    unsigned aggregate;
};

/* Of what was left out, the number of keys. */
struct listing_tally {
    uint64_t entries;
    uint64_t gathered, aggregates; /* addresses, and networks they became */
    uint64_t allowed;
    uint64_t special;  /* private or reserved */
    uint64_t own;      /* of domains that were written to */
    uint64_t suffixes; /* domains that are public suffixes */
    uint64_t unknown;  /* sender or client not known, or the null sender */
    uint64_t spared;   /* no keys, but messages and rows: listing_spare() */
    uint64_t unfit;    /* not carried by the format */
};

struct listing;

/* What the rules point to must outlive it. */
struct listing *listing_new(const struct listing_rules *rules);
void listing_free(struct listing *l); /* NULL is allowed */

/*
 * listing_wants - whether what this client brought may count
 *
 * For each message and row, before it is counted: only they tell all the
 * names that an address goes by.
 */
bool listing_wants(struct listing *l, const struct address *ip,
                   struct slice client_name);

/* Counts one that was wanted otherwise, and was not for this reason. */
void listing_spare(struct listing *l);

/*
 * listing_message - a message that counts
 *
 * The domains of its recipients are not to be listed. False: its sender is not
 * either, as it is too long to be sure that the client wrote it so: MTAs cut
 * long ones, sendmail at 200 bytes, and what is left may end in the domain of
 * somebody else.
 */
bool listing_message(struct listing *l, const struct message *m);

/* This address is not to be listed, nor a network that has it. */
void listing_allow(struct listing *l, const struct address *ip);

/* The same of senders in this domain, and of it. */
void listing_allow_domain(struct listing *l, struct slice domain);

/* A candidate, its key being what the rules say. */
void listing_add(struct listing *l, const struct sighting *s);

/* After all of these, once: what becomes of the candidates. */
void listing_settle(struct listing *l);

typedef bool listing_visit(void *arg, struct slice entry, struct error *err);

bool listing_each(const struct listing *l, listing_visit *visit, void *arg,
                  struct error *err);

struct listing_tally listing_tally(const struct listing *l);

#endif
