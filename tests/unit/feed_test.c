/* feed: the same lines whatever the sizes of blocks, reads and writes. */
#include "inputs.h"

#include <string.h>
#include <sys/resource.h>

#include "input/feed.h"

/* Whole lines, and the one that is last or cut with its newline supplied. */
static void assert_block(const struct block *b, size_t block_size)
{
    assert_true(b->len <= block_size + FEED_LINE_MAX + 2);
    assert_true(b->len == 0 || b->data[b->len - 1] == '\n');
    assert_true(!b->failed || b->last);
}

/* All that a feed of one source gives. */
static void read_feed(const char *path, size_t block_size, struct buf *out)
{
    struct source *s = opened(path);
    struct feed *f = feed_new(&s, 1, NULL, block_size, -1);
    struct block b = {0};
    bool first = true, last = false;

    while (feed_next(f, &b)) {
        assert_false(last);
        assert_int_equal(b.source, 0);
        assert_int_equal(b.first, first);
        assert_int_equal(b.live, !source_is_file(s));
        assert_false(b.idle);
        assert_block(&b, block_size == 0 ? 262144 : block_size);
        if (b.failed)
            fail_msg("%s", b.error.text);
        buf_add(out, slice_make(b.data, b.len));
        first = false;
        last = b.last;
    }
    assert_true(last);
    block_release(&b);
    feed_free(f);
    source_free(s);
}

/* What it should give: each line, cut when it is too long. */
static struct buf lines_of(struct slice log)
{
    struct buf lines = {0};

    while (log.len > 0) {
        size_t end = slice_find_byte(log, '\n');
        struct slice line = slice_head(log, end);

        buf_add(&lines, slice_head(line, FEED_LINE_MAX + 1));
        buf_add_byte(&lines, '\n');
        log = end == SIZE_MAX ? SLICE("") : slice_from(log, end + 1);
    }
    return lines;
}

static void assert_feed(const char *path, size_t block_size, struct slice log)
{
    struct buf got = {0}, want = lines_of(log);

    read_feed(path, block_size, &got);
    assert_slice(buf_slice(&got), buf_slice(&want));
    buf_free(&got);
    buf_free(&want);
}

static void gives_whole_lines(void **state)
{
    static const size_t sizes[] = {1, 2, 37, 4096, 65536, 100000, 0};

    (void)state;
    for (unsigned cut = 0; cut < 3; cut++) {
        struct buf log = made_log(1, 1500), packed = {0};
        char *paths[2];

        log.len -= cut; /* a last line without newline */
        paths[0] = write_file("plain", buf_slice(&log));
        pack("xz", buf_slice(&log), &packed);
        paths[1] = write_file("packed", buf_slice(&packed));
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct sender sender = sender_start(buf_slice(&log), 5000, cut);

            assert_feed(paths[0], sizes[i], buf_slice(&log));
            assert_feed(paths[1], sizes[i], buf_slice(&log));
            assert_feed(sender.path, sizes[i], buf_slice(&log));
            sender_end(&sender);
        }
        free(paths[0]);
        free(paths[1]);
        buf_free(&packed);
        buf_free(&log);
    }
}

static void gives_empty_logs(void **state)
{
    static const struct slice logs[] = {
        {"", 0}, {"\n", 1}, {"\n\n", 2}, {"x", 1}, {"\nx", 2}};

    (void)state;
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        char *path = write_file("small", logs[i]);

        assert_feed(path, 0, logs[i]);
        assert_feed(path, 1, logs[i]);
        free(path);
    }
}

/* Lines about as long as one may be, at any place of a block. */
static void cuts_long_lines(void **state)
{
    static const size_t lengths[] = {
        0,      10,     65535,  65536,  65537,  65538,  131071, 131072,
        131073, 196608, 262143, 262144, 262145, 327680, 400000,
    };
    static const size_t sizes[] = {1000, 65536, 65537, 100000, 0};
    uint32_t seed = 5;

    (void)state;
    for (unsigned round = 0; round < 30; round++) {
        struct buf log = {0};
        struct sender sender;
        char *path;

        for (uint32_t n = next_random(&seed) % 6 + 1; n > 0; n--) {
            size_t len = lengths[next_random(&seed) % 15];

            memset(buf_reserve(&log, len), (char)('a' + n), len);
            log.len += len;
            if (n > 1 || round % 3 != 0)
                buf_add_byte(&log, '\n');
        }
        path = write_file("long", buf_slice(&log));
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            assert_feed(path, sizes[i], buf_slice(&log));
        sender = sender_start(buf_slice(&log), 100000, round);
        assert_feed(sender.path, sizes[round % 5], buf_slice(&log));
        sender_end(&sender);
        free(path);
        buf_free(&log);
    }
}

/* Endless lines through a pipe: memory does not follow. */
static void bounds_memory(void **state)
{
    static const char bytes[] = {'\0', 'x'};
    enum { SIZE = 64 << 20, PIECE = 1 << 20 };
    struct rusage before, after;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        struct block b = {0};
        struct source *s;
        struct feed *f;
        char path[32];
        size_t given = 0;
        int ends[2];
        pid_t pid;

        assert_int_equal(pipe(ends), 0);
        pid = fork();
        if (pid == 0) {
            static char piece[PIECE];

            close(ends[0]);
            memset(piece, bytes[i], sizeof piece);
            for (size_t n = 0; n < SIZE / PIECE; n++) {
                struct slice rest = slice_make(piece, sizeof piece);
                ssize_t len = 0;

                for (; len >= 0 && rest.len > 0;
                     rest = slice_from(rest, (size_t)len))
                    len = write(ends[1], rest.ptr, rest.len);
            }
            _exit(0);
        }
        close(ends[1]);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        getrusage(RUSAGE_SELF, &before);
        s = opened(path);
        f = feed_new(&s, 1, NULL, 0, -1);
        while (feed_next(f, &b))
            given += b.len;
        getrusage(RUSAGE_SELF, &after);
        assert_int_equal(given, FEED_LINE_MAX + 2);
        assert_int_equal(feed_content(f), SIZE);
        assert_int_equal(feed_consumed(f), SIZE);
        assert_true(after.ru_maxrss - before.ru_maxrss < 16384); /* KiB */
        block_release(&b);
        feed_free(f);
        source_free(s);
        close(ends[0]);
        waitpid(pid, NULL, 0);
    }
}

/* Lines go out as they come, and silence is told. */
static void streams(void **state)
{
    struct block b = {0};
    struct source *s;
    struct feed *f;
    char path[32];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "one\ntw", 6), 6);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    s = opened(path);
    f = feed_new(&s, 1, NULL, 0, 10);

    assert_true(feed_next(f, &b));
    assert_slice(slice_make(b.data, b.len), SLICE("one\n"));
    assert_true(b.first && b.live && !b.last && !b.idle);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(feed_next(f, &b));
        assert_int_equal(b.len, 0);
        assert_true(b.idle && !b.first && !b.last);
    }
    assert_int_equal(write(ends[1], "o\nthree\nfo", 10), 10);
    assert_true(feed_next(f, &b));
    assert_slice(slice_make(b.data, b.len), SLICE("two\nthree\n"));
    assert_false(b.idle);
    close(ends[1]);
    assert_true(feed_next(f, &b));
    assert_slice(slice_make(b.data, b.len), SLICE("fo\n"));
    assert_true(b.last);
    assert_false(feed_next(f, &b));

    block_release(&b);
    feed_free(f);
    source_free(s);
    close(ends[0]);
}

/* One log after the other, each once, and the one that is damaged told. */
static void goes_through_sources(void **state)
{
    struct buf one = made_log(1, 700), two = made_log(2, 900), packed = {0},
               got = {0}, want = {0};
    struct known known = {0};
    struct source *sources[5];
    struct block b = {0};
    char *paths[5];
    unsigned begun = 0, ended = 0;
    uint64_t on_disk = 0;
    struct feed *f;

    (void)state;
    pack("gzip", buf_slice(&one), &packed);
    paths[0] = write_file("one", buf_slice(&one));
    paths[1] = write_file("one.gz", buf_slice(&packed));
    buf_reset(&packed);
    pack("gzip", buf_slice(&two), &packed);
    paths[2] =
        write_file("two.cut", slice_head(buf_slice(&packed), packed.len - 4));
    paths[3] = write_file("two", buf_slice(&two));
    paths[4] = write_file("empty", SLICE(""));
    for (unsigned i = 0; i < 5; i++) {
        sources[i] = opened(paths[i]);
        source_rest(sources[i]);
        on_disk += source_size(sources[i]);
    }
    f = feed_new(sources, 5, &known, 10000, -1);
    while (feed_next(f, &b)) {
        begun += b.first;
        ended += b.last;
        assert_int_equal(b.failed, b.last && b.source == 2);
        if (b.failed)
            assert_non_null(strstr(b.error.text, "two.cut: "));
        buf_add(&got, slice_make(b.data, b.len));
    }
    assert_int_equal(begun, 5);
    assert_int_equal(ended, 5);
    buf_add(&want, buf_slice(&one));
    buf_add(&want, buf_slice(&two));
    assert_slice(buf_slice(&got), buf_slice(&want));
    assert_int_equal(feed_content(f), got.len);
    assert_int_equal(feed_consumed(f), on_disk);

    feed_free(f);
    block_release(&b);
    known_release(&known);
    for (unsigned i = 0; i < 5; i++) {
        source_free(sources[i]);
        free(paths[i]);
    }
    buf_free(&one);
    buf_free(&two);
    buf_free(&packed);
    buf_free(&got);
    buf_free(&want);
}

/* What was read keeps what it is known again by, and no more. */
static void lets_go_of_what_was_read(void **state)
{
    enum { LOGS = 4 };
    struct source *sources[LOGS];
    struct block b = {0};
    char *paths[LOGS];
    struct feed *f;

    (void)state;
    for (unsigned i = 0; i < LOGS; i++) {
        struct buf log = made_log(i + 1, 700), packed = {0};
        char name[16];

        snprintf(name, sizeof name, "read%u", i);
        if (i % 2 == 1)
            pack("gzip", buf_slice(&log), &packed);
        paths[i] = write_file(name, buf_slice(i % 2 == 1 ? &packed : &log));
        sources[i] = opened(paths[i]);
        buf_free(&log);
        buf_free(&packed);
    }
    f = feed_new(sources, LOGS, NULL, 5000, -1);
    while (feed_next(f, &b))
        for (unsigned i = 0; i < LOGS; i++)
            assert_int_equal(source_head(sources[i]).len < 10000,
                             i < b.source || (i == b.source && b.last));
    feed_free(f);
    block_release(&b);
    for (unsigned i = 0; i < LOGS; i++) {
        source_free(sources[i]);
        free(paths[i]);
    }
}

enum { ARCHIVES = 7 };

/* Archives large enough to be read ahead; the third is cut short. */
static void write_archives(char *paths[ARCHIVES], struct buf *want)
{
    static const char *const slow[] = {"xz", "bzip2"};

    for (unsigned i = 0; i < ARCHIVES; i++) {
        struct buf log = made_log(i + 1, 9000), packed = {0};
        char name[16];

        snprintf(name, sizeof name, "archive%u", i);
        pack(slow[i % 2], buf_slice(&log), &packed);
        assert_true(packed.len > 100000);
        if (i == 2)
            packed.len /= 2;
        else
            buf_add(want, buf_slice(&log));
        paths[i] = write_file(name, buf_slice(&packed));
        buf_free(&log);
        buf_free(&packed);
    }
}

/* What a feed gives of all but the third, and what it says is wrong. */
static void read_archives(char *paths[ARCHIVES], size_t ahead, struct buf *got,
                          struct error failed[ARCHIVES], bool lose)
{
    struct source *sources[ARCHIVES];
    struct known known = {0};
    struct block b = {0};
    char *lost = path_of("lost");
    struct feed *f;

    for (unsigned i = 0; i < ARCHIVES; i++) {
        sources[i] = opened(paths[i]);
        failed[i].text[0] = '\0';
        source_rest(sources[i]);
    }
    if (lose) {
        source_close(sources[4]);
        assert_int_equal(rename(paths[4], lost), 0);
    }
    f = feed_new(sources, ARCHIVES, &known, 50000, -1);
    feed_read_ahead(f, ahead);
    while (feed_next(f, &b)) {
        if (b.source != 2)
            buf_add(got, slice_make(b.data, b.len));
        if (b.failed)
            failed[b.source] = b.error;
    }
    if (lose)
        assert_int_equal(rename(lost, paths[4]), 0);
    feed_free(f);
    block_release(&b);
    known_release(&known);
    for (unsigned i = 0; i < ARCHIVES; i++)
        source_free(sources[i]);
    free(lost);
}

/* The same bytes and errors, however many archives are unpacked at once. */
static void reads_ahead(void **state)
{
    char *paths[ARCHIVES];
    struct buf want = {0};

    (void)state;
    write_archives(paths, &want);
    for (size_t ahead = 0; ahead <= 9; ahead = ahead * 2 + 1) {
        struct error failed[ARCHIVES];
        struct buf got = {0};

        read_archives(paths, ahead, &got, failed, false);
        assert_slice(buf_slice(&got), buf_slice(&want));
        for (unsigned i = 0; i < ARCHIVES; i++)
            assert_int_equal(failed[i].text[0] != '\0', i == 2);
        assert_non_null(strstr(failed[2].text, "archive2: xz data cut short"));
        buf_free(&got);
    }
    for (unsigned i = 0; i < ARCHIVES; i++)
        free(paths[i]);
    buf_free(&want);
}

/* One that is gone when its turn comes fails there, and the others do not. */
static void reads_ahead_of_a_loss(void **state)
{
    char *paths[ARCHIVES];
    struct buf unused = {0}, want = {0};
    struct error before[ARCHIVES], failed[ARCHIVES];

    (void)state;
    write_archives(paths, &unused);
    read_archives(paths, 0, &want, before, true);
    assert_true(want.len > 0 && want.len < unused.len);
    assert_non_null(strstr(before[4].text, "archive4: No such file"));
    for (size_t ahead = 1; ahead <= 3; ahead++) {
        struct buf got = {0};

        read_archives(paths, ahead, &got, failed, true);
        assert_slice(buf_slice(&got), buf_slice(&want));
        for (unsigned i = 0; i < ARCHIVES; i++)
            assert_string_equal(failed[i].text, before[i].text);
        buf_free(&got);
    }
    for (unsigned i = 0; i < ARCHIVES; i++)
        free(paths[i]);
    buf_free(&unused);
    buf_free(&want);
}

/* A feed that is given up lets go of what it unpacked, and no more. */
static void stops_reading_ahead(void **state)
{
    struct source *sources[ARCHIVES];
    char *paths[ARCHIVES];
    struct buf want = {0}, got = {0};
    struct block b = {0};
    struct error err;
    struct feed *f;

    (void)state;
    write_archives(paths, &want);
    for (unsigned i = 0; i < ARCHIVES; i++)
        sources[i] = opened(paths[i]);
    f = feed_new(sources, ARCHIVES, NULL, 0, -1);
    feed_read_ahead(f, 3);
    assert_true(feed_next(f, &b));
    assert_int_equal(b.source, 0);
    feed_stop(f);
    assert_false(feed_next(f, &b));
    feed_free(f);
    for (unsigned i = 0; i <= 3; i++)
        assert_true(source_head(sources[i]).len < 10000);
    for (unsigned i = 0; i < ARCHIVES; i++) {
        assert_true(source_rewind(sources[i], &err));
        if (i != 2)
            assert_true(read_content(sources[i], 9999, 1, &got, &err));
        source_free(sources[i]);
        free(paths[i]);
    }
    assert_slice(buf_slice(&got), buf_slice(&want));
    block_release(&b);
    buf_free(&want);
    buf_free(&got);
}

/* Rows of our own are cut anywhere, and no newline is supplied. */
static void leaves_rows_alone(void **state)
{
    static const char rows[] =
        "first_seen,last_seen,count,sender,client_ip\nx,y,1,a@b,192.0.2.7";
    struct buf got = {0};
    char *path = write_file("rows", SLICE(rows));
    struct source *s = opened(path);
    struct feed *f = feed_new(&s, 1, NULL, 7, -1);
    struct block b = {0};

    (void)state;
    assert_non_null(source_format(s));
    while (feed_next(f, &b)) {
        assert_true(b.len <= 7);
        buf_add(&got, slice_make(b.data, b.len));
    }
    assert_slice(buf_slice(&got), SLICE(rows));
    block_release(&b);
    feed_free(f);
    source_free(s);
    free(path);
    buf_free(&got);
}

/* ---- state ---- */

/* Reads up to that many blocks (0: all) into out and the table. */
static void read_some(const char *path, struct known *table, bool hold,
                      unsigned blocks, struct buf *out)
{
    struct known known = {0};
    struct source *s = opened(path);
    struct block b = {0};
    struct feed *f;

    for (size_t i = 0; i < table->count; i++)
        (void)known_put(&known, &table->log[i], &table->log[i]);
    f = feed_new(&s, 1, &known, 3000, -1);
    feed_keep_state(f, &hold);
    for (unsigned i = 1; feed_next(f, &b); i++) {
        const struct known_log *log;

        assert_int_equal(b.resumed, b.first && table->count > 0);
        buf_add(out, slice_make(b.data, b.len));
        log = known_put(table, &b.from, &b.known);
        assert_true(log == NULL || log->name == NULL);
        assert_true(table->count <= 1);
        if (i == blocks)
            break;
    }
    block_release(&b);
    feed_free(f);
    known_release(&known);
    source_free(s);
}

/* A run may end behind any block, and another goes on there. */
static void goes_on_behind_any_block(void **state)
{
    (void)state;
    for (unsigned packed = 0; packed < 2; packed++) {
        for (unsigned blocks = 1; blocks < 30; blocks++) {
            struct buf log = made_log(blocks, 300), bytes = {0}, got = {0};
            struct known table = {0};
            char *path;

            if (packed)
                pack("zstd", buf_slice(&log), &bytes);
            else
                buf_add(&bytes, buf_slice(&log));
            path = write_file("log", buf_slice(&bytes));
            for (unsigned i = 0; i < 40 && got.len < log.len; i++)
                read_some(path, &table, i % 2 == 0, blocks, &got);
            assert_slice(buf_slice(&got), buf_slice(&log));
            /* There is nothing more. */
            read_some(path, &table, true, 0, &got);
            assert_int_equal(got.len, log.len);
            assert_int_equal(table.log[0].offset, log.len);
            known_release(&table);
            free(path);
            buf_free(&log);
            buf_free(&bytes);
            buf_free(&got);
        }
    }
}

/* Half a line is left to the next run, or it is not. */
static void holds_the_last_line(void **state)
{
    static const struct {
        const char *log;
        const char *held, *given;
        uint64_t offset; /* when held */
    } cases[] = {
        {"", "", "", 0},
        {"on", "", "on\n", 0},
        {"one\n", "one\n", "one\n", 4},
        {"one\ntw", "one\n", "one\ntw\n", 4},
        {"one\n\n", "one\n\n", "one\n\n", 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice log = slice_of(cases[i].log);
        char *path = write_file("half", log);
        struct known table = {0};
        struct buf got = {0};

        read_some(path, &table, true, 0, &got);
        assert_slice(buf_slice(&got), slice_of(cases[i].held));
        assert_int_equal(table.count, cases[i].offset > 0);
        if (table.count > 0)
            assert_int_equal(table.log[0].offset, cases[i].offset);
        /* Then it was rotated away: what is left is all there will be. */
        read_some(path, &table, false, 0, &got);
        assert_slice(buf_slice(&got), slice_of(cases[i].given));
        assert_int_equal(table.count, log.len > 0);
        if (table.count > 0)
            assert_int_equal(table.log[0].offset, log.len);
        known_release(&table);
        buf_free(&got);
        free(path);
    }
}

/* A line too long, and half of it: never told as read before its end. */
static void holds_long_lines(void **state)
{
    struct buf log = {0}, got = {0};
    struct known table = {0};
    char *path;

    (void)state;
    buf_add(&log, SLICE("one\n"));
    memset(buf_reserve(&log, 300000), 'x', 300000);
    log.len += 300000;
    path = write_file("long", buf_slice(&log));
    read_some(path, &table, true, 0, &got);
    assert_int_equal(table.log[0].offset, 4);
    free(path);
    buf_add(&log, SLICE("\ntwo\n"));
    path = write_file("long", buf_slice(&log));
    buf_reset(&got);
    read_some(path, &table, true, 0, &got);
    assert_int_equal(got.len, FEED_LINE_MAX + 2 + 4);
    assert_int_equal(table.log[0].offset, log.len);
    free(path);
    known_release(&table);
    buf_free(&log);
    buf_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_whole_lines),
        cmocka_unit_test(gives_empty_logs),
        cmocka_unit_test(cuts_long_lines),
        cmocka_unit_test(bounds_memory),
        cmocka_unit_test(streams),
        cmocka_unit_test(goes_through_sources),
        cmocka_unit_test(lets_go_of_what_was_read),
        cmocka_unit_test(reads_ahead),
        cmocka_unit_test(reads_ahead_of_a_loss),
        cmocka_unit_test(stops_reading_ahead),
        cmocka_unit_test(leaves_rows_alone),
        cmocka_unit_test(goes_on_behind_any_block),
        cmocka_unit_test(holds_the_last_line),
        cmocka_unit_test(holds_long_lines),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
