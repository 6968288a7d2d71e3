/* join - events in, messages out: which handler does what an event means */
#include "join/join.h"

#include <stdlib.h>

#include "base/mem.h"
#include "join/line.h"

/* Tags of sendmails that go by a name of their own (-L). */
#define PROVEN_MAX 64

struct join *join_new(const struct ruleset *rs, size_t max_entries,
                      join_sink *sink, void *arg)
{
    struct join *j = mem_new(sizeof *j);

    j->rules = rs;
    j->recipients = true;
    j->flight = flight_new(rs, max_entries, sink, arg);
    j->hosts = flight_hosts(j->flight);
    j->entries = flight_entries(j->flight);
    j->sessions = sessions_new();
    j->arena = arena_new();
    return j;
}

void join_free(struct join *j)
{
    if (j == NULL)
        return;
    flight_free(j->flight);
    sessions_free(j->sessions);
    free(j->proven);
    free(j->orphans);
    arena_free(j->arena);
    buf_free(&j->name);
    free(j);
}

void join_hear(struct join *j, int64_t clock)
{
    flight_hear(j->flight, clock);
}

void join_spare_recipients(struct join *j, join_reader *read, void *arg)
{
    j->recipients = false;
    j->read = read;
    j->read_arg = arg;
}

bool join_settle(struct join *j, int64_t clock, struct error *err)
{
    return flight_settle(j->flight, clock, err);
}

struct join_counts join_counts(const struct join *j)
{
    return flight_counts(j->flight);
}

bool join_tick(struct join *j, int64_t now, struct error *err)
{
    return flight_due(j->flight, now, err);
}

bool join_finish(struct join *j, struct error *err)
{
    return flight_finish(j->flight, err);
}

static bool nothing(struct line *l)
{
    (void)l;
    return true;
}

static line_handler line_unread;

static line_handler *const handlers[EVENT_TOTAL] = {
    [EVENT_CLIENT] = line_client,
    [EVENT_SUBMITTED] = line_submitted,
    [EVENT_MESSAGE_ID] = line_message_id,
    [EVENT_QUEUED] = line_queued,
    [EVENT_ENVELOPE] = line_envelope,
    [EVENT_TAKEN] = line_taken,
    [EVENT_HELD] = line_held,
    [EVENT_REFUSED_RECIPIENT] = line_refused,
    [EVENT_REFUSED_TRANSACTION] = line_refused,
    [EVENT_REFUSED_MESSAGE] = line_refused_message,
    [EVENT_PROXY_TAKEN] = line_proxy_taken,
    [EVENT_DELIVERED] = line_delivered,
    [EVENT_DEFERRED] = line_deferred,
    [EVENT_CHILD] = line_child,
    [EVENT_SAME] = line_same,
    [EVENT_DONE] = line_done,
    [EVENT_CANCELED] = line_canceled,
    [EVENT_DISCARDED] = line_discarded,
    [EVENT_SESSION_END] = line_session_end,
    [EVENT_SESSION_LOST] = line_session_lost,
    [EVENT_PART] = nothing, /* its record did not become an event */
    [EVENT_UNREAD] = line_unread,
};

/*
 * Of a message that is in the queue it is no news that it was delivered, or
 * will be. Of others, and of parts of another, it may be.
 */
static bool line_unread(struct line *l)
{
    struct entry *e = line_find_own(l);
    struct event ev;
    struct line whole;

    if (e != NULL &&
        (e->flags & (ENTRY_QUEUED | ENTRY_FORWARD)) == ENTRY_QUEUED) {
        flight_touch(e, l->at);
        return true;
    }
    ev = *l->ev;
    if (!l->j->read(l->j->read_arg, &ev))
        return true;
    whole = *l;
    whole.ev = &ev;
    return handlers[ev.kind](&whole);
}

/* Events that stand on their own, without a queue ID. */
static bool needs_id(enum event_kind kind)
{
    switch (kind) {
    case EVENT_CLIENT:
    case EVENT_HELD:
    case EVENT_REFUSED_RECIPIENT:
    case EVENT_REFUSED_TRANSACTION:
    case EVENT_REFUSED_MESSAGE:
    case EVENT_PROXY_TAKEN:
    case EVENT_DISCARDED:
    case EVENT_SESSION_END:
    case EVENT_SESSION_LOST:
        return false;
    default:
        return true;
    }
}

void join_prove(struct join *j, struct slice tag)
{
    if (j->proven_count == PROVEN_MAX)
        return;
    j->proven =
        mem_grow(j->proven, j->proven_count, &j->proven_cap, sizeof *j->proven);
    j->proven[j->proven_count++] = arena_copy(j->arena, tag);
}

/* A tag that no rule file lists counts once it wrote a whole envelope. */
static bool is_proven(struct join *j, const struct event *ev)
{
    for (size_t i = 0; i < j->proven_count; i++)
        if (slice_equal(j->proven[i], ev->head.tag))
            return true;
    if (ev->kind != EVENT_ENVELOPE)
        return false;
    join_prove(j, ev->head.tag);
    return true;
}

/* The host that wrote the line; false: one without messages, not added. */
static bool find_host(struct line *l, bool add)
{
    struct join *j = l->j;

    if (!l->ev->same_host || (add && !j->host_known)) {
        j->host_known = true;
        if (add)
            j->host = hosts_add(j->hosts, l->ev->head.host);
        else
            j->host_known = hosts_find(j->hosts, l->ev->head.host, &j->host);
    }
    l->host = j->host;
    return j->host_known;
}

bool join_add(struct join *j, const struct event *ev, struct stamp at,
              struct error *err)
{
    struct line l;
    bool matters = ev->kind != EVENT_IRRELEVANT && ev->kind != EVENT_NONE;
    bool known = ev->same_host && j->host_known;

    l.j = j;
    l.ev = ev;
    l.at = at;
    l.err = err;
    /* Lines of no matter tell the time, to hosts that have messages. */
    if (!find_host(&l, matters))
        return true;
    if (!(known && j->hosts->host[l.host].now == at.sec) &&
        !flight_clock(j->flight, l.host, at.sec, err))
        return false;
    if (!matters)
        return true;
    host_length(&j->hosts->host[l.host], ev->length);
    if (ev->queue_id.len > ENTRY_ID_MAX ||
        (ev->queue_id.len == 0 && needs_id(ev->kind)))
        return true;
    if (ev->stranger && !is_proven(j, ev))
        return true;
    if (ev->queue_id.len != 0)
        l.key = flight_key(j->flight, l.host, ev->queue_id);
    return handlers[ev->kind](&l);
}
