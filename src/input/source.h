/*
 * source - one INPUT: a log, or rows of our own, from a file or a pipe
 *
 * What it is shows in its bytes, not in its name: gzip, bzip2, xz, zstd and
 * lz4 are unpacked (libarchive), a systemd journal in JSON or export form is
 * turned into lines (input/journal), and our own CSV and JSON Lines are told
 * from logs (format_guess). All that is read from a source is content in
 * this sense: unpacked and turned into lines.
 *
 * Regular files can be closed and opened again between two uses, so that
 * thousands of archives need no thousands of descriptors; a pipe is read
 * once. One source, one thread at a time, but for the one that may unpack it
 * ahead of that (input/ahead).
 */
#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/slice.h"
#include "format/format.h"

#define SOURCE_HEAD 65536 /* how much of the content source_head() shows */

struct source;

/*
 * source_open - look at an INPUT: its kind and its first bytes
 *
 * name: a path, or "-" for standard input; it must outlive the source. NULL
 * with err set: missing, unreadable, a directory.
 */
struct source *source_open(const char *name, struct error *err);
void source_free(struct source *s); /* NULL is allowed */

const char *source_name(const struct source *s); /* "standard input" for - */

/*
 * The first bytes of the content: up to SOURCE_HEAD, fewer if it is shorter;
 * from a pipe what the first reads gave, at least one line. After
 * source_rest() less may be left of a file's, but the first line and a few
 * KiB; the slice is valid until then.
 */
struct slice source_head(const struct source *s);

/* The same, but waits, before the first read, for that many bytes of it. */
struct slice source_peek(struct source *s, size_t size);

/* Our own rows: their format. NULL: a log. */
const struct format *source_format(const struct source *s);

bool source_is_file(const struct source *s); /* regular, also when packed */
/* Its content is not its bytes on disk: packed, or a journal made lines. */
bool source_is_packed(const struct source *s);
int64_t source_mtime(const struct source *s); /* of a file, else 0 */
uint64_t source_size(const struct source *s); /* of a file on disk, else 0 */
uint64_t source_consumed(const struct source *s); /* bytes taken from disk */

/*
 * Gives back, until the next read, what a file takes of memory and, when many
 * are open, its descriptor; a pipe stays as it is.
 */
void source_rest(struct source *s);

/*
 * source_hold - keep the content in memory until source_rest(), if it is short
 *
 * What is to be read twice is then unpacked once. For a file that is slow to
 * unpack, or a journal, and at its beginning. Returns how much is held; 0:
 * nothing, because there is more than room, or not all of it can be read, or
 * to read it again is as fast. Then it stands at its beginning as before.
 */
size_t source_hold(struct source *s, size_t room);

/*
 * source_read_ahead - begin to unpack, in a thread of its own
 *
 * A file that is slow to unpack, and not small, is unpacked from its beginning
 * on, until room bytes of it wait to be read, or source_rest(). On all others
 * this has no effect, as it has none on what is read.
 */
void source_read_ahead(struct source *s, size_t room);

/* Starts anew at the beginning; only files can. */
bool source_rewind(struct source *s, struct error *err);

/*
 * source_keep - from here on a pipe's content is kept as it is read, in an
 * unlinked file, until source_keep_no_more(); files need no keeping
 */
bool source_keep(struct source *s, struct error *err);
void source_keep_no_more(struct source *s);

/*
 * source_seek - the next read goes on at that offset of the content
 *
 * Files: anywhere (what is packed is unpacked up to there). Pipes: where it
 * was kept, and in what source_head() shows.
 */
bool source_seek(struct source *s, uint64_t offset, struct error *err);

/*
 * source_read - the next bytes of the content
 *
 * *got 0 is the end. False with err set: unreadable, corrupt or cut; the
 * message names the place, and what came before has been given out (of all
 * but gzip, less what the unpacker still held: at most its last 64 KiB).
 */
bool source_read(struct source *s, char *buf, size_t size, size_t *got,
                 struct error *err);

/*
 * Whether a read would not wait; waits itself up to that long (a file never
 * waits; -1: for ever, but for the descriptor of source_wake_by()). A signal
 * may end the waiting before its time.
 */
bool source_ready(struct source *s, int milliseconds);

/*
 * While that descriptor is readable nothing waits for a pipe: source_ready()
 * says no, and source_peek() makes do with what it has.
 */
void source_wake_by(struct source *s, int fd);

/* Bytes at offset of a file that is not packed (for samples): as pread(2). */
bool source_read_at(struct source *s, uint64_t offset, char *buf, size_t size,
                    size_t *got, struct error *err);

/* Whether it reads the very file, and not one of its content. */
bool source_is(const struct source *s, const struct stat *file);

/* Nothing will be read any more: gives back all that it can. */
void source_close(struct source *s);

#endif
