/*
 * bases - INPUTs that are databases
 *
 * Known by their name, a URI, or as a file by their content. They have no
 * source: rows come as the database hands them out, selected there as far as
 * it can be.
 */
#ifndef RUN_BASES_H
#define RUN_BASES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "format/format.h"
#include "input/source.h"
#include "options.h"
#include "store/uri.h"

/* Zero-initialise. */
struct bases {
    struct uri *uri;
    size_t count;
};

enum base {
    BASE_NONE, /* it is something else */
    BASE_TAKEN,
    BASE_BAD /* a database, but none that can be read in this run */
};

/*
 * bases_take - takes an INPUT in if it is a database
 *
 * If it is none *s is its source, or NULL with err set if it cannot be opened.
 */
enum base bases_take(struct bases *b, const struct options *o, const char *name,
                     struct source **s, struct error *err);
void bases_release(struct bases *b);

/* The rows of one, at least those that are selected; recipients: whether they
 * are wanted. */
bool bases_read(const struct uri *u, const struct options *o, bool recipients,
                row_sink *sink, void *arg, struct error *err);

#endif
