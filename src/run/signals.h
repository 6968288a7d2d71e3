/*
 * signals - SIGTERM and SIGINT end a run that follows a log, cleanly; SIGHUP
 * has it look at the log's name anew
 *
 * A thread of its own waits for them, so that what they do is no more than a
 * call, and nothing is done in a handler.
 */
#ifndef RUN_SIGNALS_H
#define RUN_SIGNALS_H

#include "input/feed.h"

struct signals;

/*
 * signals_watch - take them from here on
 *
 * Before any other thread starts, as those inherit that they are blocked.
 * NULL: no thread could be started, and they do what they do by default.
 */
struct signals *signals_watch(struct feed *feed);

/* Gives them back. NULL is allowed. */
void signals_end(struct signals *s);

#endif
