/*
 * follow: a log that grows and is rotated in whatever manner is read once and
 * whole, and where one ends and the next begins is told.
 */
#include "inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "input/feed.h"

#define IDLE_MS 15
#define NOBODY 65534

/* A feed that follows the log named "log", and what it gave. */
struct reader {
    char *path, *rotated;
    struct source *source;
    struct known known, kept;
    struct feed *feed;
    struct block block;
    struct buf got; /* "[" or "(" (resumed), lines, "]"; "!" for an error */
};

static void start(struct reader *r, bool keep)
{
    r->source = access(r->path, F_OK) == 0 ? opened(r->path) : NULL;
    r->feed = feed_new(&r->source, r->source != NULL, &r->known, 0, IDLE_MS);
    feed_follow(r->feed, r->path, 0);
    if (keep)
        feed_keep_state(r->feed, NULL);
}

static struct reader reader(const char *content)
{
    struct reader r = {.path = path_of("log"), .rotated = path_of("log.1")};

    unlink(r.path);
    unlink(r.rotated);
    if (content != NULL)
        free(write_file("log", slice_of(content)));
    return r;
}

static void stop(struct reader *r)
{
    feed_free(r->feed);
    source_free(r->source);
    r->feed = NULL;
    r->source = NULL;
}

static void finish(struct reader *r)
{
    stop(r);
    block_release(&r->block);
    known_release(&r->known);
    known_release(&r->kept);
    buf_free(&r->got);
    free(r->path);
    free(r->rotated);
}

static void note(struct reader *r)
{
    const struct block *b = &r->block;

    assert_true(b->live);
    assert_int_equal(b->source, 0);
    assert_false(b->idle && (b->first || b->last || b->len > 0));
    assert_false(b->resumed && !b->first);
    if (b->first)
        buf_add_byte(&r->got, b->resumed ? '(' : '[');
    buf_add(&r->got, slice_make(b->data, b->len));
    if (b->failed)
        buf_add_byte(&r->got, '!');
    if (b->last)
        buf_add_byte(&r->got, ']');
    (void)known_put(&r->kept, &b->from, &b->known);
}

/* Reads until there is silence; the test says what must have come. */
static void expect(struct reader *r, const char *want)
{
    buf_reset(&r->got);
    do {
        assert_true(feed_next(r->feed, &r->block));
        note(r);
    } while (!r->block.idle);
    buf_add_byte(&r->got, '\0');
    assert_string_equal(r->got.ptr, want);
}

static void append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void grows(void **state)
{
    struct reader r = reader("one\ntw");

    (void)state;
    start(&r, false);
    expect(&r, "[one\n");
    expect(&r, "");
    append(r.path, "o\nthree\nfo");
    expect(&r, "two\nthree\n");
    append(r.path, "u");
    expect(&r, "");
    append(r.path, "r\n");
    expect(&r, "four\n");
    finish(&r);
}

/* The old file is read on until the new one has content. */
static void is_renamed(void **state)
{
    struct reader r = reader("one\n");

    (void)state;
    start(&r, false);
    expect(&r, "[one\n");
    assert_int_equal(rename(r.path, r.rotated), 0);
    append(r.rotated, "two\n");
    expect(&r, "two\n");
    append(r.path, ""); /* there, and empty */
    append(r.rotated, "three\nfour");
    expect(&r, "three\n");
    append(r.path, "five\n");
    expect(&r, "four\n][five\n");
    append(r.path, "six\n");
    expect(&r, "six\n");
    finish(&r);
}

static void is_replaced_at_once(void **state)
{
    struct reader r = reader("one\n");

    (void)state;
    start(&r, false);
    expect(&r, "[one\n");
    append(r.path, "two\n");
    assert_int_equal(rename(r.path, r.rotated), 0);
    append(r.path, "three\n");
    expect(&r, "two\n][three\n");
    finish(&r);
}

/* Asked to, it lets the old file go for an empty new one. */
static void reopens(void **state)
{
    struct reader r = reader("one\n");

    (void)state;
    start(&r, false);
    expect(&r, "[one\n");
    feed_reopen(r.feed);
    expect(&r, "");
    assert_int_equal(rename(r.path, r.rotated), 0);
    feed_reopen(r.feed);
    expect(&r, "");
    append(r.path, "");
    expect(&r, "]");
    append(r.path, "two\n");
    expect(&r, "[two\n");
    finish(&r);
}

static void copy_and_truncate(struct reader *r)
{
    struct buf command = {0};

    buf_addf(&command, "cp '%s' '%s'", r->path, r->rotated);
    buf_add_byte(&command, '\0');
    assert_int_equal(system(command.ptr), 0);
    buf_free(&command);
    assert_int_equal(truncate(r->path, 0), 0);
}

/* What the last look had missed is in the copy. */
static void is_copied_and_truncated(void **state)
{
    struct reader r = reader("one\ntw");

    (void)state;
    start(&r, false);
    expect(&r, "[one\n");
    append(r.path, "o\nthree\n");
    copy_and_truncate(&r);
    expect(&r, "](two\nthree\n]");
    append(r.path, "four\n");
    expect(&r, "[four\n");
    /* Nothing was missed, and it is longer than it was before. */
    copy_and_truncate(&r);
    append(r.path, "five\nsix\nseven\n");
    expect(&r, "][five\nsix\nseven\n");
    /* To the very length. */
    assert_int_equal(truncate(r.path, 0), 0);
    append(r.path, "xxxx\nyyy\nzzzzz\n");
    expect(&r, "][xxxx\nyyy\nzzzzz\n");
    /* Without a copy a line without its end is all there will be of it. */
    append(r.path, "half");
    expect(&r, "");
    assert_int_equal(truncate(r.path, 0), 0);
    expect(&r, "half\n]");
    finish(&r);
}

/* The next that would be opened: it rises when one stays open. */
static int free_descriptor(void)
{
    int fd = dup(STDERR_FILENO);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

/* Be it the caller's, opened by the feed, or a copy: no disk stays full. */
static void is_closed_when_it_is_over(void **state)
{
    struct reader r = reader("one\n");
    int next;

    (void)state;
    start(&r, false);
    expect(&r, "[one\n");
    next = free_descriptor();
    assert_int_equal(rename(r.path, r.rotated), 0);
    append(r.path, "two\n");
    expect(&r, "][two\n");
    assert_int_equal(free_descriptor(), next);
    assert_int_equal(rename(r.path, r.rotated), 0);
    append(r.path, "three\n");
    expect(&r, "][three\n");
    assert_int_equal(free_descriptor(), next);
    append(r.path, "four\n");
    copy_and_truncate(&r);
    append(r.path, "five\n");
    expect(&r, "](four\n][five\n");
    assert_int_equal(free_descriptor(), next);
    finish(&r);
}

static void is_deleted_and_made_again(void **state)
{
    struct reader r = reader("one\n");
    int fd = open(r.path, O_WRONLY | O_APPEND | O_CLOEXEC);

    (void)state;
    start(&r, false);
    expect(&r, "[one\n");
    assert_int_equal(unlink(r.path), 0);
    expect(&r, "");
    assert_int_equal(write(fd, "two\n", 4), 4);
    expect(&r, "two\n");
    append(r.path, "three\n");
    expect(&r, "][three\n");
    close(fd);
    finish(&r);
}

static void is_missing_at_first(void **state)
{
    struct reader r = reader(NULL);

    (void)state;
    start(&r, false);
    expect(&r, "");
    append(r.path, "");
    expect(&r, "");
    append(r.path, "one\n");
    expect(&r, "[one\n");
    finish(&r);
}

static void is_empty_at_first(void **state)
{
    struct reader r = reader("");

    (void)state;
    start(&r, false);
    expect(&r, "");
    append(r.path, "one\n");
    expect(&r, "[one\n");
    finish(&r);
}

/* What came under the name again was read already. */
static void is_rewritten_the_same(void **state)
{
    struct reader r = reader("one\n");

    (void)state;
    start(&r, false);
    expect(&r, "[one\n");
    assert_int_equal(rename(r.path, r.rotated), 0);
    append(r.path, "one\ntwo\n");
    expect(&r, "](two\n");
    finish(&r);
}

/* Root may read everything. */
static int become_nobody(void **state)
{
    (void)state;
    return chmod(folder, 0777) != 0 || (geteuid() == 0 && seteuid(NOBODY) != 0);
}

static int become_root_again(void **state)
{
    (void)state;
    return seteuid(getuid());
}

/* It may become readable; meanwhile that is said once. */
static void is_unreadable(void **state)
{
    struct reader r;

    (void)state;
    if (faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) != 0)
        skip(); /* nobody cannot come here */
    r = reader("one\n");
    start(&r, false);
    expect(&r, "[one\n");
    assert_int_equal(rename(r.path, r.rotated), 0);
    append(r.path, "two\n");
    assert_int_equal(chmod(r.path, 0), 0);
    expect(&r, "][!]");
    assert_non_null(strstr(r.block.error.text, "log: "));
    expect(&r, "");
    assert_int_equal(chmod(r.path, 0600), 0);
    expect(&r, "[two\n");
    finish(&r);
}

/* A packed log has an end; then what takes its name is followed. */
static void is_packed_at_first(void **state)
{
    struct reader r = reader(NULL);
    struct buf packed = {0};

    (void)state;
    pack("gzip", SLICE("one\ntwo"), &packed);
    free(write_file("log", buf_slice(&packed)));
    start(&r, false);
    expect(&r, "[one\ntwo\n]");
    expect(&r, "");
    assert_int_equal(rename(r.path, r.rotated), 0);
    append(r.path, "three\n");
    expect(&r, "[three\n");
    buf_free(&packed);
    finish(&r);
}

/* Any run may end at any block: the next goes on behind it. */
static void tells_how_far(void **state)
{
    struct reader r = reader("one\ntw");

    (void)state;
    start(&r, true);
    expect(&r, "[one\n");
    append(r.path, "o\nthr");
    expect(&r, "two\n");
    assert_int_equal(r.kept.count, 1);
    assert_int_equal(r.kept.log[0].offset, 8);
    stop(&r);
    known_release(&r.known);
    r.known = r.kept;
    r.kept = (struct known){0};
    append(r.path, "ee\n");
    start(&r, true);
    expect(&r, "(three\n");
    assert_int_equal(rename(r.path, r.rotated), 0);
    append(r.path, "four\n");
    expect(&r, "][four\n");
    assert_int_equal(r.kept.count, 2);
    assert_int_equal(r.kept.log[0].offset, 14);
    assert_int_equal(r.kept.log[1].offset, 5);
    finish(&r);
}

/* Without inotify it takes a little longer. */
static void does_without_inotify(void **state)
{
    struct reader r = reader("one\n");
    struct rlimit limit, none;

    (void)state;
    r.source = opened(r.path);
    r.feed = feed_new(&r.source, 1, &r.known, 0, 250);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    feed_follow(r.feed, r.path, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(feed_next(r.feed, &r.block));
    append(r.path, "two\n");
    expect(&r, "two\n");
    assert_int_equal(rename(r.path, r.rotated), 0);
    append(r.path, "three\n");
    expect(&r, "][three\n");
    finish(&r);
}

/* ---- stopping ---- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *stop_soon(void *feed)
{
    usleep(50000);
    feed_stop(feed);
    return NULL;
}

/* Waiting for a log to grow, for one to appear, and for a pipe. */
static void stops_at_once(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 3; way++) {
        struct reader r = reader(way == 0 ? "one\n" : NULL);
        int64_t begun = now_ms();
        pthread_t thread;
        char path[32];
        int ends[2] = {-1, -1};

        if (way == 2) {
            assert_int_equal(pipe(ends), 0);
            assert_int_equal(write(ends[1], "one\n", 4), 4);
            snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        }
        if (way != 1)
            r.source = opened(way == 0 ? r.path : path);
        r.feed = feed_new(&r.source, way != 1, &r.known, 0, 60000);
        if (way != 2)
            feed_follow(r.feed, r.path, 0);
        if (way != 1)
            assert_true(feed_next(r.feed, &r.block));
        assert_int_equal(pthread_create(&thread, NULL, stop_soon, r.feed), 0);
        assert_false(feed_next(r.feed, &r.block));
        assert_false(feed_next(r.feed, &r.block));
        assert_true(now_ms() - begun < 20000); /* it naps for a minute */
        assert_int_equal(pthread_join(thread, NULL), 0);
        finish(&r);
        if (way == 2) {
            close(ends[0]);
            close(ends[1]);
        }
    }
}

/* A pipe that may be known is looked at until it is stopped, and no more. */
static void stops_before_a_pipe_is_known(void **state)
{
    struct reader r = reader(NULL);
    struct buf log = made_log(1, 300);
    struct known_track track = {.offset = 0};
    pthread_t thread;
    char path[32];
    int ends[2];

    (void)state;
    known_track_add(&track, buf_slice(&log));
    note_log(&r.known, &track);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], log.ptr, 500), 500);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    r.source = opened(path);
    r.feed = feed_new(&r.source, 1, &r.known, 0, 60000);
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, r.feed), 0);
    assert_false(feed_next(r.feed, &r.block));
    assert_int_equal(pthread_join(thread, NULL), 0);
    finish(&r);
    close(ends[0]);
    close(ends[1]);
    buf_free(&log);
}

/* ---- all at once ---- */

enum { LINES = 4000, ROTATIONS = 60 };

/* Writes numbered lines, and rotates in all manners when the reader has come
 * so far that it knows the log that is there. */
static void write_and_rotate(struct reader *r, const volatile uint32_t *seen)
{
    uint32_t seed = 7, number = 0, safe = 0;
    int fd = open(r->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (number < LINES) {
        uint32_t count = next_random(&seed) % 60 + 1;

        for (uint32_t i = 0; i < count && number < LINES; i++, number++)
            if (dprintf(fd, "line %u ", number) < 0 ||
                dprintf(fd, "of it\n") < 0)
                _exit(1);
        while (*seen <= safe)
            usleep(100);
        switch (next_random(&seed) % 4) {
        case 0: /* the writer is late to open the new one */
            rename(r->path, r->rotated);
            if (next_random(&seed) % 2 == 0)
                close(open(r->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
            for (uint32_t i = 0; i < 5 && number < LINES; i++, number++)
                dprintf(fd, "line %u of it\n", number);
            break;
        case 1:
            copy_and_truncate(r);
            break;
        case 2:
            unlink(r->path);
            break;
        default:
            continue;
        }
        safe = number; /* what is in a file that has lost its name */
        close(fd);
        fd = open(r->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    }
    _exit(0);
}

static void loses_nothing(void **state)
{
    struct reader r = reader("");
    uint32_t *seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct buf want = {0};
    int64_t begun = now_ms();
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        write_and_rotate(&r, seen);
    for (unsigned i = 0; i < LINES; i++)
        buf_addf(&want, "line %u of it\n", i);
    start(&r, true);
    while (r.got.len < want.len && now_ms() - begun < 200000) {
        assert_true(feed_next(r.feed, &r.block));
        assert_false(r.block.failed);
        buf_add(&r.got, slice_make(r.block.data, r.block.len));
        for (size_t i = 0; i < r.block.len; i++)
            *seen += r.block.data[i] == '\n';
    }
    assert_slice(buf_slice(&r.got), buf_slice(&want));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    buf_free(&want);
    munmap(seen, sizeof *seen);
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(is_renamed),
        cmocka_unit_test(is_replaced_at_once),
        cmocka_unit_test(reopens),
        cmocka_unit_test(is_copied_and_truncated),
        cmocka_unit_test(is_closed_when_it_is_over),
        cmocka_unit_test(is_deleted_and_made_again),
        cmocka_unit_test(is_missing_at_first),
        cmocka_unit_test(is_empty_at_first),
        cmocka_unit_test(is_rewritten_the_same),
        cmocka_unit_test_setup_teardown(is_unreadable, become_nobody,
                                        become_root_again),
        cmocka_unit_test(is_packed_at_first),
        cmocka_unit_test(tells_how_far),
        cmocka_unit_test(does_without_inotify),
        cmocka_unit_test(stops_at_once),
        cmocka_unit_test(stops_before_a_pipe_is_known),
        cmocka_unit_test(loses_nothing),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
