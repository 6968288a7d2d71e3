/*
 * formats - what format.c and the files of the formats share
 *
 * A format is one struct format. Its writing side appends bytes to the
 * writer's line; its reading side takes bytes cut anywhere and calls
 * reader->sink once for each row. Nobody else includes this.
 */
#ifndef FORMAT_FORMATS_H
#define FORMAT_FORMATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include "format/format.h"
#include "mail/field.h"
#include "mail/row.h"

/*
 * The longest row that is read: a quote that never closes must not fill the
 * memory. Tens of thousands of recipients fit, so what a log can yield is
 * read back.
 */
#define READER_ROW_MAX ((size_t)4 << 20)

struct list_syntax;
struct list_part;

struct format {
    const char *name;

    void (*write_header)(struct writer *w); /* NULL: it has none */
    void (*write_row)(struct writer *w, const struct row *row);
    void (*write_end)(struct writer *w); /* NULL: nothing is left open */

    const struct list_syntax *list; /* of a list format (list.c); else NULL */

    /* The reading side; all NULL: rows cannot be read back. */
    bool (*recognise)(struct slice head); /* head: less a byte order mark */
    void (*open)(struct reader *r);
    void (*close)(struct reader *r);
    bool (*feed)(struct reader *r, struct slice bytes, struct error *err);
    bool (*finish)(struct reader *r, struct error *err);
};

extern const struct format format_text;
extern const struct format format_csv;
extern const struct format format_jsonl;

#define FORMATS_OF_LISTS 6
extern const struct format format_of_list[FORMATS_OF_LISTS];

struct writer {
    const struct format *format;
    struct field_list columns;
    unsigned flags;
    struct out *out;
    struct buf line;    /* emptied before each call of the format */
    struct buf scratch; /* the format's */
    struct buf notes;   /* lines of a comment to come before all rows */
    const struct list_part *part; /* of a list: which one is open */
    struct arena *arena;          /* emptied before each row */
};

struct reader {
    const struct format *format;
    const char *name;
    row_sink *sink;
    void *arg;
    struct field_list columns;
    uint64_t line;       /* where the row being read began, from 1 */
    struct arena *arena; /* texts of the row being read, for the format */
    void *state;         /* the format's own */
    unsigned mark;       /* bytes of a byte order mark seen so far */
};

/* The first line of head, less its CR and LF; all of it when it has none. */
struct slice format_first_line(struct slice head);

#endif
