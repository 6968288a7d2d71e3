/*
 * form - what a file of rows is
 */
#include "store/form.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "mail/row.h"

#define PIECE ((size_t)64 << 10) /* bytes read at a time */

static size_t piece_at(const struct part *file, uint64_t from)
{
    uint64_t left = file->size - from;

    return left < PIECE ? (size_t)left : PIECE;
}

/* Feeds all of it. */
static bool feed(struct reader *r, const struct part *file, struct error *err)
{
    char *piece = mem_new(PIECE);
    bool good = true;
    size_t len;

    for (uint64_t from = 0; good && from < file->size; from += len) {
        len = piece_at(file, from);
        good = part_read(file, from, piece, len, err) &&
               reader_feed(r, slice_make(piece, len), err);
    }
    free(piece);
    return good && reader_finish(r, err);
}

static bool read_rows(const struct part *file, const struct format *format,
                      row_sink *sink, void *arg, struct error *err)
{
    struct reader *r = reader_new(format, file->name, sink, arg);
    bool good = feed(r, file, err);

    reader_free(r);
    return good;
}

/* ---- what it is ---- */

static bool not_ours(const struct part *file, const char *why,
                     struct error *err)
{
    return error_set(err, "%s: not a collection: %s", file->name, why);
}

static bool take_first(void *arg, const struct row *row,
                       const struct field_list *columns, uint64_t line,
                       struct error *err)
{
    bool *seen = arg;

    (void)row;
    (void)columns;
    (void)line;
    *seen = true;
    return error_set(err, "that was enough");
}

/* From the header, or where there is none from the first row. */
static bool find_columns(const struct part *file, const struct format *format,
                         struct field_list *columns, struct error *err)
{
    bool seen = false;
    struct reader *r = reader_new(format, file->name, take_first, &seen);
    bool good = feed(r, file, err) || seen;

    *columns = *reader_columns(r);
    reader_free(r);
    return good;
}

static struct field_list columns_of(const struct collection_form *form)
{
    return form->messages ? field_list_of_messages()
                          : field_list_of_sightings(&form->key);
}

static bool judge_columns(const struct part *file,
                          const struct field_list *columns,
                          struct collection_form *form, struct error *err)
{
    struct field_list whole;

    if (!format_key_of(columns, &form->key))
        return not_ours(file,
                        "its columns are not those of sightings or"
                        " messages",
                        err);
    form->messages = form->key.count == 0;
    whole = columns_of(form);
    if (field_list_has(columns, FIELD_LISTED))
        return not_ours(file, "it has the column listed, which none keeps",
                        err);
    return field_list_equal(columns, &whole) ||
           not_ours(file, "columns are missing, or in another order", err);
}

bool form_find(const struct part *file, struct collection_form *form,
               struct error *err)
{
    struct field_list columns = {.count = 0};
    size_t len = piece_at(file, 0);
    char *head = mem_new(PIECE);
    bool good = part_read(file, 0, head, len, err);

    if (good) {
        form->format = format_guess(slice_make(head, len));
        good =
            form->format != NULL ||
            not_ours(file, "neither CSV nor JSON Lines of this program", err);
    }
    good = good && find_columns(file, form->format, &columns, err);
    free(head);
    return good && judge_columns(file, &columns, form, err);
}

/* ---- its rows ---- */

struct strict {
    const struct part *file;
    const struct collection_form *form;
    struct field_list columns;
    row_sink *sink;
    void *arg;
};

static bool take_strictly(void *arg, const struct row *row,
                          const struct field_list *columns, uint64_t line,
                          struct error *err)
{
    struct strict *s = arg;

    if (!field_list_equal(columns, &s->columns))
        return error_at(err, (struct place){s->file->name, line},
                        "a row of other columns than those before it");
    return s->sink(s->arg, row, columns, line, err);
}

bool form_rows(const struct part *file, const struct collection_form *form,
               row_sink *sink, void *arg, struct error *err)
{
    struct strict strict = {file, form, columns_of(form), sink, arg};

    return read_rows(file, form->format, take_strictly, &strict, err);
}

struct check {
    const struct part *file;
    const struct collection_form *form;
    struct arena *arena;
    uint64_t line; /* of the last row */
};

static bool check_row(void *arg, const struct row *row,
                      const struct field_list *columns, uint64_t line,
                      struct error *err)
{
    struct check *c = arg;
    struct message message;
    struct sighting sighting;
    enum field bad;
    bool good;

    (void)columns;
    c->line = line;
    arena_reset(c->arena);
    good = c->form->messages
               ? row_to_message(row, &message, c->arena, &bad)
               : row_to_sighting(row, &c->form->key, &sighting, c->arena, &bad);
    return good || error_at(err, (struct place){c->file->name, line},
                            "%.*s is not of its form", (int)field_name(bad).len,
                            field_name(bad).ptr);
}

static bool check_end(const struct part *file, uint64_t line, struct error *err)
{
    char last;

    if (!part_read(file, file->size - 1, &last, 1, err))
        return false;
    return last == '\n' ||
           error_at(err, (struct place){file->name, line},
                    "the last row is torn: it does not end in a newline");
}

bool form_check(const struct part *file, const struct collection_form *form,
                struct error *err)
{
    struct check check = {file, form, arena_new(), 1};
    bool good = form_rows(file, form, check_row, &check, err) &&
                check_end(file, check.line, err);

    arena_free(check.arena);
    return good;
}
