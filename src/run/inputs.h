/*
 * inputs - the INPUTs of the command line: opened, told apart, put in order
 *
 * Rows of our own come first; logs follow, oldest first by their first
 * stamp, whatever their order on the command line, so that messages join
 * across the seams. A log without years gets its first one here.
 */
#ifndef RUN_INPUTS_H
#define RUN_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stamp.h"
#include "input/source.h"
#include "options.h"
#include "run/run.h"

struct input {
    struct source *source;
    int year;           /* of the first line without one */
    struct stamp first; /* stamp of the first line; none: no log, or rows */
};

struct inputs {
    struct input *input;
    size_t count;
    struct source **source; /* the same in the form that a feed takes */
};

/*
 * inputs_open - open all INPUTs
 *
 * now: seconds since 1970, the limit for a pipe's first line. Returns false
 * if any could not be opened or read; complain was told, and the others are
 * there.
 */
bool inputs_open(struct inputs *in, const struct options *o, int64_t now,
                 run_complain *complain, void *arg);
void inputs_release(struct inputs *in);

#endif
