/*
 * journal - what journalctl -o json or -o export wrote, as lines of a log
 */
#include "input/journal.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "input/journal_entry.h"

#define NAME_MAX_LEN 64         /* journald's own limit */
#define DATA_MAX (768ULL << 20) /* the same, of a field's bytes */

enum state {
    IN_NAME,  /* of a field; nothing yet: between two */
    IN_TEXT,  /* behind NAME=, to the newline */
    IN_SIZE,  /* behind NAME newline: eight bytes */
    IN_BYTES, /* that many */
    AT_END,   /* of them: a newline */
    IN_JUNK,  /* a line that is no field */
    LOST      /* the framing is broken: on to an empty line */
};

struct journal {
    enum journal_form form;
    struct journal_entry entry;
    struct buf line; /* JSON: so far; export: of junk */
    bool overflow;   /* the rest of this line is skipped */

    /* The export form's */
    enum state state;
    char name[NAME_MAX_LEN];
    size_t name_len;
    enum journal_field field; /* whose value is read */
    unsigned char size[8];
    unsigned size_len;
    uint64_t left; /* of a value */
    bool newline;  /* LOST: the last byte was one */
};

enum journal_form journal_guess(struct slice head)
{
    /* One of these stands in every entry, and journalctl puts it first. */
    static const char *const keys[] = {"__CURSOR", "__REALTIME_TIMESTAMP",
                                       "__MONOTONIC_TIMESTAMP", "_BOOT_ID",
                                       "_SOURCE_REALTIME_TIMESTAMP"};
    size_t end = slice_find_byte(head, '\n');
    struct slice line = end == SIZE_MAX ? head : slice_head(head, end);
    bool json = line.len > 0 && line.ptr[0] == '{';

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct slice key = slice_of(keys[i]);

        if (slice_starts(line, key) && line.len > key.len &&
            line.ptr[key.len] == '=')
            return JOURNAL_EXPORT;
        if (json && slice_find(line, key) != SIZE_MAX)
            return JOURNAL_JSON;
    }
    return JOURNAL_NONE;
}

struct journal *journal_new(enum journal_form form)
{
    struct journal *j = mem_new(sizeof *j);

    j->form = form;
    return j;
}

void journal_free(struct journal *j)
{
    if (j == NULL)
        return;
    journal_entry_release(&j->entry);
    buf_free(&j->line);
    free(j);
}

static void pass_on(struct slice line, struct buf *out)
{
    buf_add(out, slice_head(line, JOURNAL_LINE_MAX));
    buf_add_byte(out, '\n');
}

/*
 * JSON: an entry a line
 */

/* An array of the numbers of bytes; false if it is no such thing. */
static bool add_byte_array(struct journal_entry *e, enum journal_field field,
                           const json_t *array)
{
    size_t count = json_array_size(array);

    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(array, i);
        json_int_t byte = json_integer_value(item);

        if (!json_is_integer(item) || byte < 0 || byte > UINT8_MAX)
            return false;
        journal_entry_add(e, field, slice_make(&(char){(char)byte}, 1));
    }
    return count > 0;
}

/* One value; false: malformed. A null is a value left out. */
static bool add_value(struct journal_entry *e, enum journal_field field,
                      const json_t *value)
{
    struct buf number = {0};

    switch (json_typeof(value)) {
    case JSON_STRING:
        journal_entry_add(
            e, field,
            slice_make(json_string_value(value), json_string_length(value)));
        return true;
    case JSON_INTEGER:
        buf_addf(&number, "%lld", (long long)json_integer_value(value));
        journal_entry_add(e, field, buf_slice(&number));
        buf_free(&number);
        return true;
    case JSON_NULL:
        return true;
    case JSON_ARRAY:
        return add_byte_array(e, field, value);
    default:
        return false;
    }
}

/* A field's value or, of an array of values, the first. */
static bool add_field(struct journal_entry *e, enum journal_field field,
                      const json_t *value)
{
    if (json_is_array(value)) {
        const json_t *first = json_array_get(value, 0);

        if (first == NULL)
            return true;
        if (!json_is_integer(first))
            value = first;
    }
    return add_value(e, field, value);
}

static bool read_object(struct journal_entry *e, const json_t *object)
{
    if (!json_is_object(object))
        return false;
    for (unsigned i = 0; i < JOURNAL_FIELDS; i++) {
        enum journal_field field = (enum journal_field)i;
        const json_t *value =
            json_object_get(object, journal_field_name(field));

        if (value != NULL && !add_field(e, field, value))
            return false;
    }
    return true;
}

static void read_json(struct journal *j, struct slice line, struct buf *out)
{
    json_error_t unused;
    json_t *object = json_loadb(line.ptr == NULL ? "" : line.ptr, line.len,
                                JSON_ALLOW_NUL, &unused);

    if (!read_object(&j->entry, object) || !journal_entry_write(&j->entry, out))
        pass_on(line, out);
    journal_entry_clear(&j->entry);
    json_decref(object);
}

/* Keeps part of a line, up to what an entry may have. */
static void keep(struct journal *j, struct slice part, size_t max)
{
    size_t room = max - j->line.len;

    if (part.len > room)
        j->overflow = true;
    buf_add(&j->line, slice_head(part, room));
}

static void end_json(struct journal *j, struct buf *out)
{
    if (j->overflow)
        pass_on(buf_slice(&j->line), out);
    else
        read_json(j, buf_slice(&j->line), out);
    buf_reset(&j->line);
    j->overflow = false;
}

static void add_json(struct journal *j, struct slice bytes, struct buf *out)
{
    while (bytes.len > 0) {
        size_t end = slice_find_byte(bytes, '\n');

        if (end == SIZE_MAX) {
            keep(j, bytes, JOURNAL_ENTRY_MAX);
            return;
        }
        keep(j, slice_head(bytes, end), JOURNAL_ENTRY_MAX);
        end_json(j, out);
        bytes = slice_from(bytes, end + 1);
    }
}

/*
 * Export: a field a line, or with its size and bytes; an empty line ends an
 * entry. Each step takes some of the bytes and returns how many.
 */

static void end_entry(struct journal *j, struct buf *out)
{
    if (j->entry.begun && !journal_entry_write(&j->entry, out))
        pass_on(SLICE("(a journal entry without a time)"), out);
    journal_entry_clear(&j->entry);
}

static void begin_value(struct journal *j, enum state state)
{
    enum journal_field field =
        journal_field_find(slice_make(j->name, j->name_len));

    j->entry.begun = true;
    j->field = field;
    if (field < JOURNAL_FIELDS && j->entry.has[field])
        j->field = JOURNAL_FIELDS;
    j->name_len = 0;
    j->size_len = 0;
    j->state = state;
}

static void add_part(struct journal *j, struct slice part)
{
    if (j->field < JOURNAL_FIELDS)
        journal_entry_add(&j->entry, j->field, part);
}

static bool in_name(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t take_name(struct journal *j, struct slice bytes, struct buf *out)
{
    char c = bytes.ptr[0];

    if (c == '\n' && j->name_len == 0) {
        end_entry(j, out);
    } else if (c == '\n') {
        begin_value(j, IN_SIZE);
    } else if (c == '=' && j->name_len > 0) {
        begin_value(j, IN_TEXT);
    } else if (in_name(c) && j->name_len < NAME_MAX_LEN) {
        j->name[j->name_len++] = c;
    } else {
        keep(j, slice_make(j->name, j->name_len), JOURNAL_LINE_MAX);
        j->name_len = 0;
        j->state = IN_JUNK;
        return 0;
    }
    return 1;
}

static size_t take_text(struct journal *j, struct slice bytes)
{
    size_t end = slice_find_byte(bytes, '\n');

    add_part(j, slice_head(bytes, end));
    if (end == SIZE_MAX)
        return bytes.len;
    j->state = IN_NAME;
    return end + 1;
}

static size_t take_size(struct journal *j, struct slice bytes)
{
    j->size[j->size_len++] = (unsigned char)bytes.ptr[0];
    if (j->size_len < sizeof j->size)
        return 1;
    j->left = 0;
    for (unsigned i = sizeof j->size; i-- > 0;)
        j->left = j->left << 8 | j->size[i];
    j->state = j->left > DATA_MAX ? LOST : j->left > 0 ? IN_BYTES : AT_END;
    j->newline = false;
    return 1;
}

static size_t take_bytes(struct journal *j, struct slice bytes)
{
    struct slice part =
        j->left < bytes.len ? slice_head(bytes, (size_t)j->left) : bytes;

    add_part(j, part);
    j->left -= part.len;
    if (j->left == 0)
        j->state = AT_END;
    return part.len;
}

static size_t take_junk(struct journal *j, struct slice bytes, struct buf *out)
{
    size_t end = slice_find_byte(bytes, '\n');

    keep(j, slice_head(bytes, end), JOURNAL_LINE_MAX);
    if (end == SIZE_MAX)
        return bytes.len;
    pass_on(buf_slice(&j->line), out);
    buf_reset(&j->line);
    j->overflow = false;
    j->state = IN_NAME;
    return end + 1;
}

/* What was read of the entry may be anything: it is not believed. */
static size_t take_lost(struct journal *j, struct slice bytes, struct buf *out)
{
    bool newline = bytes.ptr[0] == '\n';

    if (newline && j->newline) {
        pass_on(SLICE("(a journal entry that cannot be read)"), out);
        journal_entry_clear(&j->entry);
        j->state = IN_NAME;
    }
    j->newline = newline;
    return 1;
}

static size_t take(struct journal *j, struct slice bytes, struct buf *out)
{
    switch (j->state) {
    case IN_NAME:
        return take_name(j, bytes, out);
    case IN_TEXT:
        return take_text(j, bytes);
    case IN_SIZE:
        return take_size(j, bytes);
    case IN_BYTES:
        return take_bytes(j, bytes);
    case AT_END:
        j->newline = false;
        j->state = bytes.ptr[0] == '\n' ? IN_NAME : LOST;
        return 1;
    case IN_JUNK:
        return take_junk(j, bytes, out);
    case LOST:
        break;
    }
    return take_lost(j, bytes, out);
}

void journal_add(struct journal *j, struct slice bytes, struct buf *out)
{
    if (j->form == JOURNAL_JSON) {
        add_json(j, bytes, out);
        return;
    }
    while (bytes.len > 0)
        bytes = slice_from(bytes, take(j, bytes, out));
}

void journal_finish(struct journal *j, struct buf *out)
{
    if (j->form == JOURNAL_JSON) {
        if (j->line.len > 0)
            end_json(j, out);
        return;
    }
    if (j->state == IN_JUNK)
        (void)take_junk(j, SLICE("\n"), out);
    /* Half a text is no text: its end could be forged. */
    if (j->state == IN_BYTES && j->field == JOURNAL_MESSAGE)
        buf_reset(&j->entry.value[JOURNAL_MESSAGE]);
    if (j->state == LOST)
        pass_on(SLICE("(a journal entry that cannot be read)"), out);
    else
        end_entry(j, out);
    journal_entry_clear(&j->entry);
    j->state = IN_NAME;
}
