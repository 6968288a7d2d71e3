/*
 * session - what an smtpd process told before, or apart from, its message
 *
 * One Postfix smtpd serves one client at a time, so host and pid name a
 * session. It ties together what no queue ID does: the message that is being
 * received when the connection ends; a verdict given before the first valid
 * recipient opened the queue file; the client in front of a before-queue
 * proxy, whose message gets its ID further inside.
 *
 * A process serves many clients, so its session stays when one leaves, and
 * is cleared. One unused for long makes room for others.
 */
#ifndef JOIN_SESSION_H
#define JOIN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/stamp.h"
#include "join/entry.h"
#include "mail/address.h"

/* More than any MTA lets one message have by default. */
#define SESSION_RECIPIENTS_MAX 1000

struct session_recipient {
    struct session_recipient *next;
    struct slice address;
};

struct session {
    uint32_t host;
    uint32_t pid;       /* 0: of none */
    uint32_t next_free; /* of those of none */
    uint32_t entry;     /* the message last opened, or ENTRY_NONE */
    uint32_t entry_serial;
    bool used; /* since the last search for one to forget */

    /* A verdict under NOQUEUE that belongs to the next client line. */
    bool verdict;
    bool discard;

    bool proxied; /* before a proxy: the client in front is known */

    struct session_text *texts; /* what all slices here point to */
    struct stamp verdict_at;
    struct address verdict_ip;
    struct slice sender, helo;
    struct session_recipient *recipients, **recipients_end;
    uint32_t recipient_count;

    struct stamp client_at;
    struct address client_ip;
    struct slice client_name;
};

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions *ss);

/*
 * sessions_find - the session of a process
 *
 * NULL if there is none and create is false. Valid until the next session is
 * created.
 */
struct session *sessions_find(struct sessions *ss, uint32_t host, uint32_t pid,
                              bool create);

/* Its process is over, or has another client now; s is then none. */
void sessions_end(struct sessions *ss, struct session *s);

/* Visits all sessions. */
typedef void session_visit(void *arg, const struct session *s);
void sessions_each(const struct sessions *ss, session_visit *visit, void *arg);

/* A copy that lives until session_clear(). */
struct slice session_keep(struct session *s, struct slice text);

/* Adds to the recipients of the verdict; beyond SESSION_RECIPIENTS_MAX: no. */
void session_add_recipient(struct session *s, struct slice address);

/* Takes one away; if it was the last one, the verdict is forgotten, too. */
void session_drop_recipient(struct session *s, struct slice address);

/* Forgets the verdict and the proxied client. */
void session_clear(struct session *s);

#endif
