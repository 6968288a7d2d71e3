/* verdict - what the MTA decides of a message: held, refused, thrown away */
#include "join/line.h"

/* A verdict that stood before the queue ID: the client's next message's. */
static void keep_verdict(struct line *l, struct session *s)
{
    const struct event *ev = l->ev;
    struct address ip = line_address(l, FACT_CLIENT_IP);
    struct slice sender =
        event_has(ev, FACT_SENDER) ? line_sender(l) : slice_make(NULL, 0);

    if (s == NULL)
        return;
    if (!s->verdict || !address_equal(&ip, &s->verdict_ip) ||
        !slice_equal(sender, s->sender)) {
        session_clear(s); /* what stood there was of another transaction */
        s->verdict = true;
        s->verdict_at = l->at;
        s->verdict_ip = ip;
        s->sender = session_keep(s, sender);
        s->helo = session_keep(s, event_fact(ev, FACT_HELO));
    }
    s->discard |= line_is_discard(l);
    if (event_has(ev, FACT_RECIPIENT))
        session_add_recipient(s, ev->value[FACT_RECIPIENT]);
}

/*
 * A recipient that a verdict let pass may be refused all the same, by what is
 * asked after it. And who is refused with another sender has begun another
 * transaction: the verdict came to nothing.
 */
static void review_verdict(struct line *l)
{
    const struct event *ev = l->ev;
    struct session *s = line_session(l, false);
    struct address ip = line_address(l, FACT_CLIENT_IP);

    if (s == NULL || !s->verdict || !address_equal(&ip, &s->verdict_ip))
        return;
    if (event_has(ev, FACT_SENDER) && s->sender.ptr != NULL &&
        !slice_equal(line_sender(l), s->sender))
        session_clear(s);
    else if (event_has(ev, FACT_RECIPIENT))
        session_drop_recipient(s, ev->value[FACT_RECIPIENT]);
}

static bool hand_on_alone(struct line *l, enum outcome outcome)
{
    const struct event *ev = l->ev;
    struct session *s = line_session(l, false);
    struct slice recipient = event_fact(ev, FACT_RECIPIENT);
    struct message m = {
        .date = l->at,
        .client_ip = line_address(l, FACT_CLIENT_IP),
        .client_name = line_client_name(l, FACT_CLIENT_NAME),
        .helo = event_fact(ev, FACT_HELO),
        .recipients = &recipient,
        .recipient_count = recipient.len != 0,
        .size = -1,
        .outcome = outcome,
    };

    if (event_has(ev, FACT_SENDER))
        m.sender = line_sender(l);
    if (!event_has(ev, FACT_CLIENT_IP) && s != NULL && s->proxied) {
        m.date = s->client_at;
        m.client_ip = s->client_ip;
        m.client_name = s->client_name;
    }
    return flight_hand_on(l->j->flight, &m, l->host, ev->mta, l->err);
}

/* At the end of the data nothing more of the message can follow. */
static bool at_end_of_data(const struct event *ev)
{
    return slice_equal(event_fact(ev, FACT_STAGE), SLICE("END-OF-MESSAGE"));
}

bool line_held(struct line *l)
{
    const struct event *ev = l->ev;
    struct entry *e;

    if (ev->queue_id.len == 0) {
        keep_verdict(l, line_session(l, true));
        return true;
    }
    e = line_entry(l);
    if (e == NULL)
        return false;
    e->flags |= ENTRY_HELD;
    if (line_is_discard(l))
        e->flags |= ENTRY_DISCARDED;
    line_set_from_verdict(l, e);
    if (event_has(ev, FACT_RECIPIENT))
        entry_add_once(l->j->entries, e, TEXT_VERDICT_RECIPIENT,
                       ev->value[FACT_RECIPIENT]);
    if (line_is_discard(l) && at_end_of_data(ev))
        flight_end(l->j->flight, e, l->at.sec);
    line_end_if_complete(l, e);
    return true;
}

static struct entry *refuse(struct line *l, unsigned flag)
{
    struct entry *e = line_entry(l);

    if (e == NULL)
        return NULL;
    e->flags |= flag;
    line_set_from_verdict(l, e);
    if (event_has(l->ev, FACT_RECIPIENT))
        entry_add_once(l->j->entries, e, TEXT_REFUSED_RECIPIENT,
                       l->ev->value[FACT_RECIPIENT]);
    return e;
}

bool line_refused(struct line *l)
{
    if (l->ev->queue_id.len == 0) {
        review_verdict(l);
        return hand_on_alone(l, OUTCOME_REJECTED);
    }
    return refuse(l, ENTRY_REFUSED) != NULL;
}

bool line_refused_message(struct line *l)
{
    struct entry *e;

    if (l->ev->queue_id.len == 0) {
        review_verdict(l);
        return hand_on_alone(l, OUTCOME_REJECTED);
    }
    e = refuse(l, ENTRY_REFUSED_MESSAGE);
    if (e == NULL)
        return false;
    if (e->flags & (ENTRY_CLIENT | ENTRY_ENVELOPE))
        flight_end(l->j->flight, e, l->at.sec);
    return true;
}

/* How many messages may have begun since the one a proxy answers for. */
#define PASSED_ON_SEARCH 256

/*
 * passed_on - the inner message of a proxy that tells no ID, but the client
 *
 * It is of the same client and sender, began while the session was there,
 * and answers for no other.
 */
static struct entry *passed_on(struct line *l, const struct session *s)
{
    struct slice sender = line_sender(l);
    struct entry *e = flight_youngest(l->j->flight);
    struct slice text;

    for (int i = 0; e != NULL && i < PASSED_ON_SEARCH;
         i++, e = flight_older(l->j->flight, e)) {
        if (e->host != l->host || !(e->flags & ENTRY_PASSED_ON) ||
            !address_equal(&e->client_ip, &s->client_ip))
            continue;
        if (stamp_compare(e->date, s->client_at) < 0 || entry_has(e, TEXT_HELO))
            continue;
        if (!entry_text(e, TEXT_SENDER, &text) || slice_equal(text, sender))
            return e;
    }
    return NULL;
}

/*
 * The proxy's answer tells the ID under which its message came in. If not,
 * and no message tells this client, it has thrown it away or keeps it.
 */
bool line_proxy_taken(struct line *l)
{
    struct session *s = line_session(l, false);
    struct entry *e = line_find(l, event_fact(l->ev, FACT_OTHER_ID));

    if (e == NULL && s != NULL && s->proxied)
        e = passed_on(l, s);
    if (e == NULL)
        return hand_on_alone(l, OUTCOME_ACCEPTED);
    line_set_helo(l, e);
    if (s == NULL || !s->proxied || !line_may_be_inner(e))
        return true;
    flight_touch(e, s->client_at);
    e->client_ip = s->client_ip;
    entry_drop_text(e, TEXT_CLIENT_NAME);
    if (s->client_name.len != 0)
        line_set_text(l, e, TEXT_CLIENT_NAME, s->client_name);
    return true;
}

bool line_discarded(struct line *l)
{
    struct entry *e;

    if (l->ev->queue_id.len == 0)
        return true;
    e = line_entry(l);
    if (e == NULL)
        return false;
    e->flags |= ENTRY_HELD | ENTRY_DISCARDED;
    line_set_from_verdict(l, e);
    e->finished += line_add_recipients(l, e);
    if (e->flags & (ENTRY_CLIENT | ENTRY_ENVELOPE))
        flight_end(l->j->flight, e, l->at.sec);
    return true;
}
