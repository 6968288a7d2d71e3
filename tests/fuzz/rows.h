/*
 * rows - what csv_fuzz and jsonl_fuzz share: rows of our own, read back
 *
 * The rows must not depend on where the bytes are cut, and a row that is a
 * message or a sighting must be one again after it was made into a row.
 */
#ifndef FUZZ_ROWS_H
#define FUZZ_ROWS_H

#include "base/arena.h"
#include "format/format.h"
#include "fuzz.h"
#include "mail/row.h"

struct seen {
    uint64_t hash;
    bool good;
};

static void check_message(const struct row *row, struct arena *a)
{
    struct message m, again;
    struct row made;
    enum field bad;

    if (!row_to_message(row, &m, a, &bad))
        return;
    row_from_message(&made, &m, a);
    CHECK(row_to_message(&made, &again, a, &bad));
    CHECK(stamp_compare(m.date, again.date) == 0);
    CHECK(slice_equal(m.sender, again.sender));
    CHECK(address_equal(&m.client_ip, &again.client_ip));
    CHECK(m.recipient_count == again.recipient_count);
}

static void check_sighting(const struct row *row,
                           const struct field_list *columns, struct arena *a)
{
    struct field_list key;
    struct sighting s, again;
    struct row made;
    enum field bad;

    if (!format_key_of(columns, &key) || key.count == 0 ||
        !row_to_sighting(row, &key, &s, a, &bad))
        return;
    row_from_sighting(&made, &s, &key, a);
    CHECK(row_to_sighting(&made, &key, &again, a, &bad));
    CHECK(s.count == again.count);
    CHECK(stamp_compare(s.first_seen, again.first_seen) == 0);
}

static bool see(void *arg, const struct row *row,
                const struct field_list *columns, uint64_t line,
                struct error *err)
{
    struct seen *seen = arg;
    struct arena *a = arena_new();

    (void)err;
    seen->hash = (seen->hash ^ row->present ^ line) * 0x100000001b3;
    for (unsigned f = 0; f < FIELD_TOTAL; f++)
        if (row->present >> f & 1)
            seen->hash = fuzz_hash(seen->hash, row_text(row, f, a));
    check_message(row, a);
    check_sighting(row, columns, a);
    arena_free(a);
    return true;
}

static struct seen read_rows(const struct format *f, struct slice text,
                             size_t piece)
{
    struct seen seen = {0};
    struct reader *r = reader_new(f, "fuzz", see, &seen);
    struct error err = {0};

    seen.good = true;
    while (seen.good && text.len > 0) {
        seen.good = reader_feed(r, slice_head(text, piece), &err);
        text = slice_from(text, piece < text.len ? piece : text.len);
    }
    seen.good = seen.good && reader_finish(r, &err);
    CHECK(seen.good || err.text[0] != '\0');
    reader_free(r);
    return seen;
}

static void fuzz_rows(struct slice name, struct slice text)
{
    const struct format *f = format_find(name);
    struct seen whole = read_rows(f, text, SIZE_MAX);
    struct seen pieces = read_rows(f, text, 1 + text.len % 13);

    (void)format_guess(text);
    CHECK(whole.good == pieces.good && whole.hash == pieces.hash);
}

#endif
