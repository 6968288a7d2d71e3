/* mem, buf, arena: memory that grows, moves or stays as it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"

static void clears_and_copies(void **state)
{
    char *zeros = mem_array(3, 5);
    char *text = mem_text(slice_make("a\0b", 3));
    char *empty = mem_text(slice_of(NULL));
    void *nothing = mem_new(0);

    (void)state;
    for (int i = 0; i < 15; i++)
        assert_int_equal(zeros[i], 0);
    assert_memory_equal(text, "a\0b", 4);
    assert_string_equal(empty, "");
    assert_non_null(nothing);
    nothing = mem_resize(nothing, 0, 8);
    assert_non_null(nothing);
    free(zeros);
    free(text);
    free(empty);
    free(nothing);
}

static void doubles(void **state)
{
    unsigned *array = NULL;
    size_t cap = 0, moves = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        size_t before = cap;

        array = mem_grow(array, i, &cap, sizeof *array);
        assert_true(cap > i);
        moves += cap != before;
        array[i] = i;
    }
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    assert_true(moves < 12);
    free(array);
}

/* Status of a process that asked for more than there is. */
static int status_of(void (*ask)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        close(STDERR_FILENO);
        ask();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void ask_too_many(void)
{
    free(mem_resize(NULL, SIZE_MAX / 2, 4));
}

static void ask_to_grow(void)
{
    size_t cap = SIZE_MAX / 2 + 1;

    free(mem_grow(NULL, cap, &cap, 1));
}

static void ends_when_there_is_none(void **state)
{
    (void)state;
    assert_int_equal(status_of(ask_too_many), 1);
    assert_int_equal(status_of(ask_to_grow), 1);
}

static void adds(void **state)
{
    struct buf b = {0};
    char long_text[500];

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    buf_add(&b, slice_of(NULL));
    assert_int_equal(b.len, 0);
    buf_add(&b, slice_make("a\0b", 3));
    buf_add_byte(&b, 'c');
    buf_addf(&b, "%d%s", 7, "");
    assert_true(slice_equal(buf_slice(&b), slice_make("a\0bc7", 5)));
    buf_addf(&b, "%s-%s", long_text, long_text);
    assert_int_equal(b.len, 5 + 499 + 1 + 499);
    assert_true(slice_ends(buf_slice(&b), SLICE("xxx")));
    buf_reset(&b);
    memcpy(buf_reserve(&b, 100000), long_text, sizeof long_text);
    assert_true(b.len == 0 && b.cap >= 100000);
    buf_free(&b);
    assert_true(b.ptr == NULL && b.len == 0 && b.cap == 0);
    assert_non_null(buf_reserve(&b, 0));
    buf_free(&b);
}

static void grows_with_every_byte(void **state)
{
    struct buf b = {0};

    (void)state;
    for (int i = 0; i < 10000; i++)
        buf_add_byte(&b, (char)i);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(b.ptr[i], (char)i);
    buf_free(&b);
}

#define THINGS 4000

static void fill(struct arena *a)
{
    static struct slice texts[THINGS];
    static uint64_t *numbers[THINGS];

    for (size_t i = 0; i < THINGS; i++) {
        size_t len = i % 100 == 99 ? 20000 + i : i % 37;
        char *text = arena_text(a, len);

        memset(text, (int)('a' + i % 26), len);
        texts[i] = slice_make(text, len);
        numbers[i] = arena_alloc(a, sizeof *numbers[i] * (1 + i % 3));
        assert_int_equal((uintptr_t)numbers[i] % _Alignof(max_align_t), 0);
        *numbers[i] = i;
    }
    for (size_t i = 0; i < THINGS; i++) {
        assert_int_equal(*numbers[i], i);
        for (size_t j = 0; j < texts[i].len; j++)
            assert_int_equal(texts[i].ptr[j], (int)('a' + i % 26));
    }
}

static void arena_keeps_things_apart(void **state)
{
    struct arena *a = arena_new();
    struct slice copy;

    (void)state;
    for (int round = 0; round < 3; round++) {
        fill(a);
        arena_reset(a);
    }
    copy = arena_copy(a, SLICE("a\0b"));
    assert_true(slice_equal(copy, SLICE("a\0b")));
    assert_int_equal(arena_copy(a, slice_of(NULL)).len, 0);
    assert_non_null(arena_alloc(a, 0));
    memset(arena_alloc(a, 1 << 20), 0, 1 << 20);
    arena_free(a);
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clears_and_copies),
        cmocka_unit_test(doubles),
        cmocka_unit_test(ends_when_there_is_none),
        cmocka_unit_test(adds),
        cmocka_unit_test(grows_with_every_byte),
        cmocka_unit_test(arena_keeps_things_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
