/*
 * explain - what each line was read as, and by which rule, or why by none
 */
#ifndef RUN_EXPLAIN_H
#define RUN_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/out.h"
#include "base/stamp.h"
#include "parse/event.h"
#include "run/batch.h"

struct explain;

/* json: an object a line; else text to read. */
struct explain *explain_new(bool json, struct out *out);
void explain_free(struct explain *x); /* NULL is allowed */

/*
 * explain_line - one line of a log
 *
 * at: its instant, none where it has no stamp. joined: the event of the
 * record that this part completes, or NULL.
 */
bool explain_line(struct explain *x, struct place where,
                  const struct batch_line *line, const struct event *ev,
                  struct stamp at, const struct event *joined,
                  struct error *err);

#endif
