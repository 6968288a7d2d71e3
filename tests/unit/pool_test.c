/* pool: pieces do not overlap, and what is given back is taken again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void rounds_sizes_up(void **state)
{
    static const struct {
        size_t asked, given;
    } cases[] = {
        {0, 16},      {1, 16},      {16, 16},     {17, 32},     {240, 240},
        {255, 256},   {256, 256},   {257, 320},   {320, 320},   {321, 384},
        {512, 512},   {513, 640},   {1025, 1280}, {8191, 8192}, {8192, 8192},
        {8193, 8193}, {9000, 9000},
    };
    struct pool *p = pool_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = cases[i].asked;
        char *ptr = pool_take(p, &size);
        size_t again = size;

        assert_int_equal(size, cases[i].given);
        assert_int_equal((uintptr_t)ptr % _Alignof(max_align_t), 0);
        memset(ptr, 'x', size);
        pool_give(p, ptr, size);
        /* A class is a class of its own size. */
        pool_give(p, pool_take(p, &again), again);
        assert_int_equal(again, size);
    }
    pool_free(p);
}

static void reuses(void **state)
{
    struct pool *p = pool_new();
    size_t size = 100, other = 300;
    char *first = pool_take(p, &size);

    (void)state;
    pool_give(p, first, size);
    assert_ptr_not_equal(pool_take(p, &other), first);
    size = 97; /* the same class */
    assert_ptr_equal(pool_take(p, &size), first);
    assert_ptr_not_equal(pool_take(p, &size), first);
    pool_give(p, NULL, 0);
    pool_free(p);
    pool_free(NULL);
}

static void grows(void **state)
{
    static const size_t steps[] = {1, 20, 400, 8192, 8193, 100000, 40, 9000};
    struct pool *p = pool_new();
    size_t size = 0;
    char *ptr = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(steps); i++) {
        size_t wanted = steps[i];
        size_t used = i == 0 ? 0 : 1;

        ptr = pool_grow(p, ptr, size, used, &wanted);
        size = wanted;
        assert_true(size >= steps[i]);
        if (i > 0)
            assert_int_equal(ptr[0], 'a' + (int)i - 1);
        memset(ptr, 'a' + (int)i, size);
    }
    pool_give(p, ptr, size);
    pool_free(p);
}

struct piece {
    unsigned char *ptr;
    size_t size;
    unsigned char fill;
};

static void check(const struct piece *piece)
{
    for (size_t i = 0; i < piece->size; i++)
        assert_int_equal(piece->ptr[i], piece->fill);
}

static void keeps_pieces_apart(void **state)
{
    static struct piece pieces[300];
    struct pool *p = pool_new();
    uint32_t random = 7;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        struct piece *piece;

        random = random * 1664525u + 1013904223u;
        piece = &pieces[(random >> 16) % COUNT(pieces)];
        if (piece->ptr != NULL) {
            check(piece);
            pool_give(p, piece->ptr, piece->size);
            piece->ptr = NULL;
        } else {
            piece->size = (random >> 8) % (round % 16 == 0 ? 20000 : 700);
            piece->fill = (unsigned char)round;
            piece->ptr = pool_take(p, &piece->size);
            memset(piece->ptr, piece->fill, piece->size);
        }
    }
    for (size_t i = 0; i < COUNT(pieces); i++)
        if (pieces[i].ptr != NULL)
            check(&pieces[i]);
    pool_free(p); /* with the pieces that are still out */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_sizes_up),
        cmocka_unit_test(reuses),
        cmocka_unit_test(grows),
        cmocka_unit_test(keeps_pieces_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
