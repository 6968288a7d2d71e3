/*
 * sightings - messages in, one row per distinct key out
 *
 * An entry is stamps and count, and right behind them the record of the first
 * message (record.h). So a value is kept once, as it was first spelled, and
 * mostly told by its bytes alone; a key spelled otherwise (EXAMPLE.com) has
 * the same hash, which is of the folded form.
 *
 * Entries stand end to end in one array of units; the table has the number
 * of an entry's first unit. A look-up that hits touches a slot and an entry:
 * with tens of thousands of keys it is these misses of the cache that cost.
 */
#include "collect/sightings.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/table.h"
#include "collect/record.h"
#include "mail/address.h"
#include "mail/key.h"

#define EXPECTED 65536 /* keys, before the table has to grow */

/* A file may claim any count; JSON and SQL readers know no greater number. */
#define COUNT_MAX ((uint64_t)INT64_MAX)

#define UNITS_FIRST 32768

/* As small as an entry's alignment allows: little is lost between two. */
struct unit {
    alignas(8) char bytes[8];
};

/* Distinct days of an entry, sorted. */
struct days {
    int32_t *day;
    size_t count;
    size_t cap;
};

struct entry {
    struct stamp first_seen;
    struct stamp last_seen;
    uint64_t count;
    uint32_t size;   /* of what is in record; 0: moved, to have room */
    uint32_t room;   /* for it */
    uint32_t number; /* of entries made before it: its place in days */
    char record[];
};

struct sightings {
    struct record_form form;
    bool count_days;
    struct table table; /* over entries, by the folded key */
    struct unit *units; /* entries */
    size_t unit_count;
    size_t unit_cap;
    size_t count;      /* of entries, less those moved */
    struct days *days; /* as many, when count_days */
    size_t days_cap;
    struct arena *scratch;
    struct buf spelled; /* key of what comes in, packed */
    struct buf folded;  /* the same, folded */
    struct buf other;   /* an entry's, folded */
};

struct sightings *sightings_new(const struct field_list *key, bool count_days)
{
    struct sightings *s = mem_new(sizeof *s);

    s->form = record_form(key);
    s->count_days = count_days;
    table_init(&s->table, EXPECTED);
    s->unit_cap = UNITS_FIRST;
    s->units = mem_resize(NULL, s->unit_cap, sizeof *s->units);
    s->scratch = arena_new();
    return s;
}

static struct entry *entry_at(const struct sightings *s, size_t unit)
{
    return (struct entry *)(void *)&s->units[unit];
}

static size_t units_for(size_t room)
{
    return (offsetof(struct entry, record) + room + sizeof(struct unit) - 1) /
           sizeof(struct unit);
}

static size_t next_entry(const struct sightings *s, size_t unit)
{
    return unit + units_for(entry_at(s, unit)->room);
}

void sightings_free(struct sightings *s)
{
    if (s == NULL)
        return;
    if (s->count_days)
        for (size_t i = 0; i < s->count; i++)
            free(s->days[i].day);
    free(s->days);
    free(s->units);
    table_release(&s->table);
    arena_free(s->scratch);
    buf_free(&s->spelled);
    buf_free(&s->folded);
    buf_free(&s->other);
    free(s);
}

size_t sightings_count(const struct sightings *s)
{
    return s->count;
}

static bool has_key(struct sightings *s, const struct entry *e)
{
    struct record kept;

    if (slice_starts(slice_make(e->record, e->size), buf_slice(&s->spelled)))
        return true;
    record_unpack(&s->form, e->record, &kept);
    record_fold(&s->form, &kept, &s->other);
    return slice_equal(buf_slice(&s->other), buf_slice(&s->folded));
}

static int compare_stamp_texts(struct stamp a, struct stamp b)
{
    char a_text[STAMP_SIZE], b_text[STAMP_SIZE];
    size_t a_len, b_len;

    if (stamp_compare(a, b) == 0 && a.offset == b.offset &&
        a.digits == b.digits)
        return 0;
    a_len = stamp_format(a, a_text);
    b_len = stamp_format(b, b_text);
    return slice_compare(slice_make(a_text, a_len), slice_make(b_text, b_len));
}

/* Whether seen at this stamp, rather than what e keeps, is the earliest. */
static bool is_earlier(const struct sightings *s, const struct entry *e,
                       const struct record *seen, struct stamp at)
{
    struct record kept;
    int order = stamp_compare(at, e->first_seen);

    if (order != 0)
        return order < 0;
    record_unpack(&s->form, e->record, &kept);
    order = record_compare(&s->form, seen, &kept);
    if (order == 0)
        order = slice_compare(seen->client_name, kept.client_name);
    if (order == 0)
        order = slice_compare(seen->message_id, kept.message_id);
    if (order == 0)
        order = compare_stamp_texts(at, e->first_seen);
    return order < 0;
}

static bool is_later(struct stamp at, struct stamp than)
{
    int order = stamp_compare(at, than);

    return order != 0 ? order > 0 : compare_stamp_texts(at, than) > 0;
}

/* An entry with room for a record, not set; returns its unit. */
static size_t entry_alloc(struct sightings *s, size_t room)
{
    size_t unit = s->unit_count;
    size_t units = units_for(room);

    assert(unit < TABLE_FREE); /* 32 GiB of entries */
    while (s->unit_cap - unit < units) {
        s->unit_cap *= 2;
        s->units = mem_resize(s->units, s->unit_cap, sizeof *s->units);
    }
    s->unit_count += units;
    entry_at(s, unit)->room = (uint32_t)room;
    return unit;
}

/* Keeps the texts of what came in; they are packed in s->spelled. */
static void set_record(struct sightings *s, size_t unit)
{
    struct entry *e = entry_at(s, unit);

    memcpy(e->record, s->spelled.ptr, s->spelled.len);
    e->size = (uint32_t)s->spelled.len;
}

static size_t entry_new(struct sightings *s, uint64_t hash,
                        struct stamp first_seen, struct stamp last_seen)
{
    size_t unit = entry_alloc(s, s->spelled.len);
    struct entry *e = entry_at(s, unit);

    e->first_seen = first_seen;
    e->last_seen = last_seen;
    e->count = 0;
    e->number = (uint32_t)s->count;
    if (s->count_days) {
        s->days = mem_grow(s->days, s->count, &s->days_cap, sizeof *s->days);
        s->days[s->count] = (struct days){NULL, 0, 0};
    }
    set_record(s, unit);
    table_add(&s->table, hash, (uint32_t)unit);
    s->count++;
    return unit;
}

/* The same entry where there is room for a longer record. */
static size_t entry_move(struct sightings *s, uint64_t hash, size_t unit)
{
    /* Doubled, so that what is left behind stays less than what is kept. */
    size_t twice = 2 * (size_t)entry_at(s, unit)->room;
    size_t to = entry_alloc(s, twice > s->spelled.len ? twice : s->spelled.len);
    struct entry *old = entry_at(s, unit);
    struct entry *e = entry_at(s, to);

    e->first_seen = old->first_seen;
    e->last_seen = old->last_seen;
    e->count = old->count;
    e->number = old->number;
    old->size = 0;
    table_remove(&s->table, hash, (uint32_t)unit);
    table_add(&s->table, hash, (uint32_t)to);
    return to;
}

/* The unit of the entry with the key in s->spelled and s->folded. */
static bool find(struct sightings *s, uint64_t hash, size_t *unit)
{
    struct table_probe probe = table_probe(&s->table, hash);
    uint32_t at;

    while (table_next(&s->table, &probe, &at)) {
        if (has_key(s, entry_at(s, at))) {
            *unit = at;
            return true;
        }
    }
    return false;
}

/* Counts what was seen under its key. */
static struct entry *count_in(struct sightings *s, const struct record *seen,
                              struct stamp first_seen, struct stamp last_seen,
                              uint64_t count)
{
    struct entry *e;
    uint64_t hash;
    size_t unit;

    record_pack_key(&s->form, seen, &s->spelled);
    record_fold(&s->form, seen, &s->folded);
    hash = table_hash(&s->table, s->folded.ptr, s->folded.len);

    if (!find(s, hash, &unit)) {
        record_pack_rest(seen, &s->spelled);
        unit = entry_new(s, hash, first_seen, last_seen);
    } else if (is_earlier(s, entry_at(s, unit), seen, first_seen)) {
        record_pack_rest(seen, &s->spelled);
        if (s->spelled.len > entry_at(s, unit)->room)
            unit = entry_move(s, hash, unit);
        set_record(s, unit);
        entry_at(s, unit)->first_seen = first_seen;
    }
    e = entry_at(s, unit);
    if (is_later(last_seen, e->last_seen))
        e->last_seen = last_seen;
    e->count = count < COUNT_MAX - e->count ? e->count + count : COUNT_MAX;
    return e;
}

static void add_day(struct days *d, int32_t day)
{
    size_t at = d->count;

    /* Logs are in order, so it is nearly always the last, or a new last. */
    while (at > 0 && d->day[at - 1] > day)
        at--;
    if (at > 0 && d->day[at - 1] == day)
        return;
    d->day = mem_grow(d->day, d->count, &d->cap, sizeof *d->day);
    memmove(d->day + at + 1, d->day + at, (d->count - at) * sizeof *d->day);
    d->day[at] = day;
    d->count++;
}

void sightings_add(struct sightings *s, const struct message *m)
{
    size_t repeats = key_repeats(&s->form.key, m);
    struct record seen = {
        .ip = m->client_ip,
        .client_name = m->client_name,
        .message_id = m->message_id,
    };

    for (size_t i = 0; i < repeats; i++) {
        const struct entry *e;

        arena_reset(s->scratch);
        key_of_message(&s->form.texts, m, i, seen.value, s->scratch);
        e = count_in(s, &seen, m->date, m->date, 1);
        if (s->count_days)
            add_day(&s->days[e->number], stamp_day(m->date));
    }
}

void sightings_merge(struct sightings *s, const struct sighting *from)
{
    struct record seen = {
        .client_name = from->client_name,
        .message_id = from->message_id,
    };
    unsigned text = 0;

    for (unsigned i = 0; i < s->form.key.count; i++) {
        if (s->form.key.field[i] != FIELD_CLIENT_IP)
            seen.value[text++] = from->key[i];
        else if (!address_parse(from->key[i], &seen.ip))
            seen.ip = (struct address){{0}}; /* "": no address */
    }
    (void)count_in(s, &seen, from->first_seen, from->last_seen, from->count);
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
    a_entry = entry_at(s, a->unit);
    b_entry = entry_at(s, b->unit);
    order = stamp_compare(a_entry->first_seen, b_entry->first_seen);
    if (order != 0)
        return order;
    record_unpack(&s->form, a_entry->record, &a_seen);
    record_unpack(&s->form, b_entry->record, &b_seen);
    return record_compare(&s->form, &a_seen, &b_seen);
}

static bool is_wanted(const struct sightings *s, const struct entry *e,
                      uint64_t min_count, unsigned min_days)
{
    return e->size > 0 && e->count >= min_count &&
           (!s->count_days || s->days[e->number].count >= min_days);
}

/* All that are wanted, in order; the caller frees the list. */
static struct place_in_order *sort(struct sightings *s, uint64_t min_count,
                                   unsigned min_days, size_t *count)
{
    struct place_in_order *order = mem_array(s->count, sizeof *order);
    struct stamp least = {.sec = INT64_MAX};
    size_t unit;

    *count = 0;
    for (unit = 0; unit < s->unit_count; unit = next_entry(s, unit)) {
        const struct entry *e = entry_at(s, unit);

        if (!is_wanted(s, e, min_count, min_days))
            continue;
        if (stamp_compare(e->first_seen, least) < 0)
            least = e->first_seen;
        order[(*count)++].unit = (uint32_t)unit;
    }
    for (size_t i = 0; i < *count; i++)
        order[i].since = seconds_since(
            least, entry_at(s, order[i].unit)->first_seen);
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
    size_t count;
    struct place_in_order *order = sort(s, min_count, min_days, &count);
    bool good = true;

    for (size_t i = 0; i < count && good; i++)
        good = visit_entry(s, entry_at(s, order[i].unit), visit, arg, err);
    free(order);
    return good;
}
