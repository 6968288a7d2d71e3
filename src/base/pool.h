/*
 * pool - memory for things that come and go by the million
 *
 * Sizes are rounded up to a class; what is given back waits in the list of
 * its class for the next taker, so that memory follows what is in use at
 * once, not what has passed through. Large pieces are malloc()ed and freed.
 * One pool, one thread.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

struct pool;

struct pool *pool_new(void);
void pool_free(struct pool *p); /* with all that is in it; NULL is allowed */

/*
 * pool_take - at least *size bytes, not cleared, aligned for any type
 *
 * *size is raised to what was really given: the class. pool_give() and
 * pool_grow() want that number back.
 */
void *pool_take(struct pool *p, size_t *size);
void pool_give(struct pool *p, void *ptr, size_t size);

/* At least *size bytes; the first used of them are old's, which is freed. */
void *pool_grow(struct pool *p, void *old, size_t old_size, size_t used,
                size_t *size);

#endif
