/* table: finds what a plain list finds, whatever was added and removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/table.h"

#define ELEMENTS 5000
#define ROUNDS 60000

/* The same steps on every run; not the same slots, as the seed is secret. */
static unsigned next_random(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static bool find(const struct table *t, const uint32_t *keys, uint32_t key,
                 uint64_t hash, uint32_t *index)
{
    for (struct table_probe p = table_probe(t, hash); table_next(t, &p, index);)
        if (keys[*index] == key)
            return true;
    return false;
}

static void agrees_with_a_list(uint64_t hash_mask)
{
    static uint32_t keys[ELEMENTS];
    static bool in[ELEMENTS];
    uint32_t random = 1;
    size_t used = 0;
    struct table t;

    table_init(&t, 0);
    for (uint32_t i = 0; i < ELEMENTS; i++) {
        keys[i] = i * 7;
        in[i] = false;
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        /* Fewer and fewer, so that the table empties again. */
        uint32_t i = next_random(&random) % ELEMENTS;
        bool add = next_random(&random) % ROUNDS > round;
        uint64_t hash = table_hash(&t, &keys[i], sizeof keys[i]) & hash_mask;
        uint32_t index;

        assert_int_equal(find(&t, keys, keys[i], hash, &index), in[i]);
        if (in[i])
            assert_int_equal(index, i);
        if (add && !in[i])
            table_add(&t, hash, i);
        if (!add && in[i])
            table_remove(&t, hash, i);
        used += (size_t)add - (size_t)in[i];
        in[i] = add;
        assert_int_equal(t.used, used);
        assert_true(t.used < t.mask);
    }
    for (uint32_t i = 0; i < ELEMENTS; i++) {
        uint64_t hash = table_hash(&t, &keys[i], sizeof keys[i]) & hash_mask;
        uint32_t index;

        assert_int_equal(find(&t, keys, keys[i], hash, &index), in[i]);
    }
    table_release(&t);
}

static void finds_what_is_in(void **state)
{
    (void)state;
    agrees_with_a_list(UINT64_MAX);
}

static void bears_collisions(void **state)
{
    (void)state;
    agrees_with_a_list(UINT64_C(0x3f) << 32);
    agrees_with_a_list(UINT64_C(0xf000000f) << 32);
}

static void keeps_its_room(void **state)
{
    struct table t;
    struct table_slot *slots;

    (void)state;
    table_init(&t, 1000);
    slots = t.slots;
    for (uint32_t i = 0; i < 1000; i++)
        table_add(&t, table_hash(&t, &i, sizeof i), i);
    assert_ptr_equal(t.slots, slots);
    table_release(&t);
}

static void takes_every_index(void **state)
{
    struct table t;
    struct table_probe p;
    uint32_t index;

    (void)state;
    table_init(&t, 2);
    table_add(&t, 0, 0);
    table_add(&t, 0, TABLE_FREE - 1);
    p = table_probe(&t, 0);
    assert_true(table_next(&t, &p, &index) && index == 0);
    assert_true(table_next(&t, &p, &index) && index == TABLE_FREE - 1);
    assert_false(table_next(&t, &p, &index));
    table_remove(&t, 0, 0);
    p = table_probe(&t, 0);
    assert_true(table_next(&t, &p, &index) && index == TABLE_FREE - 1);
    table_release(&t);
}

/* Keys that differ in a few bits, of each length: hardly two in one slot of
 * many. */
static void spreads_short_keys(void **state)
{
    (void)state;
    for (size_t len = 4; len <= 20; len++) {
        uint32_t twice = 0, index;
        struct table t;

        table_init(&t, ELEMENTS);
        for (uint32_t i = 0; i < ELEMENTS; i++) {
            char key[20];
            struct table_probe p;
            uint64_t hash;

            (void)snprintf(key, sizeof key, "%019d", 0);
            memcpy(key + len / 2 - 2, &i, sizeof i);
            hash = table_hash_short(&t, key, len);
            assert_true(hash == table_hash_short(&t, key, len));
            p = table_probe(&t, hash);
            twice += table_next(&t, &p, &index);
            table_add(&t, hash, i);
        }
        assert_true(twice < 5);
        table_release(&t);
    }
}

static void hashes(void **state)
{
    struct table t, other;
    uint64_t a;

    (void)state;
    table_init(&t, 0);
    table_init(&other, 0);
    a = table_hash(&t, "a", 1);
    assert_true(a == table_hash(&t, "ab", 1));
    assert_true(a != table_hash(&t, "ab", 2));
    assert_true(a != table_hash(&other, "a", 1)); /* the seed differs */
    assert_true(table_hash(&t, NULL, 0) == table_hash(&t, "", 0));
    table_release(&t);
    table_release(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_in),
        cmocka_unit_test(bears_collisions),
        cmocka_unit_test(keeps_its_room),
        cmocka_unit_test(spreads_short_keys),
        cmocka_unit_test(hashes),
        cmocka_unit_test(takes_every_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
