/*
 * inputs - what the tests of src/input share: logs made up, files packed, and
 * pipes whose writer sends pieces of any size
 */
#ifndef TESTS_UNIT_INPUTS_H
#define TESTS_UNIT_INPUTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/buf.h"
#include "base/mem.h"
#include "input/known.h"
#include "input/source.h"

/* Filters of libarchive's writer, by name; NULL ends them. */
static const char *const packers[] = {"gzip", "bzip2", "xz",
                                      "zstd", "lz4",   NULL};

static char folder[] = "inputs-XXXXXX"; /* where the test runs */

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static inline int remove_folder(void **state)
{
    struct buf command = {0};
    int status;

    (void)state;
    buf_addf(&command, "rm -r '%s'", folder);
    buf_add_byte(&command, '\0');
    status = system(command.ptr);
    buf_free(&command);
    return status;
}

/* The path of a file of the test's; the caller's to free(). */
static inline char *path_of(const char *name)
{
    struct buf path = {0};

    buf_addf(&path, "%s/%s", folder, name);
    buf_add_byte(&path, '\0');
    return path.ptr;
}

static inline char *write_file(const char *name, struct slice bytes)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    if (bytes.len > 0)
        assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* The same numbers in every run. */
static inline uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Lines of random length and text; from seed on, so that logs can differ. */
static inline struct buf made_log(uint32_t seed, size_t lines)
{
    struct buf log = {0};

    for (size_t i = 0; i < lines; i++) {
        uint32_t len = next_random(&seed) % 150;

        buf_addf(&log, "Mar  7 04:12:%02u mx1 postfix/smtpd[%u]: ",
                 (unsigned)(i % 60), (unsigned)(seed % 30000));
        for (uint32_t j = 0; j < len; j++)
            buf_add_byte(&log, (char)('!' + next_random(&seed) % 90));
        buf_add_byte(&log, '\n');
    }
    return log;
}

static inline la_ssize_t add_packed(struct archive *a, void *arg,
                                    const void *bytes, size_t len)
{
    (void)a;
    buf_add(arg, slice_make(bytes, len));
    return (la_ssize_t)len;
}

/* Adds what the packer makes of bytes. */
static inline void pack(const char *packer, struct slice bytes, struct buf *out)
{
    static const struct slice empty_lz4 = {
        "\x04\x22\x4d\x18\x64\x40\xa7\0\0\0\0\x05\x5d\xcc\x02", 15};
    struct archive *a;
    struct archive_entry *entry;

    /* libarchive's writer crashes on this one. */
    if (bytes.len == 0 && strcmp(packer, "lz4") == 0) {
        buf_add(out, empty_lz4);
        return;
    }
    a = archive_write_new();
    entry = archive_entry_new();

    assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter_by_name(a, packer), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_per_block(a, 0), ARCHIVE_OK);
    assert_int_equal(archive_write_open(a, out, NULL, add_packed, NULL),
                     ARCHIVE_OK);
    archive_entry_set_filetype(entry, AE_IFREG);
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    if (bytes.len > 0)
        assert_int_equal(archive_write_data(a, bytes.ptr, bytes.len),
                         bytes.len);
    archive_entry_free(entry);
    assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

/* A pipe that a child writes to. */
struct sender {
    pid_t pid;
    int fd;
    char path[32]; /* under which it can be opened */
};

/* max: bytes of the largest piece; every some pieces the writer rests. */
static inline void send_pieces(int fd, struct slice bytes, size_t max,
                               uint32_t seed)
{
    while (bytes.len > 0) {
        size_t size = next_random(&seed) % max + 1;
        ssize_t len = write(fd, bytes.ptr, slice_head(bytes, size).len);

        if (len < 0)
            _exit(1);
        bytes = slice_from(bytes, (size_t)len);
        if (next_random(&seed) % 16 == 0)
            usleep(200);
    }
    _exit(0);
}

static inline struct sender sender_start(struct slice bytes, size_t max,
                                         uint32_t seed)
{
    struct sender s;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    s.pid = fork();
    assert_true(s.pid >= 0);
    if (s.pid == 0) {
        close(ends[0]);
        send_pieces(ends[1], bytes, max, seed);
    }
    close(ends[1]);
    s.fd = ends[0];
    snprintf(s.path, sizeof s.path, "/dev/fd/%d", s.fd);
    return s;
}

static inline void sender_end(struct sender *s)
{
    int status;

    close(s->fd);
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
}

static inline struct source *opened(const char *path)
{
    struct error err;
    struct source *s = source_open(path, &err);

    if (s == NULL)
        print_error("%s\n", err.text);
    assert_non_null(s);
    return s;
}

/* Adds the whole content, read in pieces of up to max; false: it failed. */
static inline bool read_content(struct source *s, size_t max, uint32_t seed,
                                struct buf *out, struct error *err)
{
    size_t got = 1;

    while (got > 0) {
        size_t size = next_random(&seed) % max + 1;

        if (!source_read(s, buf_reserve(out, size), size, &got, err))
            return false;
        out->len += got;
    }
    return true;
}

static inline void assert_slice(struct slice got, struct slice want)
{
    assert_int_equal(got.len, want.len);
    if (want.len > 0)
        assert_memory_equal(got.ptr, want.ptr, want.len);
}

/* Files the log as far as it was read, as a feed does at its end. */
static inline void note_log(struct known *k, const struct known_track *track)
{
    struct known_log log = known_of(track);

    (void)known_put(k, &track->from, &log);
}

#endif
