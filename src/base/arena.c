/*
 * arena - many small things that go together
 *
 * In each chunk things are laid from the front and texts from the back, so
 * that no text costs alignment. What is large has a chunk of its own, which
 * a reset frees: one giant line must not be paid for ever after.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#define CHUNK_SIZE ((size_t)64 * 1024)
#define LARGE_SIZE (CHUNK_SIZE / 4)

struct chunk {
    struct chunk *next;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *first; /* all of CHUNK_SIZE */
    struct chunk *current;
    struct chunk *large;
    size_t front; /* of current: used before it */
    size_t back;  /* of current: used from it on */
};

static struct chunk *chunk_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct chunk))
        size = SIZE_MAX - sizeof(struct chunk); /* more than there is */
    return mem_resize(NULL, sizeof(struct chunk) + size, 1);
}

static void chunks_free(struct chunk *c)
{
    while (c != NULL) {
        struct chunk *next = c->next;

        free(c);
        c = next;
    }
}

struct arena *arena_new(void)
{
    struct arena *a = mem_new(sizeof *a);

    a->first = chunk_new(CHUNK_SIZE);
    a->first->next = NULL;
    arena_reset(a);
    return a;
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    chunks_free(a->first);
    chunks_free(a->large);
    free(a);
}

void arena_reset(struct arena *a)
{
    chunks_free(a->large);
    a->large = NULL;
    a->current = a->first;
    a->front = 0;
    a->back = CHUNK_SIZE;
}

static void *large_alloc(struct arena *a, size_t size)
{
    struct chunk *c = chunk_new(size);

    c->next = a->large;
    a->large = c;
    return c->bytes;
}

static void next_chunk(struct arena *a)
{
    if (a->current->next == NULL) {
        a->current->next = chunk_new(CHUNK_SIZE);
        a->current->next->next = NULL;
    }
    a->current = a->current->next;
    a->front = 0;
    a->back = CHUNK_SIZE;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    void *ptr;

    if (size > LARGE_SIZE)
        return large_alloc(a, size);
    size = (size + align - 1) & ~(align - 1);
    if (a->back - a->front < size)
        next_chunk(a);
    ptr = a->current->bytes + a->front;
    a->front += size;
    return ptr;
}

char *arena_text(struct arena *a, size_t size)
{
    if (size > LARGE_SIZE)
        return large_alloc(a, size);
    if (a->back - a->front < size)
        next_chunk(a);
    a->back -= size;
    return a->current->bytes + a->back;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
    char *text = arena_text(a, s.len);

    if (s.len > 0)
        memcpy(text, s.ptr, s.len);
    return slice_make(text, s.len);
}
