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
static struct arrival arrival_of(const struct database_message *m,
                                 uint64_t tried)
{
    struct stamp date = m->message.date;
    struct civil c = civil_from_seconds(date.sec + date.offset * 60);
    int64_t nth = nth_of(m, tried);
    uint64_t sum = digest(0, &nth, sizeof nth);
    uint64_t id = second_number(&c) << DIGEST_BITS;

    sum = digest(sum, m->message.mta_host.ptr, m->message.mta_host.len);
    sum = digest(sum, m->message.queue_id.ptr, m->message.queue_id.len);
    id |= sum >> (64 - DIGEST_BITS);
    return (struct arrival){(int64_t)id, wall_number(&c), nth, m};
}

/* Of two with one key the one that came first. */
static int by_id(const void *left, const void *right)
{
    const struct arrival *a = left, *b = right;

    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->m > b->m) - (a->m < b->m);
}

struct arrival *database_in_order(const struct database_batch *b)
{
    struct arrival *list = mem_array(b->message_count + 1, sizeof *list);

    for (size_t i = 0; i < b->message_count; i++)
        list[i] = arrival_of(&b->messages[i], 0);
    qsort(list, b->message_count, sizeof *list, by_id);
    return list;
}

/* ---- its rows ---- */

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

static void message_values(struct database *d, const struct arrival *a,
                           struct db_value v[20])
{
    const struct message *m = &a->m->message;
    char *date = arena_text(d->arena, STAMP_SIZE);
    char *ip = arena_text(d->arena, ADDRESS_SIZE);
    struct slice date_text = slice_make(date, stamp_format(m->date, date));
    bool none = address_is_none(&m->client_ip);

    v[0] = db_number(a->id);
    v[1] = db_number(a->wall);
    v[2] = db_text(m->mta_host);
    v[3] = db_text(m->queue_id);
    v[4] = db_number(a->nth);
    v[5] = db_text(slice_head(date_text, 10));
    v[6] = db_text(date_text);
    v[7] = db_number(m->date.sec);
    v[8] = db_number(m->date.nsec);
    v[9] = db_text(m->sender);
    v[10] = db_text(folded_domain(m->sender, d->arena));
    v[11] = db_text(slice_make(ip, address_format(&m->client_ip, ip)));
    v[12] = db_bytes(slice_make((const char *)m->client_ip.bytes,
                                none ? 0 : sizeof m->client_ip.bytes));
    v[13] = db_text(key_net_text(&m->client_ip, d->arena));
    v[14] = db_text(m->client_name);
    v[15] = db_text(m->helo);
    v[16] = db_text(m->message_id);
    v[17] = m->size < 0 ? db_null() : db_number(m->size);
    v[18] = db_text(outcome_name(m->outcome));
    v[19] = db_text(m->mta);
}

static enum db_result put_recipients(struct database *d,
                                     const struct arrival *a, struct error *err)
{
    const struct message *m = &a->m->message;
    struct bulk *b = &d->bulk[BULK_RECIPIENTS];
    enum db_result result = DB_DONE;

    for (size_t i = 0; i < m->recipient_count && result == DB_DONE; i++) {
        struct db_value *v = bulk_next(b);

        v[0] = db_number(a->id);
        v[1] = db_number((int64_t)i);
        v[2] = db_text(m->recipients[i]);
        if (bulk_is_full(d, b))
            result = bulk_flush(d, b, err);
    }
    return result;
}

/* Whether what has its number is the same message. */
static enum db_result is_there(struct database *d, const struct arrival *a,
                               bool *there, struct error *err)
{
    const struct message *m = &a->m->message;
    struct db_value key[] = {db_number(a->id), db_number(a->wall),
                             db_text(m->mta_host), db_text(m->queue_id),
                             db_number(a->nth)};
    int64_t count = 0;
    enum db_result result = d->driver->select(
        d->c,
        "SELECT COUNT(*) FROM messages WHERE id = ? AND wall = ?"
        " AND mta_host = ? AND queue_id = ? AND nth = ?",
        key, 5, 1, database_take_number, &count, err);

    *there = count > 0;
    return result;
}

/*
 * One by one: a message that is there keeps its recipients, one without queue
 * ID out of a log takes the first number of its own that is free, and one whose
 * number another message has takes the next.
 */
static enum db_result put_singly(struct database *d,
                                 const struct arrival *given, struct error *err)
{
    struct arrival a = *given;
    struct bulk *b = &d->bulk[BULK_MESSAGES];
    bool probes = a.m->as_read && a.m->message.queue_id.len == 0;
    bool there = false;

    for (uint64_t tried = 1;; tried++) {
        uint64_t before = b->changed;
        enum db_result result;

        message_values(d, &a, bulk_next(b));
        b->rows = 0;
        result = bulk_put(d, b, 0, 1, err);
        if (result == DB_DONE && b->changed > before)
            return put_recipients(d, &a, err);
        if (result == DB_DONE && !probes)
            result = is_there(d, &a, &there, err);
        if (result != DB_DONE || there)
            return result;
        if (probes)
            a = arrival_of(a.m, tried);
        else
            a.id++;
    }
}

/* Many at once, as long as they are all new, as far as can be seen. */
static enum db_result put_many(struct database *d, const struct arrivals *t,
                               bool *all, struct error *err)
{
    struct bulk *b = &d->bulk[BULK_MESSAGES];
    enum db_result result = DB_DONE;

    for (size_t i = 0;
         i < t->count && result == DB_DONE && b->changed == b->given; i++) {
        const struct arrival *a = &t->list[i];

        message_values(d, a, bulk_next(b));
        if (bulk_is_full(d, b))
            result = bulk_flush(d, b, err);
        if (result == DB_DONE)
            result = put_recipients(d, a, err);
    }
    if (result == DB_DONE)
        result = bulk_flush(d, b, err);
    if (result == DB_DONE)
        result = bulk_flush(d, &d->bulk[BULK_RECIPIENTS], err);
    *all = b->changed == b->given;
    return result;
}

/* If some were there, it is not known which: back, and one by one. */
static enum db_result put_messages(struct database *d, const struct arrivals *t,
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
    for (size_t i = 0; i < t->count && result == DB_DONE && !all; i++)
        result = put_singly(d, &t->list[i], err);
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
                                    const struct arrivals *t, bool *mostly,
                                    struct error *err)
{
    struct db_value count = db_number((int64_t)t->count);
    int64_t there = INT64_MAX;
    enum db_result result;

    *mostly = false;
    if (!d->driver->builds_indexes || t->count < INDEX_ANEW)
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
                                     const struct arrivals *t,
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
