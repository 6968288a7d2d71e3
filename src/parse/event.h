/*
 * event - what one line says of one message: parse's output, join's input
 *
 * Which events there are, and what each means for a message, is the whole
 * vocabulary between a grammar and the join: a rule file maps the lines of
 * an MTA onto it, so that a new MTA is a new file and no new code. The names
 * in comments are those that rule files use.
 */
#ifndef PARSE_EVENT_H
#define PARSE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "parse/header.h"

enum event_kind {
    /* Known, and says nothing that matters. */
    EVENT_IRRELEVANT, /* irrelevant */

    /* How a message comes to be. */
    EVENT_CLIENT,     /* client: a client's message is opened; without
                                  ID, the session of a before-queue proxy */
    EVENT_SUBMITTED,  /* submitted: on the host itself (pickup);
                                  other_id: requeued, the same message as that */
    EVENT_MESSAGE_ID, /* message_id: of the header */
    EVENT_QUEUED,     /* queued: taken and in the queue, with sender */
    EVENT_ENVELOPE,   /* envelope: sendmail's from=: client, sender and
                                  all; taken if message_id is set */

    EVENT_TAKEN, /* taken: an envelope of which not all can be read: it was
                    taken, by whom the line does not tell for sure */

    /* Verdicts. Without ID a refusal is a row of its own. */
    EVENT_HELD,                /* held: hold, discard and quarantine: taken,
                                  though no queued line may follow */
    EVENT_REFUSED_RECIPIENT,   /* refused_recipient: the message goes on */
    EVENT_REFUSED_TRANSACTION, /* refused_transaction: refused, unless the ID
                                  is taken after all */
    EVENT_REFUSED_MESSAGE,     /* refused_message: at end of data, final */
    EVENT_PROXY_TAKEN,         /* proxy_taken: the before-queue proxy's answer
                                  was 250; other_id: the inner queue ID */

    /* What became of it. */
    EVENT_DELIVERED, /* delivered: or failed for good; other_id:
                                  queued again as that ID at relay_ip */
    EVENT_DEFERRED,  /* deferred: will be tried again */
    EVENT_CHILD,     /* child: other_id is a new message of the MTA's
                                  own (bounce, notice, forward) */
    EVENT_SAME,      /* same: other_id's lines are this message's too
                                  (split envelopes, clones) */

    /* Ends. */
    EVENT_DONE,         /* done: removed from the queue, complete */
    EVENT_CANCELED,     /* canceled: no message came */
    EVENT_DISCARDED,    /* discarded: taken and thrown away */
    EVENT_SESSION_END,  /* session_end: disconnect, of this pid */
    EVENT_SESSION_LOST, /* session_lost: the connection broke; in the
                                  middle of a message if stage is set */

    /* Made by the parser itself, by no rule. */
    EVENT_PART,   /* a piece of a record that sendmail split: text and
                     number; join/rejoin puts it together */
    EVENT_UNREAD, /* a delivery of which nobody wants to know the
                     recipient: the join has text read if it matters */
    EVENT_NONE,   /* not understood, foreign or no log line: only kept
                     when lines are explained or kept */
    EVENT_TOTAL
};

/*
 * fact - the values an event carries: the named groups of rules
 *
 * A group's name is the fact's name. Common ones first, so that an event's
 * touched memory is one or two cache lines.
 */
enum fact {
    FACT_CLIENT_NAME,      /* client_name */
    FACT_CLIENT_IP,        /* client_ip: text; "unknown" is none */
    FACT_SENDER,           /* sender: without <>; empty is the null sender */
    FACT_MESSAGE_ID,       /* message_id: as logged, with its <> */
    FACT_RECIPIENT,        /* recipient: one, without <> */
    FACT_RECIPIENTS,       /* recipients: several, with commas between */
    FACT_ORIG_RECIPIENT,   /* orig_recipient: what the client wrote to */
    FACT_SIZE,             /* size: bytes */
    FACT_NRCPTS,           /* nrcpts: how many deliveries to wait for */
    FACT_OTHER_ID,         /* other_id: another queue ID of the same host; for
                              same, a list with commas */
    FACT_RELAY_IP,         /* relay_ip: where it was delivered to */
    FACT_HELO,             /* helo */
    FACT_FORGED,           /* forged: set: the client's name may be */
    FACT_LOCAL,            /* local: set: no network client */
    FACT_ORIG_CLIENT_NAME, /* orig_client_name: told by a trusted proxy */
    FACT_ORIG_CLIENT_IP,   /* orig_client_ip */
    FACT_STAGE,            /* stage: of the SMTP dialogue */
    FACT_ACTION,           /* action: the MTA's word for the verdict */
    FACT_TOTAL
};

/* What each line sets comes first, in two cache lines and a half; what the fold
 * reads of all of them in the first. */
struct event {
    uint8_t kind;     /* enum event_kind */
    uint8_t mta;      /* ruleset_mta_name() */
    bool noqueue;     /* the line said NOQUEUE */
    bool stranger;    /* a tag the rule file does not list: counts only after
                         an envelope line has proven it */
    bool same_second; /* as the line before, where that is plain to see; its
                         fraction may be another */
    bool same_host;   /* the same */
    bool doubtful;    /* if the line was cut, its address may be the client's
                         text: of an envelope, where that could reach so far */
    uint32_t length;  /* of the whole line, bytes; of a record put together, of
                         its last part's; 0 where no address is in doubt */
    uint32_t facts;   /* bit 1 << fact: value[fact] is set */
    struct slice queue_id;   /* "": none */
    struct header head;      /* what the line begins with */
    const struct rule *rule; /* NULL: none matched */
    struct slice text;       /* what follows the queue ID, as logged */
    uint32_t line;           /* within the block, from 0 */
    uint32_t number;         /* EVENT_PART: n of ID[n] */
    struct slice value[FACT_TOTAL];
};

static inline bool event_has(const struct event *ev, enum fact f)
{
    return (ev->facts >> f & 1) != 0;
}

/* The fact's text, or the empty slice. */
static inline struct slice event_fact(const struct event *ev, enum fact f)
{
    return event_has(ev, f) ? ev->value[f] : (struct slice){NULL, 0};
}

/* Names as rule files have them; false: there is none such. */
struct slice event_name(enum event_kind kind);
bool event_find(struct slice name, enum event_kind *kind);
struct slice fact_name(enum fact f);
bool fact_find(struct slice name, enum fact *f);

#endif
