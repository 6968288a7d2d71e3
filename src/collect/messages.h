/*
 * messages - a set of messages, by identity
 *
 * Needed where message rows are read back: the union of a collection with
 * another, or with what a log yields. Identity is (mta_host, queue_id, the
 * wall-clock of date from month to second, never the guessed year); without
 * a queue ID all fields are the identity, and the greater multiplicity among
 * the inputs stands. Of two rows of one identity the fuller one stands (more
 * fields known, then more recipients), then the smaller; so the order of
 * inputs does not matter.
 *
 * Copies what it keeps. One thread.
 */
#ifndef COLLECT_MESSAGES_H
#define COLLECT_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "mail/message.h"

struct messages;

struct messages *messages_new(void);
void messages_free(struct messages *s); /* NULL is allowed */

/* input: a number that tells the inputs apart; all logs of a run are one. */
void messages_add(struct messages *s, const struct message *m, unsigned input);

typedef bool message_visit(void *arg, const struct message *m,
                           struct error *err);

/* Sorted by date, then identity; a multiple one is visited as often. */
bool messages_each(struct messages *s, message_visit *visit, void *arg,
                   struct error *err);

#endif
