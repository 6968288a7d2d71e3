/*
 * gathered - the messages of one commit to a database
 *
 * Copies, since what the join hands on is gone with its line. A refusal
 * without queue ID has nothing to be told by: how many like it came before in
 * the same log, or input of rows, is part of its key.
 */
#ifndef RUN_GATHERED_H
#define RUN_GATHERED_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/table.h"
#include "mail/message.h"
#include "store/database.h"

struct gathered {
    struct arena *arena;
    struct database_message *message;
    size_t count, cap;
    struct database_arrival *arrival; /* those of the commit */
    struct slice mta, mta_host;       /* of the last one */
};

void gathered_init(struct gathered *g);
void gathered_release(struct gathered *g);
void gathered_clear(struct gathered *g);

/* Adds a copy. copy, as_read: as database_message has them. */
void gathered_add(struct gathered *g, const struct message *m, uint32_t copy,
                  bool as_read);

/* All of them as arrivals, in order; then no more are added. */
void gathered_sort(struct gathered *g);

struct copy {
    uint64_t digest;
    uint32_t count;
};

/* How often a message without queue ID came so far; zero-initialise. */
struct copies {
    struct table table;
    struct copy *entry;
    size_t count, cap;
};

/* How many like it came before; this one counts from now on. */
uint32_t copies_count(struct copies *c, const struct message *m);
void copies_forget(struct copies *c);

#endif
