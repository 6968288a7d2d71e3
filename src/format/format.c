/*
 * The table of formats, and what all of them have in common: rows go out one
 * by one through a line buffer, and a byte order mark that a spreadsheet put
 * before its first row is passed over.
 */
#include "format/format.h"

#include <stdlib.h>

#include "base/mem.h"
#include "format/escape.h"
#include "format/formats.h"

static const struct format *const formats[] = {
    &format_text,       &format_csv,        &format_jsonl,
    &format_of_list[0], &format_of_list[1], &format_of_list[2],
    &format_of_list[3], &format_of_list[4], &format_of_list[5],
};

#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

#define MARK SLICE("\xef\xbb\xbf")
#define MARK_DONE 4 /* what comes is text: it was there, or is not */

const struct format *format_find(struct slice name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (slice_equal(name, slice_of(formats[i]->name)))
            return formats[i];
    return NULL;
}

struct slice format_name(const struct format *f)
{
    return slice_of(f->name);
}

struct slice format_name_at(unsigned i)
{
    return slice_of(i < FORMAT_COUNT ? formats[i]->name : "");
}

struct slice format_first_line(struct slice head)
{
    size_t end = slice_find_byte(head, '\n');
    struct slice line = slice_head(head, end);

    if (end != SIZE_MAX && line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

const struct format *format_guess(struct slice head)
{
    if (slice_starts(head, MARK))
        head = slice_from(head, MARK.len);
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i]->recognise != NULL && formats[i]->recognise(head))
            return formats[i];
    return NULL;
}

struct writer *writer_new(const struct format *f,
                          const struct field_list *columns, unsigned flags,
                          struct out *out)
{
    struct writer *w = mem_new(sizeof *w);

    w->format = f;
    w->columns = *columns;
    w->flags = flags;
    w->out = out;
    w->arena = arena_new();
    return w;
}

void writer_free(struct writer *w)
{
    if (w == NULL)
        return;
    buf_free(&w->line);
    buf_free(&w->scratch);
    buf_free(&w->notes);
    arena_free(w->arena);
    free(w);
}

void writer_note(struct writer *w, struct slice text)
{
    escape_text(&w->notes, text);
    buf_add_byte(&w->notes, '\n');
}

bool writer_begin(struct writer *w, struct error *err)
{
    if (w->format->write_header == NULL)
        return true;
    buf_reset(&w->line);
    w->format->write_header(w);
    return out_add(w->out, buf_slice(&w->line), err);
}

bool writer_row(struct writer *w, const struct row *row, struct error *err)
{
    buf_reset(&w->line);
    arena_reset(w->arena);
    w->format->write_row(w, row);
    return out_add(w->out, buf_slice(&w->line), err);
}

bool writer_end(struct writer *w, struct error *err)
{
    if (w->format->write_end == NULL)
        return true;
    buf_reset(&w->line);
    w->format->write_end(w);
    return out_add(w->out, buf_slice(&w->line), err);
}

struct reader *reader_new(const struct format *f, const char *name,
                          row_sink *sink, void *arg)
{
    struct reader *r = mem_new(sizeof *r);

    r->format = f;
    r->name = name;
    r->sink = sink;
    r->arg = arg;
    r->line = 1;
    r->arena = arena_new();
    f->open(r);
    return r;
}

void reader_free(struct reader *r)
{
    if (r == NULL)
        return;
    r->format->close(r);
    arena_free(r->arena);
    free(r);
}

/* What looked like a byte order mark so far is text after all. */
static bool feed_mark(struct reader *r, struct error *err)
{
    struct slice seen = slice_head(MARK, r->mark);

    r->mark = MARK_DONE;
    return seen.len == 0 || r->format->feed(r, seen, err);
}

bool reader_feed(struct reader *r, struct slice bytes, struct error *err)
{
    while (r->mark != MARK_DONE && bytes.len > 0) {
        if (bytes.ptr[0] == MARK.ptr[r->mark]) {
            bytes = slice_from(bytes, 1);
            if (++r->mark == MARK.len)
                r->mark = MARK_DONE;
        } else if (!feed_mark(r, err)) {
            return false;
        }
    }
    return bytes.len == 0 || r->format->feed(r, bytes, err);
}

bool reader_finish(struct reader *r, struct error *err)
{
    if (r->mark != MARK_DONE && !feed_mark(r, err))
        return false;
    return r->format->finish(r, err);
}

const struct field_list *reader_columns(const struct reader *r)
{
    return &r->columns;
}

static bool are_of_messages(const struct field_list *columns)
{
    static const enum field needed[] = {
        FIELD_DATE,       FIELD_SENDER,   FIELD_CLIENT_IP,
        FIELD_MESSAGE_ID, FIELD_MTA_HOST, FIELD_QUEUE_ID,
    };

    for (unsigned i = 0; i < columns->count; i++)
        if ((field_uses(columns->field[i]) & FIELD_OF_MESSAGE) == 0)
            return false;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!field_list_has(columns, needed[i]))
            return false;
    return true;
}

bool format_key_of(const struct field_list *given, struct field_list *key)
{
    const unsigned before = 3; /* first_seen, last_seen, count */
    struct field_list less = field_list_less_listed(given), *columns = &less;
    struct field_list seen = {.count = 0};

    key->count = 0;
    if (are_of_messages(columns))
        return true;

    /* The shortest key that has this very header. */
    while (seen.count < KEY_FIELDS_MAX &&
           before + seen.count < columns->count) {
        enum field next = columns->field[before + seen.count];
        struct field_list header;

        if ((field_uses(next) & FIELD_OF_KEY) == 0)
            return false;
        seen.field[seen.count++] = next;
        header = field_list_of_sightings(&seen);
        if (field_list_equal(&header, columns)) {
            *key = seen;
            return true;
        }
    }
    return false;
}
