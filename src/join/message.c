/* message - how a message comes to be: client, envelope, queue */
#include "join/line.h"

/* A verdict given before the message had its ID, if it was this client's. */
static void apply_verdict(struct line *l, const struct session *s,
                          struct entry *e, const struct address *peer)
{
    if (!s->verdict || !address_equal(peer, &s->verdict_ip))
        return;
    e->flags |= ENTRY_HELD | (s->discard ? ENTRY_DISCARDED : 0u);
    flight_touch(e, s->verdict_at);
    if (s->sender.len != 0)
        line_set_text(l, e, TEXT_VERDICT_SENDER, s->sender);
    if (s->helo.len != 0)
        line_set_text(l, e, TEXT_HELO, s->helo);
    for (const struct session_recipient *r = s->recipients; r != NULL;
         r = r->next)
        entry_add_once(l->j->entries, e, TEXT_VERDICT_RECIPIENT, r->address);
}

/* smtpd_proxy_filter: the client in front; its message comes back inside. */
static bool proxied_client(struct line *l)
{
    struct session *s = line_session(l, true);

    if (s == NULL)
        return true;
    session_clear(s);
    s->proxied = true;
    s->client_at = l->at;
    s->client_ip = line_address(l, FACT_CLIENT_IP);
    s->client_name = session_keep(s, line_client_name(l, FACT_CLIENT_NAME));
    return true;
}

bool line_client(struct line *l)
{
    const struct event *ev = l->ev;
    struct session *s;
    struct entry *e, *outer;
    struct address peer;

    if (ev->queue_id.len == 0)
        return proxied_client(l);
    e = line_find_own(l);
    e = line_begin(
        l, e, e != NULL && !(e->flags & ENTRY_CLIENT) && line_overtook(l, e));
    if (e == NULL)
        return false;
    e->flags |= ENTRY_CLIENT;
    peer = line_address(l, FACT_CLIENT_IP);
    if (address_is_loopback(&peer) || address_is_private(&peer))
        e->flags |= ENTRY_NEAR;
    else
        e->flags &= ~(unsigned)ENTRY_INNER; /* no filter of ours sent it */
    if (event_has(ev, FACT_OTHER_ID)) {
        outer = line_find(l, ev->value[FACT_OTHER_ID]);
        if (outer != NULL && outer != e)
            e->flags |= ENTRY_INNER;
    }
    if (event_has(ev, FACT_ORIG_CLIENT_IP))
        e->flags |= ENTRY_PASSED_ON;
    line_set_client(l, e, FACT_ORIG_CLIENT_NAME,
                    line_address(l, FACT_ORIG_CLIENT_IP));
    line_set_client(l, e, FACT_CLIENT_NAME, peer);

    s = line_session(l, true);
    if (s == NULL)
        return true;
    line_end_transaction(l, s, false);
    apply_verdict(l, s, e, &peer);
    session_clear(s);
    s->entry = e->index;
    s->entry_serial = e->serial;
    return true;
}

/* pickup: a message of the host's own, or one that is queued anew. */
bool line_submitted(struct line *l)
{
    struct entry *e = line_find_own(l);
    struct entry *before;

    e = line_begin(l, e,
                   e != NULL &&
                       !(e->flags & (ENTRY_CLIENT | ENTRY_SUBMITTED)) &&
                       line_overtook(l, e));
    if (e == NULL)
        return false;
    e->flags |= ENTRY_SUBMITTED | ENTRY_LOCAL;
    before = line_find(l, event_fact(l->ev, FACT_OTHER_ID));
    if (before != NULL && before != e) {
        e->flags |= ENTRY_INNER | ENTRY_FORWARD;
        e->parent = before->index;
        e->parent_serial = before->serial;
    }
    return true;
}

bool line_message_id(struct line *l)
{
    struct entry *e = line_entry(l);

    if (e == NULL)
        return false;
    line_set_text(l, e, TEXT_MESSAGE_ID, event_fact(l->ev, FACT_MESSAGE_ID));
    return true;
}

/* How many deliveries there are to wait for. */
static void expect(struct line *l, struct entry *e)
{
    int64_t nrcpts = line_number(l, FACT_NRCPTS);

    if (nrcpts > 0 && nrcpts < UINT32_MAX)
        e->expected = (uint32_t)nrcpts;
}

bool line_queued(struct line *l)
{
    struct slice sender = line_sender(l);
    struct entry *e = line_find_own(l);
    struct slice old;

    /* Each retry repeats the line; another sender is another message. */
    e = line_begin(l, e,
                   e == NULL || !(e->flags & ENTRY_QUEUED) ||
                       !entry_text(e, TEXT_SENDER, &old) ||
                       slice_equal(old, sender));
    if (e == NULL)
        return false;
    if (!(e->flags & ENTRY_DONE))
        flight_reopen(l->j->flight, e);
    e->flags |= ENTRY_QUEUED;
    line_set_text(l, e, TEXT_SENDER, sender);
    if (e->size < 0)
        e->size = line_number(l, FACT_SIZE);
    expect(l, e);
    return true;
}

/*
 * Refusals and deliveries may stand before the from= line, by as long as the
 * session takes; but an ID that has been delivered is one used before, and one
 * in another MTA's queue is another message's.
 */
static bool same_envelope(const struct line *l, const struct entry *e)
{
    if (e == NULL)
        return true;
    if (e->flags & ENTRY_ENVELOPE ||
        (e->flags & ENTRY_QUEUED && e->mta != l->ev->mta))
        return false;
    return e->finished == 0 || line_overtook(l, e);
}

/* The envelope is where the client is told; verdicts quote hostile text. */
static void replace_client(struct line *l, struct entry *e)
{
    struct address ip = line_address(l, FACT_CLIENT_IP);

    e->flags &= ~(unsigned)ENTRY_DOUBTFUL;
    if (l->ev->doubtful) {
        e->flags |= ENTRY_DOUBTFUL;
        e->length = l->ev->length;
    }
    if (address_is_none(&ip))
        return;
    e->client_ip = (struct address){{0}};
    entry_drop_text(e, TEXT_CLIENT_NAME);
    line_set_client(l, e, FACT_CLIENT_NAME, ip);
}

/* The message-ID as the envelope has it, whatever was thought before. */
static void set_message_id(struct line *l, struct entry *e)
{
    e->flags |= ENTRY_TAKEN;
    entry_drop_text(e, TEXT_MESSAGE_ID);
    line_set_text(l, e, TEXT_MESSAGE_ID, event_fact(l->ev, FACT_MESSAGE_ID));
}

bool line_envelope(struct line *l)
{
    const struct event *ev = l->ev;
    struct entry *e = line_find_own(l);

    e = line_begin(l, e, same_envelope(l, e));
    if (e == NULL)
        return false;
    e->flags &= ~(unsigned)ENTRY_TAKEN;
    e->flags |= ENTRY_ENVELOPE;
    if (event_has(ev, FACT_LOCAL))
        e->flags |= ENTRY_LOCAL;
    if (event_has(ev, FACT_SENDER))
        line_set_text(l, e, TEXT_SENDER, line_sender(l));
    replace_client(l, e);
    e->size = line_number(l, FACT_SIZE);
    expect(l, e);
    if (event_has(ev, FACT_MESSAGE_ID))
        set_message_id(l, e);
    line_end_if_complete(l, e);
    return true;
}

/* An envelope of which not all could be read; a whole one may yet follow. */
bool line_taken(struct line *l)
{
    const struct event *ev = l->ev;
    struct entry *e = line_find_own(l);

    e = line_begin(l, e, same_envelope(l, e));
    if (e == NULL)
        return false;
    e->flags |= ENTRY_TAKEN;
    replace_client(l, e);
    line_set_from_verdict(l, e);
    if (e->size < 0)
        e->size = line_number(l, FACT_SIZE);
    expect(l, e);
    if (event_has(ev, FACT_MESSAGE_ID))
        set_message_id(l, e);
    return true;
}
