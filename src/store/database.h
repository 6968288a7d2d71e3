/*
 * database - messages and the state of their logs, in tables
 *
 * The contract is spamharvest-db(5). Rows and state change in one transaction,
 * which is optimistic: nothing is locked while a run reads, but in the commit
 * each log and host that it read lines of must stand as it stood when it was
 * loaded. If another run has moved one of them, nothing is committed, and all
 * that this one made of it is void: DATABASE_MOVED.
 *
 * A transaction that would do when begun anew (a deadlock, a server that is
 * gone for a while) is begun anew, here, until the time is over that was given
 * to database_open().
 *
 * Which database, and through which library, is a driver's business.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "base/stamp.h"
#include "format/format.h"
#include "input/known.h"
#include "mail/message.h"
#include "store/uri.h"

/* The longest name of an MTA host, a queue ID, or an MTA. */
#define DATABASE_NAME_MAX 255

struct database;

/*
 * database_open - for writing: makes the tables, or brings them forward
 *
 * seconds: how long to wait for others, now and in each commit. NULL with err
 * set: not there, not ours, of a newer version, locked, no such library;
 * nothing was changed.
 */
struct database *database_open(const struct uri *u, bool writes,
                               unsigned seconds, struct error *err);
void database_close(struct database *d); /* NULL is allowed */

/* Whether a file's first bytes are those of an SQLite database. */
bool database_is_file(struct slice head);

/* "SQLite 3.40.1" and the like, for --version; i from 0 on, NULL: no more. */
const char *database_library(unsigned i, char text[80]);

/* ---- the state, as the last commit left it ---- */

/* A log, by place; version tells whether another run has moved it. */
typedef void database_log(void *arg, const struct known_log *log, int64_t place,
                          int64_t version);
/* False: a row is not of its form, or could not be read. The name is valid
 * until the sink returns. */
bool database_logs(struct database *d, database_log *sink, void *arg,
                   struct error *err);

/* An MTA host. head: of the log that it was last heard of in. */
struct database_host {
    struct slice name;
    struct known_hash head;
    struct slice state;
    int64_t version; /* 0: it is not in the database yet */
};

typedef void database_host_sink(void *arg, const struct database_host *h);
bool database_hosts(struct database *d, database_host_sink *sink, void *arg,
                    struct error *err);

/* Something in flight. */
struct database_flight {
    struct slice host, kind, id;
    int64_t opened;     /* their order */
    int64_t latest;     /* time of the latest line; INT64_MIN: not told */
    struct slice state; /* ptr NULL: it is in flight no more */
};

typedef bool database_flight_sink(void *arg, const struct database_flight *f,
                                  struct error *err);
/* What is in flight of a host, by kind and opened. */
bool database_flights(struct database *d, struct slice host,
                      database_flight_sink *sink, void *arg, struct error *err);

/* ---- a commit ---- */

/* A log of which lines were read. */
struct database_move {
    struct known_log was; /* offset 0: it was not known */
    int64_t version;      /* of that */
    struct known_log now;
    int64_t place; /* among the logs, in the order in which they were met */
    size_t log;    /* the caller's: which of those known */
};

/* What a message is known by, and the number that its rows get from that. */
struct database_key {
    int64_t id, wall, nth;
};

/* A message to come in. */
struct database_message {
    struct message message;
    /*
     * Without queue ID, how many like it in all fields came before it: of this
     * commit, or of its file of rows.
     */
    uint32_t copy;
    bool as_read; /* without queue ID: it comes in, whatever is there */

    /* What database_prepare() makes. */
    struct database_key key;
    struct slice date, client_ip, client_net, sender_domain;
};

/* One that is prepared, in its place among those of its commit. */
struct database_arrival {
    int64_t id;
    const struct database_message *m;
};

/*
 * database_prepare - makes of a message what need not wait for the database
 *
 * All above that is given. The texts are a's.
 */
void database_prepare(struct database_message *m, struct arena *a);

/* Those of a commit, as it takes them; for the caller to free(). */
struct database_arrival *database_in_order(
    const struct database_message *messages, size_t count);

struct database_batch {
    const struct known *loaded; /* all logs as they were loaded */
    const struct database_move *moves;
    size_t move_count;
    const struct database_move *forgotten; /* was and version: they go, unless
                                              another run has moved them */
    size_t forgotten_count;
    const struct database_host *hosts; /* version: as it was loaded */
    size_t host_count;
    const struct database_flight *flights;
    size_t flight_count;
    const struct database_arrival *arrivals; /* in order */
    size_t arrival_count;
    int64_t version; /* what that of logs and hosts becomes */
    bool goes_on;    /* the next one is about to come */
};

enum database_result {
    DATABASE_DONE,
    DATABASE_MOVED, /* with err, which says by whom */
    DATABASE_FAILED
};

/* All of it or nothing. */
enum database_result database_commit(struct database *d,
                                     const struct database_batch *b,
                                     struct error *err);

/* Whether it has its indexes; if not, a commit after which nothing goes on
 * makes them, though it may have nothing else to do. */
bool database_is_indexed(const struct database *d);

/* How many messages make a commit that is worth its while. */
size_t database_batch_size(const struct database *d);

/* Takes away what was last seen before that. */
bool database_expire(struct database *d, struct stamp before,
                     struct error *err);

/* Where messages without queue ID are told apart by all their fields. */
uint64_t database_digest(const struct message *m);

/* A number that no other commit has. */
int64_t database_new_version(void);

/* ---- reading back ---- */

struct database_selection {
    unsigned outcomes; /* bit 1 << enum outcome */
    struct stamp since, until;
    bool recipients; /* whether they are wanted */
};

/*
 * Rows of messages, each once; at least those that are selected. line is 0.
 */
bool database_rows(struct database *d, const struct database_selection *s,
                   row_sink *sink, void *arg, struct error *err);

#endif
