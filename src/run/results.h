/*
 * results - what is made of messages: those wanted are counted or written,
 * to the output or into a collection; rows read back join them
 */
#ifndef RUN_RESULTS_H
#define RUN_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/out.h"
#include "collect/listing.h"
#include "mail/message.h"
#include "mail/row.h"
#include "options.h"
#include "run/inputs.h"
#include "run/keep.h"
#include "run/verdicts.h"

struct results;

struct results_tally {
    uint64_t messages;            /* read back from rows */
    uint64_t local;               /* left out as local */
    uint64_t rows;                /* written */
    struct listing_tally listing; /* of a list */
};

/*
 * Rows go to out, or into keep when there is one (else NULL). verdicts: who
 * judges them, or NULL.
 */
struct results *results_new(const struct options *o, const struct inputs *in,
                            struct keep *keep, struct verdicts *verdicts,
                            struct out *out);
void results_free(struct results *r); /* NULL is allowed */

/* Whether rows leave as messages are complete: then they can be flushed. */
bool results_stream(const struct results *r);

/* Whether anything of this run asks for recipients. */
bool results_want_recipients(const struct results *r);

/* What goes before the first row. */
bool results_begin(struct results *r, struct error *err);

/* A message out of a log; the form of a join_sink. */
bool results_message(void *r, const struct message *m, struct error *err);

/* A row of the input-th input, one of our own files, which stands at at. */
bool results_row(struct results *r, const struct row *row,
                 const struct field_list *columns, unsigned input,
                 struct place at, struct error *err);

/* Writes what waited for verdicts; waits so long for more of them. */
bool results_release(struct results *r, int milliseconds, struct error *err);

/* The rest of the output. */
bool results_finish(struct results *r, struct error *err);

/*
 * results_keep - makes the rows of the next commit ready, if there are any
 *
 * Sightings are merged with those of the collection, which is written anew;
 * messages went behind those it has as they came.
 */
bool results_keep(struct results *r, struct error *err);

struct results_tally results_tally(const struct results *r);

#endif
