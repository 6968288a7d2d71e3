/*
 * row - a message or a sighting as named texts: what formats write and read
 *
 * A format knows nothing of mail but the names of fields; what a value means
 * is decided here, once, for text, CSV and JSON Lines alike.
 */
#ifndef MAIL_ROW_H
#define MAIL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/field.h"
#include "mail/message.h"
#include "mail/sighting.h"

struct row {
    uint32_t present;                /* bit 1 << field: the row has it */
    struct slice value[FIELD_TOTAL]; /* of those, but FIELD_RECIPIENTS */
    const struct slice *recipients;
    size_t recipient_count;
};

/* Texts of all fields of a message row. They live in a, or as long as m. */
void row_from_message(struct row *row, const struct message *m,
                      struct arena *a);

/* Texts of the columns of a sighting of this key. */
void row_from_sighting(struct row *row, const struct sighting *s,
                       const struct field_list *key, struct arena *a);

/*
 * row_to_message, row_to_sighting - a row that was read, as what it was
 *
 * False when a value is not of its field's form (a date that is none), with
 * the field in *bad. What is made points into the row's texts and a.
 * row_to_message wants all columns of message rows except, as -F may have
 * dropped them, those that only describe: client_name, helo, recipients,
 * size; outcome absent is accepted, mta absent is "".
 */
bool row_to_message(const struct row *row, struct message *m, struct arena *a,
                    enum field *bad);
bool row_to_sighting(const struct row *row, const struct field_list *key,
                     struct sighting *s, struct arena *a, enum field *bad);

/* FIELD_LISTED: words with one blank between (lookup/reputation.h). */
void row_set_listed(struct row *row, struct slice words);

/* The value of a field but FIELD_RECIPIENTS; empty if the row has it not. */
static inline struct slice row_value(const struct row *row, enum field f)
{
    if ((row->present >> f & 1) == 0)
        return slice_make(NULL, 0);
    return row->value[f];
}

/*
 * Recipients joined by one space, for eyes: one that holds a space looks like
 * two. recipients_join() is for what is read back.
 */
struct slice row_recipients(const struct row *row, struct arena *a);

/* One value as text shows it. */
static inline struct slice row_text(const struct row *row, enum field f,
                                    struct arena *a)
{
    return f == FIELD_RECIPIENTS ? row_recipients(row, a) : row_value(row, f);
}

#endif
