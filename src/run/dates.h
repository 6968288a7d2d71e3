/*
 * dates - the year and the first stamp of each log, by which logs are ordered
 *
 * To tell the year of a log whose stamps have none it is looked through
 * (run/years), which for a large or packed one takes as long as reading it.
 * The large ones are put off until all inputs are open, and then looked
 * through side by side. What a small one unpacks to is held until it is read,
 * where to unpack it again would take long.
 */
#ifndef RUN_DATES_H
#define RUN_DATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "run/inputs.h"

struct undated;

struct dates {
    const struct options *o;
    int64_t now; /* seconds since 1970: the limit for a pipe's first line */
    size_t room; /* bytes that may yet be held */
    struct undated *list;
    size_t count, cap;
};

struct dates dates_begin(const struct options *o, int64_t now);

/*
 * Sets year and first of a log, and dated. It then stands at its beginning,
 * and rests.
 */
void dates_set(const struct dates *d, struct input *in);

/*
 * dates_set_or_defer - the same, now or with dates_finish()
 *
 * place: under which number dates_finish() will find the log. It rests then,
 * or is held.
 */
void dates_set_or_defer(struct dates *d, struct input *in, size_t place);

/*
 * dates_finish - dates the logs that were put off, with as many threads as the
 * run may have, and releases d
 */
void dates_finish(struct dates *d, struct input *inputs);

#endif
