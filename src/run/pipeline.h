/*
 * pipeline - blocks of the input through parsers into the fold
 *
 * Where the threads are. Blocks are parsed in any order, several at a time, and
 * folded one by one in the order of the input.
 */
#ifndef RUN_PIPELINE_H
#define RUN_PIPELINE_H

#include <stdbool.h>

#include "base/error.h"
#include "input/feed.h"
#include "options.h"
#include "parse/ruleset.h"
#include "run/fold.h"
#include "run/progress.h"

/* How many threads work: those asked for, or a thread for each core. */
unsigned pipeline_jobs(const struct options *o);

/*
 * pipeline_run - all that the feed gives, into the fold
 *
 * By this thread and jobs - 1 more. Memory is bounded: a fold that is blocked
 * blocks the input. False with err set: the fold failed, the run is over.
 */
bool pipeline_run(const struct options *o, const struct ruleset *rs,
                  struct feed *feed, struct fold *fold,
                  struct progress *progress, struct error *err);

#endif
