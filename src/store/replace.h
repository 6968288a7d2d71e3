/*
 * replace - a file is either the old one or the new one, whole
 *
 * The new content is written to a file beside, made durable, and renamed
 * into place: readers and crashes see one of the two. Mode (and owner, where
 * allowed) of the old file stay; one that may not be written to is not
 * replaced. Symbolic links are followed; a target that is no regular file
 * (/dev/full, a pipe) is written to directly.
 */
#ifndef STORE_REPLACE_H
#define STORE_REPLACE_H

#include <stdbool.h>

#include "base/error.h"

struct replace;

struct replace *replace_open(const char *path, struct error *err);
int replace_fd(const struct replace *r);

/* fsync, rename, fsync of the folder. Frees r, whether it succeeds or not. */
bool replace_commit(struct replace *r, struct error *err);

/* Leaves the old file as it was. Frees r; NULL is allowed. */
void replace_abandon(struct replace *r);

#endif
