/*
 * scan - small steps from left to right through a line
 *
 * Each function steps over what it is named for and says so; where that does
 * not stand, nothing is moved. Below stand those for the few places that see
 * every line: they look at eight or sixteen bytes at once, so that words of any
 * length take the processor the same way.
 */
#ifndef PARSE_SCAN_H
#define PARSE_SCAN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool scan_byte(struct slice *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = slice_from(*s, 1);
    return true;
}

static inline void scan_blanks(struct slice *s)
{
    while (scan_byte(s, ' '))
        ;
}

static inline bool scan_text(struct slice *s, struct slice text)
{
    if (!slice_starts(*s, text))
        return false;
    *s = slice_from(*s, text.len);
    return true;
}

/* One or more digits. */
static inline bool scan_digits(struct slice *s)
{
    size_t len = 0;

    while (len < s->len && scan_is_digit(s->ptr[len]))
        len++;
    *s = slice_from(*s, len);
    return len > 0;
}

/* Up to the next blank or the end, which may be nothing; and the blanks. */
static inline struct slice scan_word(struct slice *s)
{
    const char *blank = s->len == 0 ? NULL : memchr(s->ptr, ' ', s->len);
    size_t len = blank == NULL ? s->len : (size_t)(blank - s->ptr);
    struct slice word = slice_head(*s, len);

    *s = slice_from(*s, len);
    scan_blanks(s);
    return word;
}

#define SCAN_ONES UINT64_C(0x0101010101010101)

/* Eight bytes, the first of them the lowest. */
static inline uint64_t scan_load(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/*
 * The highest bit of each byte that is c. Above the lowest that is set there
 * may be wrong ones.
 */
static inline uint64_t scan_match(uint64_t word, char c)
{
    word ^= SCAN_ONES * (unsigned char)c;
    return (word - SCAN_ONES) & ~word & SCAN_ONES << 7;
}

/* How many bytes stand before the lowest bit set, one there must be. */
static inline unsigned scan_offset(uint64_t match)
{
    return (unsigned)__builtin_ctzll(match) / 8;
}

#define SCAN_WIDTH 16

typedef uint8_t scan_vector __attribute__((vector_size(SCAN_WIDTH)));

/* A bit for each of sixteen bytes that are all ones or zero, the first lowest. */
static inline uint32_t scan_bits(scan_vector found)
{
#ifdef __SSE2__
    typedef char mask_vector __attribute__((vector_size(SCAN_WIDTH)));

    return (uint32_t)__builtin_ia32_pmovmskb128((mask_vector)found);
#else
    uint32_t bits = 0;

    for (unsigned i = 0; i < SCAN_WIDTH; i++)
        bits |= (found[i] & UINT32_C(1)) << i;
    return bits;
#endif
}

/* The first that is; 16: there is none. */
static inline unsigned scan_first(scan_vector found)
{
    return (unsigned)__builtin_ctz(scan_bits(found) | UINT32_C(1)
                                                          << SCAN_WIDTH);
}

static inline scan_vector scan_load_vector(const char *p)
{
    scan_vector bytes;

    memcpy(&bytes, p, sizeof bytes);
    return bytes;
}

/* Which of the sixteen bytes at p are c. */
static inline uint32_t scan_places(const char *p, char c)
{
    return scan_bits((scan_vector)(scan_load_vector(p) == (uint8_t)c));
}

/* Which of the sixteen bytes at a and b are the same. */
static inline uint32_t scan_equal(const char *a, const char *b)
{
    return scan_bits((scan_vector)(scan_load_vector(a) == scan_load_vector(b)));
}

/* The decimal number that the first count bytes are, 1 to 7 of them. */
static inline bool scan_decimal(uint64_t word, unsigned count, uint32_t *number)
{
    const uint64_t halves = UINT64_C(0x000000FF000000FF);
    unsigned shift = 8 * (8 - count);
    uint64_t digits = (word << shift) ^ ((SCAN_ONES * '0') << shift);

    if (((digits | (digits + SCAN_ONES * 0x76)) & SCAN_ONES << 7) != 0)
        return false;
    /* Two by two, then all: bytes 0 and 4 hold the first of each four. */
    digits = digits * 10 + (digits >> 8);
    digits = (digits & halves) * (100 + (UINT64_C(1000000) << 32)) +
             ((digits >> 16) & halves) * (1 + (UINT64_C(10000) << 32));
    *number = (uint32_t)(digits >> 32);
    return true;
}

#endif
