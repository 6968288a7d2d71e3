/*
 * scan - how far a text is plain, eight bytes at a time
 *
 * Almost every value a log yields is plain ASCII with nothing to escape or
 * quote, so writers first ask how many bytes may be copied as they are.
 * A word that holds none of the bytes asked for is passed over whole.
 */
#ifndef FORMAT_SCAN_H
#define FORMAT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

#define SCAN_ONES UINT64_C(0x0101010101010101)
#define SCAN_HIGH UINT64_C(0x8080808080808080)

static inline uint64_t scan_word(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* Not zero when some byte of word is this one. */
static inline uint64_t scan_has(uint64_t word, unsigned char byte)
{
    uint64_t x = word ^ (SCAN_ONES * byte);

    return (x - SCAN_ONES) & ~x & SCAN_HIGH;
}

/* Not zero when some byte is a control, DEL, or beyond ASCII. */
static inline uint64_t scan_has_unprintable(uint64_t word)
{
    return ((word - SCAN_ONES * 0x20) & ~word & SCAN_HIGH) |
           scan_has(word, 0x7f) | (word & SCAN_HIGH);
}

static inline bool scan_unprintable(char byte)
{
    unsigned char c = (unsigned char)byte;

    return c < 0x20 || c >= 0x7f;
}

/* How many bytes from the start are printable ASCII, and neither a nor b. */
static inline size_t scan_printable(struct slice s, char a, char b)
{
    size_t i = 0;

    while (s.len - i >= 8) {
        uint64_t word = scan_word(s.ptr + i);

        if ((scan_has_unprintable(word) | scan_has(word, (unsigned char)a) |
             scan_has(word, (unsigned char)b)) != 0)
            break;
        i += 8;
    }
    while (i < s.len && !scan_unprintable(s.ptr[i]) && s.ptr[i] != a &&
           s.ptr[i] != b)
        i++;
    return i;
}

#endif
