/*
 * beside - the folder a file lives in, and what is put beside it there
 */
#include "store/beside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/slice.h"

#define LINKS_MAX 40 /* symbolic links in a row, as the kernel has it */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* The folder of path, with its final slash; "" is the current one. */
static struct slice folder_name(const char *path)
{
    return slice_make(path, (size_t)(base_name(path) - path));
}

/* What the link at path says, seen from where path is seen; NULL: no link. */
static char *follow(const char *path)
{
    char link[PATH_MAX];
    ssize_t len = readlink(path, link, sizeof link);
    struct slice folder = folder_name(path);
    char *target;

    if (len <= 0 || (size_t)len == sizeof link)
        return NULL;
    if (link[0] == '/')
        folder.len = 0;
    target = mem_new(folder.len + (size_t)len + 1);
    memcpy(target, folder.ptr, folder.len);
    memcpy(target + folder.len, link, (size_t)len);
    return target;
}

/* realpath() cannot do this: the last link may lead to what is not there. */
static bool resolve(struct beside *b, struct error *err)
{
    b->target = mem_text(slice_of(b->name));
    for (int i = 0; i < LINKS_MAX; i++) {
        char *next = follow(b->target);

        if (next == NULL) {
            b->base = base_name(b->target);
            return true;
        }
        free(b->target);
        b->target = next;
    }
    return error_system(err, ELOOP, "%s", b->name);
}

static int open_again(int folder, const char *path, int flags, mode_t mode)
{
    int fd;

    do
        fd = openat(folder, path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static bool open_folder(struct beside *b, struct error *err)
{
    struct slice name = folder_name(b->target);
    char *path = mem_text(name.len == 0 ? SLICE(".") : name);
    int code;

    b->folder = open_again(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (b->folder < 0 && errno == EACCES)
        b->folder = open_again(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
    code = errno;
    free(path);
    return b->folder >= 0 || error_system(err, code, "%s", b->name);
}

/* "", "folder/": no file can be meant. */
static bool has_name(const struct beside *b, struct error *err)
{
    return b->base[0] != '\0' ||
           error_set(err, "\"%s\" names no file", b->name);
}

bool beside_find(struct beside *b, const char *path, struct error *err)
{
    *b = (struct beside){.name = mem_text(slice_of(path)), .folder = -1};
    return resolve(b, err) && has_name(b, err) && open_folder(b, err);
}

void beside_release(struct beside *b)
{
    if (b->folder >= 0)
        close(b->folder);
    free(b->target);
    free(b->name);
    *b = (struct beside){.folder = -1};
}

struct sibling beside_sibling(const struct beside *b, const char *suffix)
{
    size_t len = strlen(b->target), more = strlen(suffix);
    char *path = mem_new(len + more + 1);

    memcpy(path, b->target, len);
    memcpy(path + len, suffix, more);
    return (struct sibling){path, path + (b->base - b->target)};
}

void sibling_release(struct sibling *s)
{
    free(s->path);
    *s = (struct sibling){NULL, NULL};
}

int beside_open(const struct beside *b, const char *base, int flags,
                mode_t mode)
{
    return open_again(b->folder, base, flags, mode);
}

/* Owner first, as a change of owner takes bits off the mode. */
static bool keep_mode(int fd, const struct stat *old)
{
    if (fchown(fd, old->st_uid, old->st_gid) < 0) {
        /* Only root may give files away; the group may still be ours. */
        int kept = fchown(fd, (uid_t)-1, old->st_gid);

        (void)kept;
    }
    return fchmod(fd, old->st_mode & 07777) == 0;
}

int beside_create(const struct beside *b, const char *base,
                  const struct stat *old)
{
    int fd = beside_open(b, base, O_RDWR | O_CREAT | O_EXCL,
                         old == NULL ? 0666 : 0600);
    int code;

    if (fd < 0 || old == NULL || keep_mode(fd, old))
        return fd;
    code = errno;
    close(fd);
    beside_remove(b, base);
    errno = code;
    return -1;
}

void beside_remove(const struct beside *b, const char *base)
{
    (void)unlinkat(b->folder, base, 0);
}

static int sync_again(int fd)
{
    int result;

    do
        result = fsync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

bool beside_sync(int fd, const char *name, struct error *err)
{
    return sync_again(fd) == 0 ||
           error_system(err, errno, "%s: cannot write", name);
}

bool beside_sync_folder(const struct beside *b, struct error *err)
{
    /* A folder that may not be read, or whose file system has no fsync for
     * folders: the file is in place, only not yet proof against a crash. */
    return sync_again(b->folder) == 0 || errno == EBADF || errno == EINVAL ||
           error_system(err, errno, "%s: cannot sync its folder", b->name);
}

bool beside_close(int fd, const char *name, struct error *err)
{
    return close(fd) == 0 || errno == EINTR ||
           error_system(err, errno, "%s: cannot write", name);
}
