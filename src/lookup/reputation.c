/* reputation - what DNS lists say of addresses and of domains */
#include "lookup/reputation.h"

#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/table.h"
#include "lookup/dnsname.h"
#include "lookup/zone.h"

#define BACKLOG_MAX 4096 /* subjects handed in and not asked for yet */
#define TABLE_SIZE 1024  /* to begin with */
#define TURN_MS 100      /* as long as there is nothing else to do */

struct subject {
    bool is_domain;
    struct slice key; /* sixteen bytes, or the folded domain; in texts */
    bool is_askable;  /* a domain that is a name */
};

struct reputation {
    struct zone *zone;
    size_t zone_count;
    struct cache *cache; /* may be NULL */
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
    *v = zone_judge(z, &reply);
    return true;
}

static void on_end(void *arg, uint64_t number, enum resolver_end end,
                   const struct reply *reply, const char *why)
{
    struct reputation *r = arg;
    const struct subject *s = &r->subject[number / r->zone_count];
    struct zone *z = &r->zone[number % r->zone_count];
    verdict v = VERDICT_UNKNOWN;

    if (end == RESOLVER_REPLY) {
        char text[ADDRESS_SIZE];

        v = zone_judge(z, reply);
        if (v != VERDICT_UNKNOWN && r->cache != NULL)
            cache_put(r->cache, z->given->zone, cache_name(s, text),
                      now_seconds(), reply);
    }
    r->verdict[number] = v;
    zone_count(z, v, end != RESOLVER_REPLY, why);
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

    *v = VERDICT_UNKNOWN;
    if (!is_asked_for(z, s))
        *v = VERDICT_NOT_LISTED;
    if (*v == VERDICT_NOT_LISTED || z->not_believed || !name_of(z, s, name) ||
        find_cached(r, z, s, v) || z->given_up)
        return true;
    *v = VERDICT_PENDING;
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
        *verdict_of(r, r->count, zone) = VERDICT_PENDING;
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

        if (*v < VERDICT_LISTED)
            continue;
        *v = VERDICT_UNKNOWN;
        zone_disbelieve(z, domains ? "the domain invalid" : "127.0.0.1");
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
        if (*verdict_of(r, subject, zone) == VERDICT_PENDING)
            return false;
    return true;
}

void reputation_forget(struct reputation *r)
{
    table_release(&r->table);
    table_init(&r->table, TABLE_SIZE);
    arena_reset(r->texts);
    r->count = r->asked = r->asked_zone = 0;
    for (size_t i = 0; i < r->zone_count; i++)
        zone_forgive(&r->zone[i]);
}

void reputation_tell(const struct reputation *r, uint32_t subject,
                     struct buf *words, struct reputation_told *told)
{
    for (size_t i = 0; subject != REPUTATION_NOBODY && i < r->zone_count; i++) {
        const struct zone *z = &r->zone[i];
        verdict v = *verdict_of(r, subject, i);

        if (v < VERDICT_UNKNOWN)
            continue;
        if (words->len > 0)
            buf_add_byte(words, ' ');
        zone_spell(z, v, words);
        if (v != VERDICT_UNKNOWN && z->given->allows)
            told->allowed = true;
        else if (v != VERDICT_UNKNOWN)
            told->listed = true;
    }
}

/* ---- the whole ---- */

struct reputation *reputation_new(const struct reputation_zone *zone,
                                  size_t count,
                                  const struct resolver_options *o,
                                  struct cache *cache, zone_complain *complain,
                                  void *arg, struct error *err)
{
    struct reputation *r = mem_new(sizeof *r);

    r->zone = mem_array(count, sizeof *r->zone);
    r->zone_count = count;
    for (size_t i = 0; i < count; i++)
        r->zone[i] =
            (struct zone){.given = &zone[i], .complain = complain, .arg = arg};
    r->cache = cache;
    table_init(&r->table, TABLE_SIZE);
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
        zone_release(&r->zone[i]);
    free(r->zone);
    free(r->subject);
    free(r->verdict);
    table_release(&r->table);
    arena_free(r->texts);
    free(r);
}
