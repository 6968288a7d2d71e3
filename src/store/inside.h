/*
 * inside - what collection.c, which opens and mends, and commit.c share
 *
 * Nobody else includes this.
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/out.h"
#include "store/beside.h"
#include "store/collection.h"
#include "store/imprint.h"
#include "store/state.h"

struct collection {
    struct beside at;
    struct sibling state; /* FILE.state */
    struct sibling next;  /* FILE.state.next */
    struct sibling rows;  /* FILE.next */
    struct lock *lock;
    enum collection_kind kind;
    struct collection_form form;
    struct state known; /* what was committed with FILE; not valid: none */

    int fd;           /* FILE; -1: there is none */
    struct stat seen; /* FILE as this run left it; all zero: none */

    /* Between begin and commit. */
    struct out *out;
    int fresh; /* rows that come in place of FILE's, or behind; -1: none */
    bool append;

    bool broken; /* a commit broke off where it could not be taken back */
};

static inline struct part collection_file(const struct collection *c)
{
    return (struct part){c->fd, (uint64_t)c->seen.st_size, c->at.name};
}

static inline bool collection_is_empty(const struct collection *c)
{
    return c->fd < 0 || c->seen.st_size == 0;
}

/* Sets c->seen. */
bool collection_look(struct collection *c, struct error *err);

/* Cuts FILE back to a size, durably. */
bool collection_cut(struct collection *c, uint64_t size, struct error *err);

/*
 * FILE.state.next becomes FILE.state, durably; *renamed: that much is done,
 * also when it fails.
 */
bool collection_take_next(struct collection *c, bool *renamed,
                          struct error *err);

/* Forgets the rows of a commit that is not to be. */
void collection_drop(struct collection *c);

#endif
