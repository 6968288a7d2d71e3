/*
 * rejoin - records that sendmail wrote in parts, whole again
 *
 * A record longer than its buffer leaves sendmail as "ID[1]: text ...",
 * "ID[2]: text" (libsm, conf.c:sm_syslog): every part but the last ends in
 * " ...". Where it was cut is the client's choice, as his 8-bit bytes grow
 * fourfold; so no part is ever read on its own, and a record that lacks one
 * is dropped and counted.
 *
 * One thread; parts of one record come in order, mixed with other lines.
 */
#ifndef JOIN_REJOIN_H
#define JOIN_REJOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/stamp.h"
#include "mail/tuple.h"
#include "parse/event.h"

struct rejoin;

struct rejoin *rejoin_new(void);
void rejoin_free(struct rejoin *r); /* NULL is allowed */

/*
 * rejoin_add - the next part, an event of kind EVENT_PART
 *
 * True when it completes its record: *text is what "ID: " would stand
 * before, valid until the next call, and *first the stamp of the first part.
 */
bool rejoin_add(struct rejoin *r, const struct event *part, struct stamp at,
                struct slice *text, struct stamp *first);

/*
 * rejoin_save - records under way, as rows "rejoin"; rejoin_load takes them
 * back. A row that is none of these is bad: false.
 */
void rejoin_save(const struct rejoin *r, tuple_sink *put, void *arg);
bool rejoin_load(struct rejoin *r, const struct slice *field, size_t count);

/* Parts so far that belong to no whole record. */
uint64_t rejoin_dropped(const struct rejoin *r);

#endif
