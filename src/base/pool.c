/*
 * pool - memory for things that come and go by the million
 *
 * Classes: every 16 bytes up to 256, then four to each doubling, up to 8 KiB.
 * A piece is at most a quarter larger than what was asked for. Pieces are cut
 * from chunks that stay until the end; larger ones are malloc()ed, and linked
 * so that pool_free() finds them.
 */
#include "base/pool.h"

#include <limits.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK_SIZE ((size_t)256 * 1024)
#define STEP 16        /* between small classes */
#define SMALL_MAX 256  /* the largest of them */
#define CLASS_MAX 8192 /* the largest class of all */
#define SMALL_CLASSES (SMALL_MAX / STEP)
#define CLASSES (SMALL_CLASSES + 5 * 4) /* 256 doubles five times to 8192 */

struct piece {
    struct piece *next;
};

struct chunk {
    struct chunk *next;
    alignas(max_align_t) char bytes[];
};

struct large {
    struct large *next;
    struct large *prev;
    alignas(max_align_t) char bytes[];
};

struct pool {
    struct piece *idle[CLASSES];
    struct chunk *chunks; /* the first is being cut */
    size_t used;          /* of the first */
    struct large *large;
};

/* The class of a size not above CLASS_MAX, which is raised to the class's. */
static unsigned class_of(size_t *size)
{
    size_t last = *size == 0 ? 0 : *size - 1;
    unsigned top, shift;

    if (last < SMALL_MAX) {
        *size = (last / STEP + 1) * STEP;
        return (unsigned)(last / STEP);
    }
    top = (unsigned)(sizeof(unsigned long) * CHAR_BIT - 1) -
          (unsigned)__builtin_clzl(last);
    shift = top - 2;
    *size = ((last >> shift) + 1) << shift;
    return SMALL_CLASSES + (top - 8) * 4 + ((unsigned)(last >> shift) & 3);
}

struct pool *pool_new(void)
{
    return mem_new(sizeof(struct pool));
}

void pool_free(struct pool *p)
{
    if (p == NULL)
        return;
    while (p->chunks != NULL) {
        struct chunk *next = p->chunks->next;

        free(p->chunks);
        p->chunks = next;
    }
    while (p->large != NULL) {
        struct large *next = p->large->next;

        free(p->large);
        p->large = next;
    }
    free(p);
}

/* size is a class's. The rest of a chunk too short for it is left. */
static void *cut(struct pool *p, size_t size)
{
    void *ptr;

    if (p->chunks == NULL || CHUNK_SIZE - p->used < size) {
        struct chunk *c = mem_resize(NULL, sizeof *c + CHUNK_SIZE, 1);

        c->next = p->chunks;
        p->chunks = c;
        p->used = 0;
    }
    ptr = p->chunks->bytes + p->used;
    p->used += size;
    return ptr;
}

/* Makes l, just allocated or moved, known to its neighbours. */
static void *large_link(struct pool *p, struct large *l)
{
    if (l->prev != NULL)
        l->prev->next = l;
    else
        p->large = l;
    if (l->next != NULL)
        l->next->prev = l;
    return l->bytes;
}

static size_t large_size(size_t size)
{
    return size > SIZE_MAX - sizeof(struct large)
               ? SIZE_MAX /* refused by malloc() */
               : size + sizeof(struct large);
}

static struct large *large_of(void *ptr)
{
    return (struct large *)(void *)((char *)ptr -
                                    offsetof(struct large, bytes));
}

void *pool_take(struct pool *p, size_t *size)
{
    if (*size > CLASS_MAX) {
        struct large *l = mem_resize(NULL, large_size(*size), 1);

        l->prev = NULL;
        l->next = p->large;
        return large_link(p, l);
    } else {
        struct piece **idle = &p->idle[class_of(size)];
        struct piece *piece = *idle;

        if (piece == NULL)
            return cut(p, *size);
        *idle = piece->next;
        return piece;
    }
}

void pool_give(struct pool *p, void *ptr, size_t size)
{
    if (ptr == NULL)
        return;
    if (size > CLASS_MAX) {
        struct large *l = large_of(ptr);

        if (l->prev != NULL)
            l->prev->next = l->next;
        else
            p->large = l->next;
        if (l->next != NULL)
            l->next->prev = l->prev;
        free(l);
    } else {
        struct piece **idle = &p->idle[class_of(&size)];
        struct piece *piece = ptr;

        piece->next = *idle;
        *idle = piece;
    }
}

void *pool_grow(struct pool *p, void *old, size_t old_size, size_t used,
                size_t *size)
{
    void *ptr;

    if (old != NULL && old_size > CLASS_MAX && *size > CLASS_MAX)
        return large_link(p, mem_resize(large_of(old), large_size(*size), 1));
    ptr = pool_take(p, size);
    if (old != NULL)
        memcpy(ptr, old, used);
    pool_give(p, old, old_size);
    return ptr;
}
