/*
 * arena - many small things that go together
 *
 * Memory is taken in chunks and given back all at once: by arena_reset(),
 * which keeps the chunks for the next round, or arena_free(). What is handed
 * out never moves. One arena, one thread.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is allowed */
void arena_reset(struct arena *a);

/* size bytes, not cleared, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);

/* size bytes for text, not cleared, not aligned. */
char *arena_text(struct arena *a, size_t size);

/* A copy of s that lives as long as the arena. */
struct slice arena_copy(struct arena *a, struct slice s);

#endif
