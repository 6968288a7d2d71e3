/* reputation - what DNS lists say of addresses and of domains */
#include "lookup/reputation.h"

#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/table.h"
#include "lookup/answer.h"
#include "lookup/dnsname.h"

#define BACKLOG_MAX 4096 /* subjects handed in and not asked for yet */
#define TURN_MS 100      /* as long as there is nothing else to do */

/* Strikes against a zone that does not answer. */
#define STRIKE 4
#define STRIKES_MAX (64 * STRIKE)
#define USELESS_MAX 64

/* Verdicts are numbers: these, and from the last on interned words. */
typedef uint16_t verdict;
enum { PENDING, NOT_LISTED, UNKNOWN, LISTED };

struct zone {
    const struct reputation_zone *given;
    bool given_up;        /* it is asked no more */
    bool not_believed;    /* nor is what it has said before */
    bool useful;          /* it has answered with a verdict */
    unsigned strikes;     /* of silence */
    unsigned useless;     /* answers that were no verdict */
    struct slice *listed; /* words of verdicts from LISTED on */
    size_t listed_count, listed_cap;
};

struct subject {
    bool is_domain;
    struct slice key; /* sixteen bytes, or the folded domain; in texts */
    bool is_askable;  /* a domain that is a name */
};

struct reputation {
    struct zone *zone;
    size_t zone_count;
    struct cache *cache; /* may be NULL */
    reputation_complain *complain;
    void *arg;
    struct resolver *resolver;

    struct subject *subject;
    verdict *verdict; /* zone_count for each subject */
    size_t count, cap, verdict_cap;
    struct table table;
    struct arena *texts;
    size_t asked;      /* subjects before it were asked for at all zones */
    size_t asked_zone; /* of that one, the zone that is next */
    bool started;
};

/* ---- verdicts ---- */

static verdict *verdict_of(const struct reputation *r, size_t subject,
                           size_t zone)
{
    return &r->verdict[subject * r->zone_count + zone];
}

static bool is_asked_for(const struct zone *z, const struct subject *s)
{
    return z->given->of_domains == s->is_domain;
}

/* "NAME", or "NAME:CODE NAME:CODE", marked if it is one that allows. */
static void spell(const struct reputation_zone *z, struct slice codes,
                  struct buf *out)
{
    do {
        size_t end = slice_find_byte(codes, ' ');
        struct slice code = slice_head(codes, end);

        if (out->len > 0)
            buf_add_byte(out, ' ');
        if (z->allows)
            buf_add_byte(out, '!');
        buf_add(out, z->name);
        if (code.len > 0) {
            buf_add_byte(out, ':');
            buf_add(out, code);
        }
        codes = slice_from(codes, end == SIZE_MAX ? codes.len : end + 1);
    } while (codes.len > 0);
}

/* There are few: the words come from a small table. */
static verdict intern(struct reputation *r, struct zone *z, struct slice codes)
{
    struct buf words = {0};
    size_t i;

    spell(z->given, codes, &words);
    for (i = 0; i < z->listed_count; i++)
        if (slice_equal(z->listed[i], buf_slice(&words)))
            break;
    if (i == z->listed_count) {
        z->listed = mem_grow(z->listed, z->listed_count, &z->listed_cap,
                             sizeof *z->listed);
        z->listed[z->listed_count++] = arena_copy(r->texts, buf_slice(&words));
    }
    buf_free(&words);
    return (verdict)(LISTED + i);
}

static verdict judge(struct reputation *r, struct zone *z,
                     const struct reply *reply)
{
    struct buf codes = {0};
    verdict v = UNKNOWN;

    if (reply->kind == REPLY_NOTHING)
        return NOT_LISTED;
    if (reply->kind == REPLY_BAD)
        return UNKNOWN;
    switch (
        answer_decode(z->given->zone, reply->address, reply->count, &codes)) {
    case ANSWER_NOT_LISTED:
        v = NOT_LISTED;
        break;
    case ANSWER_LISTED:
        v = intern(r, z, buf_slice(&codes));
        break;
    case ANSWER_UNKNOWN:
        break;
    }
    buf_free(&codes);
    return v;
}

/* ---- zones that are no good ---- */

static void give_up(struct reputation *r, struct zone *z, const char *reason,
                    const char *why)
{
    struct error err; /* with the name: a zone may have a key in it */

    if (z->given_up)
        return;
    z->given_up = true;
    (void)error_set(&err, "DNS list %.*s: %s%s%s", (int)z->given->name.len,
                    z->given->name.ptr, reason, why == NULL ? "" : ": ",
                    why == NULL ? "" : why);
    r->complain(r->arg, &err);
}

static void count_verdict(struct reputation *r, struct zone *z, verdict v,
                          bool silent, const char *why)
{
    if (v != UNKNOWN) {
        z->useful = true;
        z->strikes -= z->strikes > 0;
        return;
    }
    if (silent && (z->strikes += STRIKE) >= STRIKES_MAX)
        give_up(r, z, "given up, as it does not answer", why);
    else if (!silent && !z->useful && ++z->useless >= USELESS_MAX)
        give_up(r, z, "given up, as its answers tell nothing",
                why == NULL ? "an error code of the list" : why);
}

/* ---- asking ---- */

static struct slice cache_name(const struct subject *s, char text[ADDRESS_SIZE])
{
    struct address ip;

    if (s->is_domain)
        return s->key;
    memcpy(&ip, s->key.ptr, sizeof ip);
    return slice_make(text, address_format(&ip, text));
}

static int64_t now_seconds(void)
{
    return (int64_t)time(NULL);
}

static bool find_cached(struct reputation *r, struct zone *z,
                        const struct subject *s, verdict *v)
{
    char text[ADDRESS_SIZE];
    struct reply reply;

    if (r->cache == NULL ||
        !cache_find(r->cache, z->given->zone, cache_name(s, text),
                    now_seconds(), &reply))
        return false;
    *v = judge(r, z, &reply);
    return true;
}

static void on_end(void *arg, uint64_t number, enum resolver_end end,
                   const struct reply *reply, const char *why)
{
    struct reputation *r = arg;
    const struct subject *s = &r->subject[number / r->zone_count];
    struct zone *z = &r->zone[number % r->zone_count];
    verdict v = UNKNOWN;

    if (end == RESOLVER_REPLY) {
        char text[ADDRESS_SIZE];

        v = judge(r, z, reply);
        if (v != UNKNOWN && r->cache != NULL)
            cache_put(r->cache, z->given->zone, cache_name(s, text),
                      now_seconds(), reply);
    }
    r->verdict[number] = v;
    count_verdict(r, z, v, end == RESOLVER_SILENT, why);
}

static bool name_of(const struct zone *z, const struct subject *s,
                    char name[DNSNAME_SIZE])
{
    struct address ip;

    if (s->is_domain)
        return s->is_askable && dnsname_of_domain(s->key, z->given->zone, name);
    memcpy(&ip, s->key.ptr, sizeof ip);
    dnsname_of_address(&ip, z->given->zone, name);
    return true;
}

/* Asks one zone for one subject, if need be; false: not now. */
static bool ask_one(struct reputation *r, size_t subject, size_t zone)
{
    struct zone *z = &r->zone[zone];
    const struct subject *s = &r->subject[subject];
    verdict *v = verdict_of(r, subject, zone);
    char name[DNSNAME_SIZE];

    *v = UNKNOWN;
    if (!is_asked_for(z, s))
        *v = NOT_LISTED;
    if (*v == NOT_LISTED || z->not_believed || !name_of(z, s, name) ||
        find_cached(r, z, s, v) || z->given_up)
        return true;
    *v = PENDING;
    if (!resolver_is_ready(r->resolver))
        return false;
    resolver_ask(r->resolver, name, subject * r->zone_count + zone);
    return true;
}

/* Asks for what can be asked for now. */
static void pump(struct reputation *r)
{
    while (r->asked < r->count) {
        if (!ask_one(r, r->asked, r->asked_zone))
            return;
        if (++r->asked_zone == r->zone_count) {
            r->asked_zone = 0;
            r->asked++;
        }
    }
}

void reputation_turn(struct reputation *r, int milliseconds)
{
    pump(r);
    if (r->asked < r->count || !resolver_is_idle(r->resolver))
        resolver_turn(r->resolver, milliseconds);
    pump(r);
}

void reputation_settle(struct reputation *r)
{
    pump(r);
    while (r->asked < r->count || !resolver_is_idle(r->resolver))
        reputation_turn(r, TURN_MS);
}

/* ---- subjects ---- */

static uint32_t add_subject(struct reputation *r, const struct subject *s,
                            uint64_t hash)
{
    r->subject = mem_grow(r->subject, r->count, &r->cap, sizeof *r->subject);
    if (r->verdict_cap < r->cap) {
        r->verdict_cap = r->cap;
        r->verdict = mem_resize(r->verdict, r->verdict_cap * r->zone_count,
                                sizeof *r->verdict);
    }
    r->subject[r->count] = *s;
    r->subject[r->count].key = arena_copy(r->texts, s->key);
    for (size_t zone = 0; zone < r->zone_count; zone++)
        *verdict_of(r, r->count, zone) = PENDING;
    table_add(&r->table, hash, (uint32_t)r->count);
    return (uint32_t)r->count++;
}

static uint32_t hand_in(struct reputation *r, const struct subject *s)
{
    uint64_t hash = table_hash(&r->table, s->key.ptr, s->key.len);
    struct table_probe probe = table_probe(&r->table, hash);
    uint32_t index;

    while (table_next(&r->table, &probe, &index)) {
        const struct subject *known = &r->subject[index];

        if (known->is_domain == s->is_domain && slice_equal(known->key, s->key))
            return index;
    }
    index = add_subject(r, s, hash);
    pump(r);
    while (r->count - r->asked > BACKLOG_MAX)
        reputation_turn(r, TURN_MS);
    return index;
}

static uint32_t hand_in_address(struct reputation *r, const struct address *ip)
{
    return hand_in(r, &(struct subject){
                          .key = {(const char *)ip->bytes, sizeof ip->bytes},
                      });
}

static uint32_t hand_in_domain(struct reputation *r, struct slice domain)
{
    char name[DNSNAME_SIZE];
    bool askable = dnsname_fold(domain, name);

    return hand_in(r, &(struct subject){
                          .is_domain = true,
                          .is_askable = askable,
                          .key = askable ? slice_of(name) : domain,
                      });
}

/* Before anything else: does a zone list what no list does? */
static void start(struct reputation *r)
{
    static const struct address nobody = {
        {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
    uint32_t address, domain;

    r->started = true;
    address = hand_in_address(r, &nobody);
    domain = hand_in_domain(r, SLICE("invalid"));
    reputation_settle(r);
    for (size_t i = 0; i < r->zone_count; i++) {
        struct zone *z = &r->zone[i];
        bool domains = z->given->of_domains;
        verdict *v = verdict_of(r, domains ? domain : address, i);

        if (*v < LISTED)
            continue;
        *v = UNKNOWN;
        z->not_believed = true;
        give_up(r, z, "not believed, as it lists what no list does",
                domains ? "the domain invalid" : "127.0.0.1");
    }
}

uint32_t reputation_address(struct reputation *r, const struct address *ip)
{
    if (address_is_none(ip))
        return REPUTATION_NOBODY;
    if (!r->started)
        start(r);
    return hand_in_address(r, ip);
}

uint32_t reputation_domain(struct reputation *r, struct slice domain)
{
    if (domain.len == 0)
        return REPUTATION_NOBODY;
    if (!r->started)
        start(r);
    return hand_in_domain(r, domain);
}

bool reputation_is_settled(const struct reputation *r, uint32_t subject)
{
    if (subject == REPUTATION_NOBODY)
        return true;
    for (size_t zone = 0; zone < r->zone_count; zone++)
        if (*verdict_of(r, subject, zone) == PENDING)
            return false;
    return true;
}

void reputation_tell(const struct reputation *r, uint32_t subject,
                     struct buf *words, struct reputation_told *told)
{
    for (size_t i = 0; subject != REPUTATION_NOBODY && i < r->zone_count; i++) {
        const struct zone *z = &r->zone[i];
        verdict v = *verdict_of(r, subject, i);

        if (v < UNKNOWN)
            continue;
        if (words->len > 0)
            buf_add_byte(words, ' ');
        if (v == UNKNOWN) {
            buf_add_byte(words, '?');
            buf_add(words, z->given->name);
            continue;
        }
        buf_add(words, z->listed[v - LISTED]);
        if (z->given->allows)
            told->allowed = true;
        else
            told->listed = true;
    }
}

/* ---- the whole ---- */

struct reputation *reputation_new(const struct reputation_zone *zone,
                                  size_t count,
                                  const struct resolver_options *o,
                                  struct cache *cache,
                                  reputation_complain *complain, void *arg,
                                  struct error *err)
{
    struct reputation *r = mem_new(sizeof *r);

    r->zone = mem_array(count, sizeof *r->zone);
    r->zone_count = count;
    for (size_t i = 0; i < count; i++)
        r->zone[i].given = &zone[i];
    r->cache = cache;
    r->complain = complain;
    r->arg = arg;
    table_init(&r->table, 1024);
    r->texts = arena_new();
    r->resolver = resolver_new(o, on_end, r, err);
    if (r->resolver != NULL)
        return r;
    reputation_free(r);
    return NULL;
}

void reputation_free(struct reputation *r)
{
    if (r == NULL)
        return;
    resolver_free(r->resolver);
    for (size_t i = 0; i < r->zone_count; i++)
        free(r->zone[i].listed);
    free(r->zone);
    free(r->subject);
    free(r->verdict);
    table_release(&r->table);
    arena_free(r->texts);
    free(r);
}
