/*
 * years - which year the first line of a log is of
 *
 * Most syslogs write no year. A file was last written about when its last
 * line was: its first is of the latest year that puts no line more than a day
 * after that, which takes a look at the stamps of the whole of it. Of a pipe
 * there is only the first line: of the latest year that puts it not after now.
 */
#ifndef RUN_YEARS_H
#define RUN_YEARS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "input/source.h"
#include "parse/wall.h"

/* The first stamp in text; its last line may lack its newline. */
bool years_first_stamp(struct slice text, struct wall *w);

/*
 * years_of - the year of a log's first line, whose stamp is first
 *
 * A file is read for it, whole or in samples, and stands anywhere afterwards;
 * one that can't be read gets the year of what could be. now: seconds since
 * 1970.
 */
int years_of(struct source *s, const struct wall *first, int64_t now);

#endif
