/*
 * spell - a sender as an entry of a list, in one way and safely
 *
 * A client writes one mailbox in many ways (mail/plain.h) and anything it
 * likes into the local part. So the address is taken apart, and written anew:
 * the domain in lower case; the local part as it is when it is a dot-atom
 * (RFC 5322, 3.2.3), and else, if the list has such, as a quoted string.
 *
 * No spelling has control bytes, what is not UTF-8, or characters that do not
 * show (text.c). A domain is one of host names: letters, digits, hyphens,
 * underscores, dots (RFC 1123, 2.1), the last label with a letter in it.
 */
#ifndef FORMAT_SPELL_H
#define FORMAT_SPELL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

struct spelling {
    bool folds;         /* local parts too are in lower case */
    bool quotes;        /* a quoted string may stand in an entry */
    bool utf8;          /* characters beyond ASCII may (RFC 6531) */
    const char *barred; /* what may not stand in a local part */
    const char *first;  /* what it may not begin with */
};

/*
 * Append the entry; false, with nothing appended: there is no spelling.
 *
 * A sender_domain has two labels at least, as no mail comes from a top-level
 * domain, and lists mean what is below a domain, too.
 */
bool spell_sender(const struct spelling *s, struct slice sender,
                  struct buf *out);
bool spell_domain(const struct spelling *s, struct slice domain,
                  struct buf *out);

#endif
