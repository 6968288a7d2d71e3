/*
 * slice - bytes that somebody else owns
 *
 * Log text may hold NUL and need not be UTF-8, so it travels as pointer and
 * length, never as a C string. A slice owns nothing: it is valid as long as
 * the block, arena or literal it points into. An empty slice may have a NULL
 * pointer.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *ptr;
    size_t len;
};

/* A string literal, or any char array that ends in NUL, as a slice. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_make(const char *ptr, size_t len)
{
    return (struct slice){ptr, len};
}

/* The bytes of a C string, its NUL left out; NULL gives the empty slice. */
static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text == NULL ? 0 : strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/*
 * slice_equal_short - the same, sooner for words such as names and IDs: most
 * have 8 to 16 bytes
 */
static inline bool slice_equal_short(struct slice a, struct slice b)
{
    uint64_t head[2], tail[2];

    if (a.len != b.len)
        return false;
    if (a.len < sizeof head[0] || a.len > 2 * sizeof head[0])
        return slice_equal(a, b);
    memcpy(&head[0], a.ptr, sizeof head[0]);
    memcpy(&head[1], b.ptr, sizeof head[1]);
    memcpy(&tail[0], a.ptr + a.len - sizeof tail[0], sizeof tail[0]);
    memcpy(&tail[1], b.ptr + b.len - sizeof tail[1], sizeof tail[1]);
    return head[0] == head[1] && tail[0] == tail[1];
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len &&
           (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* The same, sooner for prefixes that mostly have 8 to 16 bytes. */
static inline bool slice_starts_short(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len &&
           slice_equal_short(slice_make(s.ptr, prefix.len), prefix);
}

static inline bool slice_ends(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 ||
            memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

/* What follows the first n bytes; n must not be greater than s.len. */
static inline struct slice slice_from(struct slice s, size_t n)
{
    /* NULL + 0 is undefined in C. */
    return n == 0 ? s : (struct slice){s.ptr + n, s.len - n};
}

/* The first n bytes, or all when there are fewer. */
static inline struct slice slice_head(struct slice s, size_t n)
{
    return (struct slice){s.ptr, n < s.len ? n : s.len};
}

/*
 * Offset of the first (last) occurrence, or SIZE_MAX; an empty needle occurs
 * at the start (the end).
 */
size_t slice_find(struct slice s, struct slice needle);
size_t slice_find_last(struct slice s, struct slice needle);
size_t slice_find_byte(struct slice s, char byte);

/* memcmp() order, a prefix first: <0, 0, >0. */
int slice_compare(struct slice a, struct slice b);

/* Equal but for the case of ASCII letters, as domain names are. */
bool slice_equal_nocase(struct slice a, struct slice b);

/* Whether any byte is one of A to Z. */
bool slice_has_capital(struct slice s);

/* Less blanks and tabs at both ends. */
struct slice slice_trim(struct slice s);

/* A decimal number of digits only; false when empty, not one, or too large. */
bool slice_number(struct slice s, unsigned long long *number);

#endif
