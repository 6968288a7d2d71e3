/*
 * csv - a header of field names, then a row a line, by libcsv both ways
 *
 * CSV is the exact form: every byte string, NUL and newlines too, comes back
 * as it was. Fields are quoted only where they need it: for a comma, a quote,
 * CR or LF, for blanks at either end (many readers strip those), and when an
 * empty field is the only one of its row, as an empty line is no row. For a
 * spreadsheet (WRITER_SAFE_CSV) all are, and defused: that is not exact.
 *
 * Read back is what was written here, and what a spreadsheet makes of it:
 * CRLF ends, more quotes than needed, empty lines, a header again where
 * files were joined by cat. Blanks are kept. A quote out of place, or more or
 * fewer fields than the header has, is an error: half a row is worse than
 * none.
 */
#include <csv.h>
#include <stdlib.h>

#include "base/mem.h"
#include "format/defuse.h"
#include "format/formats.h"
#include "format/scan.h"
#include "mail/recipients.h"

#define PIECE ((size_t)64 << 10) /* bytes between looks at what went wrong */

/* Writing */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static scan_block is_special(scan_block block)
{
    return (block == ',') | (block == '"') | (block == '\r') | (block == '\n');
}

static bool needs_quotes(struct slice s)
{
    return s.len > 0 && (is_blank(s.ptr[0]) || is_blank(s.ptr[s.len - 1]) ||
                         scan_find(s, is_special));
}

static void add_quoted(struct buf *line, struct slice s)
{
    size_t room = 2 * s.len + 2;
    char *to = buf_reserve(line, room);

    line->len += csv_write(to, room, s.len == 0 ? "" : s.ptr, s.len);
}

static void add_cell(struct writer *w, struct slice s)
{
    bool safe = (w->flags & WRITER_SAFE_CSV) != 0;

    if (safe) {
        buf_reset(&w->scratch);
        defuse(&w->scratch, s);
        s = buf_slice(&w->scratch);
    }
    if (safe || needs_quotes(s) || (s.len == 0 && w->columns.count == 1))
        add_quoted(&w->line, s);
    else
        buf_add(&w->line, s);
}

static struct slice cell_of(struct writer *w, const struct row *row,
                            enum field f)
{
    return f == FIELD_RECIPIENTS
               ? recipients_join(row->recipients, row->recipient_count,
                                 w->arena)
               : row_value(row, f);
}

static void write_header(struct writer *w)
{
    for (unsigned i = 0; i < w->columns.count; i++) {
        if (i > 0)
            buf_add_byte(&w->line, ',');
        add_cell(w, field_name(w->columns.field[i]));
    }
    buf_add_byte(&w->line, '\n');
}

static void write_row(struct writer *w, const struct row *row)
{
    for (unsigned i = 0; i < w->columns.count; i++) {
        if (i > 0)
            buf_add_byte(&w->line, ',');
        add_cell(w, cell_of(w, row, w->columns.field[i]));
    }
    buf_add_byte(&w->line, '\n');
}

/* Reading */

struct csv_state {
    struct csv_parser parser;
    bool header;            /* it was read */
    struct buf text;        /* cells of the row so far, end to end */
    size_t end[FIELDS_MAX]; /* where in text each of them ends */
    size_t count;           /* cells, also those beyond FIELDS_MAX */
    uint64_t newlines;      /* within the row so far */
    bool failed;            /* err is set */
    struct error *err;      /* of the call in progress */
};

static int never_blank(unsigned char c)
{
    (void)c;
    return 0;
}

/* One parser that keeps every byte and lets no odd quote pass. */
static void parser_init(struct csv_parser *p)
{
    (void)csv_init(p, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_space_func(p, never_blank);
    csv_set_blk_size(p, 16384);
}

static struct slice cell(const struct csv_state *c, size_t i)
{
    size_t start = i == 0 ? 0 : c->end[i - 1];

    return slice_from(slice_head(buf_slice(&c->text), c->end[i]), start);
}

static void take_cell(void *bytes, size_t len, void *arg)
{
    struct reader *r = arg;
    struct csv_state *c = r->state;
    struct slice s = slice_make(bytes, len);

    if (c->count < FIELDS_MAX) {
        buf_add(&c->text, s);
        c->end[c->count] = c->text.len;
    }
    c->count++;

    for (size_t at; (at = slice_find_byte(s, '\n')) != SIZE_MAX;) {
        s = slice_from(s, at + 1);
        c->newlines++;
    }
}

static struct place here(const struct reader *r)
{
    return (struct place){r->name, r->line};
}

/* Remembers a failure for when libcsv returns. */
static bool note(struct reader *r, bool good)
{
    struct csv_state *c = r->state;

    if (!good)
        c->failed = true;
    return good;
}

static bool take_header(struct reader *r)
{
    struct csv_state *c = r->state;

    if (c->count > FIELDS_MAX)
        return error_at(c->err, here(r), "too many columns");
    for (size_t i = 0; i < c->count; i++) {
        struct slice name = cell(c, i);
        enum field f;

        if (!field_find(name, &f))
            return error_at(c->err, here(r), "no column is called \"%.*s\"",
                            (int)slice_head(name, 60).len, name.ptr);
        if (field_list_has(&r->columns, f))
            return error_at(c->err, here(r), "column %.*s stands twice",
                            (int)name.len, name.ptr);
        r->columns.field[r->columns.count++] = f;
    }
    c->header = true;
    return true;
}

/* Files joined by cat: no date reads "date", so it is no row. */
static bool is_header_again(const struct reader *r)
{
    const struct csv_state *c = r->state;

    if (!field_list_has(&r->columns, FIELD_DATE) &&
        !field_list_has(&r->columns, FIELD_FIRST_SEEN))
        return false;
    for (unsigned i = 0; i < r->columns.count; i++)
        if (!slice_equal(cell(c, i), field_name(r->columns.field[i])))
            return false;
    return true;
}

static void set_value(struct reader *r, struct row *row, enum field f,
                      struct slice value)
{
    row->present |= UINT32_C(1) << f;
    if (f == FIELD_RECIPIENTS)
        recipients_split(value, row, r->arena);
    else
        row->value[f] = value;
}

static bool take_values(struct reader *r)
{
    struct csv_state *c = r->state;
    struct row row = {.present = 0};

    if (c->count != r->columns.count)
        return error_at(c->err, here(r), "%zu fields where the header has %u",
                        c->count, r->columns.count);
    if (is_header_again(r))
        return true;
    arena_reset(r->arena);
    for (unsigned i = 0; i < r->columns.count; i++)
        set_value(r, &row, r->columns.field[i], cell(c, i));
    return r->sink(r->arg, &row, &r->columns, r->line, c->err);
}

static void take_row(int end, void *arg)
{
    struct reader *r = arg;
    struct csv_state *c = r->state;

    /* libcsv cannot be stopped before the end of its piece. */
    if (!c->failed && c->count > 0)
        (void)note(r, c->header ? take_values(r) : take_header(r));

    /* CRLF is a row's end and then an empty row's. */
    r->line += c->newlines + (end == '\n' ? 1 : 0);
    c->newlines = 0;
    c->count = 0;
    buf_reset(&c->text);
}

static void open_reader(struct reader *r)
{
    struct csv_state *c = mem_new(sizeof *c);

    parser_init(&c->parser);
    r->state = c;
}

static void close_reader(struct reader *r)
{
    struct csv_state *c = r->state;

    csv_free(&c->parser);
    buf_free(&c->text);
    free(c);
}

static bool feed(struct reader *r, struct slice bytes, struct error *err)
{
    struct csv_state *c = r->state;

    c->err = err;
    while (bytes.len > 0) {
        struct slice piece = slice_head(bytes, PIECE);
        size_t done =
            csv_parse(&c->parser, piece.ptr, piece.len, take_cell, take_row, r);

        if (c->failed)
            return false;
        if (done < piece.len)
            return error_at(err, here(r), "not CSV: %s",
                            csv_error(&c->parser) == CSV_EPARSE
                                ? "a quote out of place"
                                : csv_strerror(csv_error(&c->parser)));
        if (c->parser.entry_pos + c->text.len > READER_ROW_MAX)
            return error_at(err, here(r), "a row of more than %zu bytes",
                            READER_ROW_MAX);
        bytes = slice_from(bytes, piece.len);
    }
    return true;
}

static bool finish(struct reader *r, struct error *err)
{
    struct csv_state *c = r->state;

    c->err = err;
    if (csv_fini(&c->parser, take_cell, take_row, r) != 0)
        return error_at(err, here(r), "not CSV: a quote that is never closed");
    if (!c->failed && !c->header)
        return error_at(err, here(r), "not CSV: it has no header");
    return !c->failed;
}

/* Recognising */

struct header_guess {
    bool ours;
    unsigned count;
};

static void guess_cell(void *bytes, size_t len, void *arg)
{
    struct header_guess *guess = arg;
    enum field f;

    guess->count++;
    if (!field_find(slice_make(bytes, len), &f))
        guess->ours = false;
}

static bool recognise(struct slice head)
{
    struct header_guess guess = {.ours = true};
    struct slice line = format_first_line(head);
    struct csv_parser parser;

    parser_init(&parser);
    if (csv_parse(&parser, line.ptr, line.len, guess_cell, NULL, &guess) !=
            line.len ||
        csv_fini(&parser, guess_cell, NULL, &guess) != 0)
        guess.ours = false;
    csv_free(&parser);
    return guess.ours && guess.count > 0;
}

const struct format format_csv = {
    .name = "csv",
    .write_header = write_header,
    .write_row = write_row,
    .recognise = recognise,
    .open = open_reader,
    .close = close_reader,
    .feed = feed,
    .finish = finish,
};
