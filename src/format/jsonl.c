/*
 * jsonl - JSON Lines: an object a line, its keys the columns in their order
 *
 * count and size are numbers (an unknown size is null), recipients an array
 * of strings, listed one of its words, all else strings. JSON is Unicode, so a
 * byte that is not UTF-8 becomes U+FFFD: the one loss of this format. What
 * would disturb a terminal is written as \uNNNN.
 *
 * Writing is by hand, for speed; Jansson reads. Each object tells its own
 * columns, so files of unlike rows may be joined by cat.
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/mem.h"
#include "format/escape.h"
#include "format/formats.h"

enum form {
    FORM_STRING,
    FORM_NUMBER, /* the empty text is null */
    FORM_ARRAY,
    FORM_WORDS /* an array of what stands between blanks */
};

static enum form form_of(enum field f)
{
    switch (f) {
    case FIELD_COUNT:
    case FIELD_SIZE:
        return FORM_NUMBER;
    case FIELD_RECIPIENTS:
        return FORM_ARRAY;
    case FIELD_LISTED:
        return FORM_WORDS;
    default:
        return FORM_STRING;
    }
}

/* Writing */

static void add_string(struct buf *line, struct slice s)
{
    buf_add_byte(line, '"');
    escape_json(line, s);
    buf_add_byte(line, '"');
}

static void add_recipients(struct buf *line, const struct row *row)
{
    buf_add_byte(line, '[');
    for (size_t i = 0; i < row->recipient_count; i++) {
        if (i > 0)
            buf_add_byte(line, ',');
        add_string(line, row->recipients[i]);
    }
    buf_add_byte(line, ']');
}

static void add_words(struct buf *line, struct slice words)
{
    buf_add_byte(line, '[');
    while (words.len > 0) {
        size_t end = slice_find_byte(words, ' ');

        add_string(line, slice_head(words, end));
        words = slice_from(words, end == SIZE_MAX ? words.len : end + 1);
        if (words.len > 0)
            buf_add_byte(line, ',');
    }
    buf_add_byte(line, ']');
}

static void add_number(struct buf *line, struct slice digits)
{
    buf_add(line, digits.len > 0 ? digits : SLICE("null"));
}

/* What goes before a value: {"NAME": or ,"NAME": */
static void add_name(struct buf *line, char before, struct slice name)
{
    size_t size = name.len + sizeof "{\"\":" - 1;
    char *to = buf_reserve(line, size);

    to[0] = before;
    to[1] = '"';
    memcpy(to + 2, name.ptr, name.len);
    to[size - 2] = '"';
    to[size - 1] = ':';
    line->len += size;
}

static void add_value(struct buf *line, const struct row *row, enum field f)
{
    switch (form_of(f)) {
    case FORM_NUMBER:
        add_number(line, row_value(row, f));
        break;
    case FORM_ARRAY:
        add_recipients(line, row);
        break;
    case FORM_WORDS:
        add_words(line, row_value(row, f));
        break;
    case FORM_STRING:
        add_string(line, row_value(row, f));
        break;
    }
}

static void write_row(struct writer *w, const struct row *row)
{
    for (unsigned i = 0; i < w->columns.count; i++) {
        enum field f = w->columns.field[i];

        add_name(&w->line, i == 0 ? '{' : ',', field_name(f));
        add_value(&w->line, row, f);
    }
    buf_add(&w->line, SLICE("}\n"));
}

/* Reading */

struct jsonl_state {
    struct buf partial; /* the begin of a line whose end has not come yet */
};

static struct place here(const struct reader *r)
{
    return (struct place){r->name, r->line};
}

static struct slice string_of(const json_t *value)
{
    return slice_make(json_string_value(value), json_string_length(value));
}

static bool take_number(struct reader *r, const json_t *value,
                        struct slice *text)
{
    char *digits;

    if (json_is_null(value)) {
        *text = SLICE("");
        return true;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    digits = arena_text(r->arena, 24);
    text->ptr = digits;
    text->len = (size_t)snprintf(digits, 24, "%" JSON_INTEGER_FORMAT,
                                 json_integer_value(value));
    return true;
}

static bool take_array(struct reader *r, const json_t *value, struct row *row)
{
    size_t count = json_array_size(value);
    struct slice *list;

    if (!json_is_array(value))
        return false;
    list = arena_alloc(r->arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(value, i);

        if (!json_is_string(item))
            return false;
        list[i] = string_of(item);
    }
    row->recipients = list;
    row->recipient_count = count;
    return true;
}

/* Joined again, so that all formats read the same. */
static bool take_words(struct reader *r, const json_t *value,
                       struct slice *text)
{
    size_t len = 0;
    char *end;

    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i)))
            return false;
        len += string_of(json_array_get(value, i)).len + 1;
    }
    end = arena_text(r->arena, len);
    text->ptr = end;
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct slice word = string_of(json_array_get(value, i));

        if (i > 0)
            *end++ = ' ';
        memcpy(end, word.ptr, word.len);
        end += word.len;
    }
    text->len = (size_t)(end - text->ptr);
    return true;
}

/* False when value is not of the field's form. */
static bool take_value(struct reader *r, enum field f, const json_t *value,
                       struct row *row)
{
    row->present |= UINT32_C(1) << f;
    switch (form_of(f)) {
    case FORM_NUMBER:
        return take_number(r, value, &row->value[f]);
    case FORM_ARRAY:
        return take_array(r, value, row);
    case FORM_WORDS:
        return take_words(r, value, &row->value[f]);
    case FORM_STRING:
        break;
    }
    if (!json_is_string(value))
        return false;
    row->value[f] = string_of(value);
    return true;
}

/* Texts of row live in object. */
static bool take_object(struct reader *r, json_t *object, struct row *row,
                        struct error *err)
{
    const char *name;
    json_t *value;

    r->columns.count = 0;
    json_object_foreach(object, name, value)
    {
        enum field f;

        if (!field_find(slice_of(name), &f))
            return error_at(err, here(r), "no column is called \"%.60s\"",
                            name);
        if (!take_value(r, f, value, row))
            return error_at(err, here(r), "%s is not of its form", name);
        r->columns.field[r->columns.count++] = f;
    }
    return true;
}

static json_t *parse(struct slice line, json_error_t *why)
{
    return json_loadb(line.ptr, line.len,
                      JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, why);
}

static bool take_line(struct reader *r, struct slice line, struct error *err)
{
    json_error_t why;
    json_t *object;
    struct row row = {.present = 0};
    bool good;

    if (line.len > READER_ROW_MAX)
        return error_at(err, here(r), "a line of more than %zu bytes",
                        READER_ROW_MAX);
    if (slice_trim(format_first_line(line)).len == 0)
        return true;
    object = parse(line, &why);
    if (object == NULL)
        return error_at(err, here(r), "not JSON: %s", why.text);
    arena_reset(r->arena);
    good = json_is_object(object) ? take_object(r, object, &row, err)
                                  : error_at(err, here(r), "not a JSON object");
    good = good && r->sink(r->arg, &row, &r->columns, r->line, err);
    json_decref(object);
    return good;
}

static void open_reader(struct reader *r)
{
    r->state = mem_new(sizeof(struct jsonl_state));
}

static void close_reader(struct reader *r)
{
    struct jsonl_state *j = r->state;

    buf_free(&j->partial);
    free(j);
}

/* A line that is whole, its newline with it. */
static bool feed_line(struct reader *r, struct slice line, struct error *err)
{
    struct jsonl_state *j = r->state;

    if (j->partial.len > 0) {
        buf_add(&j->partial, line);
        line = buf_slice(&j->partial);
    }
    if (!take_line(r, line, err))
        return false;
    buf_reset(&j->partial);
    r->line++;
    return true;
}

static bool feed(struct reader *r, struct slice bytes, struct error *err)
{
    struct jsonl_state *j = r->state;
    size_t end;

    while ((end = slice_find_byte(bytes, '\n')) != SIZE_MAX) {
        if (!feed_line(r, slice_head(bytes, end + 1), err))
            return false;
        bytes = slice_from(bytes, end + 1);
    }
    buf_add(&j->partial, bytes);
    if (j->partial.len > READER_ROW_MAX)
        return error_at(err, here(r), "a line of more than %zu bytes",
                        READER_ROW_MAX);
    return true;
}

static bool finish(struct reader *r, struct error *err)
{
    struct jsonl_state *j = r->state;

    return j->partial.len == 0 || take_line(r, buf_slice(&j->partial), err);
}

/* Recognising */

/* {"NAME": with one of our names: also of a line that is cut, or broken. */
static bool begins_with_our_key(struct slice line)
{
    size_t end;
    enum field f;

    if (!slice_starts(line, SLICE("{")))
        return false;
    line = slice_trim(slice_from(line, 1));
    if (!slice_starts(line, SLICE("\"")))
        return false;
    line = slice_from(line, 1);
    end = slice_find_byte(line, '"');
    if (end == SIZE_MAX || !field_find(slice_head(line, end), &f))
        return false;
    return slice_starts(slice_trim(slice_from(line, end + 1)), SLICE(":"));
}

static bool has_only_our_keys(json_t *object)
{
    const char *name;
    json_t *value;
    enum field f;

    json_object_foreach(object, name, value)
    {
        if (!field_find(slice_of(name), &f))
            return false;
    }
    return true;
}

/*
 * A line that begins as ours but is cut or broken is ours: its reader says
 * what is wrong with it, and where.
 */
static bool recognise(struct slice head)
{
    struct slice line = format_first_line(head);
    json_error_t why;
    json_t *object;
    bool ours;

    if (!begins_with_our_key(line))
        return false;
    object = parse(line, &why);
    ours = object == NULL || has_only_our_keys(object);
    json_decref(object);
    return ours;
}

const struct format format_jsonl = {
    .name = "jsonl",
    .write_row = write_row,
    .recognise = recognise,
    .open = open_reader,
    .close = close_reader,
    .feed = feed,
    .finish = finish,
};
