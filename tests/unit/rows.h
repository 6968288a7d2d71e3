/*
 * rows - what the tests of the formats share: rows written to a file in
 * memory, and rows read from bytes fed in pieces
 */
#ifndef TESTS_UNIT_ROWS_H
#define TESTS_UNIT_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "format/format.h"

static inline struct field_list columns_of(const char *names)
{
    struct field_list list;
    struct slice bad;

    assert_true(
        field_list_parse(slice_of(names),
                         FIELD_OF_MESSAGE | FIELD_OF_SIGHTING | FIELD_OF_KEY,
                         &list, &bad) ||
        names[0] == '\0');
    return list;
}

static inline const struct format *format_named(const char *name)
{
    const struct format *f = format_find(slice_of(name));

    assert_non_null(f);
    return f;
}

/* What the writer makes of count rows; the caller frees the buffer. */
static inline struct buf rows_written(const char *format,
                                      const struct field_list *columns,
                                      unsigned flags, const struct row *rows,
                                      size_t count)
{
    struct buf bytes = {0};
    struct error err;
    int fd = memfd_create("rows", MFD_CLOEXEC);
    struct out *out = out_new(fd, "rows");
    struct writer *w = writer_new(format_named(format), columns, flags, out);
    off_t size;

    assert_true(writer_begin(w, &err));
    for (size_t i = 0; i < count; i++)
        assert_true(writer_row(w, &rows[i], &err));
    assert_true(writer_end(w, &err));
    assert_true(out_flush(out, &err));
    writer_free(w);
    out_free(out);

    size = lseek(fd, 0, SEEK_END);
    assert_true(size >= 0);
    assert_int_equal(
        pread(fd, buf_reserve(&bytes, (size_t)size + 1), (size_t)size, 0),
        size);
    bytes.len = (size_t)size;
    close(fd);
    return bytes;
}

/* One row whose every column is value. */
static inline struct row row_of(const struct field_list *columns,
                                const struct slice *values)
{
    struct row row = {.present = 0};

    for (unsigned i = 0; i < columns->count; i++) {
        row.present |= UINT32_C(1) << columns->field[i];
        row.value[columns->field[i]] = values[i];
    }
    return row;
}

/* Rows read, as "LINE|VALUE|VALUE|...\n" each. */
struct rows_read {
    struct buf text;
    struct field_list columns; /* of the last row */
    size_t count;
    size_t stop_after; /* 0: never */
};

static inline bool take_row_read(void *arg, const struct row *row,
                                 const struct field_list *columns,
                                 uint64_t line, struct error *err)
{
    struct rows_read *read = arg;
    struct arena *a = arena_new();

    buf_addf(&read->text, "%u", (unsigned)line);
    for (unsigned i = 0; i < columns->count; i++) {
        assert_true(row->present & UINT32_C(1) << columns->field[i]);
        buf_add_byte(&read->text, '|');
        buf_add(&read->text, row_text(row, columns->field[i], a));
    }
    buf_add_byte(&read->text, '\n');
    arena_free(a);
    read->columns = *columns;
    if (++read->count == read->stop_after)
        return error_set(err, "enough");
    return true;
}

/* Feeds bytes in pieces of a size; the caller frees read->text. */
static inline bool rows_parse(const char *format, struct slice bytes,
                              size_t piece, struct rows_read *read,
                              struct error *err)
{
    struct reader *r =
        reader_new(format_named(format), "file", take_row_read, read);
    bool good = true;

    while (good && bytes.len > 0) {
        struct slice head = slice_head(bytes, piece);
        /* A copy of its own size, so that reading past its end is seen. */
        char *copy = malloc(head.len);

        assert_non_null(copy);
        memcpy(copy, head.ptr, head.len);
        good = reader_feed(r, slice_make(copy, head.len), err);
        free(copy);
        bytes = slice_from(bytes, head.len);
    }
    good = good && reader_finish(r, err);
    reader_free(r);
    return good;
}

static inline void assert_slice(struct slice got, struct slice want)
{
    if (!slice_equal(got, want))
        fail_msg("got  '%.*s'\nwant '%.*s'", (int)got.len, got.ptr,
                 (int)want.len, want.ptr);
}

#endif
