/*
 * messages - a set of messages, by identity
 *
 * Two tables in one: an entry with a queue ID keeps the best row seen of it;
 * one without is its row, and keeps how often each input had it.
 */
#include "collect/messages.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/table.h"

/* How often one input has a message that has no queue ID. */
struct tally {
    unsigned input;
    size_t count;
    struct tally *next;
};

struct entry {
    struct message message; /* texts in the arena */
    struct tally *tallies;  /* the input in use first; NULL: has a queue ID */
};

struct messages {
    struct table table; /* over entries, by identity */
    struct entry *entries;
    size_t count;
    size_t cap;
    struct arena *arena;
    struct buf identity; /* of the message that comes in */
    struct buf other;    /* of an entry */
};

struct messages *messages_new(void)
{
    struct messages *s = mem_new(sizeof *s);

    table_init(&s->table, 0);
    s->arena = arena_new();
    return s;
}

void messages_free(struct messages *s)
{
    if (s == NULL)
        return;
    table_release(&s->table);
    free(s->entries);
    arena_free(s->arena);
    buf_free(&s->identity);
    buf_free(&s->other);
    free(s);
}

/* Comparing */

static int compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_stamps(struct stamp a, struct stamp b)
{
    int order = stamp_compare(a, b);

    if (order == 0)
        order = compare_numbers(a.offset, b.offset);
    if (order == 0)
        order = compare_numbers(a.digits, b.digits);
    return order;
}

static int compare_recipients(const struct message *a, const struct message *b)
{
    int order = 0;

    for (size_t i = 0;
         i < a->recipient_count && i < b->recipient_count && order == 0; i++)
        order = slice_compare(a->recipients[i], b->recipients[i]);
    if (order == 0)
        order = compare_numbers((int64_t)a->recipient_count,
                                (int64_t)b->recipient_count);
    return order;
}

/* An order of all that rows show, in which only equal rows are equal. */
static int compare_rows(const struct message *a, const struct message *b)
{
    const struct slice pairs[][2] = {
        {a->mta_host, b->mta_host}, {a->queue_id, b->queue_id},
        {a->sender, b->sender},     {a->client_name, b->client_name},
        {a->helo, b->helo},         {a->message_id, b->message_id},
        {a->mta, b->mta},
    };
    int order = compare_stamps(a->date, b->date);

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0] && order == 0; i++)
        order = slice_compare(pairs[i][0], pairs[i][1]);
    if (order == 0)
        order = memcmp(a->client_ip.bytes, b->client_ip.bytes,
                       sizeof a->client_ip.bytes);
    if (order == 0)
        order = compare_recipients(a, b);
    if (order == 0)
        order = compare_numbers(a->size, b->size);
    if (order == 0)
        order = compare_numbers(a->outcome, b->outcome);
    return order;
}

static int fields_known(const struct message *m)
{
    return (m->sender.len > 0) + !address_is_none(&m->client_ip) +
           (m->client_name.len > 0) + (m->helo.len > 0) +
           (m->message_id.len > 0) + (m->recipient_count > 0) + (m->size >= 0) +
           (m->mta.len > 0);
}

/* Of two rows of one identity: whether a stands rather than b. */
static bool is_better(const struct message *a, const struct message *b)
{
    int order = compare_numbers(fields_known(b), fields_known(a));

    if (order == 0)
        order = compare_numbers((int64_t)b->recipient_count,
                                (int64_t)a->recipient_count);
    if (order == 0)
        order = compare_rows(a, b);
    return order < 0;
}

/* Identity */

static void add_bytes(struct buf *out, const void *bytes, size_t len)
{
    buf_add(out, slice_make(bytes, len));
}

static void add_number(struct buf *out, int64_t number)
{
    add_bytes(out, &number, sizeof number);
}

static void add_text(struct buf *out, struct slice text)
{
    add_number(out, (int64_t)text.len);
    buf_add(out, text);
}

/* Month to second as logged: the year may have been guessed otherwise. */
static void add_wall_clock(struct buf *out, struct stamp date)
{
    struct civil wall;

    if (stamp_is_none(date))
        return;
    wall = civil_from_seconds(date.sec + date.offset * 60);
    add_number(out, wall.month);
    add_number(out, wall.day);
    add_number(out, wall.hour);
    add_number(out, wall.minute);
    add_number(out, wall.second);
}

static void add_all_fields(struct buf *out, const struct message *m)
{
    add_number(out, m->date.sec);
    add_number(out, m->date.nsec);
    add_number(out, m->date.offset);
    add_number(out, m->date.digits);
    add_text(out, m->sender);
    add_bytes(out, m->client_ip.bytes, sizeof m->client_ip.bytes);
    add_text(out, m->client_name);
    add_text(out, m->helo);
    add_text(out, m->message_id);
    add_number(out, (int64_t)m->recipient_count);
    for (size_t i = 0; i < m->recipient_count; i++)
        add_text(out, m->recipients[i]);
    add_number(out, m->size);
    add_number(out, m->outcome);
    add_text(out, m->mta);
}

/* Equal bytes are equal identities. */
static void identify(const struct message *m, struct buf *out)
{
    buf_reset(out);
    add_text(out, m->mta_host);
    add_text(out, m->queue_id);
    if (m->queue_id.len > 0)
        add_wall_clock(out, m->date);
    else
        add_all_fields(out, m);
}

/* Adding */

static void copy(struct messages *s, struct message *to,
                 const struct message *from)
{
    struct slice *recipients =
        arena_alloc(s->arena, from->recipient_count * sizeof *recipients);

    *to = *from;
    to->sender = arena_copy(s->arena, from->sender);
    to->client_name = arena_copy(s->arena, from->client_name);
    to->helo = arena_copy(s->arena, from->helo);
    to->message_id = arena_copy(s->arena, from->message_id);
    for (size_t i = 0; i < from->recipient_count; i++)
        recipients[i] = arena_copy(s->arena, from->recipients[i]);
    to->recipients = recipients;
    to->mta = arena_copy(s->arena, from->mta);
    to->mta_host = arena_copy(s->arena, from->mta_host);
    to->queue_id = arena_copy(s->arena, from->queue_id);
}

static struct entry *find(struct messages *s, uint64_t hash)
{
    struct table_probe probe;
    uint32_t index;

    for (probe = table_probe(&s->table, hash);
         table_next(&s->table, &probe, &index);) {
        identify(&s->entries[index].message, &s->other);
        if (slice_equal(buf_slice(&s->other), buf_slice(&s->identity)))
            return &s->entries[index];
    }
    return NULL;
}

static struct entry *entry_new(struct messages *s, uint64_t hash,
                               const struct message *m)
{
    struct entry *e;

    s->entries = mem_grow(s->entries, s->count, &s->cap, sizeof *s->entries);
    e = &s->entries[s->count];
    copy(s, &e->message, m);
    e->tallies = NULL;
    table_add(&s->table, hash, (uint32_t)s->count);
    s->count++;
    return e;
}

static void count_input(struct messages *s, struct entry *e, unsigned input)
{
    struct tally **at = &e->tallies;
    struct tally *t;

    while (*at != NULL && (*at)->input != input)
        at = &(*at)->next;
    t = *at;
    if (t == NULL) {
        t = arena_alloc(s->arena, sizeof *t);
        *t = (struct tally){.input = input};
    } else {
        *at = t->next;
    }
    t->count++;
    t->next = e->tallies;
    e->tallies = t;
}

void messages_add(struct messages *s, const struct message *m, unsigned input)
{
    struct entry *e;
    uint64_t hash;

    identify(m, &s->identity);
    hash = table_hash(&s->table, s->identity.ptr, s->identity.len);
    e = find(s, hash);
    if (e == NULL)
        e = entry_new(s, hash, m);
    else if (is_better(m, &e->message))
        copy(s, &e->message, m);
    if (m->queue_id.len == 0)
        count_input(s, e, input);
}

/* Visiting */

static size_t multiplicity(const struct entry *e)
{
    size_t most = e->tallies == NULL ? 1 : 0;

    for (const struct tally *t = e->tallies; t != NULL; t = t->next)
        if (t->count > most)
            most = t->count;
    return most;
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *const *a = left;
    const struct entry *const *b = right;

    return compare_rows(&(*a)->message, &(*b)->message);
}

bool messages_each(struct messages *s, message_visit *visit, void *arg,
                   struct error *err)
{
    const struct entry **order = mem_array(s->count, sizeof *order);
    bool good = true;

    for (size_t i = 0; i < s->count; i++)
        order[i] = &s->entries[i];
    qsort(order, s->count, sizeof *order, compare_entries);
    for (size_t i = 0; i < s->count && good; i++)
        for (size_t n = multiplicity(order[i]); n > 0 && good; n--)
            good = visit(arg, &order[i]->message, err);
    free(order);
    return good;
}
