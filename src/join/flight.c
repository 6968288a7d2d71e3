/* flight - the messages in flight, and what becomes of them */
#include "join/flight.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"

struct flight {
    const struct ruleset *rules;
    join_sink *sink;
    void *arg;
    size_t max_entries;
    struct entries *entries;
    struct table table; /* of entries, by host and ID */
    struct entry_ends birth;
    struct hosts hosts;
    int64_t heard;      /* what is heard now was written then */
    struct slice *list; /* for the recipients of a message handed on */
    size_t list_cap;
    struct join_counts counts;
};

struct flight *flight_new(const struct ruleset *rs, size_t max_entries,
                          join_sink *sink, void *arg)
{
    struct flight *f = mem_new(sizeof *f);

    f->rules = rs;
    f->sink = sink;
    f->arg = arg;
    f->max_entries = max_entries;
    f->entries = entries_new();
    f->birth = ENTRY_ENDS_NONE;
    table_init(&f->table, 4096);
    hosts_init(&f->hosts);
    return f;
}

void flight_free(struct flight *f)
{
    if (f == NULL)
        return;
    hosts_release(&f->hosts);
    free(f->list);
    entries_free(f->entries);
    table_release(&f->table);
    free(f);
}

struct entries *flight_entries(struct flight *f)
{
    return f->entries;
}

struct join_counts flight_counts(const struct flight *f)
{
    return f->counts;
}

struct hosts *flight_hosts(struct flight *f)
{
    return &f->hosts;
}

uint64_t flight_hash(const struct flight *f, uint32_t host, struct slice id)
{
    /* The host is few bits of difference; the seed is in the ID's hash. */
    return table_hash_short(&f->table, id.ptr, id.len) ^
           (host * 0x9e3779b97f4a7c15u);
}

struct entry *flight_find(struct flight *f, const struct flight_key *key)
{
    struct table_probe probe = table_probe(&f->table, key->hash);
    uint32_t index;

    while (table_next(&f->table, &probe, &index)) {
        struct entry *e = entries_at(f->entries, index);

        if (e->host == key->host &&
            slice_equal_short(slice_make(e->id, e->id_len), key->id))
            return e;
    }
    return NULL;
}

struct entry *flight_at(struct flight *f, uint32_t index, uint32_t serial)
{
    struct entry *e;

    if (index == ENTRY_NONE)
        return NULL;
    e = entries_at(f->entries, index);
    return e->serial == serial ? e : NULL;
}

struct entry *flight_open(struct flight *f, const struct flight_key *key,
                          uint8_t mta, struct error *err)
{
    uint32_t index;
    struct entry *e;

    if (f->entries->count >= f->max_entries &&
        !flight_close(f, entries_at(f->entries, f->birth.head), err))
        return NULL;
    index = entries_take(f->entries);
    e = entries_at(f->entries, index);
    e->host = key->host;
    e->mta = mta;
    e->hash = key->hash;
    e->id_len = (uint8_t)key->id.len;
    memcpy(e->id, key->id.ptr, key->id.len);
    e->last = e->aged = f->hosts.host[key->host].now;
    table_add(&f->table, e->hash, index);
    entries_append(f->entries, &f->birth, LIST_BIRTH, index);
    entries_append(f->entries, &f->hosts.host[key->host].age, LIST_AGE, index);
    return e;
}

static struct entry *entry_or_null(struct flight *f, uint32_t index)
{
    return index == ENTRY_NONE ? NULL : entries_at(f->entries, index);
}

struct entry *flight_youngest(struct flight *f)
{
    return entry_or_null(f, f->birth.tail);
}

struct entry *flight_older(struct flight *f, const struct entry *e)
{
    return entry_or_null(f, e->link[LIST_BIRTH].prev);
}

void flight_end(struct flight *f, struct entry *e, int64_t at)
{
    if (e->flags & ENTRY_ENDING)
        return;
    e->flags |= ENTRY_ENDING;
    e->due = at + JOIN_GRACE;
    entries_insert(f->entries, &f->hosts.host[e->host].ending, LIST_ENDING,
                   e->index);
}

void flight_reopen(struct flight *f, struct entry *e)
{
    if (!(e->flags & ENTRY_ENDING))
        return;
    e->flags &= ~(unsigned)ENTRY_ENDING;
    entries_unlink(f->entries, &f->hosts.host[e->host].ending, LIST_ENDING,
                   e->index);
}

/*
 * Whether the MTA took it. Postfix queues what it takes, whatever was said
 * before; sendmail writes its from= line before the last filters have judged.
 */
static enum outcome outcome_of(const struct entry *e)
{
    unsigned flags = e->flags;

    if (flags & ENTRY_CANCELED)
        return OUTCOME_ABORTED;
    if (flags & ENTRY_QUEUED)
        return OUTCOME_ACCEPTED;
    /* What was delivered, or left the queue, was in it, told or not. */
    if (flags & ENTRY_CLIENT && (flags & ENTRY_DONE || e->finished != 0))
        return OUTCOME_ACCEPTED;
    if (flags & ENTRY_REFUSED_MESSAGE)
        return OUTCOME_REJECTED;
    if (flags & ENTRY_TAKEN)
        return OUTCOME_ACCEPTED;
    if (flags & ENTRY_HELD && !(flags & ENTRY_LOST) &&
        (flags & ENTRY_DONE || entry_has(e, TEXT_MESSAGE_ID)))
        return OUTCOME_ACCEPTED;
    if (flags & ENTRY_REFUSED)
        return OUTCOME_REJECTED;
    /* Not one line of it but deliveries: those are of a message taken. */
    if (!(flags & (ENTRY_CLIENT | ENTRY_ENVELOPE | ENTRY_LOST)))
        return OUTCOME_ACCEPTED;
    return OUTCOME_ABORTED;
}

static void fill_recipients(struct flight *f, struct entry *e,
                            struct message *m)
{
    enum entry_text kind = TEXT_RECIPIENT;

    if (m->outcome == OUTCOME_REJECTED)
        kind = TEXT_REFUSED_RECIPIENT;
    m->recipient_count = entry_texts(e, kind, &f->list, &f->list_cap);
    if (m->recipient_count == 0)
        m->recipient_count =
            entry_texts(e, TEXT_VERDICT_RECIPIENT, &f->list, &f->list_cap);
    m->recipients = f->list;
}

/* "<" and ">" belong to the form of a message-ID, not to the ID. */
static struct slice bare_message_id(struct slice id)
{
    if (id.len >= 2 && id.ptr[0] == '<' && id.ptr[id.len - 1] == '>')
        return slice_make(id.ptr + 1, id.len - 2);
    return id;
}

/* A line that was cut may end in what looks like the client, and is his. */
static void doubt(const struct flight *f, struct entry *e)
{
    if (!(e->flags & ENTRY_DOUBTFUL) ||
        e->length < f->hosts.host[e->host].longest)
        return;
    e->client_ip = (struct address){{0}};
    entry_drop_text(e, TEXT_CLIENT_NAME);
    e->flags &= ~(unsigned)ENTRY_LOCAL;
}

static void fill(struct flight *f, struct entry *e, struct message *m)
{
    doubt(f, e);
    *m = (struct message){
        .date = e->date,
        .client_ip = e->client_ip,
        .size = e->size,
        .outcome = outcome_of(e),
        .local = (e->flags & ENTRY_LOCAL) != 0,
        .queue_id = slice_make(e->id, e->id_len),
    };
    entry_text(e, TEXT_CLIENT_NAME, &m->client_name);
    entry_text(e, TEXT_HELO, &m->helo);
    if (entry_text(e, TEXT_MESSAGE_ID, &m->message_id))
        m->message_id = bare_message_id(m->message_id);
    if (!entry_text(e, TEXT_SENDER, &m->sender) &&
        m->outcome != OUTCOME_ABORTED)
        entry_text(e, TEXT_VERDICT_SENDER, &m->sender);
    fill_recipients(f, e, m);
}

bool flight_hand_on(struct flight *f, struct message *m, uint32_t host,
                    uint8_t mta, struct error *err)
{
    if (address_is_none(&m->client_ip) && m->sender.len == 0) {
        f->counts.fragments++;
        return true;
    }
    m->mta = ruleset_mta_name(f->rules, mta);
    m->mta_host = host_name(&f->hosts.host[host]);
    f->counts.messages++;
    return f->sink(f->arg, m, err);
}

bool flight_close(struct flight *f, struct entry *e, struct error *err)
{
    uint32_t index = e->index;
    struct host *h = &f->hosts.host[e->host];
    struct message m;
    bool ok = true;

    flight_reopen(f, e);
    table_remove(&f->table, e->hash, index);
    entries_unlink(f->entries, &f->birth, LIST_BIRTH, index);
    entries_unlink(f->entries, &h->age, LIST_AGE, index);
    if (!(e->flags & ENTRY_INNER)) {
        fill(f, e, &m);
        ok = flight_hand_on(f, &m, e->host, e->mta, err);
    }
    entries_give(f->entries, index);
    return ok;
}

static bool hand_on_due(struct flight *f, struct host *h, int64_t now,
                        struct error *err)
{
    while (h->ending.head != ENTRY_NONE) {
        struct entry *e = entries_at(f->entries, h->ending.head);

        if (e->due > now)
            return true;
        if (!flight_close(f, e, err))
            return false;
    }
    return true;
}

/*
 * The list is in order of the stamp at which an entry joined its tail; one
 * that has had lines since goes to the tail again, so that no line pays.
 */
static bool end_silent(struct flight *f, struct host *h, struct error *err)
{
    while (h->age.head != ENTRY_NONE) {
        uint32_t index = h->age.head;
        struct entry *e = entries_at(f->entries, index);

        if (h->now - e->aged <= JOIN_IDLE)
            return true;
        if (h->now - e->last > JOIN_IDLE) {
            if (!flight_close(f, e, err))
                return false;
            continue;
        }
        entries_unlink(f->entries, &h->age, LIST_AGE, index);
        e->aged = e->last;
        entries_append(f->entries, &h->age, LIST_AGE, index);
    }
    return true;
}

bool flight_clock(struct flight *f, uint32_t host, int64_t at,
                  struct error *err)
{
    struct host *h = &f->hosts.host[host];

    h->heard = f->heard;
    if (at == h->now)
        return true;
    h->now = at;
    return hand_on_due(f, h, at, err) && end_silent(f, h, err);
}

bool flight_due(struct flight *f, int64_t now, struct error *err)
{
    for (size_t i = 0; i < f->hosts.count; i++)
        if (!hand_on_due(f, &f->hosts.host[i], now, err))
            return false;
    return true;
}

/* Whether nothing of it is missing, so that no late line could add to it. */
static bool is_whole(const struct entry *e)
{
    if (e->expected == 0 || e->finished < e->expected)
        return false;
    if (e->flags & ENTRY_ENVELOPE)
        return true;
    return e->flags & ENTRY_CLIENT && e->flags & ENTRY_QUEUED &&
           e->flags & ENTRY_DONE && entry_has(e, TEXT_MESSAGE_ID);
}

bool flight_settle(struct flight *f, int64_t clock, struct error *err)
{
    uint32_t index = f->birth.head;

    while (index != ENTRY_NONE) {
        struct entry *e = entries_at(f->entries, index);
        const struct host *h = &f->hosts.host[e->host];
        int64_t silent = clock > h->heard ? clock - h->heard : 0;
        bool ended = (e->flags & ENTRY_ENDING) != 0;

        index = e->link[LIST_BIRTH].next;
        if ((ended && e->due <= h->now + silent) ||
            (ended && e->due <= clock && is_whole(e)) ||
            h->now + silent - e->last > JOIN_IDLE)
            if (!flight_close(f, e, err))
                return false;
    }
    return true;
}

void flight_each(const struct flight *f, flight_visit *visit, void *arg)
{
    uint32_t index = f->birth.head;

    while (index != ENTRY_NONE) {
        const struct entry *e = entries_at(f->entries, index);

        visit(arg, e);
        index = e->link[LIST_BIRTH].next;
    }
}

void flight_hear(struct flight *f, int64_t clock)
{
    f->heard = clock;
}

void flight_place(struct flight *f, struct entry *e)
{
    struct host *h = &f->hosts.host[e->host];

    e->aged = e->last;
    entries_unlink(f->entries, &h->age, LIST_AGE, e->index);
    entries_insert(f->entries, &h->age, LIST_AGE, e->index);
    if (e->flags & ENTRY_ENDING)
        entries_insert(f->entries, &h->ending, LIST_ENDING, e->index);
}

bool flight_finish(struct flight *f, struct error *err)
{
    while (f->birth.head != ENTRY_NONE)
        if (!flight_close(f, entries_at(f->entries, f->birth.head), err))
            return false;
    return true;
}
