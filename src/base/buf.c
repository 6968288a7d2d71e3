/*
 * buf - bytes that grow
 */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define BUF_FIRST 64

char *buf_grow(struct buf *b, size_t size)
{
    /* A size beyond all memory is left to mem_resize() to refuse. */
    size_t need = size > SIZE_MAX - b->len ? SIZE_MAX : b->len + size;
    size_t cap = b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;

    if (cap < need)
        cap = need;
    if (cap < BUF_FIRST)
        cap = BUF_FIRST;
    b->ptr = mem_resize(b->ptr, cap, 1);
    b->cap = cap;
    return b->ptr + b->len;
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    size_t room;
    int len;

    buf_reserve(b, BUF_FIRST);
    room = b->cap - b->len;
    va_start(args, format);
    len = vsnprintf(b->ptr + b->len, room, format, args);
    va_end(args);
    if (len < 0)
        return; /* only a broken format gets here */
    if ((size_t)len >= room) {
        room = (size_t)len + 1;
        buf_reserve(b, room);
        va_start(args, format);
        vsnprintf(b->ptr + b->len, room, format, args);
        va_end(args);
    }
    b->len += (size_t)len;
}

void buf_free(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){0};
}
