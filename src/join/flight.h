/*
 * flight - the messages in flight: found by host and queue ID, aged by log
 * time, handed on when done
 *
 * What the events mean is the handlers' (line.h); here is how long an entry
 * lives, and what is made of it at its end.
 */
#ifndef JOIN_FLIGHT_H
#define JOIN_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/stamp.h"
#include "join/entry.h"
#include "join/hosts.h"
#include "join/join.h"

struct flight;

struct flight *flight_new(const struct ruleset *rs, size_t max_entries,
                          join_sink *sink, void *arg);
void flight_free(struct flight *f);

/* The MTA hosts, by whose index all here speaks of them. */
struct hosts *flight_hosts(struct flight *f);

/*
 * flight_clock - a line of this host has come, stamped at
 *
 * Hands on what is due, and ends what has been silent for a day.
 */
bool flight_clock(struct flight *f, uint32_t host, int64_t at,
                  struct error *err);

/* What an entry is looked up by: MTA host and queue ID, which it points to. */
struct flight_key {
    struct slice id; /* of ENTRY_ID_MAX bytes at most */
    uint64_t hash;
    uint32_t host;
};

uint64_t flight_hash(const struct flight *f, uint32_t host, struct slice id);

static inline struct flight_key flight_key(const struct flight *f,
                                           uint32_t host, struct slice id)
{
    return (struct flight_key){id, flight_hash(f, host, id), host};
}

/* The entry in flight, or NULL. */
struct entry *flight_find(struct flight *f, const struct flight_key *key);

/*
 * flight_open - a new entry; none with this ID may be in flight
 *
 * A full table hands on its oldest first. NULL with err set: the sink failed.
 */
struct entry *flight_open(struct flight *f, const struct flight_key *key,
                          uint8_t mta, struct error *err);

/* All entries in flight, by birth from the last to the first; NULL: no more. */
struct entry *flight_youngest(struct flight *f);
struct entry *flight_older(struct flight *f, const struct entry *e);

/* What index and serial point to, while it is still in flight; else NULL. */
struct entry *flight_at(struct flight *f, uint32_t index, uint32_t serial);

/* One of its lines: widens the span of time the entry is known by. */
static inline void flight_touch(struct entry *e, struct stamp at)
{
    if (stamp_is_none(e->date) || stamp_compare(at, e->date) < 0)
        e->date = at;
    if (at.sec > e->last)
        e->last = at.sec;
}

/* Its end mark: it is handed on JOIN_GRACE seconds later. Again: no change. */
void flight_end(struct flight *f, struct entry *e, int64_t at);
void flight_reopen(struct flight *f, struct entry *e); /* it was none */

/* Hands it on now. e is gone afterwards. */
bool flight_close(struct flight *f, struct entry *e, struct error *err);

/* Hands on all entries with an end mark that is due, of all hosts. */
bool flight_due(struct flight *f, int64_t now, struct error *err);

/* Hands on everything, in the order in which the entries were opened. */
bool flight_finish(struct flight *f, struct error *err);

/* The lines to come were written at that time of the clock, at the latest. */
void flight_hear(struct flight *f, int64_t clock);

/*
 * flight_settle - hands on what nothing more is expected of; the rest stays
 *
 * Log time has gone on since a host's latest line by as much as the clock has
 * since that was written: by it the end marks' seconds and the day of silence
 * are counted. A message with an end mark of which nothing is missing need not
 * wait for that.
 */
bool flight_settle(struct flight *f, int64_t clock, struct error *err);

/* Visits the entries in the order in which they were opened. */
typedef void flight_visit(void *arg, const struct entry *e);
void flight_each(const struct flight *f, flight_visit *visit, void *arg);

/* Puts an opened entry, whose members were set, where its times belong. */
void flight_place(struct flight *f, struct entry *e);

/* A message that never had an entry: a refusal without queue ID. One of which
 * neither client nor sender is known is counted as a fragment. */
bool flight_hand_on(struct flight *f, struct message *m, uint32_t host,
                    uint8_t mta, struct error *err);

/* Where an entry's texts go. */
struct entries *flight_entries(struct flight *f);

struct join_counts flight_counts(const struct flight *f);

#endif
