/*
 * line - one event on its way into the join, and what its handlers share
 *
 * Private to join/: what an event says (facts as values), which entry it
 * belongs to, and how an entry takes what it did not know yet.
 */
#ifndef JOIN_LINE_H
#define JOIN_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include "base/stamp.h"
#include "join/entry.h"
#include "join/flight.h"
#include "join/session.h"
#include "mail/address.h"
#include "parse/event.h"

/* An entry read back before the message that it is part of. */
struct orphan {
    uint32_t entry, entry_serial;
    uint32_t host;
    struct slice parent_id;
};

struct join {
    const struct ruleset *rules;
    struct flight *flight;
    bool recipients; /* whether somebody wants to know them; if not: */
    join_reader *read;
    void *read_arg;
    bool host_known; /* of the line before, and if so: */
    uint32_t host;
    struct hosts *hosts;
    struct entries *entries;
    struct sessions *sessions;
    struct slice *proven; /* tags of strangers that wrote a whole envelope */
    size_t proven_count, proven_cap;
    struct orphan *orphans;
    size_t orphan_count, orphan_cap;
    struct arena *arena; /* of proven and orphans */
    struct buf name;     /* a client name with its suffix */
};

/* Notes that a tag has proven itself; bounded. */
void join_prove(struct join *j, struct slice tag);

struct line {
    struct join *j;
    const struct event *ev;
    struct stamp at;
    uint32_t host;
    struct flight_key key; /* of the event's queue ID, if it has one */
    struct error *err;
};

/* Does what one kind of event means; false, with l->err set: the sink failed. */
typedef bool line_handler(struct line *l);

/* Messages begin: message.c */
line_handler line_client, line_submitted, line_message_id, line_queued,
    line_envelope, line_taken;

/* The MTA judges: verdict.c */
line_handler line_held, line_refused, line_refused_message, line_proxy_taken,
    line_discarded;

/* What becomes of them: delivery.c */
line_handler line_delivered, line_deferred, line_child, line_same;

/* And how they end: ending.c */
line_handler line_done, line_canceled, line_session_end, line_session_lost;

/* ---- what the event says ---- */

/* The null sender is logged as nothing and shown as "<>". */
struct slice line_sender(const struct line *l);

/* The address of a fact; none when it has none, or it is no address. */
struct address line_address(const struct line *l, enum fact fact);

/* A name as rows show it: "" for unknown, with sendmail's doubt behind. Valid
 * until the next call. */
struct slice line_client_name(struct line *l, enum fact fact);

/* A number, or -1. */
int64_t line_number(const struct line *l, enum fact fact);

/* Whether the verdict throws the message away. */
bool line_is_discard(const struct line *l);

/* ---- which entry it belongs to ---- */

/* Of the event's own queue ID, and of another; NULL: none is in flight. */
struct entry *line_find_own(struct line *l);
struct entry *line_find(struct line *l, struct slice id);

/* A new one of another queue ID; NULL: the sink failed. */
struct entry *line_open(struct line *l, struct slice id);

/* The entry of the event's queue ID, in flight already or new. */
struct entry *line_entry(struct line *l);

/*
 * line_begin - the entry of a message that begins with this event
 *
 * e: what is in flight under this ID, or NULL. same: whether that is this
 * message; if not, it had the ID before, and is handed on. NULL: the sink
 * failed.
 */
struct entry *line_begin(struct line *l, struct entry *e, bool same);

/*
 * line_overtook - whether what is known of an entry may be of the message
 * that begins with this line
 *
 * Lines overtake each other by seconds; what is older had the ID before.
 */
bool line_overtook(const struct line *l, const struct entry *e);

/* The session of the process that wrote the line; NULL if there is none, or
 * the line tells no process. */
struct session *line_session(struct line *l, bool create);

/* Whether a filter's re-injection could have opened this entry: from near by,
 * whomever an XFORWARD then named as the client. */
bool line_may_be_inner(const struct entry *e);

/* The message whose deliveries an entry's are: of a split or requeued one
 * its origin, of all others itself. */
struct entry *line_origin(struct line *l, struct entry *e);

/* ---- what the entry learns ---- */

/* A text, unless it has one of that kind. */
void line_set_text(struct line *l, struct entry *e, enum entry_text kind,
                   struct slice text);

/* The client, unless it has one. */
void line_set_client(struct line *l, struct entry *e, enum fact name,
                     struct address ip);

void line_set_helo(struct line *l, struct entry *e);

/* Client, HELO and sender as a verdict tells them. */
void line_set_from_verdict(struct line *l, struct entry *e);

/*
 * line_add_recipients - what the client wrote to, as far as the line tells
 *
 * Returns for how many deliveries it speaks.
 */
uint32_t line_add_recipients(struct line *l, struct entry *e);

/* Hands it on, some seconds from now, if sendmail is done with it. */
void line_end_if_complete(struct line *l, struct entry *e);

/*
 * line_end_transaction - the session turns to something else, or ends
 *
 * lost: the connection broke in the middle of a message.
 */
void line_end_transaction(struct line *l, struct session *s, bool lost);

#endif
