/*
 * defuse - cells that no spreadsheet runs as a formula
 *
 * A spreadsheet runs what begins with = + - or @, also behind blanks it does
 * not show and in the full-width forms it folds to ASCII. And what it takes
 * for the begin of a cell is its user's setting: where the decimal point is a
 * comma files are cut at semicolons, and at tabs, bars and line ends when it
 * was told so, quotes or not. So an apostrophe, which makes a cell a text,
 * goes before a formula at the start of a value and behind each of these.
 */
#ifndef FORMAT_DEFUSE_H
#define FORMAT_DEFUSE_H

#include "base/buf.h"
#include "base/slice.h"

/* Appends s to out, defused. */
void defuse(struct buf *out, struct slice s);

#endif
