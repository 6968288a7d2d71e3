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

#include "base/slice.h"

struct buf {
    char *ptr;
    size_t len;
    size_t cap;
};

void buf_add(struct buf *b, struct slice s);
void buf_add_byte(struct buf *b, char byte);
void buf_addf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for size more bytes at the returned place; then raise b->len. */
char *buf_reserve(struct buf *b, size_t size);

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
