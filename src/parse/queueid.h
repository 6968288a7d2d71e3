/*
 * queueid - where a queue ID ends, by the templates of a rule file
 *
 * A template such as [0-9A-F]{6,21} says which bytes may stand at which
 * position. All templates of an MTA are followed at once: a table tells, for
 * position and byte, which of them are still possible, so that a text is
 * scanned once, byte by byte, whatever their number.
 */
#ifndef PARSE_QUEUEID_H
#define PARSE_QUEUEID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "parse/scan.h"

#define QUEUEID_MAX 64      /* bytes of the longest ID */
#define QUEUEID_TEMPLATES 8 /* alternatives: bits of a byte */

struct queueid {
    uint8_t count;                    /* templates */
    uint8_t rows;                     /* distinct rows of the table */
    uint8_t alike;                    /* positions that have the first row */
    uint8_t row_at[QUEUEID_MAX];      /* which row holds at a position */
    uint8_t ends_at[QUEUEID_MAX + 1]; /* templates that may have this length */
    uint8_t may_be[QUEUEID_MAX][256]; /* row and byte: templates still alive */
    uint8_t somewhere[256];           /* byte: those that may have it */
};

/*
 * queueid_add - one more template
 *
 * Zero-initialise q to start. Returns NULL, or what is wrong with it.
 */
const char *queueid_add(struct queueid *q, struct slice template);

/*
 * queueid_before - whether what stands before a colon is an ID
 *
 * Most are: so no byte is judged before all have been looked at. False: it is
 * not, or a colon may stand in one.
 */
static inline bool queueid_before(const struct queueid *q, const char *text,
                                  size_t colon)
{
    const uint8_t(*row)[256] = q->may_be;
    size_t alike = colon < q->alike ? colon : q->alike, i;
    unsigned alive = q->ends_at[colon];

    for (i = 0; i + 2 <= alike; i += 2)
        alive &=
            row[0][(unsigned char)text[i]] & row[0][(unsigned char)text[i + 1]];
    for (; i < colon; i++)
        alive &= row[q->row_at[i]][(unsigned char)text[i]];
    return alive != 0 && q->somewhere[':'] == 0;
}

/* Length of the ID at the beginning of text, or 0: there is none. */
static inline size_t queueid_scan(const struct queueid *q, struct slice text)
{
    size_t end = text.len < QUEUEID_MAX ? text.len : QUEUEID_MAX, i;
    uint32_t colons = 0;
    unsigned alive = 0xFF;

    if (text.len >= SCAN_WIDTH)
        colons = scan_places(text.ptr, ':');
    if (colons != 0 &&
        queueid_before(q, text.ptr, (size_t)__builtin_ctz(colons)))
        return (size_t)__builtin_ctz(colons);
    for (i = 0; i < end; i++) {
        unsigned next =
            alive & q->may_be[q->row_at[i]][(unsigned char)text.ptr[i]];

        if (next == 0)
            break;
        alive = next;
    }
    return (alive & q->ends_at[i]) != 0 ? i : 0;
}

#endif
