/* known: a log is read once, under whatever name and packed or not. */
#include "inputs.h"

#include "input/known.h"

/* How a log comes: as a file, packed, or from a pipe. */
enum way { PLAIN, PACKED, PIPED, WAYS };

struct visit {
    uint64_t resumed;
    struct buf read; /* what was new */
};

/* Reads a log as the feed does. */
static struct visit visit(struct known *k, struct slice log, enum way way)
{
    struct visit v = {.resumed = 0};
    struct known_track track = {.offset = 0};
    struct sender sender = {.pid = 0};
    struct buf packed = {0};
    struct error err;
    struct source *s;
    char *path = NULL;

    if (way == PIPED)
        sender = sender_start(log, 1000, 1);
    if (way == PACKED)
        pack("gzip", log, &packed);
    if (way != PIPED)
        path = write_file("log", way == PACKED ? buf_slice(&packed) : log);
    s = opened(way == PIPED ? sender.path : path);
    assert_true(known_resume(k, s, &track, &err));
    v.resumed = track.offset;
    assert_true(read_content(s, 20000, 1, &v.read, &err));
    known_track_add(&track, buf_slice(&v.read));
    assert_int_equal(track.offset, log.len);
    note_log(k, &track);
    source_free(s);
    if (way == PIPED)
        sender_end(&sender);
    free(path);
    buf_free(&packed);
    return v;
}

static void assert_visit(struct known *k, struct slice log, enum way way,
                         uint64_t resumed)
{
    struct visit v = visit(k, log, way);

    assert_int_equal(v.resumed, resumed);
    assert_slice(buf_slice(&v.read), slice_from(log, (size_t)resumed));
    buf_free(&v.read);
}

static void reads_once(void **state)
{
    static const size_t lines[] = {1, 5, 60, 3000};
    struct buf log = made_log(1, 3001);

    (void)state;
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct buf part = made_log(1, lines[i]);

        for (unsigned first = 0; first < WAYS; first++) {
            for (unsigned then = 0; then < WAYS; then++) {
                struct known k = {0};

                assert_visit(&k, buf_slice(&part), (enum way)first, 0);
                /* Again, then grown, then once more. */
                assert_visit(&k, buf_slice(&part), (enum way)then, part.len);
                assert_visit(&k, buf_slice(&log), (enum way)then, part.len);
                assert_visit(&k, buf_slice(&log), (enum way)first, log.len);
                assert_int_equal(k.count, 1);
                known_release(&k);
            }
        }
        buf_free(&part);
    }
    buf_free(&log);
}

/* Equal heads, and even equal up to where the other was shorter. */
static void tells_tails_apart(void **state)
{
    struct buf common = made_log(2, 100), a = {0}, b = {0}, shorter;

    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        buf_addf(&a, "Mar  7 04:12:33 mx1 a[%u]: x\n", i);
        buf_addf(&b, "Mar  7 04:12:33 mx1 b[%u]: x\n", i);
    }
    shorter = made_log(2, 99);
    for (unsigned way = 0; way < WAYS; way++) {
        struct known k = {0};
        struct buf one = {0}, two = {0};

        buf_add(&one, buf_slice(&common));
        buf_add(&one, buf_slice(&a));
        buf_add(&two, buf_slice(&common));
        buf_add(&two, buf_slice(&b));
        assert_visit(&k, buf_slice(&one), (enum way)way, 0);
        assert_visit(&k, buf_slice(&two), (enum way)way, 0);
        assert_visit(&k, buf_slice(&shorter), (enum way)way, 0);
        assert_int_equal(k.count, 3);
        assert_visit(&k, buf_slice(&one), (enum way)way, one.len);
        assert_visit(&k, buf_slice(&two), (enum way)way, two.len);
        assert_int_equal(k.count, 3);
        known_release(&k);
        buf_free(&one);
        buf_free(&two);
    }
    buf_free(&common);
    buf_free(&shorter);
    buf_free(&a);
    buf_free(&b);
}

static void nothing_identifies_nothing(void **state)
{
    (void)state;
    for (unsigned way = 0; way < WAYS; way++) {
        struct known k = {0};

        assert_visit(&k, SLICE(""), (enum way)way, 0);
        assert_int_equal(k.count, 0);
        assert_visit(&k, SLICE("x\n"), (enum way)way, 0);
        assert_visit(&k, SLICE(""), (enum way)way, 0);
        assert_int_equal(k.count, 1);
        known_release(&k);
    }
}

/* A line that had no newline yet is read again, whole, once it has grown. */
static void mends_the_last_line(void **state)
{
    static const struct {
        const char *then, *now;
        int back; /* from the end of then */
    } cases[] = {
        {"one\ntwo", "one\ntwo", 0},
        {"one\ntwo", "one\ntwo\n", -1},
        {"one\ntwo", "one\ntwo\nthree\n", -1},
        {"one\ntwo", "one\ntwo and more\n", 3},
        {"one", "one and more\n", 3},
        {"one\n", "one\n\n", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned long_head = 0; long_head < 2; long_head++) {
            for (unsigned way = 0; way < WAYS; way++) {
                struct buf then = made_log(3, long_head ? 200 : 0), now = {0};
                struct known k = {0};

                buf_add(&now, buf_slice(&then));
                buf_add(&then, slice_of(cases[i].then));
                buf_add(&now, slice_of(cases[i].now));
                assert_visit(&k, buf_slice(&then), (enum way)way, 0);
                assert_visit(&k, buf_slice(&now), (enum way)way,
                             then.len - (uint64_t)(int64_t)cases[i].back);
                assert_visit(&k, buf_slice(&now), (enum way)way, now.len);
                assert_int_equal(k.count, 1);
                known_release(&k);
                buf_free(&then);
                buf_free(&now);
            }
        }
    }
}

/* The identity does not depend on how the bytes were cut. */
static void tracks_any_cut(void **state)
{
    struct buf log = made_log(4, 400);
    struct known k = {0};
    uint32_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        size_t max = round % 2 == 0 ? 300 : 9000;
        struct known_track track = {.offset = 0};
        struct slice rest = buf_slice(&log);

        while (rest.len > 0) {
            struct slice part = slice_head(rest, next_random(&seed) % max);

            known_track_add(&track, part);
            rest = slice_from(rest, part.len);
        }
        note_log(&k, &track);
        assert_memory_equal(&k.log[round].head, &k.log[0].head,
                            sizeof k.log[0].head);
        assert_memory_equal(&k.log[round].tail, &k.log[0].tail,
                            sizeof k.log[0].tail);
        assert_int_equal(k.log[round].tail_size, KNOWN_SPAN);
        assert_int_equal(k.log[round].offset, log.len);
    }
    known_release(&k);
    buf_free(&log);
}

/* What others keep of a log goes with it as it grows. */
static void keeps_names_and_stamps(void **state)
{
    struct buf log = made_log(5, 50), more = made_log(5, 60);
    struct known k = {0};
    struct known_log from, *entry;

    (void)state;
    assert_visit(&k, buf_slice(&log), PLAIN, 0);
    entry = &k.log[0];
    assert_null(entry->name);
    assert_true(stamp_is_none(entry->first) && stamp_is_none(entry->last));
    entry->name = mem_text(SLICE("maillog"));
    entry->first.sec = 1;
    entry->last.sec = 2;
    from = *entry;
    assert_int_equal(known_find(&k, &from), 0);

    assert_visit(&k, buf_slice(&more), PIPED, log.len);
    assert_int_equal(k.count, 1);
    assert_string_equal(k.log[0].name, "maillog");
    assert_int_equal(k.log[0].first.sec, 1);
    assert_int_equal(k.log[0].last.sec, 2);
    assert_int_equal(known_find(&k, &from), SIZE_MAX);

    /* Not there any more: a log of its own; nothing read: none. */
    entry = known_put(&k, &from, &from);
    assert_true(entry == &k.log[1]);
    assert_null(entry->name);
    assert_true(stamp_is_none(entry->first));
    from.offset = 0;
    assert_null(known_put(&k, &k.log[0], &from));
    assert_int_equal(k.count, 2);
    known_release(&k);
    buf_free(&log);
    buf_free(&more);
}

static void peeks(void **state)
{
    struct buf log = made_log(6, 90), more = {0}, other = made_log(7, 90);
    struct known k = {0};

    (void)state;
    buf_add(&more, buf_slice(&log));
    buf_add(&more, SLICE("Mar  7 04:12:33 mx1 a[7]: x\n"));
    assert_visit(&k, buf_slice(&other), PLAIN, 0);
    assert_visit(&k, buf_slice(&log), PLAIN, 0);
    for (unsigned way = PLAIN; way <= PACKED; way++) {
        struct buf packed = {0};
        struct source *s;
        char *path;

        if (way == PACKED)
            pack("xz", buf_slice(&more), &packed);
        path = write_file("log", buf_slice(way == PACKED ? &packed : &more));
        s = opened(path);
        assert_true(known_peek(&k, s) == &k.log[1]);
        source_free(s);
        free(path);
        path = write_file("log", SLICE("Mar  7 04:12:33 mx1 b[7]: x\n"));
        s = opened(path);
        assert_null(known_peek(&k, s));
        source_free(s);
        free(path);
        buf_free(&packed);
    }
    known_release(&k);
    buf_free(&log);
    buf_free(&more);
    buf_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_once),
        cmocka_unit_test(tells_tails_apart),
        cmocka_unit_test(nothing_identifies_nothing),
        cmocka_unit_test(mends_the_last_line),
        cmocka_unit_test(tracks_any_cut),
        cmocka_unit_test(keeps_names_and_stamps),
        cmocka_unit_test(peeks),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
