/*
 * database_messages - messages into a database, each once
 *
 * A message is known by wall, mta_host, queue_id and nth. From these its id is
 * made, which is short and goes with time, so that the tables grow at their end
 * and indexes are small. Two messages may come to have the same one: the other
 * takes the next.
 *
 * One that is there stays, with its recipients. Of those without queue ID that
 * a log has each takes the first nth that is free, from a digest of its fields
 * on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/key.h"
#include "store/database.h"
#include "store/database_inside.h"

/* ---- what it is known by ---- */

static uint64_t digest(uint64_t before, const void *bytes, size_t len)
{
    return XXH3_64bits_withSeed(bytes == NULL ? "" : bytes, len, before);
}

uint64_t database_digest(const struct message *m)
{
    const struct slice texts[] = {m->sender,     m->client_name, m->helo,
                                  m->message_id, m->mta,         m->mta_host};
    const int64_t numbers[] = {m->date.sec,
                               m->date.nsec,
                               m->date.offset,
                               m->date.digits,
                               m->size,
                               (int64_t)m->outcome,
                               (int64_t)m->recipient_count};
    uint64_t sum = digest(0, numbers, sizeof numbers);

    sum = digest(sum, m->client_ip.bytes, sizeof m->client_ip.bytes);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        sum = digest(sum, texts[i].ptr, texts[i].len);
    for (size_t i = 0; i < m->recipient_count; i++)
        sum = digest(sum, m->recipients[i].ptr, m->recipients[i].len);
    return sum;
}

/* Which of those of its second it is: 0, or from its fields on. */
static int64_t nth_of(const struct database_message *m, uint64_t tried)
{
    uint64_t number;

    if (m->message.queue_id.len > 0)
        return 0;
    number = database_digest(&m->message) + m->copy + tried;
    number &= INT64_MAX;
    return number == 0 ? 1 : (int64_t)number;
}

static int64_t wall_number(const struct civil *c)
{
    return (((c->month * INT64_C(100) + c->day) * 100 + c->hour) * 100 +
            c->minute) *
               100 +
           c->second;
}

/* The second of the year, more or less: years of which all months have as many
 * days, and days that have a leap second. */
static uint64_t second_number(const struct civil *c)
{
    uint64_t day = (uint64_t)c->month * 32 + (uint64_t)c->day;

    return ((day * 24 + (uint64_t)c->hour) * 60 + (uint64_t)c->minute) * 61 +
           (uint64_t)c->second;
}

#define SECOND_BITS 26
#define DIGEST_BITS (63 - SECOND_BITS)

/* In the order of time; below the second by digest of what else the key has. */
static int64_t id_of(const struct database_message *m, const struct civil *c,
                     int64_t nth)
{
    uint64_t sum = digest(0, &nth, sizeof nth);

    sum = digest(sum, m->message.mta_host.ptr, m->message.mta_host.len);
    sum = digest(sum, m->message.queue_id.ptr, m->message.queue_id.len);
    return (int64_t)(second_number(c) << DIGEST_BITS |
                     sum >> (64 - DIGEST_BITS));
}

/* tried: how many numbers it has found to be another's. */
static struct database_key key_of(const struct database_message *m,
                                  uint64_t tried)
{
    struct stamp date = m->message.date;
    struct civil c = civil_from_seconds(date.sec + date.offset * 60);
    int64_t nth = nth_of(m, tried);

    return (struct database_key){id_of(m, &c, nth), wall_number(&c), nth};
}

static struct slice folded_domain(struct slice sender, struct arena *a)
{
    struct slice domain = mail_domain(sender);
    char *text;

    if (!slice_has_capital(domain))
        return domain;
    text = arena_text(a, domain.len);
    domain_fold(domain, text);
    return slice_make(text, domain.len);
}

void database_prepare(struct database_message *m, struct arena *a)
{
    char *ip = arena_text(a, ADDRESS_SIZE), *date;
    const struct address *client = &m->message.client_ip;

    m->key = key_of(m, 0);
    m->client_ip = slice_make(ip, address_format(client, ip));
    m->client_net = key_net_text(client, a);
    m->sender_domain = folded_domain(m->message.sender, a);
    date = arena_text(a, STAMP_SIZE);
    m->date = slice_make(date, stamp_format(m->message.date, date));
}

/* Of two with one key the one that came first. */
static int by_id(const void *left, const void *right)
{
    const struct database_arrival *a = left, *b = right;

    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->m > b->m) - (a->m < b->m);
}

struct database_arrival *database_in_order(
    const struct database_message *messages, size_t count)
{
    struct database_arrival *list = mem_array(count + 1, sizeof *list);

    for (size_t i = 0; i < count; i++)
        list[i] = (struct database_arrival){messages[i].key.id, &messages[i]};
    qsort(list, count, sizeof *list, by_id);
    return list;
}

/* ---- its rows ---- */

/* Straight to where they go: a value made elsewhere, and moved, costs more than
 * all it is made of. */
static inline void put_number(struct db_value *v, int64_t number)
{
    *v = (struct db_value){.kind = DB_NUMBER, .number = number};
}

static inline void put_text(struct db_value *v, struct slice text)
{
    *v = (struct db_value){.kind = DB_TEXT, .text = text};
}

static void message_values(const struct database_message *of,
                           const struct database_key *key,
                           struct db_value v[20])
{
    const struct message *m = &of->message;
    bool none = address_is_none(&m->client_ip);

    put_number(&v[0], key->id);
    put_number(&v[1], key->wall);
    put_text(&v[2], m->mta_host);
    put_text(&v[3], m->queue_id);
    put_number(&v[4], key->nth);
    put_text(&v[5], slice_head(of->date, 10));
    put_text(&v[6], of->date);
    put_number(&v[7], m->date.sec);
    put_number(&v[8], m->date.nsec);
    put_text(&v[9], m->sender);
    put_text(&v[10], of->sender_domain);
    put_text(&v[11], of->client_ip);
    v[12] = db_bytes(slice_make((const char *)m->client_ip.bytes,
                                none ? 0 : sizeof m->client_ip.bytes));
    put_text(&v[13], of->client_net);
    put_text(&v[14], m->client_name);
    put_text(&v[15], m->helo);
    put_text(&v[16], m->message_id);
    v[17] = m->size < 0 ? db_null() : db_number(m->size);
    put_text(&v[18], outcome_name(m->outcome));
    put_text(&v[19], m->mta);
}

static enum db_result put_recipients(struct database *d,
                                     const struct message *m, int64_t id,
                                     struct error *err)
{
    struct bulk *b = &d->bulk[BULK_RECIPIENTS];
    enum db_result result = DB_DONE;

    for (size_t i = 0; i < m->recipient_count && result == DB_DONE; i++) {
        struct db_value *v = bulk_next(b);

        put_number(&v[0], id);
        put_number(&v[1], (int64_t)i);
        put_text(&v[2], m->recipients[i]);
        if (bulk_is_full(d, b))
            result = bulk_flush(d, b, err);
    }
    return result;
}

/* Whether what has its number is the same message. */
static enum db_result is_there(struct database *d, const struct message *m,
                               const struct database_key *key, bool *there,
                               struct error *err)
{
    struct db_value value[] = {db_number(key->id), db_number(key->wall),
                               db_text(m->mta_host), db_text(m->queue_id),
                               db_number(key->nth)};
    int64_t count = 0;
    enum db_result result = d->driver->select(
        d->c,
        "SELECT COUNT(*) FROM messages WHERE id = ? AND wall = ?"
        " AND mta_host = ? AND queue_id = ? AND nth = ?",
        value, 5, 1, database_take_number, &count, err);

    *there = count > 0;
    return result;
}

/*
 * One by one: a message that is there keeps its recipients, one without queue
 * ID out of a log takes the first number of its own that is free, and one whose
 * number another message has takes the next.
 */
static enum db_result put_singly(struct database *d,
                                 const struct database_message *m,
                                 struct error *err)
{
    struct database_key key = m->key;
    struct bulk *b = &d->bulk[BULK_MESSAGES];
    bool probes = m->as_read && m->message.queue_id.len == 0;
    bool there = false;

    for (uint64_t tried = 1;; tried++) {
        uint64_t before = b->changed;
        enum db_result result;

        message_values(m, &key, bulk_next(b));
        b->rows = 0;
        result = bulk_put(d, b, 0, 1, err);
        if (result == DB_DONE && b->changed > before)
            return put_recipients(d, &m->message, key.id, err);
        if (result == DB_DONE && !probes)
            result = is_there(d, &m->message, &key, &there, err);
        if (result != DB_DONE || there)
            return result;
        if (probes)
            key = key_of(m, tried);
        else
            key.id++;
    }
}

#define CACHE_LINE 64
#define AHEAD 4 /* messages, while the values of one are put in place */
#define TEXTS 6 /* lines that the texts of most messages fill */

static void expect(const void *from, size_t lines)
{
    for (size_t i = 0; i < lines; i++)
        __builtin_prefetch((const char *)from + i * CACHE_LINE);
}

/*
 * Messages were made long ago, by another processor. Of the texts of one (in an
 * arena, so each before the one made earlier) date is the first; they are read
 * when there are enough rows.
 */
static void expect_rows(const struct database_batch *t, size_t i)
{
    expect(t->arrivals[i].m->date.ptr, TEXTS);
    if (i + AHEAD < t->arrival_count)
        expect(t->arrivals[i + AHEAD].m, sizeof *t->arrivals[i].m / CACHE_LINE);
}

/* Many at once, as long as they are all new, as far as can be seen. */
static enum db_result put_many(struct database *d,
                               const struct database_batch *t, bool *all,
                               struct error *err)
{
    struct bulk *b = &d->bulk[BULK_MESSAGES];
    enum db_result result = DB_DONE;

    for (size_t i = 0;
         i < t->arrival_count && result == DB_DONE && b->changed == b->given;
         i++) {
        const struct database_message *m = t->arrivals[i].m;

        expect_rows(t, i);
        message_values(m, &m->key, bulk_next(b));
        if (bulk_is_full(d, b))
            result = bulk_flush(d, b, err);
        if (result == DB_DONE)
            result = put_recipients(d, &m->message, m->key.id, err);
    }
    if (result == DB_DONE)
        result = bulk_flush(d, b, err);
    if (result == DB_DONE)
        result = bulk_flush(d, &d->bulk[BULK_RECIPIENTS], err);
    *all = b->changed == b->given;
    return result;
}

/* If some were there, it is not known which: back, and one by one. */
static enum db_result put_messages(struct database *d,
                                   const struct database_batch *t,
                                   struct error *err)
{
    enum db_result result = DB_DONE;
    struct bulk *b = &d->bulk[BULK_MESSAGES];
    bool all = false;

    b->given = b->changed = 0;
    if (d->driver->rows_at_once > 1) {
        result =
            d->driver->execute(d->c, "SAVEPOINT messages", NULL, 0, NULL, err);
        if (result == DB_DONE)
            result = put_many(d, t, &all, err);
        if (result == DB_DONE && !all)
            result = d->driver->execute(d->c, "ROLLBACK TO SAVEPOINT messages",
                                        NULL, 0, NULL, err);
    }
    for (size_t i = 0; i < t->arrival_count && result == DB_DONE && !all; i++)
        result = put_singly(d, t->arrivals[i].m, err);
    if (result == DB_DONE)
        result = bulk_flush(d, &d->bulk[BULK_RECIPIENTS], err);
    return result;
}

/* ---- indexes ---- */

#define INDEX_ANEW 4096 /* messages from which on it is considered */

/*
 * Whether more comes in than is there: then it is the quicker way to make the
 * indexes anew.
 */
static enum db_result is_mostly_new(struct database *d,
                                    const struct database_batch *t,
                                    bool *mostly, struct error *err)
{
    struct db_value count = db_number((int64_t)t->arrival_count);
    int64_t there = INT64_MAX;
    enum db_result result;

    *mostly = false;
    if (!d->driver->builds_indexes || t->arrival_count < INDEX_ANEW)
        return DB_DONE;
    result = d->driver->select(
        d->c, "SELECT COUNT(*) FROM (SELECT 1 FROM messages LIMIT ?)", &count,
        1, 1, database_take_number, &there, err);
    *mostly = there < count.number / 2;
    return result;
}

enum db_result database_look_at_indexes(struct database *d, struct error *err)
{
    const char *sql =
        d->driver->dialect == DIALECT_MYSQL
            ? "SELECT COUNT(DISTINCT INDEX_NAME)"
              " FROM information_schema.STATISTICS WHERE"
              " TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'messages' AND"
              " INDEX_NAME IN (?, ?, ?)"
            : "SELECT COUNT(*) FROM sqlite_master WHERE type = 'index' AND"
              " name IN (?, ?, ?)";
    struct db_value name[SCHEMA_INDEXES];
    int64_t there = 0;
    enum db_result result;

    for (unsigned i = 0; i < SCHEMA_INDEXES; i++)
        name[i] = db_text(slice_of(schema_index_names[i]));
    result = d->driver->select(d->c, sql, name, SCHEMA_INDEXES, 1,
                               database_take_number, &there, err);
    d->indexed = d->was_indexed = there == SCHEMA_INDEXES;
    return result;
}

enum db_result database_make_indexes(struct database *d, struct error *err)
{
    struct buf sql = {0};
    enum db_result result = DB_DONE;

    for (unsigned i = 0;
         result == DB_DONE && schema_index(i, d->driver->dialect, &sql); i++)
        result = d->driver->execute(d->c, sql.ptr, NULL, 0, NULL, err);
    buf_free(&sql);
    d->indexed = result == DB_DONE;
    return result;
}

static enum db_result drop_indexes(struct database *d, struct error *err)
{
    char sql[80];
    enum db_result result = DB_DONE;

    for (unsigned i = 0; result == DB_DONE && i < SCHEMA_INDEXES; i++) {
        (void)snprintf(sql, sizeof sql, "DROP INDEX IF EXISTS %s",
                       schema_index_names[i]);
        result = d->driver->execute(d->c, sql, NULL, 0, NULL, err);
    }
    d->indexed = false;
    return result;
}

/*
 * Indexes that are made anew are made when nothing more comes; so a run that
 * was killed may have left none, and the next one makes them. A server makes
 * them outside of transactions (database_commit.c).
 */
enum db_result database_put_messages(struct database *d,
                                     const struct database_batch *t,
                                     struct error *err)
{
    bool anew;
    enum db_result result = is_mostly_new(d, t, &anew, err);

    if (result == DB_DONE && anew)
        result = drop_indexes(d, err);
    if (result == DB_DONE)
        result = put_messages(d, t, err);
    if (result == DB_DONE && d->driver->builds_indexes && !d->indexed &&
        !t->goes_on)
        result = database_make_indexes(d, err);
    return result;
}
