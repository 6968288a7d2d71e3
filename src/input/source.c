/*
 * source - one INPUT: a log, or rows of our own, from a file or a pipe
 *
 * A read goes through stages: raw bytes, unpacked if they are packed, turned
 * into lines if they are a journal's. What the first look has read is kept as
 * the head and given out from there; behind the head the stages go on.
 */
#include "input/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "input/ahead.h"
#include "input/journal.h"
#include "input/raw.h"
#include "input/spool.h"
#include "input/unpack.h"

#define PIECE 65536    /* of a journal, to be turned into lines at a time */
#define HEAD_KEPT 8192 /* at least that much stays of a resting file's head */
#define HOLD_STEP (1u << 20)
#define AHEAD_FROM 16384 /* bytes on disk; less is not worth a thread */

struct source {
    struct raw *raw;
    bool packed;
    bool slow; /* to unpack */
    enum journal_form form;
    const struct format *format;

    char *head;
    size_t head_len;
    bool whole;    /* the head is all of the content */
    uint64_t next; /* offset in the content of the next byte to give out */

    /* The stages; made when they are needed. */
    struct unpack *unpack;
    struct ahead *ahead; /* has raw and unpack to itself; NULL: nobody has */
    struct journal *journal;
    struct buf lines; /* of the journal, not taken yet */
    size_t lines_at;
    bool ended;
    bool failed; /* with error, once the lines are taken */
    struct error error;
    uint64_t at; /* offset in the content where the stages stand */

    struct spool *spool; /* of a pipe, while its content is kept or reread */
    bool keeping;
};

/* Forgets the stages; they start again at the beginning. */
static void drop_stages(struct source *s)
{
    ahead_free(s->ahead);
    s->ahead = NULL;
    unpack_free(s->unpack);
    s->unpack = NULL;
    journal_free(s->journal);
    s->journal = NULL;
    buf_free(&s->lines);
    s->lines_at = 0;
    s->ended = s->failed = false;
    s->at = 0;
}

static void drop_spool(struct source *s)
{
    spool_free(s->spool);
    s->spool = NULL;
    s->keeping = false;
}

static bool read_unpacked(struct source *s, char *buf, size_t size, size_t *got,
                          struct error *err)
{
    if (!s->packed)
        return raw_read(s->raw, buf, size, got, err);
    if (s->ahead != NULL)
        return ahead_read(s->ahead, buf, size, got, err);
    if (s->unpack == NULL)
        s->unpack = unpack_new(s->raw);
    return unpack_read(s->unpack, buf, size, got, err);
}

/* Turns one more piece of the journal into lines, be there any or none. */
static void pump(struct source *s)
{
    char *piece = mem_resize(NULL, PIECE, 1);
    size_t got = 0;

    if (s->journal == NULL)
        s->journal = journal_new(s->form);
    s->failed = !read_unpacked(s, piece, PIECE, &got, &s->error);
    s->ended = s->failed || got == 0;
    buf_reset(&s->lines);
    s->lines_at = 0;
    journal_add(s->journal, slice_make(piece, got), &s->lines);
    if (s->ended)
        journal_finish(s->journal, &s->lines);
    free(piece);
}

static bool lines_wait(const struct source *s)
{
    return s->lines_at < s->lines.len;
}

static bool read_lines(struct source *s, char *buf, size_t size, size_t *got,
                       struct error *err)
{
    *got = 0;
    while (!lines_wait(s) && !s->ended)
        pump(s);
    if (!lines_wait(s) && s->failed) {
        *err = s->error;
        return false;
    }
    *got = s->lines.len - s->lines_at;
    if (*got > size)
        *got = size;
    if (*got > 0)
        memcpy(buf, s->lines.ptr + s->lines_at, *got);
    s->lines_at += *got;
    return true;
}

/* From the last stage. A failure stays one: a pipe may be asked again. */
static bool read_stages(struct source *s, char *buf, size_t size, size_t *got,
                        struct error *err)
{
    *got = 0;
    if (s->form != JOURNAL_NONE) {
        if (!read_lines(s, buf, size, got, err))
            return false;
    } else if (s->failed) {
        *err = s->error;
        return false;
    } else if (!read_unpacked(s, buf, size, got, err)) {
        s->failed = true;
        s->error = *err;
        return false;
    }
    s->at += *got;
    return true;
}

static bool stages_ready(const struct source *s)
{
    return lines_wait(s) || s->ended || s->failed ||
           (s->unpack != NULL && unpack_ready(s->unpack));
}

/* Whether the last stage has something, or need not wait for it. */
static bool wait_stages(struct source *s, int milliseconds)
{
    if (raw_is_file(s->raw))
        return true;

    /* Of a journal an entry may have come in part, which is no line yet. */
    while (!stages_ready(s)) {
        if (!raw_ready(s->raw, milliseconds))
            return false;
        if (s->form == JOURNAL_NONE)
            return true;
        pump(s);
    }
    return true;
}

/*
 * Reads more of the head: a file's in full, of a pipe what comes until there
 * are enough bytes, or a line. An error is met again by the next read.
 */
static void fill_head(struct source *s, size_t enough, bool line)
{
    struct error unused;
    size_t got;

    s->head = mem_resize(s->head, SOURCE_HEAD, 1);
    while (s->head_len < enough) {
        const char *new = s->head + s->head_len;

        if (!wait_stages(s, -1) ||
            !read_stages(s, s->head + s->head_len, SOURCE_HEAD - s->head_len,
                         &got, &unused) ||
            got == 0)
            break;
        s->head_len += got;
        if (line && !raw_is_file(s->raw) && memchr(new, '\n', got) != NULL)
            break;
    }
    s->head = mem_resize(s->head, s->head_len, 1);
}

struct source *source_open(const char *name, struct error *err)
{
    struct raw *raw = raw_open(name, err);
    struct source *s;

    if (raw == NULL)
        return NULL;
    s = mem_new(sizeof *s);
    s->raw = raw;
    s->packed = unpack_knows(raw_peek(raw));
    s->slow = unpack_is_slow(raw_peek(raw));
    fill_head(s, SOURCE_HEAD, true);
    s->form = journal_guess(source_head(s));
    if (s->form != JOURNAL_NONE) {
        /* What was taken for the head is the beginning of the journal. */
        s->journal = journal_new(s->form);
        journal_add(s->journal, source_head(s), &s->lines);
        s->at = 0;
        s->head_len = 0;
        fill_head(s, SOURCE_HEAD, true);
    } else {
        s->format = format_guess(source_head(s));
    }
    return s;
}

void source_free(struct source *s)
{
    if (s == NULL)
        return;
    drop_stages(s);
    drop_spool(s);
    raw_free(s->raw);
    free(s->head);
    free(s);
}

const char *source_name(const struct source *s)
{
    return raw_name(s->raw);
}

struct slice source_head(const struct source *s)
{
    return slice_make(s->head, s->head_len);
}

struct slice source_peek(struct source *s, size_t size)
{
    if (size > SOURCE_HEAD)
        size = SOURCE_HEAD;
    if (s->head_len < size && s->next == 0 && s->at == s->head_len)
        fill_head(s, size, false);
    return source_head(s);
}

const struct format *source_format(const struct source *s)
{
    return s->format;
}

bool source_is_file(const struct source *s)
{
    return raw_is_file(s->raw);
}

bool source_is_packed(const struct source *s)
{
    return s->packed || s->form != JOURNAL_NONE;
}

int64_t source_mtime(const struct source *s)
{
    return raw_mtime(s->raw);
}

uint64_t source_size(const struct source *s)
{
    return raw_size(s->raw);
}

uint64_t source_consumed(const struct source *s)
{
    return s->ahead != NULL ? ahead_consumed(s->ahead) : raw_offset(s->raw);
}

void source_read_ahead(struct source *s, size_t room)
{
    struct error unused;

    if (!s->slow || !raw_is_file(s->raw) || s->whole || s->ahead != NULL ||
        raw_size(s->raw) < AHEAD_FROM)
        return;
    drop_stages(s);
    if (!raw_seek(s->raw, 0, &unused))
        return; /* the first read will meet the same */
    s->unpack = unpack_new(s->raw);
    s->ahead = ahead_new(s->raw, s->unpack, room);
}

/* Enough for the first line, and to know a log again, which needs 4 KiB. */
static void shorten_head(struct source *s)
{
    size_t line = slice_find_byte(source_head(s), '\n');
    size_t len = line < HEAD_KEPT ? HEAD_KEPT : line;

    if (len < s->head_len) {
        s->head_len = len;
        s->head = mem_resize(s->head, len, 1);
    }
}

void source_rest(struct source *s)
{
    if (!raw_is_file(s->raw))
        return;
    if (source_is_packed(s))
        drop_stages(s);
    s->whole = false;
    shorten_head(s);
    raw_rest(s->raw);
}

void source_close(struct source *s)
{
    source_rest(s);
    raw_close(s->raw);
}

bool source_is(const struct source *s, const struct stat *file)
{
    return raw_is(s->raw, file);
}

bool source_keep(struct source *s, struct error *err)
{
    if (raw_is_file(s->raw))
        return true;
    drop_spool(s);
    s->spool = spool_new(s->at, err);
    s->keeping = s->spool != NULL;
    return s->keeping;
}

void source_keep_no_more(struct source *s)
{
    s->keeping = false;
}

/* A pipe's head is followed by what was kept, or by the stages. */
static bool reachable(const struct source *s, uint64_t offset)
{
    if (raw_is_file(s->raw) || offset == s->at)
        return true;
    if (offset < s->head_len)
        offset = s->head_len;
    return offset == s->at || (s->spool != NULL && spool_has(s->spool, offset));
}

bool source_seek(struct source *s, uint64_t offset, struct error *err)
{
    if (!reachable(s, offset))
        return error_set(err, "%s: a pipe cannot be read again",
                         source_name(s));
    s->next = offset;
    return true;
}

bool source_rewind(struct source *s, struct error *err)
{
    if (!raw_is_file(s->raw))
        return error_set(err, "%s: a pipe cannot be read again",
                         source_name(s));
    return source_seek(s, 0, err);
}

/* Brings the stages of a file to the next byte to give out. */
static bool align(struct source *s, struct error *err)
{
    char skipped[16384];
    size_t got = 1;

    if (!source_is_packed(s)) {
        if (s->at == s->next)
            return true;
        s->failed = false;
        s->at = s->next;
        return raw_seek(s->raw, s->next, err);
    }
    if (s->at > s->next || (s->unpack == NULL && s->journal == NULL)) {
        drop_stages(s);
        if (!raw_seek(s->raw, 0, err))
            return false;
    }
    while (s->at < s->next && got > 0) {
        uint64_t size = s->next - s->at;

        if (size > sizeof skipped)
            size = sizeof skipped;
        if (!read_stages(s, skipped, (size_t)size, &got, err))
            return false;
    }
    return true;
}

bool source_read(struct source *s, char *buf, size_t size, size_t *got,
                 struct error *err)
{
    *got = 0;
    if (s->next < s->head_len) {
        *got = s->head_len - (size_t)s->next;
        if (*got > size)
            *got = size;
        memcpy(buf, s->head + s->next, *got);
    } else if (s->whole) {
        return true;
    } else if (s->spool != NULL && spool_has(s->spool, s->next)) {
        if (!spool_read(s->spool, s->next, buf, size, got, err))
            return false;
    } else {
        if (raw_is_file(s->raw) && !align(s, err))
            return false;
        if (!s->keeping)
            drop_spool(s);
        if (!read_stages(s, buf, size, got, err))
            return false;
        if (s->keeping && !spool_add(s->spool, slice_make(buf, *got), err))
            return false;
    }
    s->next += *got;
    return true;
}

size_t source_hold(struct source *s, size_t room)
{
    struct error unused;
    size_t got = 1;
    bool ok = true;

    if ((!s->slow && s->form == JOURNAL_NONE) || !raw_is_file(s->raw) ||
        s->next != 0)
        return 0;
    s->next = s->head_len;
    while (ok && got > 0 && s->head_len < room) {
        s->head = mem_resize(s->head, s->head_len + HOLD_STEP, 1);
        ok = source_read(s, s->head + s->head_len, HOLD_STEP, &got, &unused);
        s->head_len += got;
    }
    s->next = 0;
    s->whole = ok && got == 0;
    if (!s->whole)
        return 0;
    s->head = mem_resize(s->head, s->head_len, 1);
    drop_stages(s);
    raw_rest(s->raw);
    return s->head_len;
}

bool source_ready(struct source *s, int milliseconds)
{
    return s->next < s->head_len || s->next < s->at ||
           wait_stages(s, milliseconds);
}

void source_wake_by(struct source *s, int fd)
{
    raw_wake_by(s->raw, fd);
}

bool source_read_at(struct source *s, uint64_t offset, char *buf, size_t size,
                    size_t *got, struct error *err)
{
    return raw_read_at(s->raw, offset, buf, size, got, err);
}
