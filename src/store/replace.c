/*
 * replace - a file is either the old one or the new one, whole
 */
#include "store/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/beside.h"

#define TRIES_MAX 1000 /* names for the file beside */

struct replace {
    struct beside at; /* folder -1: written to directly */
    int fd;           /* -1: not open */
    char fresh[64];   /* name of the new file in the folder; "": none */
};

/* The new file's name does not grow with the old one's, which may be long. */
static bool open_beside(struct replace *r, const struct stat *old,
                        struct error *err)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        snprintf(r->fresh, sizeof r->fresh, ".spamharvest-%ld-%d.tmp",
                 (long)getpid(), i);
        r->fd = beside_create(&r->at, r->fresh, old);
        if (r->fd >= 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    r->fresh[0] = '\0';
    return error_system(err, errno, "%s: cannot create a file beside it",
                        r->at.name);
}

static bool open_direct(struct replace *r, const char *path, struct error *err)
{
    r->at.name = mem_text(slice_of(path));
    r->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return r->fd >= 0 || error_system(err, errno, "%s", path);
}

static bool open_new(struct replace *r, const char *path,
                     const struct stat *old, struct error *err)
{
    if (!beside_find(&r->at, path, err))
        return false;
    /* rename() asks only the folder; a file set read-only is left alone. */
    if (old != NULL && faccessat(AT_FDCWD, r->at.target, W_OK, AT_EACCESS) < 0)
        return error_system(err, errno, "%s", path);
    return open_beside(r, old, err);
}

struct replace *replace_open(const char *path, struct error *err)
{
    struct replace *r = mem_new(sizeof *r);
    struct stat old;
    bool good;

    r->at.folder = -1;
    r->fd = -1;
    if (stat(path, &old) == 0)
        good = S_ISREG(old.st_mode) ? open_new(r, path, &old, err)
                                    : open_direct(r, path, err);
    else if (errno == ENOENT)
        good = open_new(r, path, NULL, err);
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

static bool close_new(struct replace *r, struct error *err)
{
    int fd = r->fd;

    r->fd = -1;
    return beside_close(fd, r->at.name, err);
}

static bool put_in_place(struct replace *r, struct error *err)
{
    if (!beside_sync(r->fd, r->at.name, err) || !close_new(r, err))
        return false;
    if (renameat(r->at.folder, r->fresh, r->at.folder, r->at.base) < 0)
        return error_system(err, errno, "%s: cannot replace it", r->at.name);
    r->fresh[0] = '\0';
    return beside_sync_folder(&r->at, err);
}

bool replace_commit(struct replace *r, struct error *err)
{
    bool good = r->at.folder < 0 ? close_new(r, err) : put_in_place(r, err);

    replace_abandon(r);
    return good;
}

void replace_abandon(struct replace *r)
{
    if (r == NULL)
        return;
    if (r->fd >= 0)
        close(r->fd);
    if (r->fresh[0] != '\0')
        beside_remove(&r->at, r->fresh);
    beside_release(&r->at);
    free(r);
}
