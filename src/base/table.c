/*
 * table - a hash index over somebody's array
 */
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/mem.h"

#define SLOTS_MIN 16

/* Five eighths full at most: past that, runs of slots grow long. */
static size_t most_used(size_t slots)
{
    return slots / 8 * 5;
}

/* A kernel too old for getrandom() still gets a seed few could guess. */
static uint64_t make_seed(const struct table *t)
{
    struct timespec now;
    uint64_t seed;

    if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
        return seed;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)t;
}

void table_init(struct table *t, size_t expected)
{
    size_t slots = SLOTS_MIN;

    while (most_used(slots) < expected)
        slots *= 2;
    t->slots = mem_array(slots, sizeof *t->slots);
    t->mask = slots - 1;
    t->used = 0;
    t->seed = make_seed(t);
}

void table_release(struct table *t)
{
    free(t->slots);
    *t = (struct table){0};
}

uint64_t table_hash(const struct table *t, const void *key, size_t len)
{
    return XXH3_64bits_withSeed(key, len, t->seed);
}

static void put(struct table *t, struct table_slot slot)
{
    size_t at = slot.hash & t->mask;

    while (t->slots[at].taken != 0)
        at = (at + 1) & t->mask;
    t->slots[at] = slot;
}

static void grow(struct table *t)
{
    struct table_slot *old = t->slots;
    size_t slots = t->mask + 1;

    t->slots = mem_array(slots * 2, sizeof *t->slots);
    t->mask = slots * 2 - 1;
    for (size_t i = 0; i < slots; i++)
        if (old[i].taken != 0)
            put(t, old[i]);
    free(old);
}

void table_add(struct table *t, uint64_t hash, uint32_t index)
{
    assert(index != TABLE_FREE);
    if (t->used == most_used(t->mask + 1))
        grow(t);
    put(t, (struct table_slot){(uint32_t)(hash >> 32), index + 1});
    t->used++;
}

/*
 * Fills the hole with the next slot of the run that would not be found any
 * more, which leaves a hole there, until the run ends.
 */
static void close_hole(struct table *t, size_t hole)
{
    size_t at = hole;

    for (;;) {
        size_t home;

        at = (at + 1) & t->mask;
        if (t->slots[at].taken == 0)
            break;
        home = t->slots[at].hash & t->mask;
        if (((at - home) & t->mask) >= ((at - hole) & t->mask)) {
            t->slots[hole] = t->slots[at];
            hole = at;
        }
    }
    t->slots[hole] = (struct table_slot){0};
}

void table_remove(struct table *t, uint64_t hash, uint32_t index)
{
    size_t at = table_probe(t, hash).at;

    while (t->slots[at].taken != index + 1) {
        assert(t->slots[at].taken != 0);
        at = (at + 1) & t->mask;
    }
    close_hole(t, at);
    t->used--;
}
