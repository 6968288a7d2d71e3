/*
 * unescape - what sendmail's str2prt() did to a text, undone
 *
 * sendmail writes control bytes and all bytes from 0x80 as \ooo, tab, line
 * feed and carriage return as \t \n \r, and a backslash as two. It does so to
 * whole records, so it must be undone before anything is read from one.
 */
#ifndef PARSE_UNESCAPE_H
#define PARSE_UNESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* Whether there is anything to undo. */
bool unescape_needed(struct slice text);

/*
 * unescape - writes the original of text to out, which has room for text.len
 *
 * A backslash that str2prt() cannot have written (before sendmail 8.10, or a
 * text that was cut) stands for itself. Returns the length.
 */
size_t unescape(struct slice text, char *out);

#endif
