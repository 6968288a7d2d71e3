/*
 * gunzip - gzip undone, as far as it goes before a damage
 *
 * Most archives of logs are gzip, and the one being written, or cut by a
 * full disk, is the one that is asked about. libarchive holds back up to
 * 64 KiB before a damage, or all of a short file, does not look at the check
 * sum, and is slow; so gzip has an engine of its own (input/inflater).
 */
#ifndef INPUT_GUNZIP_H
#define INPUT_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "input/raw.h"

struct gunzip;

/* raw is the caller's and stands at the beginning. */
struct gunzip *gunzip_new(struct raw *raw);
void gunzip_free(struct gunzip *g); /* NULL is allowed */

/*
 * *got 0 is the end. What follows the last member and is no further one is
 * not read. False with err set, and *got what came before the damage.
 */
bool gunzip_read(struct gunzip *g, char *buf, size_t size, size_t *got,
                 struct error *err);

/* Whether bytes wait that need no more of the raw ones. */
bool gunzip_ready(const struct gunzip *g);

#endif
