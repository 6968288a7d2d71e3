/*
 * raw - the bytes of an INPUT as they lie on disk or come through a pipe
 *
 * The lowest stage of a source: knows descriptors, knows nothing of what the
 * bytes mean. EINTR and descriptors that do not block are seen to.
 *
 * Regular files rest between two uses (raw_rest): of many, some are closed
 * and opened again when needed; another file that has taken the name
 * meanwhile is an error. Standard input redirected from a file counts as a
 * file when it stands at the file's beginning; all else is a pipe, read once.
 */
#ifndef INPUT_RAW_H
#define INPUT_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/slice.h"

#define RAW_PEEK 16 /* how many bytes raw_peek() can show */

struct raw;

/* name must outlive it; NULL with err set: missing, unreadable, a directory. */
struct raw *raw_open(const char *name, struct error *err);
void raw_free(struct raw *r); /* NULL is allowed */

const char *raw_name(const struct raw *r); /* "standard input" for "-" */
bool raw_is_file(const struct raw *r);
int64_t raw_mtime(const struct raw *r);   /* of a file, else 0 */
uint64_t raw_size(const struct raw *r);   /* of a file, else 0 */
uint64_t raw_offset(const struct raw *r); /* of the next byte to be read */

/*
 * The first bytes, up to RAW_PEEK, which will be read again; waits for them,
 * or for a newline. Only before the first read. An error shows with the next
 * read.
 */
struct slice raw_peek(struct raw *r);

/* *got 0 is the end. */
bool raw_read(struct raw *r, char *buf, size_t size, size_t *got,
              struct error *err);

/*
 * Whether a read would not wait; waits up to that long for it. -1: for ever,
 * but for the descriptor of raw_wake_by().
 */
bool raw_ready(struct raw *r, int milliseconds);

/* Whenever that descriptor is readable raw_ready() does not wait. */
void raw_wake_by(struct raw *r, int fd);

/* The rest is for files only. */
void raw_rest(struct raw *r);
bool raw_seek(struct raw *r, uint64_t offset, struct error *err);
bool raw_read_at(struct raw *r, uint64_t offset, char *buf, size_t size,
                 size_t *got, struct error *err);

/* Whether it is the very file, and not one of its content. */
bool raw_is(const struct raw *r, const struct stat *file);

/* Closes it for good: what was read of it stays told. */
void raw_close(struct raw *r);

#endif
