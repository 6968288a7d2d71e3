/*
 * suffix - domains that are nobody's, since anybody can have one below
 *
 * To refuse a domain is, for most access maps, to refuse all that is below
 * it. So a sender <x@co.uk> must not have co.uk listed. Which domains are
 * such, publicsuffix.org keeps a list of, and libpsl the newest copy that
 * this machine has. A run that lists no domains does not load it.
 */
#ifndef MAIL_SUFFIX_H
#define MAIL_SUFFIX_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

struct suffixes;

/* NULL with err set: there is no libpsl, or no list. */
struct suffixes *suffixes_load(struct error *err);
void suffixes_free(struct suffixes *s); /* NULL is allowed */

/* domain: in lower case, of host names' bytes or UTF-8. */
bool suffixes_have(const struct suffixes *s, struct slice domain);

/* The version of the library; "" if there is none. */
const char *suffixes_version(void);

#endif
