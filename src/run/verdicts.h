/*
 * verdicts - what DNS lists say of the client and the sender of each row
 *
 * Rows that are there together are first all handed in, so that as many
 * lookups as can be are in flight, and then judged one by one. Rows that
 * leave as they come wait here, a bounded number of them, and leave in their
 * order.
 */
#ifndef RUN_VERDICTS_H
#define RUN_VERDICTS_H

#include <stdbool.h>

#include "base/error.h"
#include "collect/messages.h"
#include "collect/sightings.h"
#include "lookup/cache.h"
#include "mail/message.h"
#include "mail/row.h"
#include "options.h"
#include "run/run.h"

struct verdicts;

/*
 * For the zones and options of o. cache may be NULL. NULL with err set: nobody
 * can be asked.
 */
struct verdicts *verdicts_new(const struct options *o, struct cache *cache,
                              run_complain *complain, void *arg,
                              struct error *err);
void verdicts_free(struct verdicts *v); /* NULL is allowed */

/* Hands in whom a message is about. */
void verdicts_ask_message(struct verdicts *v, const struct message *m);

/*
 * Hands in whom the rows to be are about, and waits for the verdicts. Either
 * may be NULL. For a list that includes sightings that are too few to be
 * listed: a network may not stand for them if they are good.
 */
void verdicts_ask_all(struct verdicts *v, struct messages *all,
                      struct sightings *s);

/*
 * In a run without end verdicts grow old, and so do servers that were down:
 * now and then, when no row waits for them, they are forgotten.
 */
void verdicts_age(struct verdicts *v);

/* Waits until there are all verdicts on who was handed in. */
void verdicts_settle(struct verdicts *v);

/*
 * verdicts_judge - sets the field listed of a row that was handed in
 *
 * False: the run does not want it (--listed, --unlisted). *allowed: a list of
 * the good has it. The text is valid until the next row is judged.
 */
bool verdicts_judge(struct verdicts *v, struct row *row, bool *allowed);

/* ---- rows that leave as they come ---- */

typedef bool verdicts_sink(void *arg, const struct row *row, struct error *err);

/* Copies the row. What is ready at the head goes to sink, judged. */
bool verdicts_hold(struct verdicts *v, const struct row *row,
                   verdicts_sink *sink, void *arg, struct error *err);

/* Waits so long for those that are held, or, with -1, until there are none. */
bool verdicts_release(struct verdicts *v, int milliseconds, verdicts_sink *sink,
                      void *arg, struct error *err);

#endif
