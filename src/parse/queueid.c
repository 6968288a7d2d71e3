/*
 * queueid - templates of queue IDs, read and laid out as one table
 */
#include "parse/queueid.h"

/* What of a template is not read yet, and the position it has come to. */
struct reading {
    struct slice rest;
    size_t position;
    bool ranged; /* a class with a range was read: the last */
};

static const char too_long[] = "a queue ID is too long";

static bool take(struct slice *s, char byte)
{
    if (s->len == 0 || s->ptr[0] != byte)
        return false;
    *s = slice_from(*s, 1);
    return true;
}

/* "[0-9A-F]" as a set; false: it is no class. */
static bool take_class(struct slice *s, bool set[256])
{
    size_t i;

    memset(set, 0, 256 * sizeof set[0]);
    if (!take(s, '['))
        return false;
    for (i = 0; i < s->len && (i == 0 || s->ptr[i] != ']'); i++) {
        unsigned first = (unsigned char)s->ptr[i];
        unsigned last = first;

        if (i + 2 < s->len && s->ptr[i + 1] == '-' && s->ptr[i + 2] != ']') {
            last = (unsigned char)s->ptr[i + 2];
            i += 2;
        }
        if (last < first)
            return false;
        for (unsigned c = first; c <= last; c++)
            set[c] = true;
    }
    if (i == s->len)
        return false;
    *s = slice_from(*s, i + 1);
    return true;
}

static bool take_number(struct slice *s, size_t *number)
{
    size_t i = 0;

    *number = 0;
    while (i < s->len && s->ptr[i] >= '0' && s->ptr[i] <= '9' && i < 4)
        *number = *number * 10 + (size_t)(s->ptr[i++] - '0');
    *s = slice_from(*s, i);
    return i > 0;
}

/* "{n}" or "{m,n}"; nothing is {1}. */
static bool take_count(struct slice *s, size_t *least, size_t *most)
{
    *least = *most = 1;
    if (!take(s, '{'))
        return true;
    if (!take_number(s, least))
        return false;
    *most = *least;
    if (take(s, ',') && !take_number(s, most))
        return false;
    return take(s, '}') && *most >= 1 && *least <= *most;
}

/* Until positions are filled one by one, each has a row of its own. */
static void spread_rows(struct queueid *q)
{
    uint8_t rows[QUEUEID_MAX][256];

    for (size_t i = 0; i < QUEUEID_MAX; i++)
        memcpy(rows[i], q->may_be[q->row_at[i]], sizeof rows[i]);
    memcpy(q->may_be, rows, sizeof rows);
    for (size_t i = 0; i < QUEUEID_MAX; i++)
        q->row_at[i] = (uint8_t)i;
    q->rows = QUEUEID_MAX;
}

/* Equal rows become one, so that a scan touches few cache lines. */
static void merge_rows(struct queueid *q)
{
    uint8_t used = 0;

    for (size_t i = 0; i < QUEUEID_MAX; i++) {
        uint8_t row = 0;

        while (row < used && memcmp(q->may_be[row], q->may_be[i], 256) != 0)
            row++;
        if (row == used)
            memmove(q->may_be[used++], q->may_be[i], 256);
        q->row_at[i] = row;
    }
    q->rows = used;
    q->alike = 0;
    while (q->alike < QUEUEID_MAX && q->row_at[q->alike] == 0)
        q->alike++;
    for (size_t row = 0; row < used; row++)
        for (size_t c = 0; c < 256; c++)
            q->somewhere[c] |= q->may_be[row][c];
}

static const char *add_class(struct queueid *q, struct reading *r, unsigned bit)
{
    bool set[256];
    size_t least, most;

    if (r->ranged)
        return "only the last class of a queue ID may have a range";
    if (!take_class(&r->rest, set))
        return "a queue ID's template is [class]{n}[class]{m,n}";
    if (!take_count(&r->rest, &least, &most))
        return "a class of a queue ID is followed by {n} or {m,n}";
    if (most > QUEUEID_MAX - r->position)
        return too_long;
    for (size_t i = 0; i < most; i++) {
        uint8_t *row = q->may_be[r->position + i];

        for (unsigned c = 0; c < 256; c++)
            row[c] = (uint8_t)(row[c] | (set[c] ? bit : 0));
    }
    r->ranged = least < most;
    if (r->rest.len == 0)
        for (size_t i = r->position + least; i <= r->position + most; i++)
            q->ends_at[i] = (uint8_t)(q->ends_at[i] | bit);
    r->position += most;
    return NULL;
}

const char *queueid_add(struct queueid *q, struct slice template)
{
    struct reading r = {.rest = template};
    unsigned bit = 1U << q->count;

    if (q->count == QUEUEID_TEMPLATES)
        return "too many templates of queue IDs";
    if (template.len == 0)
        return "the template of a queue ID is missing";
    spread_rows(q);
    while (r.rest.len > 0) {
        const char *wrong = add_class(q, &r, bit);

        if (wrong != NULL)
            return wrong;
    }
    q->ends_at[0] = 0; /* nothing at all is no ID */
    q->count++;
    merge_rows(q);
    return NULL;
}
