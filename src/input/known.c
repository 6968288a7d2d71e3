/*
 * known - a log is known by its content, not by its name or inode
 */
#include "input/known.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"

#define PIECE 65536 /* of content, skipped at a time */

void known_release(struct known *k)
{
    for (size_t i = 0; i < k->count; i++)
        free(k->log[i].name);
    free(k->log);
    *k = (struct known){0};
}

static struct known_hash hash_bytes(const char *bytes, size_t size)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, size);

    return (struct known_hash){hash.low64, hash.high64};
}

size_t known_tail(const struct known_track *t, char *out, size_t max)
{
    uint64_t len = t->offset - t->tail_from;
    size_t size = len < max ? (size_t)len : max;
    size_t slot = (t->offset - size) % KNOWN_SPAN;
    size_t part = size < KNOWN_SPAN - slot ? size : KNOWN_SPAN - slot;

    memcpy(out, t->tail + slot, part);
    memcpy(out + part, t->tail, size - part);
    return size;
}

void known_track_add(struct known_track *t, struct slice bytes)
{
    if (t->head_size < KNOWN_SPAN && t->head_size == t->offset) {
        struct slice part = slice_head(bytes, KNOWN_SPAN - t->head_size);

        if (part.len > 0)
            memcpy(t->head + t->head_size, part.ptr, part.len);
        t->head_size += (uint32_t)part.len;
    }
    t->offset += bytes.len;
    if (bytes.len >= KNOWN_SPAN)
        bytes = slice_from(bytes, bytes.len - KNOWN_SPAN);
    for (uint64_t at = t->offset - bytes.len; bytes.len > 0;) {
        size_t slot = at % KNOWN_SPAN;
        struct slice part = slice_head(bytes, KNOWN_SPAN - slot);

        memcpy(t->tail + slot, part.ptr, part.len);
        bytes = slice_from(bytes, part.len);
        at += part.len;
    }
    if (t->offset - t->tail_from > KNOWN_SPAN)
        t->tail_from = t->offset - KNOWN_SPAN;
}

/* Whether what t has just read ends as the known log did. */
static bool tail_fits(const struct known_track *t, const struct known_log *log)
{
    char tail[KNOWN_SPAN];

    return t->offset == log->offset && log->tail_size <= KNOWN_SPAN &&
           known_tail(t, tail, log->tail_size) == log->tail_size &&
           known_same_hash(hash_bytes(tail, log->tail_size), log->tail);
}

static int by_offset(const void *a, const void *b)
{
    const struct known_log *const *x = a, *const *y = b;

    return ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

/*
 * The known logs with the source's head, by offset; an array for the caller
 * to free(). Most heads are of the same size, so a hash serves many.
 */
static const struct known_log **find_heads(const struct known *k,
                                           struct source *s, size_t *count)
{
    const struct known_log **found = NULL;
    size_t cap = 0, hashed = 0;
    struct known_hash hash = {0};

    *count = 0;
    for (size_t i = 0; i < k->count; i++) {
        const struct known_log *log = &k->log[i];
        struct slice head = source_peek(s, log->head_size);

        if (log->head_size == 0 || head.len < log->head_size)
            continue;
        if (hashed != log->head_size) {
            hashed = log->head_size;
            hash = hash_bytes(head.ptr, hashed);
        }
        if (!known_same_hash(hash, log->head))
            continue;
        found = mem_grow(found, *count, &cap, sizeof(const struct known_log *));
        found[(*count)++] = log;
    }
    if (*count > 0)
        qsort(found, *count, sizeof(const struct known_log *), by_offset);
    return found;
}

/* Lets t begin at an offset of a plain file, with what stands before it. */
static bool jump(struct known_track *t, struct source *s, uint64_t offset,
                 struct error *err)
{
    char tail[KNOWN_SPAN];
    size_t size = offset < KNOWN_SPAN ? (size_t)offset : KNOWN_SPAN;
    struct slice head = slice_head(source_head(s), size);
    size_t got;

    if (!source_read_at(s, offset - size, tail, size, &got, err))
        return false;
    t->head_size = (uint32_t)head.len;
    if (head.len > 0)
        memcpy(t->head, head.ptr, head.len);
    t->offset = t->tail_from = offset - size;
    /* The head is complete: what is added now must not count as head. */
    known_track_add(t, slice_make(tail, got));
    return true;
}

/* Reads on to an offset; stops short of it at the end of the content. */
static bool walk(struct known_track *t, struct source *s, uint64_t offset,
                 struct error *err)
{
    char piece[PIECE];
    size_t got = 1;

    while (t->offset < offset && got > 0) {
        uint64_t size = offset - t->offset;

        if (size > sizeof piece)
            size = sizeof piece;
        if (!source_read(s, piece, (size_t)size, &got, err))
            return false;
        known_track_add(t, slice_make(piece, got));
    }
    return true;
}

/*
 * Tries the candidates from the least offset on; the greatest that fits wins.
 * A source that cannot be read so far is none of them: whoever reads it next
 * meets the same error in its place.
 */
static void try_candidates(const struct known_log **found, size_t count,
                           struct source *s, struct known_track *t)
{
    bool plain = source_is_file(s) && !source_is_packed(s);
    struct known_track now = {.offset = 0};
    struct error unused;

    for (size_t i = 0; i < count; i++) {
        if (!(plain ? jump(&now, s, found[i]->offset, &unused)
                    : walk(&now, s, found[i]->offset, &unused)))
            return;
        if (tail_fits(&now, found[i])) {
            *t = now;
            t->from = *found[i];
        }
    }
}

/* Takes back the last count bytes. */
static void step_back(struct known_track *t, size_t count)
{
    t->offset -= count;
    if (t->head_size > t->offset)
        t->head_size = (uint32_t)t->offset;
}

/*
 * The log ended within a line when it was read last. If it has grown since,
 * that line is read again from its beginning; but if all it lacked was the
 * newline, it is done with.
 */
static bool mend_line(struct known_track *t, struct source *s,
                      struct error *err)
{
    char tail[KNOWN_SPAN];
    size_t size = known_tail(t, tail, sizeof tail), got;
    const char *newline = memrchr(tail, '\n', size);
    char next;

    if (newline == tail + size - 1)
        return true;
    if (!source_seek(s, t->offset, err) || !source_read(s, &next, 1, &got, err))
        return false;
    if (got == 0)
        return true;
    if (next == '\n')
        known_track_add(t, slice_make(&next, 1));
    else if (newline != NULL)
        step_back(t, size - (size_t)(newline + 1 - tail));
    else if (t->offset == size)
        step_back(t, size);
    return true;
}

bool known_resume(const struct known *k, struct source *s,
                  struct known_track *t, struct error *err)
{
    size_t count;
    const struct known_log **found = find_heads(k, s, &count);
    struct error unused;
    bool ok = true;

    if (count > 0 && (ok = source_keep(s, err))) {
        try_candidates(found, count, s, t);
        /* What mend_line() cannot read, the next read will report. */
        if (t->offset > 0)
            (void)mend_line(t, s, &unused);
        ok = source_seek(s, t->offset, err);
        source_keep_no_more(s);
    }
    free(found);
    return ok;
}

const struct known_log *known_peek(const struct known *k, struct source *s)
{
    size_t count;
    const struct known_log **found = find_heads(k, s, &count);
    const struct known_log *last = count > 0 ? found[count - 1] : NULL;

    free(found);
    return last;
}

struct known_log known_of(const struct known_track *t)
{
    struct known_log log = {
        .head_size = t->head_size,
        .offset = t->offset,
        .first = STAMP_NONE,
        .last = STAMP_NONE,
    };
    char tail[KNOWN_SPAN];

    log.head = hash_bytes(t->head, t->head_size);
    log.tail_size = (uint32_t)known_tail(t, tail, sizeof tail);
    log.tail = hash_bytes(tail, log.tail_size);
    return log;
}

static bool same_log(const struct known_log *a, const struct known_log *b)
{
    return a->head_size == b->head_size && a->offset == b->offset &&
           a->tail_size == b->tail_size && known_same_hash(a->head, b->head) &&
           known_same_hash(a->tail, b->tail);
}

size_t known_find(const struct known *k, const struct known_log *log)
{
    for (size_t i = 0; i < k->count; i++)
        if (same_log(&k->log[i], log))
            return i;
    return SIZE_MAX;
}

struct known_log *known_put(struct known *k, const struct known_log *from,
                            const struct known_log *log)
{
    size_t i = known_find(k, from);
    struct known_log *entry;

    if (log->offset == 0)
        return NULL;
    if (i == SIZE_MAX) {
        k->log = mem_grow(k->log, k->count, &k->cap, sizeof *k->log);
        i = k->count++;
        k->log[i] = (struct known_log){.first = STAMP_NONE, .last = STAMP_NONE};
    }
    entry = &k->log[i];
    entry->head_size = log->head_size;
    entry->head = log->head;
    entry->offset = log->offset;
    entry->tail_size = log->tail_size;
    entry->tail = log->tail;
    return entry;
}
