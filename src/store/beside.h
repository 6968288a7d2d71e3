/*
 * beside - the folder a file lives in, and what is put beside it there
 *
 * Symbolic links are followed, and the folder is held open, so that a new
 * file, its renaming and the folder's own sync are about one folder even if
 * its path changes meanwhile. Calls that a signal broke off are made again.
 */
#ifndef STORE_BESIDE_H
#define STORE_BESIDE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

struct beside {
    char *name;       /* the path as the user gave it, for messages */
    char *target;     /* the path of the file itself, which need not exist */
    const char *base; /* its name in the folder; within target */
    int folder;       /* held open; -1: not */
};

/* A file in the same folder whose name is the file's and a suffix. */
struct sibling {
    char *path;       /* for messages */
    const char *base; /* its name in the folder; within path */
};

/* To be released also when it is false. */
bool beside_find(struct beside *b, const char *path, struct error *err);
void beside_release(struct beside *b);

struct sibling beside_sibling(const struct beside *b, const char *suffix);
void sibling_release(struct sibling *s);

/* openat() in the folder, close-on-exec; -1 with errno set. */
int beside_open(const struct beside *b, const char *base, int flags,
                mode_t mode);

/*
 * beside_create - a file that was not there before, for reading and writing
 *
 * Mode as umask has it; or with the mode, and the owner where that is
 * allowed, of an old file. -1 with errno set; no file is left then.
 */
int beside_create(const struct beside *b, const char *base,
                  const struct stat *old);

/* Takes a file of the folder away, if it is there; errors do not matter. */
void beside_remove(const struct beside *b, const char *base);

/* fsync(); name is for messages. */
bool beside_sync(int fd, const char *name, struct error *err);
bool beside_sync_folder(const struct beside *b, struct error *err);

/* close(), which may be the first to tell of an error (NFS, quotas). */
bool beside_close(int fd, const char *name, struct error *err);

#endif
