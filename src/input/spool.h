/*
 * spool - a stretch of a pipe's content, kept in an unlinked file
 *
 * So that it can be read a second time when the first look, which had to go
 * far, says so.
 */
#ifndef INPUT_SPOOL_H
#define INPUT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct spool;

/* What is added first stands at that offset of the content. */
struct spool *spool_new(uint64_t offset, struct error *err);
void spool_free(struct spool *s); /* NULL is allowed */

bool spool_add(struct spool *s, struct slice bytes, struct error *err);

/* Whether the byte at that offset is here; then spool_read() gives some. */
bool spool_has(const struct spool *s, uint64_t offset);
bool spool_read(struct spool *s, uint64_t offset, char *buf, size_t size,
                size_t *got, struct error *err);

#endif
