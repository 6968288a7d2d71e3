/*
 * uri - which database is meant
 *
 *     PATH, sqlite:PATH
 *     mysql://[USER@][HOST[:PORT]]/DATABASE[?OPTION=VALUE[&...]]
 *
 * Options: socket, ssl-ca, ssl-cert, ssl-key (paths), ssl-verify (yes, no).
 * A password is refused: whoever is on the machine sees command lines.
 * Percent signs as in RFC 3986.
 */
#ifndef STORE_URI_H
#define STORE_URI_H

#include <stdbool.h>

#include "base/error.h"

enum uri_kind { URI_SQLITE, URI_MYSQL };

/* Texts are the struct's own; NULL: not given. */
struct uri {
    enum uri_kind kind;
    char *path; /* of SQLite */

    char *user, *host, *database, *socket;
    char *ssl_ca, *ssl_cert, *ssl_key;
    unsigned port; /* 0: not given */
    bool ssl;      /* one of its options was given */
    bool ssl_anyone;

    char *name; /* for messages */
};

/* False with err set: usage. u is to be released whether it succeeds or not. */
bool uri_parse(const char *text, struct uri *u, struct error *err);
void uri_release(struct uri *u);

/* With texts of its own, for the caller to release. */
struct uri uri_copy(const struct uri *u);

/* Whether an INPUT of that name is a URI, and not a path. */
bool uri_is_one(const char *text);

#endif
