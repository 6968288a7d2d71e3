/*
 * format - rows as bytes: one table of formats, each with its writer, and
 * with a reader where rows can be read back
 *
 * A format is a row of the table in format.c and a file of its own (text.c,
 * csv.c, jsonl.c; list.c has all lists); nothing else in the program knows one
 * from the other.
 * Output is input: what the CSV and JSON Lines writers write, their readers
 * read, recognised by content.
 */
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/out.h"
#include "base/slice.h"
#include "mail/field.h"
#include "mail/row.h"

struct format;
struct writer;
struct reader;

/* Formats by name: "text", "csv", "postfix"; NULL: there is none such. */
const struct format *format_find(struct slice name);
struct slice format_name(const struct format *f);
/* The i-th name, for usage texts; "" behind the last. */
struct slice format_name_at(unsigned i);

enum writer_flags {
    WRITER_SAFE_CSV = 1 /* defuse cells that a spreadsheet would run */
};

/* columns is copied; out must outlive the writer. */
struct writer *writer_new(const struct format *f,
                          const struct field_list *columns, unsigned flags,
                          struct out *out);
void writer_free(struct writer *w); /* NULL is allowed */

/*
 * A line of a comment for the top, made safe to print; before writer_begin().
 * Only list formats (list.h) have comments.
 */
void writer_note(struct writer *w, struct slice text);

/* What goes before the first row (CSV's header), also when none follows. */
bool writer_begin(struct writer *w, struct error *err);
bool writer_row(struct writer *w, const struct row *row, struct error *err);
/* What closes the last row. Flushing out is the caller's. */
bool writer_end(struct writer *w, struct error *err);

/*
 * format_guess - which of our formats these are the first bytes of
 *
 * head: at least the first line, or the first 64 KiB of it. NULL: none, so it
 * is a log. For CSV a header of our field names and nothing else, be it only
 * one; for JSON Lines an object whose keys are our fields (a journal's JSON
 * is none), or that at least begins so, when it is cut or broken.
 */
const struct format *format_guess(struct slice head);

/*
 * Takes each row read; line is where it began. columns are the header's
 * (CSV), or what this very row has, in its order (JSON Lines: files joined by
 * cat may change from row to row). All is valid until the sink returns. False,
 * with err set, ends the reading.
 */
typedef bool row_sink(void *arg, const struct row *row,
                      const struct field_list *columns, uint64_t line,
                      struct error *err);

/* name is for messages and must outlive the reader. */
struct reader *reader_new(const struct format *f, const char *name,
                          row_sink *sink, void *arg);
void reader_free(struct reader *r); /* NULL is allowed */

/*
 * The next bytes, cut anywhere. A malformed row is an error with file and
 * line; the reader is then of no more use.
 */
bool reader_feed(struct reader *r, struct slice bytes, struct error *err);
bool reader_finish(struct reader *r, struct error *err);

/* Those of the header (CSV) or the row read last; count 0: of none so far. */
const struct field_list *reader_columns(const struct reader *r);

/*
 * format_key_of - what the columns of a file of rows say of it
 *
 * Sightings: true, with the key their header tells: exactly the columns of
 * field_list_of_sightings(), in that order. Messages: true, with key->count 0:
 * in any order, date, sender, client_ip, message_id, mta_host and queue_id,
 * which make their identity; the rest may lack. Either may have listed, too,
 * wherever it stands. Neither (-F dropped a column
 * that is needed): false.
 *
 * Keys that share a header with a shorter one ("sender,client_name" looks
 * like "sender") cannot be told from it; the shorter is given. So a key may
 * be used when format_key_of() of its header gives it back.
 */
bool format_key_of(const struct field_list *columns, struct field_list *key);

#endif
