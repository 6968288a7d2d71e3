/* inputs - the INPUTs of the command line: opened, told apart, in order */
#include "run/inputs.h"

#include <stdlib.h>

#include "base/mem.h"
#include "input/known.h"
#include "parse/calendar.h"
#include "parse/header.h"

#define DAY 86400

/*
 * The year of a log's first line follows from how often New Year passes in
 * it, so the stamps of the whole log are needed. Of a large file one line in
 * each SAMPLE_STEP bytes is read, and all lines between two samples where
 * more than SAMPLE_GAP days passed, or time stepped back.
 */
#define SAMPLE_FROM (16u << 20)
#define SAMPLE_STEP 65536
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

/* The first stamp in text; its last line may lack its newline. */
static bool first_stamp(struct slice text, struct wall *w)
{
    struct stamps st = {.guess = {.started = false}};
    struct slice line;

    while (next_line(&text, &line))
        if (stamp_of(&st, line, w))
            return true;
    return text.len != 0 && stamp_of(&st, text, w);
}

static void add_lines(struct stamps *st, struct slice text)
{
    struct slice line;
    struct wall w;

    while (next_line(&text, &line))
        if (stamp_of(st, line, &w))
            calendar_guess_add(&st->guess, &w);
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
        size_t end = slice_find_last(text, SLICE("\n"));

        if (end == SIZE_MAX) {
            kept = kept + got == size ? 0 : kept + got;
            continue;
        }
        add_lines(st, slice_head(text, end + 1));
        kept = text.len - end - 1;
        memmove(buf, buf + end + 1, kept);
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
            add_lines(st, text);
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
static int year_of_file(struct source *s)
{
    struct stamps st = {.guess = {.started = false}};
    struct error err;

    if (source_is_packed(s) || source_size(s) < SAMPLE_FROM)
        (void)read_all(s, &st, &err);
    else
        (void)read_samples(s, &st, &err);
    if (!st.guess.started) {
        struct wall w;

        if (first_stamp(source_head(s), &w))
            calendar_guess_add(&st.guess, &w);
    }
    return calendar_guess_year(&st.guess, source_mtime(s) + DAY);
}

static int year_of_pipe(const struct wall *first, int64_t now)
{
    struct calendar_guess guess = {.started = false};

    calendar_guess_add(&guess, first);
    return calendar_guess_year(&guess, now);
}

static bool date_log(struct input *in, const struct options *o, int64_t now,
                     struct error *err)
{
    struct calendar calendar;
    struct wall w;

    in->first = STAMP_NONE;
    in->year = o->year;
    if (!first_stamp(source_head(in->source), &w))
        return true;
    if (w.year == 0 && in->year == 0) {
        if (source_is_file(in->source)) {
            in->year = year_of_file(in->source);
            if (!source_rewind(in->source, err))
                return false;
        } else {
            in->year = year_of_pipe(&w, now);
        }
    }
    calendar_start(&calendar, in->year);
    in->first = calendar_resolve(&calendar, &w);
    return true;
}

/* What the order of inputs is decided by. */
struct ranked {
    struct input input;
    uint64_t length; /* of content, where another has the same head */
    size_t given;    /* place on the command line: decides between equals */
};

static int by_first_stamp(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    bool x_rows = source_format(x->input.source) != NULL;
    bool y_rows = source_format(y->input.source) != NULL;
    int order;

    if (x_rows != y_rows)
        return x_rows ? -1 : 1;
    order = stamp_compare(x->input.first, y->input.first);
    if (order != 0)
        return order;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return x->given < y->given ? -1 : x->given > y->given;
}

static bool same_head(const struct source *a, const struct source *b)
{
    struct slice head = slice_head(source_head(a), KNOWN_SPAN);

    return head.len != 0 &&
           slice_equal(head, slice_head(source_head(b), KNOWN_SPAN));
}

/* How long the content is; of a pipe, longer than any file. */
static uint64_t content_length(struct source *s)
{
    const size_t size = 1 << 18;
    struct error err;
    uint64_t length = 0;
    size_t got = 0;
    char *buf;

    if (!source_is_file(s))
        return UINT64_MAX;
    if (!source_is_packed(s))
        return source_size(s);
    buf = mem_array(size, 1);
    while (source_read(s, buf, size, &got, &err) && got != 0)
        length += got;
    free(buf);
    return source_rewind(s, &err) ? length : UINT64_MAX;
}

/*
 * Of one log given at several times of its life the youngest comes first:
 * then each goes on where the one before it stopped (input/known).
 */
static void measure_equals(struct ranked *list, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        bool alike = same_head(list[i].input.source, list[i + 1].input.source);

        if (alike && list[i].length == 0)
            list[i].length = content_length(list[i].input.source);
        if (alike)
            list[i + 1].length = content_length(list[i + 1].input.source);
    }
}

static void put_in_order(struct inputs *in)
{
    struct ranked *list = mem_array(in->count + 1, sizeof *list);

    for (size_t i = 0; i < in->count; i++)
        list[i] = (struct ranked){.input = in->input[i], .given = i};
    qsort(list, in->count, sizeof *list, by_first_stamp);
    measure_equals(list, in->count);
    qsort(list, in->count, sizeof *list, by_first_stamp);
    for (size_t i = 0; i < in->count; i++)
        in->input[i] = list[i].input;
    free(list);
}

bool inputs_open(struct inputs *in, const struct options *o, int64_t now,
                 run_complain *complain, void *arg)
{
    struct error err;
    bool all = true;

    *in =
        (struct inputs){.input = mem_array(o->input_count, sizeof *in->input)};
    for (size_t i = 0; i < o->input_count; i++) {
        struct input *one = &in->input[in->count];

        one->first = STAMP_NONE;
        one->source = source_open(o->inputs[i], &err);
        if (one->source == NULL || (source_format(one->source) == NULL &&
                                    !date_log(one, o, now, &err))) {
            complain(arg, &err);
            source_free(one->source);
            all = false;
            continue;
        }
        in->count++;
    }
    put_in_order(in);
    in->source = mem_array(in->count + 1, sizeof(struct source *));
    for (size_t i = 0; i < in->count; i++) {
        source_rest(in->input[i].source);
        in->source[i] = in->input[i].source;
    }
    return all;
}

void inputs_release(struct inputs *in)
{
    for (size_t i = 0; i < in->count; i++)
        source_free(in->input[i].source);
    free(in->input);
    free(in->source);
}
