/*
 * mem - memory that is there, or the run ends
 *
 * The one place of the library that ends the process: out of memory. That is
 * safe, because output counts only once it is renamed or committed, and it
 * keeps every caller free of an error path nobody can test.
 *
 * All memory is the caller's to free().
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/slice.h"

/* size bytes of zeros. */
void *mem_new(size_t size);

/* count elements of size bytes, all zeros; overflow counts as out of memory. */
void *mem_array(size_t count, size_t size);

/* realloc() to count elements of size bytes; what is new is not cleared. */
void *mem_resize(void *old, size_t count, size_t size);

/* Twice *cap elements, or a few: of mem_grow(). */
void *mem_double(void *array, size_t *cap, size_t size);

/*
 * mem_grow - room for at least one more element behind *count
 *
 * Doubles *cap (elements) when count has reached it. Returns the array, which
 * may have moved. Start with NULL and 0.
 */
static inline void *mem_grow(void *array, size_t count, size_t *cap,
                             size_t size)
{
    return count < *cap ? array : mem_double(array, cap, size);
}

/* A NUL-terminated copy. */
char *mem_text(struct slice s);

#endif
