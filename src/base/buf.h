/*
 * buf - bytes that grow
 *
 * Zero-initialise ({0}) to start. A slice of it is valid until the next
 * addition.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/slice.h"

struct buf {
    char *ptr;
    size_t len;
    size_t cap;
};

/* What buf_reserve() does when the room is not there. */
char *buf_grow(struct buf *b, size_t size);

/* Room for size more bytes at the returned place; then raise b->len. */
static inline char *buf_reserve(struct buf *b, size_t size)
{
    if (b->ptr == NULL || b->cap - b->len < size)
        return buf_grow(b, size);
    return b->ptr + b->len;
}

static inline void buf_add(struct buf *b, struct slice s)
{
    if (s.len == 0)
        return;
    memcpy(buf_reserve(b, s.len), s.ptr, s.len);
    b->len += s.len;
}

static inline void buf_add_byte(struct buf *b, char byte)
{
    *buf_reserve(b, 1) = byte;
    b->len++;
}

void buf_addf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void buf_reset(struct buf *b)
{
    b->len = 0;
}

static inline struct slice buf_slice(const struct buf *b)
{
    return (struct slice){b->ptr, b->len};
}

void buf_free(struct buf *b);

#endif
