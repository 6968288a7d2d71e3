/*
 * textset - a set of byte strings
 *
 * Copies what it keeps. Zero-initialise, then textset_init(). One thread.
 */
#ifndef BASE_TEXTSET_H
#define BASE_TEXTSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/table.h"

struct textset {
    struct table table;
    struct slice *texts; /* in the order they were added */
    size_t count, cap;
    struct arena *arena;
};

void textset_init(struct textset *set);
void textset_release(struct textset *set); /* frees what it has, not set */

bool textset_has(const struct textset *set, struct slice text);

/* False: it is in the set already. */
bool textset_add(struct textset *set, struct slice text);

#endif
