/*
 * recipients - a list of addresses as one text, and back
 *
 * Joined by one blank, as a cell of CSV has them. An address may hold blanks
 * of its own: within quotes, which stay as they are, or bare, as Postfix
 * before 3.5 logged them. So outside of quoted strings
 *
 *   - a blank has a backslash before it: a\ b@t.example
 *   - a quote that begins or ends no quoted string has one, too
 *   - and a backslash before a blank, a quote, a backslash or the end has one
 *
 * A quoted string ends at its next quote, less those with a backslash before
 * them; behind it stands an @, a dot, or the end of the address. Else its
 * quotes are none: one left open, as older logs show them, must not swallow
 * all recipients that follow.
 */
#ifndef MAIL_RECIPIENTS_H
#define MAIL_RECIPIENTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/row.h"

/* The result lives in a, or as long as the list's texts. */
struct slice recipients_join(const struct slice *list, size_t count,
                             struct arena *a);

/*
 * recipients_split - what recipients_join() joined, apart again
 *
 * Sets the recipients of row, which live in a. Any text is a list, also one
 * that recipients_join() would not have written. A list of one empty address
 * looks like that of none, and is read as none.
 */
void recipients_split(struct slice joined, struct row *row, struct arena *a);

#endif
