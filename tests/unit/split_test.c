/* split: the same lines as memchr() finds, wherever newlines stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parse/split.h"

/* Both find the same, in memory that ends with the block. */
static void assert_lines(const char *bytes, size_t len)
{
    char *block = malloc(len == 0 ? 1 : len);
    const char *at = block, *end = block + len;
    struct split s;
    struct slice line;

    assert_non_null(block);
    if (len > 0)
        memcpy(block, bytes, len);
    split_begin(&s, slice_make(block, len));
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;

        assert_true(split_next(&s, &line));
        assert_ptr_equal(line.ptr, at);
        assert_int_equal(line.len, stop - at);
        at = stop + 1;
    }
    assert_false(split_next(&s, &line));
    free(block);
}

static void finds_few(void **state)
{
    static const char *const blocks[] = {"",     "\n",   "a",     "a\n",
                                         "a\nb", "\n\n", "\na\n", "a\n\nb\n"};

    (void)state;
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        assert_lines(blocks[i], strlen(blocks[i]));
}

/* Nothing but newlines fills the room for them; long lines leave it empty. */
static void finds_many_and_none(void **state)
{
    static const size_t ends[] = {0,    1,    63,   64,          65,
                                  2047, 2048, 2049, 5 * 2048 + 7};
    static char block[5 * SPLIT_SPAN + 8];

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        memset(block, '\n', sizeof block);
        assert_lines(block, ends[i]);
        memset(block, 'x', sizeof block);
        assert_lines(block, ends[i]);
        block[ends[i]] = '\n';
        assert_lines(block, ends[i] + 1);
        assert_lines(block, sizeof block);
    }
}

static void finds_any(void **state)
{
    static char block[3 * SPLIT_SPAN];
    uint32_t random = 1;

    (void)state;
    for (unsigned turn = 0; turn < 300; turn++) {
        size_t len;

        for (size_t i = 0; i < sizeof block; i++) {
            random = random * 1664525 + 1013904223;
            block[i] = random >> 16 < 65536U / (turn % 70 + 1) ? '\n' : 'x';
        }
        random = random * 1664525 + 1013904223;
        len = (random >> 16) % sizeof block;
        assert_lines(block, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_few),
        cmocka_unit_test(finds_many_and_none),
        cmocka_unit_test(finds_any),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
