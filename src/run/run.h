/*
 * run - what belongs to one run: inputs opened, lines to rows, an end
 *
 * The threads are run/pipeline's, the rows run/fold's; here is what stands
 * around them, and what is undone when one fails.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "options.h"

enum status {
    STATUS_DONE = 0,
    STATUS_TROUBLE = 1, /* an input not read or an output not written whole */
    STATUS_USAGE = 2,
    STATUS_REFUSED = 3 /* a collection or database: nothing was changed */
};

/* Takes each message for the user; the status tells how the run went on. */
typedef void run_complain(void *arg, const struct error *err);

/*
 * run - do what the options say
 *
 * complain is called, never at the same time from two threads, for every
 * input that could not be read (whole) and the like; the return value is the
 * process's exit status. err->code is EPIPE when the reader of the output
 * went away: then nothing need be said.
 */
enum status run(const struct options *given, run_complain *complain, void *arg);

#endif
