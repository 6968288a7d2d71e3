/*
 * journal_fuzz - a systemd journal in its two forms, cut anywhere
 */
#include "fuzz.h"
#include "input/journal.h"

static struct buf lines_of(enum journal_form form, struct slice text,
                           size_t piece)
{
    struct journal *j = journal_new(form);
    struct buf out = {0};

    while (text.len > 0) {
        journal_add(j, slice_head(text, piece), &out);
        text = slice_from(text, piece < text.len ? piece : text.len);
    }
    journal_finish(j, &out);
    journal_free(j);
    return out;
}

static void check_form(enum journal_form form, struct slice text)
{
    struct buf whole = lines_of(form, text, SIZE_MAX);
    struct buf pieces = lines_of(form, text, 1 + text.len % 13);

    CHECK(slice_equal(buf_slice(&whole), buf_slice(&pieces)));
    buf_free(&whole);
    buf_free(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);

    (void)journal_guess(text);
    check_form(JOURNAL_JSON, text);
    check_form(JOURNAL_EXPORT, text);
    return 0;
}
