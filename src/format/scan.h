/*
 * scan - whether any byte of a text needs care, sixteen at a time
 *
 * Almost every value a log yields is plain ASCII with nothing to escape or
 * quote, so writers first ask whether it may be copied as it is. A test is a
 * function from a block of bytes to one that is not zero where a byte needs
 * care; the compiler makes vector instructions of it where there are such.
 */
#ifndef FORMAT_SCAN_H
#define FORMAT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

#define SCAN_SIZE 16

typedef signed char scan_block __attribute__((vector_size(SCAN_SIZE)));

typedef scan_block scan_test(scan_block block);

/* True of a control, DEL, and what is beyond ASCII (negative, so signed). */
static inline scan_block scan_unprintable(scan_block block)
{
    return (block < 0x20) | (block == 0x7f);
}

static inline scan_block scan_load(const char *at)
{
    scan_block block;

    memcpy(&block, at, sizeof block);
    return block;
}

/* Of a text of 1 to SCAN_SIZE - 1 bytes: each of them, some of them twice. */
static inline scan_block scan_load_short(struct slice s)
{
    const char *end = s.ptr + s.len;
    uint64_t words[2];
    scan_block block;

    if (s.len >= 8) {
        memcpy(&words[0], s.ptr, 8);
        memcpy(&words[1], end - 8, 8);
    } else if (s.len >= 4) {
        uint32_t halves[2];

        memcpy(&halves[0], s.ptr, 4);
        memcpy(&halves[1], end - 4, 4);
        words[0] = words[1] = (uint64_t)halves[0] << 32 | halves[1];
    } else {
        uint64_t bytes = (uint64_t)(unsigned char)s.ptr[0] << 16 |
                         (uint64_t)(unsigned char)s.ptr[s.len / 2] << 8 |
                         (unsigned char)end[-1];

        words[0] = words[1] = bytes << 40 | bytes << 16 | bytes >> 8;
    }
    memcpy(&block, words, sizeof block);
    return block;
}

static inline bool scan_any(scan_block found)
{
    uint64_t words[2];

    memcpy(words, &found, sizeof words);
    return (words[0] | words[1]) != 0;
}

/* Whether test is true of any byte of s. */
static inline bool scan_find(struct slice s, scan_test *test)
{
    const char *at, *last;

    if (s.len < SCAN_SIZE)
        return s.len > 0 && scan_any(test(scan_load_short(s)));
    last = s.ptr + (s.len - SCAN_SIZE);
    for (at = s.ptr; at < last; at += SCAN_SIZE)
        if (scan_any(test(scan_load(at))))
            return true;
    return scan_any(test(scan_load(last)));
}

#endif
