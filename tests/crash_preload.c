/*
 * crash_preload - a disk that fails, or a machine that stops, at the N-th call
 *
 * To be loaded before a program (LD_PRELOAD). It counts the calls by which a
 * program changes files, and those that open one: open, openat, write,
 * pwrite, fsync, fdatasync, ftruncate, rename, renameat, unlink, unlinkat;
 * not those that write to standard error, which must be able to tell.
 *
 *   SPAMHARVEST_FAULT_AT=N  the call, from 1
 *   SPAMHARVEST_FAULT=...   what happens then:
 *     kill    SIGKILL before the call is made
 *     torn    of a write the first half is made, then SIGKILL
 *     enospc  the call fails; later writes and new files, too
 *     eio     the call fails
 *     eintr   the call fails, if it is one that a signal can break off
 *     short   of a write only the first half is made
 *
 * A program that makes fewer calls ends as it would have; so a test counts up
 * until "kill" no longer kills.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum fault { NONE, KILL, TORN, FULL, BROKEN, INTERRUPTED, SHORT };

static atomic_long calls;
static atomic_bool full;

/* Sets *next to the C library's function. */
static void find(void *next, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(next, &found, sizeof found);
}

#define REAL(type, name, ...)                                                  \
    type (*real)(__VA_ARGS__);                                                 \
    find(&real, name)

static enum fault wanted(void)
{
    static const char *const names[] = {"",    "kill",  "torn", "enospc",
                                        "eio", "eintr", "short"};
    const char *name = getenv("SPAMHARVEST_FAULT");

    for (int i = 1; name != NULL && i <= SHORT; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum fault)i;
    return NONE;
}

static void stop(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* What is to happen to this call. */
static enum fault count_call(void)
{
    const char *at = getenv("SPAMHARVEST_FAULT_AT");
    enum fault fault;

    if (at == NULL || atomic_fetch_add(&calls, 1) + 1 != strtol(at, NULL, 10))
        return NONE;
    fault = wanted();
    if (fault == KILL)
        stop();
    if (fault == FULL)
        atomic_store(&full, true);
    return fault;
}

/* Whether the call fails; grows: by a full disk also later ones. */
static bool fails(enum fault fault, bool grows, bool can_wait)
{
    if (fault == FULL || (grows && atomic_load(&full)))
        errno = ENOSPC;
    else if (fault == BROKEN)
        errno = EIO;
    else if (fault == INTERRUPTED && can_wait)
        errno = EINTR;
    else
        return false;
    return true;
}

/* How much of a write is made. */
static size_t part_of(enum fault fault, size_t size)
{
    return (fault == TORN || fault == SHORT) && size > 1 ? size / 2 : size;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    enum fault fault = fd == STDERR_FILENO ? NONE : count_call();
    ssize_t done;

    if (fd != STDERR_FILENO && fails(fault, true, true))
        return -1;
    done = real(fd, bytes, part_of(fault, size));
    if (fault == TORN)
        stop();
    return done;
}

static ssize_t pwrite_by(const char *name, int fd, const void *bytes,
                         size_t size, off_t to)
{
    REAL(ssize_t, name, int, const void *, size_t, off_t);
    enum fault fault = count_call();
    ssize_t done;

    if (fails(fault, true, true))
        return -1;
    done = real(fd, bytes, part_of(fault, size), to);
    if (fault == TORN)
        stop();
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t to)
{
    return pwrite_by("pwrite", fd, bytes, size, to);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t to)
{
    return pwrite_by("pwrite64", fd, bytes, size, to);
}

int fsync(int fd)
{
    REAL(int, "fsync", int);

    return fails(count_call(), false, true) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int);

    return fails(count_call(), false, true) ? -1 : real(fd);
}

static int ftruncate_by(const char *name, int fd, off_t size)
{
    REAL(int, name, int, off_t);

    return fails(count_call(), false, true) ? -1 : real(fd, size);
}

int ftruncate(int fd, off_t size)
{
    return ftruncate_by("ftruncate", fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return ftruncate_by("ftruncate64", fd, size);
}

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);

    return fails(count_call(), false, false) ? -1 : real(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    REAL(int, "renameat", int, const char *, int, const char *);

    if (fails(count_call(), false, false))
        return -1;
    return real(from_folder, from, to_folder, to);
}

int unlink(const char *path)
{
    REAL(int, "unlink", const char *);

    return fails(count_call(), false, false) ? -1 : real(path);
}

int unlinkat(int folder, const char *path, int flags)
{
    REAL(int, "unlinkat", int, const char *, int);

    return fails(count_call(), false, false) ? -1 : real(folder, path, flags);
}

static bool makes_file(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

static int open_by(const char *name, const char *path, int flags, mode_t mode)
{
    REAL(int, name, const char *, int, ...);

    if (fails(count_call(), makes_file(flags), true))
        return -1;
    return real(path, flags, mode);
}

static int openat_by(const char *name, int folder, const char *path, int flags,
                     mode_t mode)
{
    REAL(int, name, int, const char *, int, ...);

    if (fails(count_call(), makes_file(flags), true))
        return -1;
    return real(folder, path, flags, mode);
}

/* The mode, which is there only when a file may be made. */
#define MODE_BEHIND(last, flags, mode)                                         \
    do {                                                                       \
        if (makes_file(flags)) {                                               \
            va_list args;                                                      \
            va_start(args, last);                                              \
            (mode) = (mode_t)va_arg(args, int);                                \
            va_end(args);                                                      \
        }                                                                      \
    } while (0)

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    MODE_BEHIND(flags, flags, mode);
    return open_by("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;

    MODE_BEHIND(flags, flags, mode);
    return open_by("open64", path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;

    MODE_BEHIND(flags, flags, mode);
    return openat_by("openat", folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;

    MODE_BEHIND(flags, flags, mode);
    return openat_by("openat64", folder, path, flags, mode);
}

/* What a fortified build calls where the flags are not constant. */
int __open_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);

int __open_2(const char *path, int flags)
{
    return open_by("open", path, flags, 0);
}

int __openat_2(int folder, const char *path, int flags)
{
    return openat_by("openat", folder, path, flags, 0);
}
