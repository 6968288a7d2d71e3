/* years - which year the first line of a log is of */
#include "run/years.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/stamp.h"
#include "parse/calendar.h"
#include "parse/header.h"
#include "parse/split.h"

/*
 * The year of a log's first line follows from how often New Year passes in
 * it, so the stamps of the whole log are needed. Of a large file one line in
 * each SAMPLE_STEP bytes is read, and all lines between two samples where
 * more than SAMPLE_GAP days passed, or time stepped back.
 */
#define SAMPLE_FROM (32u << 20)
#define SAMPLE_STEP (1 << 18)
#define SAMPLE_READ 2048
#define SAMPLE_GAP 14

/* Reads stamps, and nothing else, off lines. */
struct stamps {
    struct header_cache cache;
    struct calendar_guess guess;
};

static bool stamp_of(struct stamps *st, struct slice line, struct wall *w)
{
    struct header h;
    enum header_result result = header_parse(line, &st->cache, &h);

    *w = h.when;
    return result != HEADER_NO_STAMP;
}

/* Takes the first line off text; false: there is no whole one. */
static bool next_line(struct slice *text, struct slice *line)
{
    size_t end = slice_find_byte(*text, '\n');

    if (end == SIZE_MAX)
        return false;
    *line = slice_head(*text, end);
    *text = slice_from(*text, end + 1);
    return true;
}

bool years_first_stamp(struct slice text, struct wall *w)
{
    struct stamps st = {.guess = {.started = false}};
    struct slice line;

    while (next_line(&text, &line))
        if (stamp_of(&st, line, w))
            return true;
    return text.len != 0 && stamp_of(&st, text, w);
}

/* Whole lines; most are of the same second as the one before. */
static void add_lines(struct stamps *st, struct slice text)
{
    uint64_t second = 0;
    struct split lines;
    struct slice line;
    struct wall w;

    split_begin(&lines, text);
    while (split_next(&lines, &line)) {
        if (!stamp_of(st, line, &w) || st->cache.outer.second == second)
            continue;
        second = st->cache.outer.second;
        calendar_guess_add(&st->guess, &w);
    }
}

/* Up to the last newline. */
static struct slice whole_lines(struct slice text)
{
    size_t last = slice_find_last(text, SLICE("\n"));

    return slice_head(text, last == SIZE_MAX ? 0 : last + 1);
}

static bool read_all(struct source *s, struct stamps *st, struct error *err)
{
    const size_t size = 1 << 18;
    char *buf = mem_array(size, 1);
    size_t kept = 0, got;
    bool ok;

    while ((ok = source_read(s, buf + kept, size - kept, &got, err)) &&
           got != 0) {
        struct slice text = slice_make(buf, kept + got);
        struct slice lines = whole_lines(text);

        if (lines.len == 0) {
            kept = kept + got == size ? 0 : kept + got;
            continue;
        }
        add_lines(st, lines);
        kept = text.len - lines.len;
        memmove(buf, buf + lines.len, kept);
    }
    free(buf);
    return ok;
}

/* A day's place in a year of 31-day months: near enough to compare. */
static int day_of(const struct wall *w)
{
    return w->month * 31 + w->day;
}

/* Whether lines between two samples may hide a step that matters. */
static bool may_hide(const struct wall *before, const struct wall *after)
{
    int passed = day_of(after) - day_of(before);

    return passed < 0 || passed > SAMPLE_GAP;
}

static bool read_samples(struct source *s, struct stamps *st, struct error *err)
{
    char *buf = mem_array(SAMPLE_STEP, 1);
    uint64_t size = source_size(s);
    bool ok = true;

    for (uint64_t at = 0; ok && at < size; at += SAMPLE_STEP) {
        struct slice text, line = {NULL, 0};
        struct wall w;
        size_t got;

        ok = source_read_at(s, at, buf, SAMPLE_READ, &got, err);
        text = slice_make(buf, ok ? got : 0);
        if (at != 0)
            next_line(&text, &line); /* it began before */
        line = slice_make(NULL, 0);
        while (next_line(&text, &line))
            if (stamp_of(st, line, &w))
                break;
        if (line.ptr == NULL || !stamp_of(st, line, &w))
            continue;
        if (at != 0 && st->guess.started && may_hide(&st->guess.last, &w)) {
            ok = source_read_at(s, at - SAMPLE_STEP, buf, SAMPLE_STEP, &got,
                                err);
            text = slice_make(buf, ok ? got : 0);
            next_line(&text, &line);
            add_lines(st, whole_lines(text));
            continue;
        }
        calendar_guess_add(&st->guess, &w);
    }
    free(buf);
    return ok;
}

/*
 * The year that puts no line of a file more than a day after the file was
 * last written. A file that can't be read now says so when its turn comes.
 */
static int year_of_file(struct source *s, const struct wall *first)
{
    struct stamps st = {.guess = {.started = false}};
    struct error err;

    if (source_is_packed(s) || source_size(s) < SAMPLE_FROM)
        (void)read_all(s, &st, &err);
    else
        (void)read_samples(s, &st, &err);
    if (!st.guess.started)
        calendar_guess_add(&st.guess, first);
    return calendar_guess_year(&st.guess, source_mtime(s) + STAMP_DAY);
}

static int year_of_pipe(const struct wall *first, int64_t now)
{
    struct calendar_guess guess = {.started = false};

    calendar_guess_add(&guess, first);
    return calendar_guess_year(&guess, now);
}

int years_of(struct source *s, const struct wall *first, int64_t now)
{
    return source_is_file(s) ? year_of_file(s, first)
                             : year_of_pipe(first, now);
}
