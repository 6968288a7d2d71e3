/*
 * ledger - rows of byte strings that must come back whole
 */
#include "store/ledger.h"

#include <assert.h>
#include <csv.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/mem.h"

#define NAME SLICE("spamharvest-state,")
#define TITLE SLICE("spamharvest-state,1\n")
#define END_MAX 64               /* bytes of the last row */
#define PIECE ((size_t)64 << 10) /* bytes between looks at what went wrong */

/* Writing */

struct ledger {
    struct buf bytes;
    uint64_t rows;
    bool ended;
};

struct ledger *ledger_new(void)
{
    struct ledger *l = mem_new(sizeof *l);

    buf_add(&l->bytes, TITLE);
    return l;
}

void ledger_free(struct ledger *l)
{
    if (l == NULL)
        return;
    buf_free(&l->bytes);
    free(l);
}

static bool needs_quotes(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == ',' || c == '"' || c == '\r' || c == '\n')
            return true;
    }
    return false;
}

static void add_field(struct buf *b, struct slice s, bool quoted)
{
    size_t room = 2 * s.len + 2;
    char *to;

    if (!quoted && !needs_quotes(s)) {
        buf_add(b, s);
        return;
    }
    to = buf_reserve(b, room);
    b->len += csv_write(to, room, s.len == 0 ? "" : s.ptr, s.len);
}

void ledger_put(struct ledger *l, const struct slice *field, size_t count)
{
    assert(!l->ended && count > 0 && count <= LEDGER_FIELDS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_byte(&l->bytes, ',');
        /* An empty line would be no row. */
        add_field(&l->bytes, field[i], count == 1 && field[i].len == 0);
    }
    buf_add_byte(&l->bytes, '\n');
    l->rows++;
}

/* The last row of a file with so many others, whose bytes are before it. */
static struct slice end_row(struct slice before, uint64_t rows,
                            char text[END_MAX])
{
    uint64_t hash = XXH3_64bits(before.ptr, before.len);
    int len =
        snprintf(text, END_MAX, "end,%" PRIu64 ",%016" PRIx64 "\n", rows, hash);

    return slice_make(text, (size_t)len);
}

struct slice ledger_bytes(struct ledger *l)
{
    char text[END_MAX];

    if (!l->ended)
        buf_add(&l->bytes, end_row(buf_slice(&l->bytes), l->rows, text));
    l->ended = true;
    return buf_slice(&l->bytes);
}

/* Reading */

struct visitor {
    struct buf text;               /* fields of the row so far, end to end */
    size_t end[LEDGER_FIELDS_MAX]; /* where in text each of them ends */
    size_t count;                  /* fields, also those too many */
    uint64_t rows;
    const char *name;
    ledger_row *visit;
    void *arg;
    struct error *err;
    bool failed; /* err is set */
};

static void take_field(void *bytes, size_t len, void *arg)
{
    struct visitor *v = arg;

    if (v->count < LEDGER_FIELDS_MAX) {
        buf_add(&v->text, slice_make(bytes, len));
        v->end[v->count] = v->text.len;
    }
    v->count++;
}

static bool visit_row(struct visitor *v)
{
    struct slice field[LEDGER_FIELDS_MAX];
    size_t start = 0;

    if (v->count > LEDGER_FIELDS_MAX)
        return error_set(v->err, "%s: a row of too many fields", v->name);
    for (size_t i = 0; i < v->count; i++) {
        field[i] = v->end[i] == start
                       ? SLICE("")
                       : slice_make(v->text.ptr + start, v->end[i] - start);
        start = v->end[i];
    }
    return v->visit(v->arg, field, v->count, v->err);
}

static void take_row(int end, void *arg)
{
    struct visitor *v = arg;

    (void)end;
    /* libcsv cannot be stopped before the end of its piece. */
    if (!v->failed && !visit_row(v))
        v->failed = true;
    v->rows++;
    v->count = 0;
    buf_reset(&v->text);
}

static int never_blank(unsigned char c)
{
    (void)c;
    return 0;
}

static bool parse(struct visitor *v, struct slice rows)
{
    struct csv_parser parser;
    bool good = true;

    (void)csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_space_func(&parser, never_blank);
    csv_set_blk_size(&parser, 16384);
    while (good && rows.len > 0) {
        struct slice piece = slice_head(rows, PIECE);

        good = csv_parse(&parser, piece.ptr, piece.len, take_field, take_row,
                         v) == piece.len &&
               !v->failed;
        rows = slice_from(rows, piece.len);
    }
    good =
        good && csv_fini(&parser, take_field, take_row, v) == 0 && !v->failed;
    csv_free(&parser);
    if (!good && !v->failed)
        error_set(v->err, "%s: not CSV", v->name);
    return good;
}

/*
 * The rows between the first and the last; *count is what the last says they
 * are. The last is looked for from the end: its form has no newline within.
 */
static bool find_rows(struct slice bytes, struct slice *rows,
                      unsigned long long *count)
{
    char text[END_MAX];
    struct slice before, last, number;

    if (!slice_ends(bytes, SLICE("\n")))
        return false;
    before = slice_head(bytes, bytes.len - 1);
    before.len = slice_find_last(before, SLICE("\n"));
    if (before.len == SIZE_MAX || ++before.len < TITLE.len)
        return false;
    last = slice_from(bytes, before.len);
    if (!slice_starts(last, SLICE("end,")))
        return false;
    number = slice_from(last, 4);
    number = slice_head(number, slice_find_byte(number, ','));
    if (!slice_number(number, count) ||
        !slice_equal(last, end_row(before, *count, text)))
        return false;
    *rows = slice_from(before, TITLE.len);
    return true;
}

bool ledger_is_foreign(struct slice bytes)
{
    return slice_starts(bytes, NAME) && !slice_starts(bytes, TITLE);
}

bool ledger_read(struct slice bytes, const char *name, ledger_row *visit,
                 void *arg, struct error *err)
{
    struct visitor v = {.name = name, .visit = visit, .arg = arg, .err = err};
    unsigned long long count;
    struct slice rows;
    bool good;

    if (!slice_starts(bytes, TITLE)) {
        if (ledger_is_foreign(bytes))
            return error_set(err, "%s: a state of another version", name);
        return error_set(err, "%s: not a state file", name);
    }
    if (!find_rows(bytes, &rows, &count))
        return error_set(err, "%s: torn: its end does not fit it", name);
    good = parse(&v, rows);
    buf_free(&v.text);
    if (good && v.rows != count)
        return error_set(err, "%s: torn: it has not the %llu rows it ends on",
                         name, count);
    return good;
}
