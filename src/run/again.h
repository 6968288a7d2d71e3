/*
 * again - a run that another one has voided begins anew
 *
 * Whenever one has to, the other has got on; so that ends.
 */
#ifndef RUN_AGAIN_H
#define RUN_AGAIN_H

#include <stdbool.h>

#include "options.h"
#include "run/run.h"

/* How an attempt ended. */
enum attempt {
    ATTEMPT_OVER,
    ATTEMPT_VOID,  /* another run was at the same logs */
    ATTEMPT_GOT_ON /* the same, but only later: much of it stands */
};

typedef enum status again_once(const struct options *o, const void *with,
                               enum attempt *how, run_complain *complain,
                               void *arg);

/*
 * As often as it takes, if its inputs can be read again; but no longer than
 * --lock-wait without getting on.
 */
enum status again_until_done(const struct options *o, again_once *once,
                             const void *with, run_complain *complain,
                             void *arg);

#endif
