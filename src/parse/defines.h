/*
 * defines - names for patterns, in the patterns of a rule file
 *
 * %{NAME} stands for (?:PATTERN). What is kept has none in it any more, so
 * that a define cannot contain itself.
 */
#ifndef PARSE_DEFINES_H
#define PARSE_DEFINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

struct defines {
    struct define *list;
    size_t count, cap;
};

/* False: the name is taken. Both texts are copied to the arena. */
bool defines_add(struct defines *d, struct slice name, struct slice pattern,
                 struct arena *texts);
void defines_release(struct defines *d);

/*
 * defines_expand - pattern, with every %{NAME} put in, to out
 *
 * False with err set, at being its place: there is no such name, or the
 * pattern becomes longer than max.
 */
bool defines_expand(const struct defines *d, struct slice pattern, size_t max,
                    struct buf *out, struct place at, struct error *err);

#endif
