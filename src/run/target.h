/*
 * target - where rows go: a descriptor, or a file that is replaced whole
 *
 * A path that names a descriptor, such as /dev/stdout, is written to where it
 * stands: there is nothing beside it to rename.
 */
#ifndef RUN_TARGET_H
#define RUN_TARGET_H

#include <stdbool.h>

#include "base/error.h"
#include "base/out.h"
#include "store/replace.h"

struct target {
    struct replace *file; /* NULL: a descriptor is written to */
    struct out *out;
};

/* path NULL: standard output. */
bool target_open(struct target *t, const char *path, struct error *err);
bool target_flush(struct target *t, struct error *err);

/* Puts the file in place; there is nothing to be done after it but to close. */
bool target_commit(struct target *t, struct error *err);

/* What was not committed leaves the old file as it was. */
void target_close(struct target *t);

#endif
