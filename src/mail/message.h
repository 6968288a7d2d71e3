/*
 * message - one SMTP transaction at the MTA, as all its log lines tell it
 *
 * What the join hands on and what message rows are made of. It owns nothing:
 * slices point into the join's entry, or the row it was read from.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/stamp.h"
#include "mail/address.h"

enum outcome {
    OUTCOME_ACCEPTED, /* the MTA took it */
    OUTCOME_REJECTED, /* refused */
    OUTCOME_ABORTED,  /* begun, but no message came */
    OUTCOME_TOTAL
};

struct message {
    struct stamp date;        /* earliest among its lines */
    struct slice sender;      /* "<>": the null sender; "": not known */
    struct address client_ip; /* none: not known, or no network client */
    struct slice client_name; /* with sendmail's " (may be forged)" */
    struct slice helo;
    struct slice message_id;        /* less its outer < > */
    const struct slice *recipients; /* each once, in order */
    size_t recipient_count;
    int64_t size; /* bytes; -1: not known */
    enum outcome outcome;
    bool local;       /* submitted on the host, or a bounce */
    struct slice mta; /* "postfix", "sendmail": the rule file's */
    struct slice mta_host;
    struct slice queue_id; /* "": refused before it had one */
};

struct slice outcome_name(enum outcome o);
bool outcome_find(struct slice name, enum outcome *o);

/* What follows the last @, or "" (the null sender, a bare local part). */
struct slice mail_domain(struct slice address);

/* Writes address with its domain in lower case to out, address.len bytes. */
void mail_fold(struct slice address, char *out);

/* Writes a domain or host name in lower case to out, domain.len bytes. */
void domain_fold(struct slice domain, char *out);

#endif
