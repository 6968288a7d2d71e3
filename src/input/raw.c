/*
 * raw - the bytes of an INPUT as they lie on disk or come through a pipe
 */
#include "input/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define KEEP_OPEN 128       /* descriptors below that are not worth closing */
#define PIPE_SIZE (1 << 20) /* halves the time of "cat LOG |" */

struct raw {
    const char *name; /* as given */
    int fd;           /* -1: closed for the time being */
    bool is_stdin;
    bool is_file;
    struct stat info;
    int wake_fd; /* -1: none */
    uint64_t offset;
    char peek[RAW_PEEK];
    size_t peek_at, peek_len;
};

/* /dev/stdin cannot be opened when it is a socket, as under some shells. */
static bool names_stdin(const char *name)
{
    return strcmp(name, "-") == 0 || strcmp(name, "/dev/stdin") == 0;
}

static bool open_again(struct raw *r, struct error *err)
{
    if (r->fd >= 0)
        return true;
    do
        r->fd = open(r->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (r->fd < 0 && errno == EINTR);
    if (r->fd < 0)
        return error_system(err, errno, "%s", r->name);
    return true;
}

static bool look(struct raw *r, struct error *err)
{
    if (fstat(r->fd, &r->info) != 0)
        return error_system(err, errno, "%s", raw_name(r));
    if (S_ISDIR(r->info.st_mode))
        return error_system(err, EISDIR, "%s", raw_name(r));
    r->is_file = S_ISREG(r->info.st_mode) &&
                 (!r->is_stdin || lseek(r->fd, 0, SEEK_CUR) == 0);

    /* Both only speed things up. */
    if (r->is_file)
        (void)posix_fadvise(r->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    else if (S_ISFIFO(r->info.st_mode))
        (void)fcntl(r->fd, F_SETPIPE_SZ, PIPE_SIZE);
    return true;
}

struct raw *raw_open(const char *name, struct error *err)
{
    struct raw *r = mem_new(sizeof *r);

    r->name = name;
    r->wake_fd = -1;
    r->is_stdin = names_stdin(name);
    r->fd = r->is_stdin ? STDIN_FILENO : -1;
    if (!open_again(r, err) || !look(r, err)) {
        raw_free(r);
        return NULL;
    }
    return r;
}

void raw_free(struct raw *r)
{
    if (r == NULL)
        return;
    raw_close(r);
    free(r);
}

const char *raw_name(const struct raw *r)
{
    return strcmp(r->name, "-") == 0 ? "standard input" : r->name;
}

bool raw_is_file(const struct raw *r)
{
    return r->is_file;
}

int64_t raw_mtime(const struct raw *r)
{
    return r->is_file ? (int64_t)r->info.st_mtime : 0;
}

uint64_t raw_size(const struct raw *r)
{
    return r->is_file ? (uint64_t)r->info.st_size : 0;
}

uint64_t raw_offset(const struct raw *r)
{
    return r->offset;
}

/* Sees to it that the file is open, and still the one first opened. */
static bool wake(struct raw *r, struct error *err)
{
    struct stat now;

    if (r->fd >= 0)
        return true;
    if (!open_again(r, err))
        return false;
    if (fstat(r->fd, &now) != 0)
        return error_system(err, errno, "%s", raw_name(r));
    if (now.st_dev != r->info.st_dev || now.st_ino != r->info.st_ino) {
        close(r->fd);
        r->fd = -1;
        return error_set(err, "%s: another file has taken its place",
                         raw_name(r));
    }
    (void)posix_fadvise(r->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    r->peek_at = r->peek_len = 0;
    if (lseek(r->fd, (off_t)r->offset, SEEK_SET) < 0)
        return error_system(err, errno, "%s", raw_name(r));
    return true;
}

struct slice raw_peek(struct raw *r)
{
    struct error unused;

    /* A read takes what was peeked at, and that is put back at once. */
    while (r->peek_at == 0 && r->peek_len < RAW_PEEK &&
           memchr(r->peek, '\n', r->peek_len) == NULL) {
        size_t had = r->peek_len, got;
        bool ok;

        r->peek_len = 0;
        ok = raw_read(r, r->peek + had, RAW_PEEK - had, &got, &unused);
        r->peek_len = had;
        if (!ok || got == 0)
            break;
        r->peek_len += got;
        r->offset -= got;
    }
    return slice_make(r->peek + r->peek_at, r->peek_len - r->peek_at);
}

static size_t read_peeked(struct raw *r, char *buf, size_t size)
{
    size_t len = r->peek_len - r->peek_at;

    if (len > size)
        len = size;
    memcpy(buf, r->peek + r->peek_at, len);
    r->peek_at += len;
    r->offset += len;
    return len;
}

/* Whether there is something to read; wake_fd (-1: none) ends the waiting. */
static bool wait_for(const struct raw *r, int wake_fd, int milliseconds)
{
    struct pollfd wait[] = {
        {.fd = r->fd, .events = POLLIN},
        {.fd = wake_fd, .events = POLLIN},
    };
    int ready;

    do
        ready = poll(wait, 2, milliseconds);
    while (ready < 0 && errno == EINTR && milliseconds < 0);
    return ready > 0 && wait[0].revents != 0;
}

bool raw_read(struct raw *r, char *buf, size_t size, size_t *got,
              struct error *err)
{
    ssize_t len;

    *got = 0;
    if (r->peek_at < r->peek_len) {
        *got = read_peeked(r, buf, size);
        return true;
    }
    if (!wake(r, err))
        return false;
    while ((len = read(r->fd, buf, size)) < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            (void)wait_for(r, -1, -1);
        else if (errno != EINTR)
            return error_system(err, errno, "%s", raw_name(r));
    }
    *got = (size_t)len;
    r->offset += *got;
    return true;
}

bool raw_ready(struct raw *r, int milliseconds)
{
    return r->is_file || r->peek_at < r->peek_len ||
           wait_for(r, r->wake_fd, milliseconds);
}

void raw_wake_by(struct raw *r, int fd)
{
    r->wake_fd = fd;
}

/*
 * The least free number is given out first, so a low one tells that few are
 * open: then the file stays so, and may be renamed meanwhile.
 */
void raw_rest(struct raw *r)
{
    if (r->is_file && r->fd >= KEEP_OPEN)
        raw_close(r);
}

void raw_close(struct raw *r)
{
    if (r->fd < 0 || r->is_stdin)
        return;
    close(r->fd);
    r->fd = -1;
}

bool raw_is(const struct raw *r, const struct stat *file)
{
    return r->info.st_dev == file->st_dev && r->info.st_ino == file->st_ino;
}

bool raw_seek(struct raw *r, uint64_t offset, struct error *err)
{
    if (offset == r->offset)
        return true;
    r->peek_at = r->peek_len = 0;
    r->offset = offset;
    if (r->fd >= 0 && lseek(r->fd, (off_t)offset, SEEK_SET) < 0)
        return error_system(err, errno, "%s", raw_name(r));
    return true;
}

bool raw_read_at(struct raw *r, uint64_t offset, char *buf, size_t size,
                 size_t *got, struct error *err)
{
    *got = 0;
    if (!wake(r, err))
        return false;
    while (*got < size) {
        ssize_t len =
            pread(r->fd, buf + *got, size - *got, (off_t)(offset + *got));

        if (len == 0)
            break;
        if (len < 0 && errno != EINTR)
            return error_system(err, errno, "%s", raw_name(r));
        if (len > 0)
            *got += (size_t)len;
    }
    return true;
}
