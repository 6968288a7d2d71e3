/*
 * lists - the output of a run whose format is a list: what may be listed,
 * under a comment that says where it comes from
 */
#ifndef RUN_LISTS_H
#define RUN_LISTS_H

#include <stdbool.h>

#include "base/error.h"
#include "collect/listing.h"
#include "collect/sightings.h"
#include "format/format.h"
#include "options.h"
#include "run/verdicts.h"

/* Whether o.suffixes must be there: of a list of domains. */
bool lists_need_suffixes(const struct options *o);

/* NULL: the run writes no list. o must outlive it. */
struct listing *lists_new(const struct options *o);

/*
 * lists_write - the whole list that is made of all sightings
 *
 * The comment has the date of the run, or that of the environment's
 * SOURCE_DATE_EPOCH, by which output can be made again byte for byte. It tells
 * no value of -t, -x and --allow. verdicts, which may be NULL, are settled:
 * what a list of the good has is allowed.
 */
bool lists_write(struct listing *l, struct sightings *s,
                 const struct options *o, struct verdicts *verdicts,
                 struct writer *w, struct error *err);

#endif
