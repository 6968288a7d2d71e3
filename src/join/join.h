/*
 * join - events in, messages out
 *
 * One message leaves several lines in the log, from several daemons, mixed
 * with the lines of others. All they share is the MTA host and the queue ID;
 * this module keeps one entry per pair and hands the message on when the MTA
 * is done with it. The lines of one message may come in any order, by
 * seconds: it is handed on JOIN_GRACE seconds of log time after its end mark.
 *
 * An MTA uses a queue ID again: a new client= (Postfix), or a from= after
 * completion (sendmail), closes the old entry. One silent for JOIN_IDLE
 * seconds of log time, or the oldest of a full table, is handed on with what
 * is known of it: nothing is dropped. Log time is counted per MTA host.
 *
 * Ownership: join_add() copies what it keeps of an event, so its block may be
 * recycled. A message is valid until the sink returns. One table, one thread.
 */
#ifndef JOIN_JOIN_H
#define JOIN_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/stamp.h"
#include "mail/message.h"
#include "parse/event.h"
#include "parse/ruleset.h"

#define JOIN_GRACE 5    /* seconds that lines may come late */
#define JOIN_IDLE 86400 /* seconds after which a silent entry ends */
#define JOIN_ENTRIES_MAX (1u << 20)

/* Takes each finished message; false, with err set, stops the run. */
typedef bool join_sink(void *arg, const struct message *msg, struct error *err);

struct join_counts {
    uint64_t messages;  /* handed on */
    uint64_t fragments; /* neither client nor sender known: not reported */
};

struct join;

struct join *join_new(const struct ruleset *rs, size_t max_entries,
                      join_sink *sink, void *arg);
void join_free(struct join *j); /* NULL is allowed */

/* The next event of the log; at is its instant. */
bool join_add(struct join *j, const struct event *ev, struct stamp at,
              struct error *err);

/* Nothing came for a while: hands on what has its end mark JOIN_GRACE
 * seconds behind the clock (seconds since 1970). */
bool join_tick(struct join *j, int64_t now, struct error *err);

/* End of input: hands on everything, in order. */
bool join_finish(struct join *j, struct error *err);

struct join_counts join_counts(const struct join *j);

#endif
