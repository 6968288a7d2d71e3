/*
 * journal - what journalctl -o json or -o export wrote, as lines of a log
 *
 * Each entry becomes one line in the form of journalctl -o short-unix,
 *
 *     1362625953.123456 HOST TAG[PID]: MESSAGE
 *
 * which the header parser reads like any other. Of MESSAGE, newlines and
 * carriage returns become blanks; of HOST and TAG, what could shift the
 * header becomes "_". An entry without text (journalctl leaves long ones out
 * unless asked with --all) becomes a line without text.
 *
 * What is no entry (malformed JSON, lines between entries) is passed on as it
 * is and so counted as no line of a log. Memory is bounded: of a JSON line
 * over JOURNAL_ENTRY_MAX only the beginning is passed on; of a field in
 * export form only what a line can hold is kept.
 */
#ifndef INPUT_JOURNAL_H
#define INPUT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

#define JOURNAL_ENTRY_MAX (1 << 19)
#define JOURNAL_LINE_MAX 65537 /* enough to be seen as too long a line */

enum journal_form { JOURNAL_NONE, JOURNAL_JSON, JOURNAL_EXPORT };

struct journal;

/* By the first bytes: at least the first line or 4 KiB of it. */
enum journal_form journal_guess(struct slice head);

struct journal *journal_new(enum journal_form form);
void journal_free(struct journal *j); /* NULL is allowed */

/* The next bytes, cut anywhere; adds the lines they complete to out. */
void journal_add(struct journal *j, struct slice bytes, struct buf *out);

/* The end: adds what is left. */
void journal_finish(struct journal *j, struct buf *out);

#endif
