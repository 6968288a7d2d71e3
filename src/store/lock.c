/*
 * lock - one run at a time on a collection
 *
 * An open file description lock: it belongs to the descriptor and not to the
 * process, so that no close() of another descriptor of the file ends it, and
 * two locks within one process exclude each other, too.
 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#define POLL_MS 50 /* between two attempts */

struct lock {
    int fd;
    char *path; /* of the lock file */
};

/* No link is followed: it would be somebody's way to have a file made. */
static bool open_file(struct lock *l, struct error *err)
{
    do
        l->fd =
            open(l->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
                 0666);
    while (l->fd < 0 && errno == EINTR);
    return l->fd >= 0 || error_system(err, errno, "%s", l->path);
}

/* Somebody who took the file away, too, would lock another one of its name. */
static bool is_in_place(const struct lock *l)
{
    struct stat ours, there;

    return fstat(l->fd, &ours) == 0 && stat(l->path, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

enum attempt { TAKEN, BUSY, FAILED };

static enum attempt attempt(struct lock *l, struct error *err)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (l->fd < 0 && !open_file(l, err))
        return FAILED;
    if (fcntl(l->fd, F_OFD_SETLK, &all) < 0) {
        if (errno == EAGAIN || errno == EACCES || errno == EINTR)
            return BUSY;
        error_system(err, errno, "%s: cannot lock", l->path);
        return FAILED;
    }
    if (is_in_place(l))
        return TAKEN;
    close(l->fd);
    l->fd = -1;
    return BUSY;
}

static void nap(int64_t ms)
{
    struct timespec time = {.tv_nsec = (long)ms * 1000000};

    nanosleep(&time, NULL);
}

static bool wait_for_it(struct lock *l, const char *path, unsigned seconds,
                        struct error *err)
{
    int64_t end = clock_ms() + (int64_t)seconds * 1000;

    for (;;) {
        enum attempt result = attempt(l, err);
        int64_t left = end - clock_ms();

        if (result != BUSY)
            return result == TAKEN;
        if (left <= 0)
            return error_set(err, "%s: another run has it (waited %u second%s)",
                             path, seconds, seconds == 1 ? "" : "s");
        nap(left < POLL_MS ? left : POLL_MS);
    }
}

struct lock *lock_take(const char *path, unsigned seconds, struct error *err)
{
    struct lock *l = mem_new(sizeof *l);
    struct buf name = {0};

    buf_addf(&name, "%s.lock", path);
    buf_add_byte(&name, '\0');
    l->path = name.ptr;
    l->fd = -1;
    if (wait_for_it(l, path, seconds, err))
        return l;
    lock_release(l);
    return NULL;
}

void lock_release(struct lock *l)
{
    if (l == NULL)
        return;
    if (l->fd >= 0)
        close(l->fd);
    free(l->path);
    free(l);
}
