/*
 * feed - sources in, blocks of whole lines out
 *
 * A source is read until it ends: a file where it has nothing more, a pipe
 * where nobody can write to it any more, a log that is followed where another
 * has taken its place.
 */
#include "input/feed.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "input/follow.h"

#define BLOCK_SIZE 262144
#define AHEAD_MOST 3           /* archives */
#define AHEAD_ROOM (32u << 20) /* for them and the one that is read */

enum fill {
    MORE, /* there is something to read */
    FULL,
    IDLE,
    ENDED,
    FAILED,
    STOPPED
};

struct feed {
    struct source **sources;
    size_t count;
    size_t now; /* which is read */
    struct known *known;
    size_t block_size;
    int idle_ms;
    size_t ahead; /* how many archives are unpacked before their turn */

    bool marks;       /* whether done is needed */
    bool keeps_state; /* whether blocks tell it */
    const bool *hold;

    atomic_bool stop;
    int wake_fd; /* readable: look at stop; -1: there is none */

    /* The log that is followed, if any */
    struct follow *follow;
    size_t followed;     /* its number */
    bool renewed;        /* the caller's source of it is done with */
    bool told;           /* that it cannot be opened */
    struct source *own;  /* what was opened under its name later */
    struct source *copy; /* to be read next: where its rest was found */

    /* Of the source that is read */
    struct source *s;
    bool started;
    bool shown;   /* a block of it was given out */
    bool resumed; /* not from its beginning */
    bool growing; /* it has no end of its own */
    bool is_log;
    bool held;                /* the last line stays, if it has no newline */
    struct known_track track; /* of all that was read */
    struct known_log done;    /* up to the last newline */
    struct known_log filed;   /* as the last block told */

    uint64_t content;
    uint64_t consumed; /* of the sources before */
    struct lines lines;
};

struct feed *feed_new(struct source **sources, size_t count,
                      struct known *known, size_t block_size, int idle_ms)
{
    struct feed *f = mem_new(sizeof *f);

    f->sources = sources;
    f->count = count;
    f->known = known;
    f->block_size = block_size > 0 ? block_size : BLOCK_SIZE;
    f->idle_ms = idle_ms;
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return f;
}

void feed_keep_state(struct feed *f, const bool *hold)
{
    f->keeps_state = f->marks = true;
    f->hold = hold;
}

void feed_read_ahead(struct feed *f, size_t archives)
{
    f->ahead = archives < AHEAD_MOST ? archives : AHEAD_MOST;
}

void feed_follow(struct feed *f, const char *path, size_t source)
{
    f->follow = follow_new(path, f->wake_fd);
    f->followed = source;
    f->marks = true;
}

/* The source is done with: the caller's own is not freed. */
static void let_go(struct feed *f)
{
    source_wake_by(f->s, -1);
    if (f->own != NULL)
        source_free(f->own);
    else if (f->follow != NULL && f->now == f->followed)
        source_close(f->s);
    else
        source_rest(f->s);
    f->s = f->own = NULL;
}

void feed_free(struct feed *f)
{
    if (f == NULL)
        return;
    if (f->s != NULL)
        let_go(f);
    for (size_t i = 0; i <= f->ahead && f->now + i < f->count; i++)
        source_rest(f->sources[f->now + i]);
    source_free(f->copy);
    follow_free(f->follow);
    if (f->wake_fd >= 0)
        close(f->wake_fd);
    free(f);
}

uint64_t feed_content(const struct feed *f)
{
    return f->content;
}

uint64_t feed_consumed(const struct feed *f)
{
    return f->consumed + (f->started ? source_consumed(f->s) : 0);
}

/* ---- signals ---- */

static void wake(const struct feed *f)
{
    const uint64_t one = 1;
    int saved = errno;

    /* When it fails there is no one to tell; it then waits for its time. */
    if (write(f->wake_fd, &one, sizeof one) < 0)
        errno = saved;
}

void feed_stop(struct feed *f)
{
    atomic_store(&f->stop, true);
    wake(f);
}

void feed_reopen(struct feed *f)
{
    if (f->follow == NULL)
        return;
    follow_reopen(f->follow);
    wake(f);
}

/* After a wait that may have been cut short; MORE: it was only that. */
static enum fill woken(const struct feed *f)
{
    uint64_t count;

    /* Whether there is anything to take off does not matter. */
    while (read(f->wake_fd, &count, sizeof count) > 0)
        ;
    return atomic_load(&f->stop) ? STOPPED : MORE;
}

/* ---- blocks ---- */

void block_release(struct block *b)
{
    free(b->data);
    *b = (struct block){0};
}

/* Makes b an empty block of the source. */
static void begin_block(struct feed *f, struct block *b)
{
    /* A read behind a whole carry, then a newline for each of the cuts. */
    size_t cap = FEED_LINE_MAX + f->block_size + 2;

    if (b->cap < cap) {
        free(b->data);
        b->data = mem_resize(NULL, cap, 1);
        b->cap = cap;
    }
    b->len = 0;
    b->source = f->now;
    b->first = b->last = b->idle = b->failed = b->resumed = false;
    b->live = true;
    b->known.offset = b->from.offset = 0;
}

/* The block that says how it stands with a log that is not there. */
static bool absent(struct block *b, enum fill how)
{
    if (how == ENDED || how == STOPPED)
        return false;
    b->idle = how == IDLE;
    b->first = b->last = b->failed = how == FAILED;
    return true;
}

static void tell_known(struct feed *f, struct block *b)
{
    b->from = f->filed;
    b->known = b->last && !f->held ? known_of(&f->track) : f->done;
    f->filed = b->known;
}

/* ---- one source ---- */

static bool is_followed(const struct feed *f)
{
    return f->follow != NULL && f->now == f->followed;
}

/* Lets the archives behind the one that is begun be unpacked meanwhile. */
static void read_ahead(struct feed *f)
{
    for (size_t i = 1; i <= f->ahead && f->now + i < f->count; i++)
        source_read_ahead(f->sources[f->now + i], AHEAD_ROOM / (f->ahead + 1));
}

static bool begin_source(struct feed *f, struct error *err)
{
    struct source *s = f->s;
    bool ok;

    read_ahead(f);
    f->started = true;
    f->shown = f->resumed = f->held = false;
    f->is_log = source_format(s) == NULL || f->own != NULL;
    f->growing = is_followed(f) && f->is_log && follow_names(f->follow, s) &&
                 !source_is_packed(s);
    lines_begin(&f->lines);
    f->track = (struct known_track){.offset = 0};
    ok = !f->is_log || f->known == NULL ||
         known_resume(f->known, s, &f->track, err);
    if (!ok)
        f->track = (struct known_track){.offset = 0};
    f->resumed = f->track.offset > 0;
    f->filed = f->track.from;
    f->done = known_of(&f->track);
    return ok;
}

/* A source that was followed is over, and another may take its name. */
static void renew(struct feed *f, bool failed)
{
    bool goes_on = f->own != NULL || follow_names(f->follow, f->s);

    if (failed || !f->growing)
        follow_leave(f->follow, f->s);
    let_go(f);
    f->renewed = true;
    f->s = f->own = f->copy;
    f->copy = NULL;
    if (goes_on)
        return;
    follow_free(f->follow);
    f->follow = NULL;
    f->now++;
}

static void end_source(struct feed *f, bool failed)
{
    if (f->is_log && f->known != NULL) {
        struct known_log log = f->held ? f->done : known_of(&f->track);

        (void)known_put(f->known, &f->track.from, &log);
    }
    f->consumed += source_consumed(f->s);
    f->started = false;
    if (is_followed(f)) {
        renew(f, failed);
    } else {
        let_go(f);
        f->now++;
    }
}

static void track(struct feed *f, struct slice bytes)
{
    const char *newline = NULL;

    if (f->marks && bytes.len > 0)
        newline = memrchr(bytes.ptr, '\n', bytes.len);
    if (newline != NULL) {
        size_t size = (size_t)(newline + 1 - bytes.ptr);

        known_track_add(&f->track, slice_head(bytes, size));
        f->done = known_of(&f->track);
        bytes = slice_from(bytes, size);
    }
    known_track_add(&f->track, bytes);
}

/*
 * Adds what was read behind the block to it, less the rest of a line too
 * long. Returns whether there is the end of a line in it.
 */
static bool take(struct feed *f, struct block *b, size_t got)
{
    char *new = b->data + b->len;

    f->content += got;
    if (!f->is_log) {
        b->len += got;
        return true;
    }
    track(f, slice_make(new, got));
    got = lines_skip(&f->lines, new, got);
    b->len += got;
    return memrchr(new, '\n', got) != NULL;
}

/* Waits, but not beyond the time, for what happens to the log's name. */
static enum fill wait_for_news(struct feed *f, int64_t until)
{
    bool more = follow_wait(f->follow, until);
    enum fill how = woken(f);

    return how == MORE && !more ? IDLE : how;
}

/* whole: there are lines to give out, for which nothing need be waited. */
static enum fill await_growth(struct feed *f, struct block *b, bool whole)
{
    int64_t until = follow_until(f->idle_ms);
    enum fill how = MORE;

    while (how == MORE) {
        switch (follow_look(f->follow, f->s, &f->track, &b->error)) {
        case FOLLOW_GROWN:
            return MORE;
        case FOLLOW_REPLACED:
            return ENDED;
        case FOLLOW_TRUNCATED:
            f->copy = follow_copy(f->follow, &f->done);
            f->held = f->copy != NULL;
            return ENDED;
        case FOLLOW_FAILED:
            return FAILED;
        case FOLLOW_SAME:
            break;
        }
        how = whole ? FULL : wait_for_news(f, until);
    }
    return how;
}

static enum fill await_pipe(struct feed *f)
{
    if (source_ready(f->s, f->idle_ms))
        return MORE;
    return woken(f) == STOPPED ? STOPPED : IDLE;
}

/*
 * Reads until the block is full. A live source's block is also full when it
 * has a whole line and nothing more is ready; one without goes on until it
 * has, or is too long for a line.
 */
static enum fill fill(struct feed *f, struct block *b)
{
    struct source *s = f->s;
    bool pipe = !source_is_file(s);
    size_t full = b->len + f->block_size;
    bool whole = !f->is_log;

    while (b->len < full || (!whole && b->len <= FEED_LINE_MAX)) {
        size_t room = b->len < full ? full - b->len : f->block_size;
        enum fill how = f->growing ? await_growth(f, b, whole)
                        : pipe     ? await_pipe(f)
                                   : MORE;
        size_t got;

        if (how != MORE)
            return how;
        if (!source_read(s, b->data + b->len, room, &got, &b->error))
            return FAILED;
        /* What is growing may have been truncated since the last look. */
        if (got == 0 && !f->growing)
            return ENDED;
        whole = take(f, b, got) || whole;
        if (pipe && whole && b->len > 0 && !source_ready(s, 0))
            return FULL;
    }
    return FULL;
}

/* Makes what was read a block. */
static void end_block(struct feed *f, struct block *b, enum fill how)
{
    b->failed = how == FAILED;
    b->last = how == FAILED || how == ENDED;
    if (b->last && f->hold != NULL && !is_followed(f))
        f->held = f->hold[f->now];
    if (f->is_log)
        b->len = lines_end(&f->lines, b->data, b->len,
                           !b->last  ? LINES_CARRY
                           : f->held ? LINES_DROP
                                     : LINES_SUPPLY);
    b->idle = how == IDLE && b->len == 0;
    if (b->idle)
        return;
    b->first = !f->shown;
    b->resumed = b->first && f->resumed;
    f->shown = true;
    if (f->keeps_state && f->is_log)
        tell_known(f, b);
    if (b->last)
        end_source(f, b->failed);
}

/* Waits for a log to appear under the name. */
static enum fill await_log(struct feed *f, struct error *err)
{
    int64_t until = follow_until(f->idle_ms);
    enum fill how = MORE;
    bool readable = true;

    while (how == MORE) {
        readable = follow_open(f->follow, &f->own, err);
        f->told &= !readable;
        f->s = f->own;
        if (f->s != NULL)
            return MORE;
        how = wait_for_news(f, until);
    }
    if (how == IDLE && !readable && !f->told) {
        f->told = true;
        return FAILED;
    }
    return how;
}

/* Sees to it that there is a source to read; MORE: there is. */
static enum fill find_source(struct feed *f, struct error *err)
{
    if (f->s == NULL && f->now < f->count && !f->renewed) {
        f->s = f->sources[f->now];
        source_wake_by(f->s, f->wake_fd);
    }
    if (f->s != NULL)
        return MORE;
    return f->follow != NULL ? await_log(f, err) : ENDED;
}

bool feed_next(struct feed *f, struct block *b)
{
    enum fill how = FAILED;

    if (atomic_load(&f->stop))
        return false;
    how = find_source(f, &b->error);
    begin_block(f, b);
    if (how != MORE)
        return absent(b, how);
    b->live = !source_is_file(f->s) || is_followed(f);
    b->len = lines_carried(&f->lines, b->data);
    how = f->started || begin_source(f, &b->error) ? fill(f, b) : FAILED;
    /* What was known of a pipe may have been asked for in vain. */
    if (how == STOPPED || (!f->shown && atomic_load(&f->stop)))
        return false;
    end_block(f, b, how);
    return true;
}
