/* fold - what happens in the order of the input */
#include "run/fold.h"

#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "join/join.h"
#include "join/rejoin.h"
#include "parse/calendar.h"
#include "parse/parser.h"
#include "run/explain.h"
#include "run/results.h"

#define COMMIT_SECONDS 5
#define VERDICTS_MS 500 /* how long a silent input may wait for them */

struct fold {
    const struct options *o;
    const struct inputs *in;
    struct keep *keep; /* NULL: rows go out as they come */
    run_complain *complain;
    void *arg;
    bool trouble;
    int64_t now;       /* when the run began */
    int64_t committed; /* when the collection was last */

    /* Of the log that is being read. */
    bool begun; /* a log, which was this: */
    size_t source;
    struct calendar calendar;
    uint64_t line;            /* lines before this block */
    struct stamp first, last; /* stamps of its lines so far */
    struct rejoin *rejoin;
    struct parser *parser; /* of records put together, and of deliveries */
    struct join *join;
    int64_t heard; /* when the last bytes came */

    /* Of the file of rows that is being read. */
    struct reader *reader;
    unsigned reading; /* which input */
    bool broken;      /* the rest of it is skipped */

    struct results *results; /* NULL: lines are explained */
    struct explain *explain;
    struct out *out;
    struct out *unparsed;
    struct tally tally;
};

/* ---- rows of our own ---- */

static bool refuse_rows(const char *name, struct error *err)
{
    return error_at(err, (struct place){name, 0},
                    "has rows, and --explain is for logs");
}

static bool on_row(void *arg, const struct row *row,
                   const struct field_list *columns, uint64_t line,
                   struct error *err)
{
    struct fold *f = arg;
    const char *name = input_name(&f->in->input[f->reading]);

    if (f->explain != NULL)
        return refuse_rows(name, err);
    return results_row(f->results, row, columns, f->reading,
                       (struct place){name, line}, err);
}

/* Remembers that an input was not read whole, and says so. */
static void complain_of(struct fold *f, const struct error *err)
{
    f->trouble = true;
    f->complain(f->arg, err);
}

static void fold_rows(struct fold *f, const struct block *b)
{
    const struct input *in = &f->in->input[b->source];
    struct error err = {.code = 0};

    if (b->first) {
        f->reading = (unsigned)b->source;
        f->reader = reader_new(input_format(in), input_name(in), on_row, f);
        f->broken = false;
    }
    if (!f->broken &&
        !reader_feed(f->reader, slice_make(b->data, b->len), &err)) {
        f->broken = true;
        complain_of(f, &err);
    }
    if (b->failed) {
        f->broken = true;
        complain_of(f, &b->error);
    }
    if (!b->last)
        return;
    if (!f->broken && !reader_finish(f->reader, &err))
        complain_of(f, &err);
    reader_free(f->reader);
    f->reader = NULL;
}

/* ---- databases ---- */

struct base_reading {
    struct fold *f;
    unsigned number; /* of the input */
    const char *name;
    bool over; /* what is kept failed, not what is read */
};

static bool on_base_row(void *arg, const struct row *row,
                        const struct field_list *columns, uint64_t line,
                        struct error *err)
{
    struct base_reading *r = arg;
    struct fold *f = r->f;

    (void)line;
    if (!results_row(f->results, row, columns, r->number,
                     (struct place){r->name, 0}, err))
        return false;
    if (f->keep == NULL || !keep_is_due(f->keep) ||
        keep_commit(f->keep, f->join, f->rejoin, true, err))
        return true;
    r->over = true;
    return false;
}

bool fold_databases(struct fold *f, struct error *err)
{
    for (size_t i = 0; i < f->in->bases.count; i++) {
        const struct uri *uri = &f->in->bases.uri[i];
        struct base_reading r = {f, (unsigned)(f->in->count + i), uri->name,
                                 false};
        bool ok =
            f->explain == NULL
                ? bases_read(uri, f->o, results_want_recipients(f->results),
                             on_base_row, &r, err)
                : refuse_rows(uri->name, err);

        if (r.over)
            return false;
        if (!ok)
            complain_of(f, err);
    }
    return true;
}

/* ---- lines of logs ---- */

/*
 * A part of a split record. When it completes one, *whole is the event that
 * the record as a whole is, and *at the stamp of its first part.
 */
static bool complete_record(struct fold *f, const struct event *part,
                            struct stamp *at, struct event *whole)
{
    struct slice text;

    if (!rejoin_add(f->rejoin, part, *at, &text, at))
        return false;
    parser_reset(f->parser);
    *whole = *part;
    return parser_text(f->parser, text, whole) == PARSE_EVENT;
}

/* A delivery that the workers have left. */
static bool read_delivery(void *arg, struct event *ev)
{
    struct fold *f = arg;

    parser_reset(f->parser);
    return parser_text(f->parser, ev->text, ev) == PARSE_EVENT;
}

static bool keep_unparsed(struct fold *f, const struct batch_line *line,
                          struct error *err)
{
    if (f->unparsed == NULL || line->result != PARSE_NOT_UNDERSTOOD)
        return true;
    return out_add(f->unparsed, line->text, err) &&
           out_add(f->unparsed, SLICE("\n"), err);
}

/* When a line was written that has a stamp. */
static inline struct stamp stamp_of(struct fold *f, const struct event *ev)
{
    if (!ev->same_second) {
        f->last = calendar_resolve(&f->calendar, &ev->head.when);
        if (stamp_is_none(f->first))
            f->first = f->last;
    } else if (f->last.nsec != ev->head.when.nsec) {
        f->last.nsec = ev->head.when.nsec;
    }
    return f->last;
}

/* Of a record in parts, the event that its last part completes; else NULL. */
static const struct event *whole_of(struct fold *f, const struct event *ev,
                                    struct stamp *at, struct event *whole)
{
    return ev->kind == EVENT_PART && complete_record(f, ev, at, whole) ? whole
                                                                       : NULL;
}

static bool fold_part(struct fold *f, const struct event *ev, struct stamp at,
                      struct error *err)
{
    struct event whole;
    const struct event *record = whole_of(f, ev, &at, &whole);

    return join_add(f->join, record == NULL ? ev : record, at, err);
}

static bool fold_event(struct fold *f, const struct event *ev,
                       struct error *err)
{
    struct stamp at = stamp_of(f, ev);

    return ev->kind == EVENT_PART ? fold_part(f, ev, at, err)
                                  : join_add(f->join, ev, at, err);
}

/* A line that is kept: explained, put aside, or taken like any other. */
static bool fold_line(struct fold *f, const struct block *b,
                      const struct event *ev, const struct batch_line *line,
                      struct error *err)
{
    bool stamped =
        line->result != PARSE_NO_LOG && line->result != PARSE_TOO_LONG;
    struct place where = {input_name(&f->in->input[b->source]),
                          f->line + ev->line + 1};
    struct stamp at = STAMP_NONE;
    const struct event *record;
    struct event whole;

    if (!keep_unparsed(f, line, err))
        return false;
    if (f->explain == NULL)
        return !stamped || fold_event(f, ev, err);
    if (stamped)
        at = stamp_of(f, ev);
    record = whole_of(f, ev, &at, &whole);
    return explain_line(f->explain, where, line, ev, at, record, err);
}

/* What was in flight of a host must be there before its next line. */
static bool meet_host(struct fold *f, const struct block *b,
                      const struct event *ev, struct error *err)
{
    return ev->same_host || keep_meet(f->keep, ev->head.host, b->source,
                                      f->join, f->rejoin, err);
}

/* What is known of a log that was read before, by an earlier run or this. */
static const struct known_log *read_before(const struct fold *f,
                                           const struct block *b)
{
    const struct known *known = f->keep == NULL ? NULL : keep_known(f->keep);
    size_t i = known == NULL ? SIZE_MAX : known_find(known, &b->from);

    return b->resumed && i != SIZE_MAX ? &known->log[i] : NULL;
}

/* A log begins, or goes on where it was left. */
static void begin_log(struct fold *f, const struct block *b)
{
    const struct input *in = &f->in->input[b->source];
    const struct known_log *before = read_before(f, b);

    f->line = 0;
    f->first = f->last = STAMP_NONE;
    join_hear(f->join, input_heard(in));
    if (before != NULL && !stamp_is_none(before->last)) {
        f->first = before->first;
        f->last = before->last;
        calendar_resume(&f->calendar, before->last);
    } else if (f->begun && b->source == f->source) {
        /* One that is followed was rotated: time goes on. */
    } else {
        calendar_start(&f->calendar, inputs_year(in, f->o, f->now));
    }
    f->begun = true;
    f->source = b->source;
}

/* How far the log was read, for the next run. */
static void note_log(struct fold *f, const struct block *b)
{
    struct known_log log = b->known;

    log.name = (char *)f->in->input[b->source].given;
    log.first = f->first;
    log.last = f->last;
    keep_log(f->keep, b->source, &b->from, &log);
}

static bool fold_log(struct fold *f, const struct block *b,
                     const struct batch *batch, struct error *err)
{
    bool keeps_lines = f->explain != NULL || f->unparsed != NULL;
    bool meets_hosts = f->keep != NULL && keep_is_database(f->keep);

    if (b->first)
        begin_log(f, b);
    for (size_t i = 0; i < batch->count; i++)
        if ((meets_hosts && !meet_host(f, b, &batch->event[i], err)) ||
            !(keeps_lines
                  ? fold_line(f, b, &batch->event[i], &batch->line[i], err)
                  : fold_event(f, &batch->event[i], err)))
            return false;
    f->line += batch->lines;
    f->tally.lines += batch->lines;
    for (unsigned i = 0; i < PARSE_TOTAL; i++)
        f->tally.results[i] += batch->results[i];
    if (f->keep != NULL)
        note_log(f, b);
    if (b->failed)
        complain_of(f, &b->error);
    return true;
}

/* Rows, logs and what is in flight become the collection's, as one. */
static bool commit(struct fold *f, struct error *err)
{
    f->committed = (int64_t)time(NULL);
    return join_settle(f->join, f->committed, err) &&
           results_keep(f->results, err) &&
           keep_commit(f->keep, f->join, f->rejoin, false, err);
}

/*
 * A database takes much at once, but not all. A run without end commits every
 * few seconds.
 */
static bool commit_if_due(struct fold *f, struct error *err)
{
    if (f->keep != NULL && keep_is_due(f->keep))
        return keep_commit(f->keep, f->join, f->rejoin, true, err);
    if (f->keep == NULL || !f->o->follow ||
        (int64_t)time(NULL) - f->committed < COMMIT_SECONDS)
        return true;
    return commit(f, err);
}

/* A live input waits: so does nobody else for what is complete. */
static bool fold_silence(struct fold *f, struct error *err)
{
    int64_t now = (int64_t)time(NULL);

    if (now - f->heard >= JOIN_GRACE && !join_tick(f->join, now, err))
        return false;
    return f->results == NULL || results_release(f->results, VERDICTS_MS, err);
}

/* Rows of a live input are not kept back. */
static bool flush(struct fold *f, struct error *err)
{
    return (f->results == NULL || results_release(f->results, 0, err)) &&
           out_flush(f->out, err);
}

bool fold_begin(struct fold *f, struct error *err)
{
    if (f->explain != NULL)
        return true;
    if (f->keep != NULL && !keep_load(f->keep, f->in, f->join, f->rejoin, err))
        return false;
    return results_begin(f->results, err);
}

bool fold_wants_batch(const struct fold *f, const struct block *b)
{
    return input_format(&f->in->input[b->source]) == NULL;
}

bool fold_wants_recipients(const struct fold *f)
{
    return f->results == NULL || results_want_recipients(f->results);
}

bool fold_block(struct fold *f, const struct block *b,
                const struct batch *batch, struct error *err)
{
    bool ok = true;

    if (b->live &&
        !b->idle) { /* before its lines are joined: they are of now */
        f->heard = (int64_t)time(NULL);
        join_hear(f->join, f->heard);
    }
    if (b->idle)
        ok = fold_silence(f, err);
    else if (fold_wants_batch(f, b))
        ok = fold_log(f, b, batch, err);
    else
        fold_rows(f, b);
    if (ok && b->live && (f->explain != NULL || results_stream(f->results)))
        ok = flush(f, err);
    return ok && commit_if_due(f, err);
}

bool fold_finish(struct fold *f, struct error *err)
{
    if (f->explain != NULL)
        return true;
    if (f->keep != NULL)
        return commit(f, err);
    return join_finish(f->join, err) && results_finish(f->results, err);
}

bool fold_trouble(const struct fold *f)
{
    return f->trouble;
}

struct tally fold_tally(const struct fold *f)
{
    struct tally t = f->tally;
    struct join_counts joined = join_counts(f->join);
    struct results_tally made = {0};

    if (f->results != NULL)
        made = results_tally(f->results);
    t.messages = joined.messages + made.messages;
    t.fragments = joined.fragments;
    t.parts_lost = rejoin_dropped(f->rejoin);
    t.local = made.local;
    t.rows = made.rows;
    t.listing = made.listing;
    return t;
}

static struct explain *explain_for(const struct options *o, struct out *out)
{
    bool json = o->format_given && o->format == format_find(SLICE("jsonl"));

    return explain_new(json, out);
}

struct fold *fold_new(const struct options *o, const struct ruleset *rs,
                      const struct inputs *in, struct keep *keep,
                      struct verdicts *verdicts, struct out *out,
                      struct out *unparsed, run_complain *complain, void *arg)
{
    struct fold *f = mem_new(sizeof *f);

    f->o = o;
    f->in = in;
    f->keep = keep;
    f->complain = complain;
    f->arg = arg;
    f->out = out;
    f->unparsed = unparsed;
    f->now = f->heard = f->committed = (int64_t)time(NULL);
    f->rejoin = rejoin_new();
    f->parser = parser_new(rs);
    if (o->explain)
        f->explain = explain_for(o, out);
    else
        f->results = results_new(o, in, keep, verdicts, out);
    f->join = join_new(rs, JOIN_ENTRIES_MAX, results_message, f->results);
    if (!fold_wants_recipients(f))
        join_spare_recipients(f->join, read_delivery, f);
    return f;
}

void fold_free(struct fold *f)
{
    if (f == NULL)
        return;
    rejoin_free(f->rejoin);
    parser_free(f->parser);
    join_free(f->join);
    reader_free(f->reader);
    results_free(f->results);
    explain_free(f->explain);
    free(f);
}
