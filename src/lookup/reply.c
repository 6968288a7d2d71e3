/* reply - what the answer to a question for A records says */
#include "lookup/reply.h"

#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 256

/* RFC 1035, 4.1.1 */
#define FLAG_RESPONSE 0x8000u
#define FLAG_OPCODE 0x7800u
#define FLAG_TRUNCATED 0x0200u
#define FLAG_RCODE 0x000fu
#define RCODE_NO_ERROR 0
#define RCODE_NO_NAME 3

enum rr_type { TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6 };
#define CLASS_IN 1

#define TTL_MAX 0x7fffffffu /* RFC 2181, 8: what is greater means 0 */

struct packet {
    const unsigned char *bytes;
    size_t len;
    size_t at;
    bool bad; /* something was not there: what is taken then is zero */
};

struct record {
    char owner[NAME_SIZE];
    uint16_t type;
    uint16_t class;
    uint32_t ttl;
    size_t data; /* where it begins */
    size_t size;
};

static bool has(struct packet *p, size_t size)
{
    if (p->len - p->at < size)
        p->bad = true;
    return !p->bad;
}

static uint32_t take(struct packet *p, unsigned size)
{
    uint32_t n = 0;

    if (!has(p, size))
        return 0;
    while (size-- > 0)
        n = n << 8 | p->bytes[p->at++];
    return n;
}

/* A byte of a label; a dot in it must not look like the end of one. */
static char fold(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c | 0x20);
    return c == '.' ? '\x01' : (char)c;
}

/*
 * A name as text in lower case. Each pointer must lead further back than
 * where its name began (RFC 1035, 4.1.4: to a prior one), so there is an end.
 */
static void take_name(struct packet *p, char out[NAME_SIZE])
{
    size_t from = p->at, len = 0, after = 0;

    out[0] = '\0';
    for (;;) {
        uint32_t size = take(p, 1);

        if (p->bad || size == 0)
            break;
        if (size >= 0xc0) {
            size_t to = (size & 0x3f) << 8 | take(p, 1);

            if (after == 0)
                after = p->at;
            p->bad |= to >= from;
            p->at = from = p->bad ? p->at : to;
            continue;
        }
        if (size > 63 || len + size + 2 > NAME_SIZE || !has(p, size)) {
            p->bad = true;
            break;
        }
        if (len > 0)
            out[len++] = '.';
        while (size-- > 0)
            out[len++] = fold(p->bytes[p->at++]);
        out[len] = '\0';
    }
    if (after != 0)
        p->at = after;
}

static void take_record(struct packet *p, struct record *rr)
{
    take_name(p, rr->owner);
    rr->type = (uint16_t)take(p, 2);
    rr->class = (uint16_t)take(p, 2);
    rr->ttl = take(p, 4);
    rr->size = take(p, 2);
    if (rr->ttl > TTL_MAX)
        rr->ttl = 0;
    rr->data = p->at;
    if (has(p, rr->size))
        p->at += rr->size;
}

static void limit_ttl(struct reply *r, uint32_t ttl)
{
    if (ttl < r->ttl)
        r->ttl = ttl;
}

/* The answers that lead from name; what becomes of it is in name. */
static void take_answers(struct packet *p, unsigned count, char name[NAME_SIZE],
                         struct reply *r)
{
    struct record rr;

    while (count-- > 0 && !p->bad) {
        struct packet data = *p;

        take_record(p, &rr);
        if (p->bad || rr.class != CLASS_IN || strcmp(rr.owner, name) != 0)
            continue;
        data.at = rr.data;
        if (rr.type == TYPE_CNAME) {
            limit_ttl(r, rr.ttl);
            take_name(&data, name);
            p->bad |= data.bad || data.at != rr.data + rr.size;
        } else if (rr.type == TYPE_A) {
            limit_ttl(r, rr.ttl);
            if (rr.size != 4 || r->count == REPLY_ADDRESSES_MAX)
                p->bad = true;
            else
                r->address[r->count++] = take(&data, 4);
        }
    }
}

enum authority { AUTHORITY_NONE, AUTHORITY_SOA, AUTHORITY_REFERRAL };

/*
 * What stands for there being nothing: an SOA record, which also says how
 * long that holds (RFC 2308, 5).
 */
static enum authority take_authority(struct packet *p, unsigned count,
                                     struct reply *r)
{
    enum authority seen = AUTHORITY_NONE;
    char name[NAME_SIZE];
    struct record rr;

    while (count-- > 0 && !p->bad) {
        struct packet data = *p;

        take_record(p, &rr);
        if (p->bad || rr.class != CLASS_IN)
            continue;
        if (rr.type == TYPE_SOA) {
            data.at = rr.data;
            take_name(&data, name);
            take_name(&data, name);
            (void)(has(&data, 16) && (data.at += 16));
            limit_ttl(r, rr.ttl);
            limit_ttl(r, take(&data, 4));
            p->bad |= data.bad || data.at != rr.data + rr.size;
            seen = AUTHORITY_SOA;
        } else if (rr.type == TYPE_NS && seen == AUTHORITY_NONE) {
            seen = AUTHORITY_REFERRAL;
        }
    }
    return seen;
}

static int compare(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Servers turn addresses round; here the same set is the same answer. */
static void sort(struct reply *r)
{
    unsigned kept = 0;

    qsort(r->address, r->count, sizeof r->address[0], compare);
    for (unsigned i = 0; i < r->count; i++)
        if (kept == 0 || r->address[kept - 1] != r->address[i])
            r->address[kept++] = r->address[i];
    r->count = kept;
}

static enum reply_kind judge(struct reply *r, unsigned rcode, unsigned answers,
                             enum authority authority)
{
    if (authority != AUTHORITY_SOA && r->count == 0)
        r->ttl = 0;
    if (rcode == RCODE_NO_NAME)
        return r->count == 0 ? REPLY_NOTHING : REPLY_BAD;
    if (r->count > 0)
        return REPLY_ADDRESSES;
    if (authority == AUTHORITY_SOA)
        return REPLY_NOTHING;
    /* A CNAME that leads nowhere, or to itself. */
    return answers == 0 && authority == AUTHORITY_NONE ? REPLY_NOTHING
                                                       : REPLY_BAD;
}

bool reply_is_cut(const unsigned char *packet, size_t len)
{
    return len >= 4 && (packet[2] & FLAG_TRUNCATED >> 8) != 0;
}

struct reply reply_parse(const unsigned char *packet, size_t len)
{
    struct packet p = {.bytes = packet, .len = len};
    struct reply r = {.kind = REPLY_BAD, .ttl = TTL_MAX};
    char name[NAME_SIZE];
    unsigned flags, questions, answers, authorities;
    enum authority authority;

    (void)take(&p, 2); /* the ID is matched by then */
    flags = take(&p, 2);
    questions = take(&p, 2);
    answers = take(&p, 2);
    authorities = take(&p, 2);
    (void)take(&p, 2);
    take_name(&p, name);
    if (take(&p, 2) != TYPE_A || take(&p, 2) != CLASS_IN || questions != 1 ||
        (flags & (FLAG_RESPONSE | FLAG_OPCODE | FLAG_TRUNCATED)) !=
            FLAG_RESPONSE)
        return r;
    if ((flags & FLAG_RCODE) != RCODE_NO_ERROR &&
        (flags & FLAG_RCODE) != RCODE_NO_NAME)
        return r;
    take_answers(&p, answers, name, &r);
    authority = take_authority(&p, authorities, &r);
    if (p.bad)
        return r;
    sort(&r);
    r.kind = judge(&r, flags & FLAG_RCODE, answers, authority);
    return r;
}
