/* rejoin - records that sendmail wrote in parts, whole again */
#include "join/rejoin.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "parse/parser.h"

/*
 * Records under way at once. sendmail writes the parts of one record back to
 * back, so a few would do; what is pushed out had lost its end.
 */
#define RECORDS_MAX 64

struct record {
    bool used;
    uint32_t pid;
    uint32_t next; /* number of the part to come */
    uint64_t touched;
    struct stamp first;
    struct buf key; /* host, tag and queue ID, NUL between */
    struct buf text;
};

struct rejoin {
    struct record record[RECORDS_MAX];
    struct buf key;
    struct buf whole;
    uint64_t clock;
    uint64_t dropped;
};

struct rejoin *rejoin_new(void)
{
    return mem_new(sizeof(struct rejoin));
}

void rejoin_free(struct rejoin *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        buf_free(&r->record[i].key);
        buf_free(&r->record[i].text);
    }
    buf_free(&r->key);
    buf_free(&r->whole);
    free(r);
}

static void make_key(struct rejoin *r, const struct event *part)
{
    buf_reset(&r->key);
    buf_add(&r->key, part->head.host);
    buf_add_byte(&r->key, '\0');
    buf_add(&r->key, part->head.tag);
    buf_add_byte(&r->key, '\0');
    buf_add(&r->key, part->queue_id);
}

static void drop(struct rejoin *r, struct record *rec)
{
    r->dropped += rec->next - 1;
    rec->used = false;
}

/* The record under way with this key, else the least recently used place. */
static struct record *find(struct rejoin *r, uint32_t pid)
{
    struct record *oldest = &r->record[0];

    for (size_t i = 0; i < RECORDS_MAX; i++) {
        struct record *rec = &r->record[i];

        if (rec->used && rec->pid == pid &&
            slice_equal(buf_slice(&rec->key), buf_slice(&r->key)))
            return rec;
        if (!rec->used ? oldest->used
                       : oldest->used && rec->touched < oldest->touched)
            oldest = rec;
    }
    if (oldest->used)
        drop(r, oldest);
    return oldest;
}

static void begin(struct rejoin *r, struct record *rec, uint32_t pid,
                  struct stamp at)
{
    rec->used = true;
    rec->pid = pid;
    rec->next = 1;
    rec->first = at;
    buf_reset(&rec->text);
    buf_reset(&rec->key);
    buf_add(&rec->key, buf_slice(&r->key));
}

bool rejoin_add(struct rejoin *r, const struct event *part, struct stamp at,
                struct slice *text, struct stamp *first)
{
    const struct slice more = SLICE(" ...");
    struct record *rec;
    struct slice piece = part->text;
    bool last = !slice_ends(piece, more);

    make_key(r, part);
    rec = find(r, part->head.pid);
    if (part->number == 1) {
        if (rec->used)
            drop(r, rec);
        begin(r, rec, part->head.pid, at);
    }
    /* sendmail never ends at part 1: its end was cut off. */
    if (!rec->used || part->number != rec->next ||
        (part->number == 1 && last)) {
        if (rec->used)
            drop(r, rec);
        r->dropped++;
        return false;
    }
    if (!last)
        piece.len -= more.len;
    if (rec->text.len + piece.len > PARSE_TEXT_MAX) {
        drop(r, rec);
        r->dropped++;
        return false;
    }
    buf_add(&rec->text, piece);
    rec->next++;
    rec->touched = ++r->clock;
    if (!last)
        return false;
    rec->used = false;
    buf_reset(&r->whole);
    buf_add(&r->whole, buf_slice(&rec->text));
    *text = buf_slice(&r->whole);
    *first = rec->first;
    return true;
}

void rejoin_save(const struct rejoin *r, tuple_sink *put, void *arg)
{
    struct tuple row;

    for (size_t i = 0; i < RECORDS_MAX; i++) {
        const struct record *rec = &r->record[i];

        if (!rec->used)
            continue;
        tuple_begin(&row, "rejoin");
        tuple_put_text(&row, buf_slice(&rec->key));
        tuple_put_number(&row, rec->pid);
        tuple_put_number(&row, rec->next);
        tuple_put_stamp(&row, rec->first);
        tuple_put_text(&row, buf_slice(&rec->text));
        put(arg, row.field, row.count);
    }
}

bool rejoin_load(struct rejoin *r, const struct slice *field, size_t count)
{
    struct tuple_reader row = tuple_reader(field, count);
    struct record *rec;
    uint32_t pid;

    if (!slice_equal(tuple_take_text(&row), SLICE("rejoin")))
        return false;
    buf_reset(&r->key);
    buf_add(&r->key, tuple_take_text(&row));
    pid = tuple_take_small(&row);
    rec = find(r, pid);
    begin(r, rec, pid, STAMP_NONE);
    rec->next = tuple_take_small(&row);
    rec->first = tuple_take_stamp(&row);
    buf_add(&rec->text, tuple_take_text(&row));
    rec->touched = ++r->clock;
    return tuple_is_whole(&row) && rec->next >= 2 &&
           rec->text.len <= PARSE_TEXT_MAX;
}

uint64_t rejoin_dropped(const struct rejoin *r)
{
    uint64_t dropped = r->dropped;

    for (size_t i = 0; i < RECORDS_MAX; i++)
        if (r->record[i].used)
            dropped += r->record[i].next - 1;
    return dropped;
}
