/* out: every byte arrives in order, and every error is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/out.h"

static void writes_everything(void **state)
{
    static char piece[300000], back[300000];
    FILE *file = tmpfile();
    struct out *o = out_new(fileno(file), "f");
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = (char)(i % 251);
    /* Small ones, one larger than the buffer, one that just does not fit. */
    for (size_t at = 0; at < sizeof piece; at += 1000)
        assert_true(out_add(o, slice_make(piece + at, 1000), &err));
    assert_true(out_add(o, slice_of(NULL), &err));
    assert_true(out_add(o, slice_make(piece, sizeof piece), &err));
    assert_true(out_add(o, slice_make(piece, 200000), &err));
    assert_true(out_add(o, slice_make(piece + 200000, 100000), &err));
    assert_true(out_flush(o, &err) && out_flush(o, &err));
    out_free(o);
    rewind(file);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(fread(back, 1, sizeof back, file), sizeof back);
        assert_memory_equal(back, piece, sizeof piece);
    }
    assert_int_equal(fread(back, 1, 1, file), 0);
    fclose(file);
}

static void tells_a_full_disk(void **state)
{
    int fd = open("/dev/full", O_WRONLY);
    struct out *o = out_new(fd, "/dev/full");
    struct error err = {.code = 0};

    (void)state;
    assert_true(out_add(o, SLICE("a"), &err));
    assert_false(out_flush(o, &err));
    assert_int_equal(err.code, ENOSPC);
    assert_string_equal(err.text,
                        "/dev/full: cannot write: No space left on device");
    err = (struct error){.code = 0};
    assert_false(out_add(o, SLICE("a"), &err)); /* for ever */
    assert_int_equal(err.code, ENOSPC);
    assert_false(out_flush(o, &err));
    out_free(o);
    out_free(NULL);
    close(fd);
}

static void tells_a_reader_gone(void **state)
{
    static char piece[400000];
    struct error err = {.code = 0};
    struct out *o;
    int ends[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    o = out_new(ends[1], "-");
    assert_false(out_add(o, slice_make(piece, sizeof piece), &err));
    assert_int_equal(err.code, EPIPE);
    out_free(o);
    close(ends[1]);
}

static void *read_slowly(void *arg)
{
    const int *fd = arg;
    static char bytes[4096];
    size_t total = 0;
    ssize_t len;

    usleep(20000);
    while ((len = read(*fd, bytes, sizeof bytes)) > 0)
        total += (size_t)len;
    return (void *)total;
}

static void awaits_a_slow_reader(void **state)
{
    static char piece[1000000];
    struct error err;
    struct out *o;
    pthread_t reader;
    void *total;
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    fcntl(ends[0], F_SETFL, 0); /* only the writer is told to try again */
    pthread_create(&reader, NULL, read_slowly, &ends[0]);
    o = out_new(ends[1], "-");
    assert_true(out_add(o, slice_make(piece, sizeof piece), &err));
    assert_true(out_flush(o, &err));
    out_free(o);
    close(ends[1]);
    pthread_join(reader, &total);
    assert_int_equal((size_t)total, sizeof piece);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_everything),
        cmocka_unit_test(tells_a_full_disk),
        cmocka_unit_test(tells_a_reader_gone),
        cmocka_unit_test(awaits_a_slow_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
