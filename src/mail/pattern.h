/*
 * pattern - which addresses, domains, networks and names are meant
 *
 * What --trap, --exclude and --allow take. Read once, asked for every
 * message, so look-ups do not grow with the number of patterns.
 *
 *   user@example.com   an address: domain without case, local part exactly
 *   @example.com       every address of that domain (not of its subdomains)
 *   192.0.2.0/24       a client network; an address alone is one of its own
 *   .example.com       a client name that ends so, by whole labels: also
 *                      example.com, but not the name of another that
 *                      sendmail says may be forged
 *   <>                 the null sender
 *   /path/to/file      a file of patterns, one a line, "#" comments
 *
 * An address matches however its client has spelled it (plain.h).
 */
#ifndef MAIL_PATTERN_H
#define MAIL_PATTERN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"
#include "mail/address.h"

enum pattern_kind {
    PATTERN_MAIL = 1,   /* ADDRESS, @DOMAIN, <> */
    PATTERN_CLIENT = 2, /* CIDR, .NAME-SUFFIX */
    PATTERN_ANY = 3
};

struct patterns;

struct patterns *patterns_new(void);
void patterns_free(struct patterns *p); /* NULL is allowed */

/*
 * patterns_add - one argument: a pattern, or a path (it has a / and is no
 * CIDR), whose lines are added
 *
 * A comment begins with a # at the start of a line or behind a blank.
 *
 * kinds: what is allowed here. A pattern of another kind, or that is none, is
 * an error that names the file and line it stood on.
 */
bool patterns_add(struct patterns *p, const char *argument, unsigned kinds,
                  struct error *err);

bool patterns_empty(const struct patterns *p);

/* address: as in a row; "<>" is the null sender, "" matches nothing. */
bool patterns_match_mail(const struct patterns *p, struct slice address);
bool patterns_match_client(const struct patterns *p, const struct address *ip,
                           struct slice client_name);

/* Every network; every domain, of an @DOMAIN or of an ADDRESS. */
typedef void pattern_net(void *arg, const struct cidr *net);
typedef void pattern_domain(void *arg, struct slice domain);
void patterns_each_net(const struct patterns *p, pattern_net *visit, void *arg);
void patterns_each_domain(const struct patterns *p, pattern_domain *visit,
                          void *arg);

#endif
