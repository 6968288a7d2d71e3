/*
 * resolver - many questions for A records in flight at once, by c-ares
 *
 * Questions go out as long as the window (window.h) and the rate let them;
 * each ends once: with a reply, or after a bounded time without one. No
 * threads: all happens in resolver_turn(), and in resolver_ask() what fails
 * at once.
 */
#ifndef LOOKUP_RESOLVER_H
#define LOOKUP_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "lookup/reply.h"
#include "lookup/server.h"

struct resolver_options {
    struct server server;
    unsigned rate;    /* questions a second at most; 0: as it goes */
    unsigned timeout; /* seconds until one is given up */
};

enum resolver_end {
    RESOLVER_REPLY,  /* which may be REPLY_BAD */
    RESOLVER_FAILED, /* the server says that it cannot, or will not */
    RESOLVER_SILENT  /* nothing came, or nobody is there */
};

/* Takes the end of a question; why tells in words what was wrong, or NULL. */
typedef void resolver_done(void *arg, uint64_t number, enum resolver_end end,
                           const struct reply *reply, const char *why);

struct resolver;

/* NULL with err set: no c-ares, or no server to ask. */
struct resolver *resolver_new(const struct resolver_options *o,
                              resolver_done *done, void *arg,
                              struct error *err);
void resolver_free(struct resolver *r); /* what is in flight is forgotten */

/* Whether another question may go out now. */
bool resolver_is_ready(struct resolver *r);

/* Asks for name's addresses. done may be called before this returns. */
void resolver_ask(struct resolver *r, const char *name, uint64_t number);

bool resolver_is_idle(const struct resolver *r); /* nothing is in flight */

/* Takes what comes within so many milliseconds; returns when anything did. */
void resolver_turn(struct resolver *r, int milliseconds);

#endif
