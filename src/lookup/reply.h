/*
 * reply - what the answer to a question for A records says
 *
 * c-ares matches answers with questions, but it does not tell how long "there
 * is no such name" may be believed; and an answer whose addresses belong to
 * another name must not count. So packets are read here, once, by whoever
 * trusts none: they may come from anybody.
 */
#ifndef LOOKUP_REPLY_H
#define LOOKUP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reply_kind {
    REPLY_ADDRESSES, /* there are some */
    REPLY_NOTHING,   /* no such name, or it has no address */
    REPLY_BAD        /* malformed, a failure, or no answer to the question */
};

#define REPLY_ADDRESSES_MAX 32

struct reply {
    enum reply_kind kind;
    uint32_t ttl; /* seconds; RFC 2308 of REPLY_NOTHING, 0: not to be kept */
    uint32_t address[REPLY_ADDRESSES_MAX]; /* host order; sorted, each once */
    unsigned count;
};

/* Whether it says that it was cut to fit, and is to be asked for by TCP. */
bool reply_is_cut(const unsigned char *packet, size_t len);

/*
 * reply_parse - a packet, and all of its answer and authority sections
 *
 * The addresses are those of the name in the question, or of the one that
 * CNAMEs lead to from there. Nothing but a referral to other servers is no
 * answer. More than REPLY_ADDRESSES_MAX are a lie.
 */
struct reply reply_parse(const unsigned char *packet, size_t len);

#endif
