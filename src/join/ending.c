/* ending - how a message ends: out of the queue, or with its session */
#include "join/line.h"

static bool end_with(struct line *l, unsigned flags)
{
    struct entry *e = line_find_own(l);

    if (e == NULL)
        return true;
    flight_touch(e, l->at);
    e->flags |= flags;
    flight_end(l->j->flight, e, l->at.sec);
    if (e->flags & ENTRY_SUBMITTED) {
        /* Of a requeued message this was the last of its IDs. */
        e = line_origin(l, e);
        e->flags |= flags;
        flight_end(l->j->flight, e, l->at.sec);
    }
    return true;
}

bool line_done(struct line *l)
{
    return end_with(l, ENTRY_DONE);
}

bool line_canceled(struct line *l)
{
    return end_with(l, ENTRY_CANCELED);
}

static bool end_session(struct line *l, bool lost, bool over)
{
    struct session *s = line_session(l, false);

    if (s == NULL)
        return true;
    line_end_transaction(l, s, lost);
    if (over)
        sessions_end(l->j->sessions, s);
    return true;
}

bool line_session_end(struct line *l)
{
    return end_session(l, false, true);
}

/* "disconnect from" follows; until then the client in front stays known. */
bool line_session_lost(struct line *l)
{
    return end_session(l, event_has(l->ev, FACT_STAGE), false);
}
