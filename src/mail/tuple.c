/* tuple - values of several kinds as one row of byte strings, and back */
#include "mail/tuple.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* From year 1 to 9999, so that sums of two cannot overflow. */
#define TIME_MIN INT64_C(-62135596800)
#define TIME_MAX INT64_C(253402300799)

static_assert(STAMP_SIZE <= ADDRESS_SIZE, "a stamp fits where an address does");

void tuple_begin(struct tuple *t, const char *kind)
{
    t->field[0] = slice_of(kind);
    t->count = 1;
}

void tuple_put_text(struct tuple *t, struct slice s)
{
    assert(t->count < TUPLE_MAX);
    t->field[t->count++] = s;
}

void tuple_put_number(struct tuple *t, int64_t n)
{
    char *text = t->text[t->count];
    int len = snprintf(text, sizeof t->text[0], "%" PRId64, n);

    tuple_put_text(t, slice_make(text, (size_t)len));
}

void tuple_put_stamp(struct tuple *t, struct stamp s)
{
    char *text = t->text[t->count];

    tuple_put_text(t, slice_make(text, stamp_format(s, text)));
}

void tuple_put_address(struct tuple *t, const struct address *a)
{
    char *text = t->text[t->count];

    tuple_put_text(t, slice_make(text, address_format(a, text)));
}

struct tuple_reader tuple_reader(const struct slice *field, size_t count)
{
    return (struct tuple_reader){.field = field, .count = count};
}

struct slice tuple_take_text(struct tuple_reader *r)
{
    if (r->next == r->count) {
        r->bad = true;
        return SLICE("");
    }
    return r->field[r->next++];
}

int64_t tuple_take_number(struct tuple_reader *r)
{
    struct slice text = tuple_take_text(r);
    bool negative = slice_starts(text, SLICE("-"));
    unsigned long long n;

    if (slice_equal(text, SLICE("-9223372036854775808")))
        return INT64_MIN;
    if (negative)
        text = slice_from(text, 1);
    if (!slice_number(text, &n) || n > INT64_MAX) {
        r->bad = true;
        return 0;
    }
    return negative ? -(int64_t)n : (int64_t)n;
}

uint32_t tuple_take_small(struct tuple_reader *r)
{
    int64_t n = tuple_take_number(r);

    if (n < 0 || n > UINT32_MAX) {
        r->bad = true;
        return 0;
    }
    return (uint32_t)n;
}

int64_t tuple_take_time(struct tuple_reader *r)
{
    int64_t n = tuple_take_number(r);

    if (n < TIME_MIN || n > TIME_MAX) {
        r->bad = true;
        return 0;
    }
    return n;
}

struct stamp tuple_take_stamp(struct tuple_reader *r)
{
    struct slice text = tuple_take_text(r);
    struct stamp s = STAMP_NONE;

    if (text.len != 0 && !stamp_parse(text, &s))
        r->bad = true;
    return s;
}

struct address tuple_take_address(struct tuple_reader *r)
{
    struct slice text = tuple_take_text(r);
    struct address a = {{0}};

    if (text.len != 0 && !address_parse(text, &a)) {
        r->bad = true;
        return (struct address){{0}};
    }
    return a;
}

bool tuple_is_whole(const struct tuple_reader *r)
{
    return !r->bad && r->next == r->count;
}

void tuple_pack(struct buf *out, const struct slice *field, size_t count)
{
    buf_addf(out, "%zu:", count);
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, "%zu:", field[i].len);
        buf_add(out, field[i]);
    }
}

/* "12:", no more than most. */
static bool unpack_number(struct slice *packed, size_t most, size_t *number)
{
    size_t colon = slice_find_byte(*packed, ':');
    unsigned long long n;

    if (colon == SIZE_MAX || !slice_number(slice_head(*packed, colon), &n) ||
        n > most)
        return false;
    *packed = slice_from(*packed, colon + 1);
    *number = (size_t)n;
    return true;
}

bool tuple_unpack(struct slice *packed, struct slice field[TUPLE_MAX],
                  size_t *count)
{
    size_t len;

    if (!unpack_number(packed, TUPLE_MAX, count))
        return false;
    for (size_t i = 0; i < *count; i++) {
        if (!unpack_number(packed, packed->len, &len) || len > packed->len)
            return false;
        field[i] = slice_head(*packed, len);
        *packed = slice_from(*packed, len);
    }
    return true;
}
