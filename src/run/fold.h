/*
 * fold - what happens in the order of the input: stamps become instants,
 * events become messages, messages become rows
 *
 * One fold per run. Workers call it in turn, so it needs no lock of its own.
 */
#ifndef RUN_FOLD_H
#define RUN_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/out.h"
#include "collect/listing.h"
#include "input/feed.h"
#include "options.h"
#include "parse/ruleset.h"
#include "run/batch.h"
#include "run/inputs.h"
#include "run/keep.h"
#include "run/run.h"
#include "run/verdicts.h"

struct fold;

/* What the closing line tells. */
struct tally {
    uint64_t lines;
    uint64_t results[PARSE_TOTAL];
    uint64_t parts_lost; /* of split records, in no whole one */
    uint64_t messages;   /* joined, or read as rows */
    uint64_t fragments;
    uint64_t local;               /* left out as local */
    uint64_t rows;                /* written */
    struct listing_tally listing; /* of a list */
};

/*
 * Rows go to out, or, when the run keeps a collection, into keep (else NULL).
 * verdicts: who judges them, or NULL. unparsed: where lines not understood go, or NULL.
 */
struct fold *fold_new(const struct options *o, const struct ruleset *rs,
                      const struct inputs *in, struct keep *keep,
                      struct verdicts *verdicts, struct out *out,
                      struct out *unparsed, run_complain *complain, void *arg);
void fold_free(struct fold *f); /* NULL is allowed */

/* Before the first block: what was in flight, what goes before the first row. */
bool fold_begin(struct fold *f, struct error *err);

/* The rows of inputs that are databases; before the first block. */
bool fold_databases(struct fold *f, struct error *err);

/* Whether a block is to be parsed first: it is of a log. */
bool fold_wants_batch(const struct fold *f, const struct block *b);

/* Whether it matters whom messages went to; the same for all of a run. */
bool fold_wants_recipients(const struct fold *f);

/*
 * fold_block - the next block of the input, and what it was parsed into
 *
 * False with err set: the output failed, the run is over. An input that
 * fails is complained of, and remembered by fold_trouble().
 */
bool fold_block(struct fold *f, const struct block *b,
                const struct batch *batch, struct error *err);

/* End of all inputs: what is left goes out. */
bool fold_finish(struct fold *f, struct error *err);

bool fold_trouble(const struct fold *f);
struct tally fold_tally(const struct fold *f);

#endif
