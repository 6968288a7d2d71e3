/*
 * form - what a file of rows is: its format, and sightings of which key, or
 * messages
 *
 * A collection has all the columns that its kind of rows has, in their order,
 * and nothing but whole rows: only so can every row be merged, and others be
 * put behind it.
 */
#ifndef STORE_FORM_H
#define STORE_FORM_H

#include <stdbool.h>

#include "base/error.h"
#include "format/format.h"
#include "store/collection.h"
#include "store/imprint.h"

/* Reads no further than the first row; false: not a collection. */
bool form_find(const struct part *file, struct collection_form *form,
               struct error *err);

/* Each row to sink; one of other columns than form's is an error. */
bool form_rows(const struct part *file, const struct collection_form *form,
               row_sink *sink, void *arg, struct error *err);

/* Reads all of it: every row is whole and means something. */
bool form_check(const struct part *file, const struct collection_form *form,
                struct error *err);

#endif
