/*
 * escape - values that anybody may have chosen, made safe to print
 *
 * escape_text() is the form of text rows (text.c says what it changes),
 * escape_json() that of a JSON string, without its quotes: what is not UTF-8
 * becomes U+FFFD, and what disturbs (unicode.c) a \uNNNN.
 */
#ifndef FORMAT_ESCAPE_H
#define FORMAT_ESCAPE_H

#include "base/buf.h"
#include "base/slice.h"

void escape_text(struct buf *line, struct slice s);
void escape_json(struct buf *line, struct slice s);

#endif
