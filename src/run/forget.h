/*
 * forget - which of the logs known a run with --expire need not know any more
 *
 * A log is known so that nothing of it enters twice. What is older than
 * --expire has left and does not come in again, so a log all of which is older
 * may be forgotten: its first and its last line tell, with a day to spare for
 * hosts whose clocks differ. Of one whose lines have no time nobody knows.
 *
 * Never forgotten, however old, is the log of each name that was read last: it
 * may have grown since, and when it is rotated away its rest is looked for by
 * what is known of it. Names are lines, as in a database: "MACHINE PATH".
 */
#ifndef RUN_FORGET_H
#define RUN_FORGET_H

#include <stdbool.h>

#include "base/stamp.h"
#include "input/known.h"

/* For each log whether it is to be forgotten; for the caller to free(). */
bool *forget_which(const struct known *k, struct stamp before);

#endif
