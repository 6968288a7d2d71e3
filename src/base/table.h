/*
 * table - a hash index over somebody's array
 *
 * Open addressing, linear probing, removal by shifting back: a slot is eight
 * bytes, hash and index, and most look-ups touch one cache line of slots and
 * one element. The table knows nothing of the elements; the caller compares:
 *
 *     for (probe = table_probe(&t, hash); table_next(&t, &probe, &index);)
 *         if (same(&elements[index], key))
 *             return &elements[index];
 *     table_add(&t, hash, index);
 *
 * Hashes are XXH3 with a secret seed, as attackers choose the keys.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TABLE_FREE UINT32_MAX /* no index is this */

/*
 * All zeros is free, so that a large table costs no page before its use. The
 * hash kept is also what the slot is chosen by: it must do when the table
 * grows.
 */
struct table_slot {
    uint32_t hash;  /* the upper half of the 64 */
    uint32_t taken; /* index + 1; 0: free */
};

struct table {
    struct table_slot *slots;
    size_t mask; /* number of slots less one */
    size_t used;
    uint64_t seed;
};

struct table_probe {
    size_t at;
    uint32_t hash;
};

/* expected: how many elements it may hold before it grows. */
void table_init(struct table *t, size_t expected);
void table_release(struct table *t); /* frees the slots, not t */

uint64_t table_hash(const struct table *t, const void *key, size_t len);

/*
 * Sooner for what mostly has 8 to 16 bytes: their halves are multiplied, as XXH3
 * does it. The hash is another one, so a table has all its keys by this or none.
 */
static inline uint64_t table_hash_short(const struct table *t, const void *key,
                                        size_t len)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 product;
    uint64_t head, tail;

    if (len >= sizeof head && len <= 2 * sizeof head) {
        product p;

        memcpy(&head, key, sizeof head);
        memcpy(&tail, (const char *)key + len - sizeof tail, sizeof tail);
        /* What both halves have of a short key must not meet itself. */
        tail *= UINT64_C(0x9E3779B97F4A7C15);
        p = (product)(head ^ t->seed) *
            (tail ^ len ^ (t->seed << 32 | t->seed >> 32));
        return (uint64_t)(p >> 64) ^ (uint64_t)p;
    }
#endif
    return table_hash(t, key, len);
}

static inline struct table_probe table_probe(const struct table *t,
                                             uint64_t hash)
{
    uint32_t upper = (uint32_t)(hash >> 32);

    return (struct table_probe){upper & t->mask, upper};
}

/* Has the first slot fetched that a look-up will touch. */
static inline void table_prefetch(const struct table *t, uint64_t hash)
{
    __builtin_prefetch(&t->slots[table_probe(t, hash).at]);
}

/* The next index whose hash is alike; false: there is no other. */
static inline bool table_next(const struct table *t, struct table_probe *probe,
                              uint32_t *index)
{
    for (;;) {
        struct table_slot slot = t->slots[probe->at];

        if (slot.taken == 0)
            return false;
        probe->at = (probe->at + 1) & t->mask;
        if (slot.hash == probe->hash) {
            *index = slot.taken - 1;
            return true;
        }
    }
}

/* Adds index under hash; the caller knows that its key is not in yet. */
void table_add(struct table *t, uint64_t hash, uint32_t index);

/* Takes out the slot of index under hash, which must be there. */
void table_remove(struct table *t, uint64_t hash, uint32_t index);

#endif
