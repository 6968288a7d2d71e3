/* cache - what DNS lists said, for as long as they allow */
#include "lookup/cache.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digits.h"
#include "base/mem.h"
#include "base/table.h"

#define KIND "dns"
#define TABLE_SIZE 1024  /* to begin with */
#define SWEEP_LEAST 4096 /* texts added: before, sweeping is not worth it */
#define ADDRESS_TTL_MAX 86400u
#define NOTHING_TTL_MAX 3600u /* RFC 2308, 5: one to three hours are sensible */

struct entry {
    struct slice zone;
    struct slice subject;
    int64_t expires;
    struct slice addresses; /* as text */
};

struct cache {
    struct entry *entry;
    size_t count, cap;
    struct table table; /* of zone and subject */
    struct arena *texts;
    size_t max;
    size_t added; /* entries, and texts in place of others, since the sweep */
    uint64_t changes;
};

struct cache *cache_new(size_t max)
{
    struct cache *c = mem_new(sizeof *c);

    c->max = max;
    table_init(&c->table, TABLE_SIZE);
    c->texts = arena_new();
    return c;
}

void cache_free(struct cache *c)
{
    if (c == NULL)
        return;
    table_release(&c->table);
    arena_free(c->texts);
    free(c->entry);
    free(c);
}

/* Both, as no name is longer than 255 bytes. */
static uint64_t hash_of(const struct cache *c, struct slice zone,
                        struct slice subject)
{
    return table_hash(&c->table, zone.ptr, zone.len) ^
           table_hash(&c->table, subject.ptr, subject.len) * 3;
}

static struct entry *find(const struct cache *c, struct slice zone,
                          struct slice subject)
{
    struct table_probe probe =
        table_probe(&c->table, hash_of(c, zone, subject));
    uint32_t index;

    while (table_next(&c->table, &probe, &index)) {
        struct entry *e = &c->entry[index];

        if (slice_equal(e->zone, zone) && slice_equal(e->subject, subject))
            return e;
    }
    return NULL;
}

/* What lasts longer than anything may was put by a clock that went wrong. */
static bool is_fresh(const struct entry *e, int64_t now)
{
    return e->expires > now && e->expires <= now + ADDRESS_TTL_MAX;
}

/* In place of what is known of it. */
static void put(struct cache *c, const struct entry *given)
{
    struct entry *e = find(c, given->zone, given->subject);
    struct slice old = SLICE("");

    if (e != NULL) {
        old = e->addresses;
    } else {
        if (c->count == c->max)
            return;
        c->entry = mem_grow(c->entry, c->count, &c->cap, sizeof *c->entry);
        e = &c->entry[c->count];
        e->zone = arena_copy(c->texts, given->zone);
        e->subject = arena_copy(c->texts, given->subject);
        table_add(&c->table, hash_of(c, e->zone, e->subject),
                  (uint32_t)c->count++);
        c->added++;
    }
    e->expires = given->expires;
    if (slice_equal(old, given->addresses)) {
        e->addresses = old;
    } else {
        e->addresses = arena_copy(c->texts, given->addresses);
        c->added++;
    }
}

static size_t count_fresh(const struct cache *c, int64_t now)
{
    size_t fresh = 0;

    for (size_t i = 0; i < c->count; i++)
        fresh += is_fresh(&c->entry[i], now);
    return fresh;
}

/* Lets go of what has expired; of more than three quarters of what there may
 * be, of those that came first, too. */
static void sweep(struct cache *c, int64_t now)
{
    size_t fresh = count_fresh(c, now), most = c->max - c->max / 4;
    size_t goes = fresh > most ? fresh - most : 0, kept = 0;
    struct arena *texts = arena_new();

    table_release(&c->table);
    table_init(&c->table, TABLE_SIZE);
    for (size_t i = 0; i < c->count; i++) {
        struct entry e = c->entry[i];

        if (!is_fresh(&e, now))
            continue;
        if (goes > 0) {
            goes--;
            continue;
        }
        e.zone = arena_copy(texts, e.zone);
        e.subject = arena_copy(texts, e.subject);
        e.addresses = arena_copy(texts, e.addresses);
        c->entry[kept] = e;
        table_add(&c->table, hash_of(c, e.zone, e.subject), (uint32_t)kept++);
    }
    arena_free(c->texts);
    c->texts = texts;
    c->count = kept;
    c->added = 0;
}

static bool is_due(const struct cache *c)
{
    return c->count == c->max ||
           (c->added >= SWEEP_LEAST && c->added >= c->count / 2);
}

/* ---- addresses as text ---- */

static void add_address(struct buf *b, uint32_t address)
{
    char *at = buf_reserve(b, 16), *start = at;

    if (b->len > 0)
        *at++ = ' ';
    for (int shift = 24; shift >= 0; shift -= 8) {
        at = digits_number(at, address >> shift & 255);
        if (shift > 0)
            *at++ = '.';
    }
    b->len += (size_t)(at - start);
}

static bool take_address(struct slice *rest, uint32_t *out)
{
    struct slice word = slice_head(*rest, slice_find_byte(*rest, ' '));
    struct address a;

    *rest = slice_from(*rest, word.len == rest->len ? word.len : word.len + 1);
    if (!address_parse(word, &a) || !address_is_v4(&a))
        return false;
    *out = (uint32_t)a.bytes[12] << 24 | (uint32_t)a.bytes[13] << 16 |
           (uint32_t)a.bytes[14] << 8 | a.bytes[15];
    return true;
}

static bool take_addresses(struct slice text, struct reply *r)
{
    r->count = 0;
    while (text.len > 0) {
        if (r->count == REPLY_ADDRESSES_MAX ||
            !take_address(&text, &r->address[r->count]))
            return false;
        r->count++;
    }
    r->kind = r->count > 0 ? REPLY_ADDRESSES : REPLY_NOTHING;
    return true;
}

/* ---- rows ---- */

bool cache_owns(const struct slice *field, size_t count)
{
    return count > 0 && slice_equal(field[0], SLICE(KIND));
}

void cache_load(struct cache *c, const struct slice *field, size_t count)
{
    struct tuple_reader r = tuple_reader(field, count);
    const struct entry *known;
    struct entry e;
    struct reply reply;

    (void)tuple_take_text(&r);
    e.zone = tuple_take_text(&r);
    e.subject = tuple_take_text(&r);
    e.expires = tuple_take_time(&r);
    e.addresses = tuple_take_text(&r);
    if (!tuple_is_whole(&r) || !take_addresses(e.addresses, &reply))
        return;
    known = find(c, e.zone, e.subject);
    if (known == NULL || known->expires < e.expires)
        put(c, &e);
}

void cache_save(const struct cache *c, int64_t now, tuple_sink *sink, void *arg)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct entry *e = &c->entry[i];
        struct tuple t;

        if (!is_fresh(e, now))
            continue;
        tuple_begin(&t, KIND);
        tuple_put_text(&t, e->zone);
        tuple_put_text(&t, e->subject);
        tuple_put_number(&t, e->expires);
        tuple_put_text(&t, e->addresses);
        sink(arg, t.field, t.count);
    }
}

/* ---- asking ---- */

bool cache_find(const struct cache *c, struct slice zone, struct slice subject,
                int64_t now, struct reply *reply)
{
    const struct entry *e = find(c, zone, subject);

    return e != NULL && is_fresh(e, now) && take_addresses(e->addresses, reply);
}

void cache_put(struct cache *c, struct slice zone, struct slice subject,
               int64_t now, const struct reply *reply)
{
    uint32_t most =
        reply->kind == REPLY_NOTHING ? NOTHING_TTL_MAX : ADDRESS_TTL_MAX;
    struct buf text = {0};

    if (reply->kind == REPLY_BAD || reply->ttl == 0)
        return;
    for (unsigned i = 0; reply->kind == REPLY_ADDRESSES && i < reply->count;
         i++)
        add_address(&text, reply->address[i]);
    if (is_due(c))
        sweep(c, now);
    put(c, &(struct entry){
               .zone = zone,
               .subject = subject,
               .expires = now + (reply->ttl < most ? reply->ttl : most),
               .addresses = buf_slice(&text),
           });
    buf_free(&text);
    c->changes++;
}

uint64_t cache_changes(const struct cache *c)
{
    return c->changes;
}

size_t cache_count(const struct cache *c)
{
    return c->count;
}
