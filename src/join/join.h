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
#include "mail/tuple.h"
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

/* Reads what the parser has left unread; false: nothing that matters. *ev is a
 * copy of the event. */
typedef bool join_reader(void *arg, struct event *ev);

/*
 * join_spare_recipients - nobody wants to know them: messages come without
 *
 * Then deliveries may come unread (EVENT_UNREAD). Those that matter for more
 * than their recipient are read by read.
 */
void join_spare_recipients(struct join *j, join_reader *read, void *arg);

/* The next event of the log; at is its instant. */
bool join_add(struct join *j, const struct event *ev, struct stamp at,
              struct error *err);

/* Nothing came for a while: hands on what has its end mark JOIN_GRACE
 * seconds behind the clock (seconds since 1970). */
bool join_tick(struct join *j, int64_t now, struct error *err);

/* End of input: hands on everything, in order. */
bool join_finish(struct join *j, struct error *err);

/* The lines to come were written at that time of the clock, at the latest: the
 * file's modification time, or now. For join_settle(). */
void join_hear(struct join *j, int64_t clock);

/*
 * join_settle - end of input, in a run that keeps state
 *
 * Hands on, in order, what has its end mark JOIN_GRACE seconds behind and what
 * has been silent for JOIN_IDLE seconds, if log time went on with the clock
 * since the last line was written. All else stays in flight, for join_save();
 * but a message with an end mark of which nothing is missing does not wait.
 */
bool join_settle(struct join *j, int64_t clock, struct error *err);

/*
 * join_save - what is in flight, as rows of byte strings; join_load takes
 * each of them back into an empty join
 *
 * The first field of each row begins with "join-". A row that is none of
 * join_save()'s is an error.
 */
void join_save(const struct join *j, tuple_sink *put, void *arg);
bool join_load(struct join *j, const struct slice *field, size_t count,
               struct error *err);

struct join_counts join_counts(const struct join *j);

#endif
