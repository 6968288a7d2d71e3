/*
 * out - bytes to a file descriptor, in large pieces, with every error told
 *
 * Short writes and EINTR are seen to. After the first error nothing more is
 * written and every call fails with it. A reader that went away (EPIPE) sets
 * err->code to EPIPE, which main.c ends on without a word.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

struct out;

/* name is for messages and must outlive it. The caller keeps the descriptor. */
struct out *out_new(int fd, const char *name);
void out_free(struct out *o); /* does not flush; NULL is allowed */

bool out_add(struct out *o, struct slice s, struct error *err);
bool out_flush(struct out *o, struct error *err);

#endif
