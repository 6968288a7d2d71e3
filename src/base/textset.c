/* textset - a set of byte strings */
#include "base/textset.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

static uint64_t hash_of(const struct textset *set, struct slice text)
{
    return table_hash(&set->table, text.ptr, text.len);
}

static bool has(const struct textset *set, struct slice text, uint64_t hash)
{
    uint32_t index;

    for (struct table_probe p = table_probe(&set->table, hash);
         table_next(&set->table, &p, &index);)
        if (slice_equal(set->texts[index], text))
            return true;
    return false;
}

void textset_init(struct textset *set)
{
    *set = (struct textset){.arena = arena_new()};
    table_init(&set->table, 0);
}

void textset_release(struct textset *set)
{
    table_release(&set->table);
    free(set->texts);
    arena_free(set->arena);
}

bool textset_has(const struct textset *set, struct slice text)
{
    return set->count > 0 && has(set, text, hash_of(set, text));
}

bool textset_add(struct textset *set, struct slice text)
{
    uint64_t hash = hash_of(set, text);

    if (has(set, text, hash))
        return false;
    set->texts =
        mem_grow(set->texts, set->count, &set->cap, sizeof *set->texts);
    set->texts[set->count] = arena_copy(set->arena, text);
    table_add(&set->table, hash, (uint32_t)set->count++);
    return true;
}
