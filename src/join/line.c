/* line - one event on its way into the join, and what its handlers share */
#include "join/line.h"

/* ---- what the event says ---- */

struct slice line_sender(const struct line *l)
{
    struct slice sender = event_fact(l->ev, FACT_SENDER);

    return sender.len == 0 ? SLICE("<>") : sender;
}

struct address line_address(const struct line *l, enum fact fact)
{
    struct address a;

    if (!event_has(l->ev, fact) || !address_parse(l->ev->value[fact], &a))
        return (struct address){{0}};
    return a;
}

struct slice line_client_name(struct line *l, enum fact fact)
{
    struct slice name = event_fact(l->ev, fact);
    struct buf *b = &l->j->name;

    if (slice_equal(name, SLICE("unknown")))
        return slice_make(NULL, 0);
    if (name.len == 0 || !event_has(l->ev, FACT_FORGED))
        return name;
    buf_reset(b);
    buf_add(b, name);
    buf_add(b, SLICE(" (may be forged)"));
    return buf_slice(b);
}

int64_t line_number(const struct line *l, enum fact fact)
{
    unsigned long long n;

    if (!event_has(l->ev, fact) || !slice_number(l->ev->value[fact], &n) ||
        n > INT64_MAX)
        return -1;
    return (int64_t)n;
}

bool line_is_discard(const struct line *l)
{
    return slice_find(event_fact(l->ev, FACT_ACTION), SLICE("discard")) !=
           SIZE_MAX;
}

/* ---- which entry it belongs to ---- */

struct entry *line_find(struct line *l, struct slice id)
{
    struct flight_key key = flight_key(l->j->flight, l->host, id);

    return flight_find(l->j->flight, &key);
}

struct entry *line_open(struct line *l, struct slice id)
{
    struct flight_key key = flight_key(l->j->flight, l->host, id);

    return flight_open(l->j->flight, &key, l->ev->mta, l->err);
}

struct entry *line_find_own(struct line *l)
{
    return flight_find(l->j->flight, &l->key);
}

static struct entry *open_own(struct line *l)
{
    return flight_open(l->j->flight, &l->key, l->ev->mta, l->err);
}

struct entry *line_entry(struct line *l)
{
    struct entry *e = line_find_own(l);

    if (e == NULL)
        e = open_own(l);
    if (e != NULL)
        flight_touch(e, l->at);
    return e;
}

bool line_overtook(const struct line *l, const struct entry *e)
{
    return stamp_is_none(e->date) || l->at.sec - e->date.sec <= JOIN_GRACE;
}

struct entry *line_begin(struct line *l, struct entry *e, bool same)
{
    if (e != NULL && !same) {
        if (!flight_close(l->j->flight, e, l->err))
            return NULL;
        e = NULL;
    }
    if (e == NULL)
        e = open_own(l);
    if (e != NULL)
        flight_touch(e, l->at);
    return e;
}

struct session *line_session(struct line *l, bool create)
{
    if (l->ev->head.pid == 0)
        return NULL;
    return sessions_find(l->j->sessions, l->host, l->ev->head.pid, create);
}

bool line_may_be_inner(const struct entry *e)
{
    return e->flags & ENTRY_NEAR || address_is_none(&e->client_ip);
}

struct entry *line_origin(struct line *l, struct entry *e)
{
    struct entry *parent = NULL;

    if (e->flags & ENTRY_FORWARD)
        parent = flight_at(l->j->flight, e->parent, e->parent_serial);
    if (parent == NULL)
        return e;
    flight_touch(parent, l->at);
    return parent;
}

/* ---- what the entry learns ---- */

void line_set_text(struct line *l, struct entry *e, enum entry_text kind,
                   struct slice text)
{
    if (!entry_has(e, kind))
        entry_add_text(l->j->entries, e, kind, text);
}

void line_set_client(struct line *l, struct entry *e, enum fact name,
                     struct address ip)
{
    struct slice text;

    if (address_is_none(&ip) || !address_is_none(&e->client_ip))
        return;
    e->client_ip = ip;
    text = line_client_name(l, name);
    if (text.len != 0)
        line_set_text(l, e, TEXT_CLIENT_NAME, text);
}

void line_set_helo(struct line *l, struct entry *e)
{
    if (event_has(l->ev, FACT_HELO))
        line_set_text(l, e, TEXT_HELO, l->ev->value[FACT_HELO]);
}

void line_set_from_verdict(struct line *l, struct entry *e)
{
    line_set_client(l, e, FACT_CLIENT_NAME, line_address(l, FACT_CLIENT_IP));
    line_set_helo(l, e);
    if (event_has(l->ev, FACT_SENDER))
        line_set_text(l, e, TEXT_VERDICT_SENDER, line_sender(l));
}

/* Whether sendmail is done with it: all deliveries seen, or none to come. */
static bool complete(const struct entry *e)
{
    if (!(e->flags & ENTRY_ENVELOPE))
        return false;
    if (e->flags & (ENTRY_REFUSED_MESSAGE | ENTRY_DISCARDED | ENTRY_DONE))
        return true;
    if (!(e->flags & ENTRY_TAKEN))
        return true;
    return e->expected != 0 && e->finished >= e->expected;
}

void line_end_if_complete(struct line *l, struct entry *e)
{
    if (complete(e))
        flight_end(l->j->flight, e, l->at.sec);
}

/*
 * line_end_transaction - the session turns to something else, or ends
 *
 * Without a message-ID the message did not come. With one it did, unless the
 * connection broke in it, and the queue manager's line is still to come,
 * late as that may be; only of one that is thrown away none will.
 */
void line_end_transaction(struct line *l, struct session *s, bool lost)
{
    struct entry *e = flight_at(l->j->flight, s->entry, s->entry_serial);

    s->entry = ENTRY_NONE;
    if (e == NULL || e->flags & ENTRY_QUEUED)
        return;
    if (lost)
        e->flags |= ENTRY_LOST;
    if (lost || e->flags & ENTRY_DISCARDED || !entry_has(e, TEXT_MESSAGE_ID))
        flight_end(l->j->flight, e, l->at.sec);
}
