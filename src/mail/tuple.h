/*
 * tuple - values of several kinds as one row of byte strings, and back
 *
 * The form in which what lasts across runs is handed to store/, which knows
 * rows but not what is in them. The first field is a word that tells the kind
 * of row; numbers are decimal, stamps and addresses their text (empty: none).
 */
#ifndef MAIL_TUPLE_H
#define MAIL_TUPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/stamp.h"
#include "mail/address.h"

#define TUPLE_MAX 16 /* fields */

/* Takes a row; the fields are valid until it returns. */
typedef void tuple_sink(void *arg, const struct slice *field, size_t count);

/* One row on its way out. */
struct tuple {
    struct slice field[TUPLE_MAX];
    size_t count;
    char text[TUPLE_MAX][ADDRESS_SIZE]; /* of numbers and the like */
};

void tuple_begin(struct tuple *t, const char *kind);
void tuple_put_text(struct tuple *t, struct slice s); /* not copied */
void tuple_put_number(struct tuple *t, int64_t n);
void tuple_put_stamp(struct tuple *t, struct stamp s);
void tuple_put_address(struct tuple *t, const struct address *a);

/*
 * One row on its way in: fields are taken one after the other. What is
 * missing or not of its form gives zero, none or "", and sets bad.
 */
struct tuple_reader {
    const struct slice *field;
    size_t count, next;
    bool bad;
};

struct tuple_reader tuple_reader(const struct slice *field, size_t count);
struct slice tuple_take_text(struct tuple_reader *r);
int64_t tuple_take_number(struct tuple_reader *r);
uint32_t tuple_take_small(struct tuple_reader *r); /* 0 to UINT32_MAX */
int64_t tuple_take_time(struct tuple_reader *r);   /* seconds since 1970 */
struct stamp tuple_take_stamp(struct tuple_reader *r);
struct address tuple_take_address(struct tuple_reader *r);

/* Whether all fields were taken and each was of its form. */
bool tuple_is_whole(const struct tuple_reader *r);

/*
 * Rows as bytes, one behind the other: equal bytes are equal rows. What
 * tuple_unpack() takes off the front points into packed; false: there is no
 * whole row left, though there may be bytes.
 */
void tuple_pack(struct buf *out, const struct slice *field, size_t count);
bool tuple_unpack(struct slice *packed, struct slice field[TUPLE_MAX],
                  size_t *count);

#endif
