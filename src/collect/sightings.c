/*
 * sightings - messages in, one row per distinct key out
 *
 * An entry (entries.h) has stamps, count and the record of the first message
 * (record.h). So a value is kept once, as it was first spelled, and mostly
 * told by its bytes alone; a key spelled otherwise (EXAMPLE.com) has the same
 * hash, which is of the folded form. The table has the number of an entry's
 * first unit, so a look-up that hits touches a slot and an entry.
 *
 * With tens of thousands of keys both are far from the processor, and waiting
 * for them would cost more than all the rest. So what comes in is packed and
 * waits a little itself, while its slot, and later its entry, are fetched; a
 * dozen at a time are counted together, in their order.
 */
#include "collect/sightings.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/table.h"
#include "collect/entries.h"
#include "collect/record.h"
#include "mail/address.h"
#include "mail/key.h"

#define EXPECTED 65536 /* keys, before the table has to grow */

/* A file may claim any count; JSON and SQL readers know no greater number. */
#define COUNT_MAX ((uint64_t)INT64_MAX)

#define WAITING_MAX 16

/* What came in, and waits to be counted. */
struct arrival {
    struct stamp first_seen;
    struct stamp last_seen;
    uint64_t count;
    bool is_message; /* its day counts */
    uint64_t hash;   /* of the folded key */
    size_t key_size; /* of record: what it begins with */
    struct buf record;
};

struct sightings {
    struct record_form form;
    struct table table; /* over the units of entries, by the folded key */
    struct entries entries;
    struct arrival waiting[WAITING_MAX];
    size_t waiting_count;
    struct arena *scratch;
    struct buf folded; /* a key that came in */
    struct buf other;  /* an entry's */
};

struct sightings *sightings_new(const struct field_list *key, bool count_days)
{
    struct sightings *s = mem_new(sizeof *s);

    s->form = record_form(key);
    table_init(&s->table, EXPECTED);
    entries_init(&s->entries, count_days);
    s->scratch = arena_new();
    return s;
}

void sightings_free(struct sightings *s)
{
    if (s == NULL)
        return;
    entries_release(&s->entries);
    table_release(&s->table);
    arena_free(s->scratch);
    for (size_t i = 0; i < WAITING_MAX; i++)
        buf_free(&s->waiting[i].record);
    buf_free(&s->folded);
    buf_free(&s->other);
    free(s);
}

static struct slice packed_key(const struct arrival *a)
{
    return slice_make(a->record.ptr, a->key_size);
}

static bool has_key(struct sightings *s, const struct entry *e,
                    const struct arrival *a)
{
    struct record kept, seen;

    if (slice_starts(slice_make(e->record, e->size), packed_key(a)))
        return true;
    (void)record_unpack_key(&s->form, e->record, &kept);
    (void)record_unpack_key(&s->form, a->record.ptr, &seen);
    record_fold(&s->form, &kept, &s->other);
    record_fold(&s->form, &seen, &s->folded);
    return slice_equal(buf_slice(&s->other), buf_slice(&s->folded));
}

/* Whether what came in, rather than what e keeps, is the earliest. */
static bool is_earlier(const struct sightings *s, const struct entry *e,
                       const struct arrival *a)
{
    struct record seen, kept;
    int order = stamp_compare(a->first_seen, e->first_seen);

    if (order != 0)
        return order < 0;
    record_unpack(&s->form, a->record.ptr, &seen);
    record_unpack(&s->form, e->record, &kept);
    order = record_compare(&s->form, &seen, &kept);
    if (order == 0)
        order = slice_compare(seen.client_name, kept.client_name);
    if (order == 0)
        order = slice_compare(seen.message_id, kept.message_id);
    if (order == 0)
        order = stamp_compare_texts(a->first_seen, e->first_seen);
    return order < 0;
}

static bool is_later(struct stamp at, struct stamp than)
{
    int order = stamp_compare(at, than);

    return order != 0 ? order > 0 : stamp_compare_texts(at, than) > 0;
}

static size_t add_entry(struct sightings *s, const struct arrival *a)
{
    size_t unit = entries_add(&s->entries, buf_slice(&a->record));
    struct entry *e = entries_at(&s->entries, unit);

    e->first_seen = a->first_seen;
    e->last_seen = a->last_seen;
    table_add(&s->table, a->hash, (uint32_t)unit);
    return unit;
}

/* What came in is the earliest of the entry at unit; returns its unit. */
static size_t replace_entry(struct sightings *s, const struct arrival *a,
                            size_t unit)
{
    size_t now = entries_replace(&s->entries, unit, buf_slice(&a->record));

    if (now != unit) {
        table_remove(&s->table, a->hash, (uint32_t)unit);
        table_add(&s->table, a->hash, (uint32_t)now);
    }
    entries_at(&s->entries, now)->first_seen = a->first_seen;
    return now;
}

/* The unit of the entry that a belongs to. */
static bool find(struct sightings *s, const struct arrival *a, size_t *unit)
{
    struct table_probe probe = table_probe(&s->table, a->hash);
    uint32_t at;

    while (table_next(&s->table, &probe, &at)) {
        if (has_key(s, entries_at(&s->entries, at), a)) {
            *unit = at;
            return true;
        }
    }
    return false;
}

static void count_in(struct sightings *s, const struct arrival *a)
{
    struct entry *e;
    size_t unit;

    if (!find(s, a, &unit))
        unit = add_entry(s, a);
    else if (is_earlier(s, entries_at(&s->entries, unit), a))
        unit = replace_entry(s, a, unit);
    e = entries_at(&s->entries, unit);
    if (is_later(a->last_seen, e->last_seen))
        e->last_seen = a->last_seen;
    e->count =
        a->count < COUNT_MAX - e->count ? e->count + a->count : COUNT_MAX;
    if (s->entries.count_days && a->is_message)
        entries_add_day(&s->entries, e, stamp_day(a->first_seen));
}

/* Has the entry fetched that a probably belongs to. */
static void fetch_entry(const struct sightings *s, const struct arrival *a)
{
    struct table_probe probe = table_probe(&s->table, a->hash);
    uint32_t unit;

    if (table_next(&s->table, &probe, &unit)) {
        const struct unit *first = &s->entries.units[unit];

        __builtin_prefetch(first, 1);
        __builtin_prefetch(first + UNITS_A_LINE, 1);
    }
}

/* Counts all that waits. */
static void settle(struct sightings *s)
{
    for (size_t i = 0; i < s->waiting_count; i++)
        fetch_entry(s, &s->waiting[i]);
    for (size_t i = 0; i < s->waiting_count; i++)
        count_in(s, &s->waiting[i]);
    s->waiting_count = 0;
}

/* A place for what comes in, its stamps and count still to be set. */
static struct arrival *arrive(struct sightings *s, const struct record *seen)
{
    struct arrival *a;
    struct slice key;

    if (s->waiting_count == WAITING_MAX)
        settle(s);
    a = &s->waiting[s->waiting_count++];
    record_pack_key(&s->form, seen, &a->record);
    a->key_size = a->record.len;
    record_pack_rest(seen, &a->record);

    key = packed_key(a);
    if (!record_is_folded(&s->form, key)) {
        record_fold(&s->form, seen, &s->folded);
        key = buf_slice(&s->folded);
    }
    a->hash = table_hash(&s->table, key.ptr, key.len);
    table_prefetch(&s->table, a->hash);
    return a;
}

void sightings_add(struct sightings *s, const struct message *m)
{
    size_t repeats = key_repeats(&s->form.key, m);
    struct record seen; /* of its values, as many as the key has are set */

    seen.ip = m->client_ip;
    seen.client_name = m->client_name;
    seen.message_id = m->message_id;
    for (size_t i = 0; i < repeats; i++) {
        struct arrival *a;

        arena_reset(s->scratch);
        key_of_message(&s->form.texts, m, i, seen.value, s->scratch);
        a = arrive(s, &seen);
        a->first_seen = a->last_seen = m->date;
        a->count = 1;
        a->is_message = true;
    }
}

void sightings_merge(struct sightings *s, const struct sighting *from)
{
    struct record seen = {
        .client_name = from->client_name,
        .message_id = from->message_id,
    };
    struct arrival *a;
    unsigned text = 0;

    for (unsigned i = 0; i < s->form.key.count; i++) {
        if (s->form.key.field[i] != FIELD_CLIENT_IP)
            seen.value[text++] = from->key[i];
        else if (!address_parse(from->key[i], &seen.ip))
            seen.ip = (struct address){{0}}; /* "": no address */
    }
    a = arrive(s, &seen);
    a->first_seen = from->first_seen;
    a->last_seen = from->last_seen;
    a->count = from->count;
    a->is_message = false;
}

/*
 * What is sorted: seconds since the least first_seen, and whose they are.
 * They decide nearly always, without a look at the entry.
 */
struct place_in_order {
    uint32_t since;
    uint32_t unit;
};

static uint32_t seconds_since(struct stamp least, struct stamp at)
{
    uint64_t since = (uint64_t)at.sec - (uint64_t)least.sec;

    return since < UINT32_MAX ? (uint32_t)since : UINT32_MAX;
}

static int compare_places(const void *left, const void *right, void *arg)
{
    const struct place_in_order *a = left, *b = right;
    const struct sightings *s = arg;
    const struct entry *a_entry, *b_entry;
    struct record a_seen, b_seen;
    int order;

    if (a->since != b->since)
        return a->since < b->since ? -1 : 1;
    a_entry = entries_at(&s->entries, a->unit);
    b_entry = entries_at(&s->entries, b->unit);
    order = stamp_compare(a_entry->first_seen, b_entry->first_seen);
    if (order != 0)
        return order;
    (void)record_unpack_key(&s->form, a_entry->record, &a_seen);
    (void)record_unpack_key(&s->form, b_entry->record, &b_seen);
    return record_compare(&s->form, &a_seen, &b_seen);
}

static bool is_wanted(const struct sightings *s, const struct entry *e,
                      uint64_t min_count, unsigned min_days)
{
    return e->size > 0 && e->count >= min_count &&
           (!s->entries.count_days ||
            entries_day_count(&s->entries, e) >= min_days);
}

/* All that are wanted, in order; the caller frees the list. */
static struct place_in_order *sort(struct sightings *s, uint64_t min_count,
                                   unsigned min_days, size_t *count)
{
    struct place_in_order *order = mem_array(s->entries.count, sizeof *order);
    struct stamp least = {.sec = INT64_MAX};

    *count = 0;
    for (size_t unit = 0; unit < s->entries.unit_count;
         unit = entries_next(&s->entries, unit)) {
        const struct entry *e = entries_at(&s->entries, unit);

        if (!is_wanted(s, e, min_count, min_days))
            continue;
        if (stamp_compare(e->first_seen, least) < 0)
            least = e->first_seen;
        order[(*count)++].unit = (uint32_t)unit;
    }
    for (size_t i = 0; i < *count; i++)
        order[i].since = seconds_since(
            least, entries_at(&s->entries, order[i].unit)->first_seen);
    qsort_r(order, *count, sizeof *order, compare_places, s);
    return order;
}

static bool visit_entry(const struct sightings *s, const struct entry *e,
                        sighting_visit *visit, void *arg, struct error *err)
{
    struct sighting out = {
        .first_seen = e->first_seen,
        .last_seen = e->last_seen,
        .count = e->count,
    };
    char ip[ADDRESS_SIZE];
    struct record kept;
    unsigned text = 0;

    record_unpack(&s->form, e->record, &kept);
    for (unsigned i = 0; i < s->form.key.count; i++) {
        if (s->form.key.field[i] == FIELD_CLIENT_IP)
            out.key[i] = slice_make(ip, address_format(&kept.ip, ip));
        else
            out.key[i] = kept.value[text++];
    }
    out.client_name = kept.client_name;
    out.message_id = kept.message_id;
    return visit(arg, &out, err);
}

bool sightings_each(struct sightings *s, uint64_t min_count, unsigned min_days,
                    sighting_visit *visit, void *arg, struct error *err)
{
    struct place_in_order *order;
    size_t count;
    bool good = true;

    settle(s);
    order = sort(s, min_count, min_days, &count);

    for (size_t i = 0; i < count && good; i++)
        good = visit_entry(s, entries_at(&s->entries, order[i].unit), visit,
                           arg, err);
    free(order);
    return good;
}
