/*
 * journal_entry - the fields of one journal entry that make a line of a log
 *
 * The two forms of a journal (input/journal) fill it alike. Of a field that
 * occurs more than once the first value counts. Zero-initialise.
 */
#ifndef INPUT_JOURNAL_ENTRY_H
#define INPUT_JOURNAL_ENTRY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

enum journal_field {
    JOURNAL_MESSAGE,
    JOURNAL_TAG,
    JOURNAL_SYSLOG_PID,
    JOURNAL_PID,
    JOURNAL_HOST,
    JOURNAL_SOURCE_TIME,
    JOURNAL_TIME,
    JOURNAL_FIELDS /* any other field */
};

struct journal_entry {
    struct buf value[JOURNAL_FIELDS];
    bool has[JOURNAL_FIELDS];
    bool begun; /* some field was there, if only one of no interest */
};

const char *journal_field_name(enum journal_field field);
enum journal_field journal_field_find(struct slice name);

/* Adds to a value, as far as a line can hold it. */
void journal_entry_add(struct journal_entry *e, enum journal_field field,
                       struct slice bytes);

/* The line, with its newline; false: there is no time, and nothing is added. */
bool journal_entry_write(const struct journal_entry *e, struct buf *out);

void journal_entry_clear(struct journal_entry *e);
void journal_entry_release(struct journal_entry *e);

#endif
