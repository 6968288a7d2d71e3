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

#define QUEUEID_MAX 64      /* bytes of the longest ID */
#define QUEUEID_TEMPLATES 8 /* alternatives: bits of a byte */

struct queueid {
    uint8_t count;                    /* templates */
    uint8_t rows;                     /* distinct rows of the table */
    uint8_t row_at[QUEUEID_MAX];      /* which row holds at a position */
    uint8_t ends_at[QUEUEID_MAX + 1]; /* templates that may have this length */
    uint8_t may_be[QUEUEID_MAX][256]; /* row and byte: templates still alive */
};

/*
 * queueid_add - one more template
 *
 * Zero-initialise q to start. Returns NULL, or what is wrong with it.
 */
const char *queueid_add(struct queueid *q, struct slice template);

/* Length of the ID at the beginning of text, or 0: there is none. */
static inline size_t queueid_scan(const struct queueid *q, struct slice text)
{
    size_t end = text.len < QUEUEID_MAX ? text.len : QUEUEID_MAX;
    unsigned alive = 0xFF;
    size_t i;

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
