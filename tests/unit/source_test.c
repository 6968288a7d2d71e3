/* source: the same content whatever it is packed in, read or cut by. */
#include "inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

/* The content of what stands at path, which must be whole. */
static void assert_content(const char *path, size_t max, struct slice want)
{
    struct source *s = opened(path);
    struct buf got = {0};
    struct error err;

    if (!read_content(s, max, 7, &got, &err))
        fail_msg("%s", err.text);
    assert_slice(buf_slice(&got), want);
    buf_free(&got);
    source_free(s);
}

static void reads_plain_and_packed(void **state)
{
    static const size_t sizes[] = {0, 1, 30, 2000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf log = made_log(1, sizes[i]);
        char *path = write_file("plain", buf_slice(&log));

        assert_content(path, 100000, buf_slice(&log));
        free(path);
        for (size_t p = 0; packers[p] != NULL; p++) {
            struct buf packed = {0};
            struct sender sender;

            pack(packers[p], buf_slice(&log), &packed);
            path = write_file("packed", buf_slice(&packed));
            assert_content(path, 100000, buf_slice(&log));
            assert_content(path, 100, buf_slice(&log));
            sender = sender_start(buf_slice(&packed), 3000, 5);
            assert_content(sender.path, 9999, buf_slice(&log));
            sender_end(&sender);
            free(path);
            buf_free(&packed);
        }
        buf_free(&log);
    }
}

static void joins_members(void **state)
{
    struct buf log = made_log(2, 1500), twice = {0};

    (void)state;
    buf_add(&twice, buf_slice(&log));
    buf_add(&twice, buf_slice(&log));
    for (size_t p = 0; packers[p] != NULL; p++) {
        struct buf packed = {0};
        char *path;

        pack(packers[p], buf_slice(&log), &packed);
        pack(packers[p], buf_slice(&log), &packed);
        path = write_file("members", buf_slice(&packed));
        assert_content(path, 70000, buf_slice(&twice));
        free(path);
        buf_free(&packed);
    }
    buf_free(&twice);
    buf_free(&log);
}

/* gzip: padding and what else follows the last member is no damage. */
static void ignores_what_follows(void **state)
{
    static const char zeros[3000];
    static const struct slice rests[] = {
        {zeros, 1}, {zeros, sizeof zeros}, {"garbage", 7}};
    struct buf log = made_log(3, 100);

    (void)state;
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        struct buf packed = {0};
        char *path;

        pack("gzip", buf_slice(&log), &packed);
        buf_add(&packed, rests[i]);
        path = write_file("padded", buf_slice(&packed));
        assert_content(path, 70000, buf_slice(&log));
        free(path);
        buf_free(&packed);
    }
    buf_free(&log);
}

/*
 * What an archive cut at len bytes gives: a beginning of the log, and then an
 * error that names the file. Returns its length.
 */
static size_t content_of_cut(struct slice packed, size_t len, struct slice log)
{
    char *path = write_file("cut", slice_head(packed, len));
    struct source *s = opened(path);
    struct buf got = {0};
    struct error err;
    size_t given;

    assert_false(read_content(s, 50000, 3, &got, &err));
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, "byte"));
    /* Asked again, it says the same. */
    assert_false(read_content(s, 50000, 3, &got, &err));
    assert_true(got.len <= log.len);
    assert_slice(buf_slice(&got), slice_head(log, got.len));
    given = got.len;

    /* Begun anew, it is the same again. */
    source_rest(s);
    assert_true(source_rewind(s, &err));
    buf_reset(&got);
    assert_false(read_content(s, 999, 3, &got, &err));
    assert_int_equal(got.len, given);
    buf_free(&got);
    source_free(s);
    free(path);
    return given;
}

static void gives_what_precedes_a_cut(void **state)
{
    struct buf log = made_log(4, 400);

    (void)state;
    for (size_t p = 0; packers[p] != NULL; p++) {
        struct buf packed = {0};
        size_t before = 0;

        pack(packers[p], buf_slice(&log), &packed);
        for (size_t len = 12; len < packed.len; len += 100) {
            size_t given =
                content_of_cut(buf_slice(&packed), len, buf_slice(&log));

            assert_true(given >= before);
            before = given;
        }
        /* gzip loses nothing: but for its trailer it is all there. */
        if (p == 0)
            assert_int_equal(content_of_cut(buf_slice(&packed), packed.len - 1,
                                            buf_slice(&log)),
                             log.len);
        buf_free(&packed);
    }
    buf_free(&log);
}

/* A byte turned over: an error, or by luck none, but never more than that. */
static void survives_damage(void **state)
{
    struct buf log = made_log(5, 700);

    (void)state;
    for (size_t p = 0; packers[p] != NULL; p++) {
        struct buf packed = {0};

        pack(packers[p], buf_slice(&log), &packed);
        for (size_t at = 4; at < packed.len; at += packed.len / 40) {
            struct buf got = {0};
            struct error err;
            struct source *s;
            char *path;

            packed.ptr[at] = (char)~packed.ptr[at];
            path = write_file("damaged", buf_slice(&packed));
            packed.ptr[at] = (char)~packed.ptr[at];
            s = opened(path);
            /* gzip has a check sum over all but its header. */
            if (!read_content(s, 50000, 3, &got, &err))
                assert_non_null(strstr(err.text, path));
            else
                assert_true(p != 0 || at < 10);
            buf_free(&got);
            source_free(s);
            free(path);
        }
        buf_free(&packed);
    }
    buf_free(&log);
}

static void tells_what_is_wrong(void **state)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"missing", "missing: No such file or directory"},
        {"", "/: Is a directory"},
        {"plain/x", "plain/x: Not a directory"},
    };
    struct error err;

    (void)state;
    free(write_file("plain", SLICE("x\n")));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *path = path_of(cases[i].name);

        assert_null(source_open(path, &err));
        assert_non_null(strstr(err.text, folder));
        assert_non_null(strstr(err.text, cases[i].text));
        assert_true(err.code != 0);
        free(path);
    }
}

static void seeks(void **state)
{
    struct buf log = made_log(6, 3000), packed = {0};
    char *paths[2];

    (void)state;
    paths[0] = write_file("plain", buf_slice(&log));
    pack("gzip", buf_slice(&log), &packed);
    paths[1] = write_file("packed", buf_slice(&packed));
    for (unsigned i = 0; i < 2; i++) {
        struct source *s = opened(paths[i]);
        uint32_t seed = 1;

        assert_true(source_is_file(s));
        assert_int_equal(source_is_packed(s), i == 1);
        for (unsigned n = 0; n < 40; n++) {
            uint64_t at = next_random(&seed) % (log.len + 100);
            struct slice want = at < log.len
                                    ? slice_from(buf_slice(&log), (size_t)at)
                                    : (struct slice){NULL, 0};
            struct error err;
            char byte;
            size_t got;

            if (n % 3 == 0)
                source_rest(s);
            assert_true(source_seek(s, at, &err));
            assert_true(source_read(s, &byte, 1, &got, &err));
            assert_slice(slice_make(&byte, got), slice_head(want, 1));
        }
        source_free(s);
        free(paths[i]);
    }
    buf_free(&packed);
    buf_free(&log);
}

/* A pipe is read once, but what was kept can be read again. */
static void keeps_a_pipe(void **state)
{
    struct buf log = made_log(7, 4000), got = {0};
    struct sender sender = sender_start(buf_slice(&log), 5000, 3);
    struct source *s = opened(sender.path);
    char skipped[200000];
    size_t len, total = 0;
    struct error err;

    (void)state;
    assert_false(source_is_file(s));
    assert_false(source_rewind(s, &err));
    assert_true(source_keep(s, &err));
    while (total < 200000) {
        assert_true(source_read(s, skipped, 200000 - total, &len, &err));
        total += len;
    }
    assert_true(source_seek(s, 100000, &err));
    assert_true(source_read(s, skipped, 10, &len, &err));
    assert_memory_equal(skipped, log.ptr + 100000, len);
    assert_true(source_seek(s, 0, &err));
    source_keep_no_more(s);
    assert_true(read_content(s, 30000, 1, &got, &err));
    assert_slice(buf_slice(&got), buf_slice(&log));
    assert_false(source_seek(s, 0, &err));
    source_free(s);
    sender_end(&sender);
    buf_free(&got);
    buf_free(&log);
}

static void looks_ahead_in_a_pipe(void **state)
{
    struct buf log = made_log(8, 300), got = {0};
    struct sender sender = sender_start(buf_slice(&log), 20, 3);
    struct source *s = opened(sender.path);
    struct error err;

    (void)state;
    assert_true(source_head(s).len < 4096);
    assert_true(source_peek(s, 4096).len >= 4096);
    assert_true(read_content(s, 30000, 1, &got, &err));
    assert_slice(buf_slice(&got), buf_slice(&log));
    source_free(s);
    sender_end(&sender);
    buf_free(&got);
    buf_free(&log);
}

/* Gives fd as standard input to source_open(), and puts back what was. */
static struct source *opened_as_stdin(int fd, const char *name, int *saved)
{
    *saved = dup(STDIN_FILENO);
    assert_true(dup2(fd, STDIN_FILENO) >= 0);
    return opened(name);
}

static void put_back_stdin(int saved)
{
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    } else {
        close(STDIN_FILENO);
    }
}

static void takes_redirected_files(void **state)
{
    static const off_t starts[] = {0, 100};
    struct buf log = made_log(9, 2000);
    char *path = write_file("plain", buf_slice(&log));

    (void)state;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        struct slice want = slice_from(buf_slice(&log), (size_t)starts[i]);
        int fd = open(path, O_RDONLY), saved;
        struct buf got = {0};
        struct error err;
        struct source *s;

        assert_int_equal(lseek(fd, starts[i], SEEK_SET), starts[i]);
        s = opened_as_stdin(fd, "-", &saved);
        assert_string_equal(source_name(s), "standard input");
        assert_int_equal(source_is_file(s), starts[i] == 0);
        assert_int_equal(source_size(s), starts[i] == 0 ? log.len : 0);
        assert_true(read_content(s, 30000, 1, &got, &err));
        assert_slice(buf_slice(&got), want);
        source_rest(s);
        assert_int_equal(source_rewind(s, &err), starts[i] == 0);
        if (starts[i] == 0) {
            buf_reset(&got);
            assert_true(read_content(s, 999, 1, &got, &err));
            assert_slice(buf_slice(&got), want);
        }
        source_free(s);
        buf_free(&got);
        put_back_stdin(saved);
        close(fd);
    }
    free(path);
    buf_free(&log);
}

/* Which open(2) refuses, and which may not block. */
static void takes_sockets(void **state)
{
    struct buf log = made_log(10, 500), got = {0};
    int ends[2], saved;
    struct source *s;
    struct error err;
    pid_t pid;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        send_pieces(ends[1], buf_slice(&log), 3000, 1);
    }
    close(ends[1]);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    s = opened_as_stdin(ends[0], "/dev/stdin", &saved);
    assert_true(read_content(s, 30000, 1, &got, &err));
    assert_slice(buf_slice(&got), buf_slice(&log));
    source_free(s);
    put_back_stdin(saved);
    close(ends[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    buf_free(&got);
    buf_free(&log);
}

static void takes_fifos_and_proc(void **state)
{
    char *path = path_of("fifo");
    struct source *s;
    struct buf got = {0};
    struct error err;
    pid_t pid;

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    pid = fork();
    if (pid == 0) {
        int fd = open(path, O_WRONLY);

        send_pieces(fd, SLICE("one\ntwo\n"), 3, 1);
    }
    assert_content(path, 100, SLICE("one\ntwo\n"));
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    free(path);

    s = opened("/proc/self/status");
    assert_true(read_content(s, 100, 1, &got, &err));
    assert_true(got.len > 100);
    source_free(s);
    buf_free(&got);
}

/* A journal is lines, and not the bytes on disk, packed or not. */
static void turns_journals_to_lines(void **state)
{
    struct buf json = {0}, want = {0}, packed = {0};
    struct sender sender;
    char *path;
    struct source *s;

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        buf_addf(&json,
                 "{\"__REALTIME_TIMESTAMP\":\"%u\",\"MESSAGE\":\"m %u\"}\n",
                 1000000 + i, i);
        buf_addf(&want, "1.%06u localhost unknown: m %u\n", i, i);
    }
    path = write_file("journal", buf_slice(&json));
    s = opened(path);
    assert_true(source_is_packed(s));
    source_free(s);
    assert_content(path, 777, buf_slice(&want));
    free(path);
    pack("gzip", buf_slice(&json), &packed);
    path = write_file("journal.gz", buf_slice(&packed));
    assert_content(path, 70000, buf_slice(&want));
    sender = sender_start(buf_slice(&json), 400, 3);
    assert_content(sender.path, 70000, buf_slice(&want));
    sender_end(&sender);
    free(path);
    buf_free(&json);
    buf_free(&want);
    buf_free(&packed);
}

/* A journal's entry that came in part is no line that could be read. */
static void waits_for_whole_entries(void **state)
{
    static const char entry[] =
        "{\"__REALTIME_TIMESTAMP\":\"5\",\"MESSAGE\":\"m\"}\n{\"__REAL";
    int ends[2];
    char path[32], text[200];
    struct source *s;
    struct error err;
    size_t got;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(write(ends[1], entry, sizeof entry - 1) > 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    s = opened(path);
    assert_true(source_ready(s, 0));
    assert_true(source_read(s, text, sizeof text, &got, &err));
    assert_int_equal(got, strlen("0.000005 localhost unknown: m\n"));
    assert_false(source_ready(s, 0));
    assert_true(write(ends[1], "TIME", 4) > 0);
    assert_false(source_ready(s, 20));
    close(ends[1]);
    assert_true(source_ready(s, 0));
    assert_true(source_read(s, text, sizeof text, &got, &err));
    assert_slice(slice_make(text, got), SLICE("{\"__REALTIME\n"));
    source_free(s);
    close(ends[0]);
}

/* What is read ahead may be left, read again, and read from any place. */
static void reads_ahead(void **state)
{
    static const char *const names[] = {"plain", "gzip", "xz", "xz", "bzip2"};
    static const size_t lines[] = {9000, 9000, 30, 9000, 9000};
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf log = made_log(3, lines[i]), packed = {0}, got = {0};
        char *path;
        struct source *s;

        if (i == 0)
            buf_add(&packed, buf_slice(&log));
        else
            pack(names[i], buf_slice(&log), &packed);
        path = write_file("ahead", buf_slice(&packed));
        s = opened(path);
        for (int again = 0; again < 2; again++) {
            source_read_ahead(s, 1 << 20);
            source_read_ahead(s, 1 << 20);
            buf_reset(&got);
            assert_true(read_content(s, 70000, 5, &got, &err));
            assert_slice(buf_slice(&got), buf_slice(&log));
            assert_int_equal(source_consumed(s), source_size(s));
            assert_true(source_seek(s, log.len / 2, &err));
            buf_reset(&got);
            assert_true(read_content(s, 70000, 5, &got, &err));
            assert_slice(buf_slice(&got),
                         slice_from(buf_slice(&log), log.len / 2));
            assert_true(source_rewind(s, &err));
            source_rest(s);
        }
        source_read_ahead(s, 0);
        source_free(s);
        free(path);
        buf_free(&log);
        buf_free(&packed);
        buf_free(&got);
    }
}

/* What is held is given out, and no more is in memory once it rests. */
static void holds(void **state)
{
    static const char *const slow[] = {"xz", "bzip2"};
    struct buf log = made_log(3, 9000), got = {0};
    struct error err;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct buf packed = {0};
        bool cut = i >= 2;
        size_t half = log.len / 2;
        char *path;
        struct source *s;

        pack(slow[i % 2], buf_slice(&log), &packed);
        packed.len -= cut ? packed.len / 4 : 0;
        path = write_file("held", buf_slice(&packed));
        s = opened(path);
        for (size_t room = 100000; room <= 100u << 20; room *= 1000) {
            bool fits = !cut && room > log.len;

            assert_int_equal(source_hold(s, room), fits ? log.len : 0);
            assert_int_equal(source_head(s).len == log.len, fits);
            buf_reset(&got);
            assert_int_equal(read_content(s, 70000, 5, &got, &err), !cut);
            assert_slice(buf_slice(&got), slice_head(buf_slice(&log), got.len));
            assert_true(cut ? strstr(err.text, "held: ") != NULL
                            : got.len == log.len);
            assert_true(source_seek(s, half, &err));
            assert_int_equal(source_hold(s, room), 0);
            buf_reset(&got);
            assert_int_equal(read_content(s, 70000, 5, &got, &err), !cut);
            if (!cut)
                assert_slice(buf_slice(&got),
                             slice_from(buf_slice(&log), half));
            assert_true(source_rewind(s, &err));
            source_rest(s);
            assert_true(source_head(s).len < 10000);
            buf_reset(&got);
            assert_int_equal(read_content(s, 70000, 5, &got, &err), !cut);
            assert_true(cut || got.len == log.len);
            assert_true(source_rewind(s, &err));
        }
        source_free(s);
        free(path);
        buf_free(&packed);
    }
    buf_free(&log);
    buf_free(&got);
}

/* Of many files most are closed; one replaced meanwhile is not mistaken. */
static void rests(void **state)
{
    enum { FILES = 300 };
    struct source *all[FILES];
    char *paths[FILES];
    struct error err;
    char text[10];
    size_t got;

    (void)state;
    for (unsigned i = 0; i < FILES; i++) {
        char name[16];

        snprintf(name, sizeof name, "many%u", i);
        paths[i] = write_file(name, SLICE(""));
        all[i] = opened(paths[i]);
        source_rest(all[i]);
    }
    assert_int_equal(source_consumed(all[0]), 0);
    free(write_file("other", SLICE("other\n")));
    assert_int_equal(rename(paths[0], paths[FILES - 1]), 0);
    assert_true(source_read(all[0], text, sizeof text, &got, &err));
    assert_false(source_read(all[FILES - 1], text, sizeof text, &got, &err));
    assert_non_null(strstr(err.text, "another file"));
    for (unsigned i = 0; i < FILES; i++) {
        source_free(all[i]);
        free(paths[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_plain_and_packed),
        cmocka_unit_test(joins_members),
        cmocka_unit_test(ignores_what_follows),
        cmocka_unit_test(gives_what_precedes_a_cut),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(tells_what_is_wrong),
        cmocka_unit_test(seeks),
        cmocka_unit_test(keeps_a_pipe),
        cmocka_unit_test(looks_ahead_in_a_pipe),
        cmocka_unit_test(takes_redirected_files),
        cmocka_unit_test(takes_sockets),
        cmocka_unit_test(takes_fifos_and_proc),
        cmocka_unit_test(turns_journals_to_lines),
        cmocka_unit_test(waits_for_whole_entries),
        cmocka_unit_test(reads_ahead),
        cmocka_unit_test(holds),
        cmocka_unit_test(rests),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
