/*
 * inputs - the INPUTs of the command line: opened, told apart, put in order
 *
 * Rows of our own come first, those of databases before all; logs follow, oldest first by their first
 * stamp, whatever their order on the command line, so that messages join
 * across the seams. A log without years gets its first one here.
 *
 * In a run that keeps state a log goes on where the last run stopped. When it
 * was rotated away since, its rest is found by content among the files beside
 * it, and so is every younger one that no run has seen.
 */
#ifndef RUN_INPUTS_H
#define RUN_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stamp.h"
#include "input/known.h"
#include "input/source.h"
#include "options.h"
#include "run/bases.h"
#include "run/run.h"

struct input {
    struct source *source; /* NULL: a log to be followed that is yet to come */
    int year;              /* of the first line without one; 0: not asked */
    struct stamp first;    /* of the first line; none: no log, or rows */
    bool dated;            /* year and first are set, or will be (dates) */
    const char *given;     /* the INPUT it was found by; NULL: a pipe */
    char *path;            /* of one found beside that; NULL: it is that */
    bool hold;             /* a last line without its end waits for its rest */
    bool followed;         /* goes on as long as the run does */
};

struct inputs {
    struct input *input;
    size_t count;
    size_t opened;          /* of them have a source */
    const char *followed;   /* the last one's path, with --follow; or NULL */
    struct source **source; /* the same in the form that a feed takes */
    bool *hold;             /* likewise: a last line may yet get its rest */
    struct bases bases;     /* those that are databases */
};

/*
 * inputs_open - open all INPUTs
 *
 * now: seconds since 1970, the limit for a pipe's first line. known: the logs
 * of earlier runs, of which those that are lost are struck out; NULL: the run
 * keeps no state. Returns false if any could
 * not be opened or read; complain was told, of that and of what is missing,
 * and the others are there.
 */
bool inputs_open(struct inputs *in, const struct options *o,
                 struct known *known, int64_t now, run_complain *complain,
                 void *arg);

/* The year of the first line of a log, also of one that seemed to be known
 * and was not asked for it before. */
int inputs_year(const struct input *in, const struct options *o, int64_t now);

/* Our own rows: their format. NULL: a log. */
const struct format *input_format(const struct input *in);
const char *input_name(const struct input *in);

/* When its last line was written: its modification time; of a pipe, or a log
 * that is followed, now. */
int64_t input_heard(const struct input *in);

void inputs_release(struct inputs *in);

#endif
