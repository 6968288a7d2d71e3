/*
 * progress - what a person at a terminal sees of the run
 *
 * The one part beside main.c that writes to standard error: a bar while the
 * run works, erased at its end, and one closing line.
 */
#ifndef RUN_PROGRESS_H
#define RUN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "run/fold.h"

struct progress {
    bool bar;             /* standard error is a terminal */
    bool closing;         /* a closing line is wanted */
    bool shown;           /* a bar stands on the terminal */
    uint64_t size;        /* of all inputs on disk; 0: not known */
    int64_t began, drawn; /* nanoseconds of the monotonic clock */
};

void progress_begin(struct progress *p, const struct options *o,
                    const struct inputs *in);

/* taken: bytes taken from disk so far. Cheap; draws ten times a second. */
void progress_update(struct progress *p, uint64_t taken);

/* content: bytes of log text, as unpacked. */
void progress_end(struct progress *p, const struct options *o,
                  const struct tally *t, uint64_t content);

#endif
