/*
 * committing - a commit to a database, while the run goes on
 *
 * A database is one writer's work, and as much as all the rest; so it has a
 * thread of its own while the next messages are gathered. What the batch points
 * to must stay until committing_end(), before which nobody else may use the
 * database.
 */
#ifndef RUN_COMMITTING_H
#define RUN_COMMITTING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"
#include "store/database.h"

struct committing {
    struct database *database;
    struct database_batch batch;
    bool under_way;
    atomic_bool at_work; /* the database has not answered yet */
    bool has_thread;
    pthread_t thread;
    enum database_result result;
    struct error err;
};

void committing_begin(struct committing *c, struct database *d,
                      const struct database_batch *b);

/* Whether committing_end() would wait. */
bool committing_is_at_work(const struct committing *c);

/* Waits for it, if one is under way. */
enum database_result committing_end(struct committing *c, struct error *err);

#endif
