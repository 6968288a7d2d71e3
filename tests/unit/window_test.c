/* window: it opens where that pays, and closes when something is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lookup/window.h"

#define MS INT64_C(1000000)

/*
 * A server that takes so long for an answer, however many there are, and so
 * long for each: answers for so many milliseconds, the window always full.
 */
static int64_t serve(struct window *w, int64_t now, int64_t latency,
                     int64_t each, int64_t for_ms)
{
    int64_t end = now + for_ms * MS;

    while (now < end) {
        size_t burst;

        while (window_is_open(w))
            (void)window_send(w, now);
        burst = w->in_flight;
        now += latency;
        for (size_t i = 0; i < burst; i++) {
            now += each;
            window_end(w, w->sent - 1, false, now);
        }
    }
    return now;
}

static void opens_wide_for_what_is_far(void **state)
{
    struct window w;

    (void)state;
    window_init(&w, 0);
    assert_int_equal(w.size, WINDOW_LEAST);
    (void)serve(&w, 0, 50 * MS, 100, 10000);
    assert_true(w.size >= WINDOW_MOST / 2 && w.size <= WINDOW_MOST);
}

static void stays_small_for_what_is_near(void **state)
{
    struct window w;

    (void)state;
    window_init(&w, 0);
    /* A hundred thousand a second, and not more if more wait. */
    (void)serve(&w, 0, MS / 100, MS / 100, 1000);
    assert_true(w.size <= 2 * WINDOW_LEAST);
    /* Nor when it tries again. */
    (void)serve(&w, 1000 * MS, MS / 100, MS / 100, 5000);
    assert_true(w.size <= 2 * WINDOW_LEAST);
}

static void tries_again(void **state)
{
    struct window w;
    int64_t now;

    (void)state;
    window_init(&w, 0);
    now = serve(&w, 0, MS / 100, MS / 100, 1000);
    (void)serve(&w, now, 50 * MS, 100, 20000);
    assert_true(w.size >= WINDOW_MOST / 2);
}

static void halves_once_for_a_burst(void **state)
{
    struct window w;
    uint64_t first, last = 0;
    size_t wide;

    (void)state;
    window_init(&w, 0);
    (void)serve(&w, 0, 50 * MS, 100, 10000);
    wide = w.size;
    first = w.sent;
    while (window_is_open(&w))
        last = window_send(&w, 0);
    for (uint64_t i = first; i <= last; i++)
        window_end(&w, i, true, 0);
    assert_int_equal(w.size, wide / 2);
    assert_int_equal(w.in_flight, 0);
    window_end(&w, window_send(&w, 0), true, 0);
    assert_int_equal(w.size, wide / 4);
    for (int i = 0; i < 20; i++)
        window_end(&w, window_send(&w, 0), true, 0);
    assert_int_equal(w.size, WINDOW_LEAST);
}

/* The time in which nobody asked says nothing of the server. */
static void forgets_idle_time(void **state)
{
    struct window w;
    int64_t now;

    (void)state;
    window_init(&w, 0);
    now = serve(&w, 3600000 * MS, MS / 100, MS / 100, 100);
    (void)now;
    assert_true(w.best > 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_wide_for_what_is_far),
        cmocka_unit_test(stays_small_for_what_is_near),
        cmocka_unit_test(tries_again),
        cmocka_unit_test(halves_once_for_a_burst),
        cmocka_unit_test(forgets_idle_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
