/*
 * order - which input is read first
 *
 * Rows of our own, then logs, oldest first by their first stamp; of one log
 * given at several times of its life the youngest, as each then goes on where
 * the one before it stopped (input/known); equals as they were given. One
 * that is followed comes last.
 */
#ifndef RUN_ORDER_H
#define RUN_ORDER_H

#include <stddef.h>

#include "run/inputs.h"

void order_inputs(struct input *input, size_t count);

#endif
