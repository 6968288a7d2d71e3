/*
 * replace - a file is either the old one or the new one, whole
 *
 * The folder is held open, so that the file beside, its renaming and the
 * folder's own sync are about one folder even if its path changes meanwhile.
 */
#include "store/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define LINKS_MAX 40   /* symbolic links in a row, as the kernel has it */
#define TRIES_MAX 1000 /* names for the file beside */

struct replace {
    char *name;    /* as the user gave it, for messages */
    char *target;  /* the file itself, links followed */
    int folder;    /* -1: written to directly */
    int fd;        /* -1: not open */
    char beside[64]; /* name of the new file in folder; "": there is none */
};

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
static bool resolve(struct replace *r, struct error *err)
{
    r->target = mem_text(slice_of(r->name));
    for (int i = 0; i < LINKS_MAX; i++) {
        char *next = follow(r->target);

        if (next == NULL)
            return true;
        free(r->target);
        r->target = next;
    }
    return error_system(err, ELOOP, "%s", r->name);
}

static bool open_folder(struct replace *r, struct error *err)
{
    struct slice name = folder_name(r->target);
    char *path = mem_text(name.len == 0 ? SLICE(".") : name);
    int code;

    r->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->folder < 0 && errno == EACCES)
        r->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    code = errno;
    free(path);
    return r->folder >= 0 || error_system(err, code, "%s", r->name);
}

/* The new file's name does not grow with the old one's, which may be long. */
static bool open_beside(struct replace *r, mode_t mode, struct error *err)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        snprintf(r->beside, sizeof r->beside, ".spamharvest-%ld-%d.tmp",
                 (long)getpid(), i);
        r->fd = openat(r->folder, r->beside,
                       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (r->fd >= 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    r->beside[0] = '\0';
    return error_system(err, errno, "%s: cannot create a file beside it",
                        r->name);
}

/* Owner first, as a change of owner takes bits off the mode. */
static bool keep_mode(struct replace *r, const struct stat *old,
                      struct error *err)
{
    if (fchown(r->fd, old->st_uid, old->st_gid) < 0) {
        /* Only root may give files away; the group may still be ours. */
        int kept = fchown(r->fd, (uid_t)-1, old->st_gid);

        (void)kept;
    }
    if (fchmod(r->fd, old->st_mode & 07777) < 0)
        return error_system(err, errno, "%s: cannot set its mode", r->name);
    return true;
}

/* "", "folder/": no file can be meant. */
static bool has_name(const struct replace *r, struct error *err)
{
    return base_name(r->target)[0] != '\0' ||
           error_set(err, "\"%s\" names no file", r->name);
}

static bool open_direct(struct replace *r, struct error *err)
{
    r->fd = open(r->name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return r->fd >= 0 || error_system(err, errno, "%s", r->name);
}

static bool open_new(struct replace *r, const struct stat *old,
                     struct error *err)
{
    if (!resolve(r, err) || !has_name(r, err))
        return false;
    /* rename() asks only the folder; a file set read-only is left alone. */
    if (old != NULL && faccessat(AT_FDCWD, r->target, W_OK, AT_EACCESS) < 0)
        return error_system(err, errno, "%s", r->name);
    if (!open_folder(r, err))
        return false;
    if (old == NULL)
        return open_beside(r, 0666, err);
    return open_beside(r, 0600, err) && keep_mode(r, old, err);
}

struct replace *replace_open(const char *path, struct error *err)
{
    struct replace *r = mem_new(sizeof *r);
    struct stat old;
    bool good;

    r->name = mem_text(slice_of(path));
    r->folder = -1;
    r->fd = -1;
    if (stat(path, &old) == 0)
        good = S_ISREG(old.st_mode) ? open_new(r, &old, err)
                                    : open_direct(r, err);
    else if (errno == ENOENT)
        good = open_new(r, NULL, err);
    else
        good = error_system(err, errno, "%s", path);
    if (good)
        return r;
    replace_abandon(r);
    return NULL;
}

int replace_fd(const struct replace *r)
{
    return r->fd;
}

/* close() may be the first to tell of an error (NFS, quotas). */
static bool close_new(struct replace *r, struct error *err)
{
    int fd = r->fd;

    r->fd = -1;
    return close(fd) == 0 || errno == EINTR ||
           error_system(err, errno, "%s: cannot write", r->name);
}

static bool put_in_place(struct replace *r, struct error *err)
{
    if (fsync(r->fd) < 0)
        return error_system(err, errno, "%s: cannot write", r->name);
    if (!close_new(r, err))
        return false;
    if (renameat(r->folder, r->beside, r->folder, base_name(r->target)) < 0)
        return error_system(err, errno, "%s: cannot replace it", r->name);
    r->beside[0] = '\0';

    /* A folder that may not be read, or whose file system has no fsync for
     * folders: the file is in place, only not yet proof against a crash. */
    if (fsync(r->folder) < 0 && errno != EBADF && errno != EINVAL)
        return error_system(err, errno, "%s: cannot sync its folder", r->name);
    return true;
}

bool replace_commit(struct replace *r, struct error *err)
{
    bool good = r->folder < 0 ? close_new(r, err) : put_in_place(r, err);

    replace_abandon(r);
    return good;
}

void replace_abandon(struct replace *r)
{
    if (r == NULL)
        return;
    if (r->fd >= 0)
        close(r->fd);
    if (r->beside[0] != '\0')
        unlinkat(r->folder, r->beside, 0);
    if (r->folder >= 0)
        close(r->folder);
    free(r->target);
    free(r->name);
    free(r);
}
