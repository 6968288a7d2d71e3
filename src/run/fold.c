/* fold - what happens in the order of the input */
#include "run/fold.h"

#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/mem.h"
#include "collect/messages.h"
#include "collect/selection.h"
#include "collect/sightings.h"
#include "join/join.h"
#include "join/rejoin.h"
#include "mail/key.h"
#include "mail/row.h"
#include "parse/calendar.h"
#include "parse/parser.h"
#include "run/explain.h"

struct fold {
    const struct options *o;
    const struct inputs *in;
    run_complain *complain;
    void *arg;
    bool trouble;

    /* Of the log that is being read. */
    struct calendar calendar;
    uint64_t line; /* lines before this block */
    struct rejoin *rejoin;
    struct parser *parser; /* for records put together again */
    struct join *join;
    int64_t heard; /* when the last bytes came */

    /* Of the file of rows that is being read. */
    struct reader *reader;
    unsigned reading; /* which input, from 1; 0 is all logs */
    bool broken;      /* the rest of it is skipped */

    struct selection selection;
    struct messages *all; /* when rows of messages are among the inputs */
    struct sightings *sightings;
    struct writer *writer;
    struct explain *explain;
    struct out *out;
    struct out *unparsed;
    struct arena *arena; /* for the texts of one row */
    struct tally tally;
};

/* ---- messages and sightings out ---- */

static bool write_row(struct fold *f, const struct row *row, struct error *err)
{
    f->tally.rows++;
    return writer_row(f->writer, row, err);
}

static bool write_sighting(void *arg, const struct sighting *s,
                           struct error *err)
{
    struct fold *f = arg;
    struct row row;

    arena_reset(f->arena);
    row_from_sighting(&row, s, &f->o->key, f->arena);
    return write_row(f, &row, err);
}

/* A message that is wanted: a row, or part of a sighting. */
static bool deliver(void *arg, const struct message *m, struct error *err)
{
    struct fold *f = arg;
    struct row row;

    if (!f->o->messages) {
        sightings_add(f->sightings, m);
        return true;
    }
    arena_reset(f->arena);
    row_from_message(&row, m, f->arena);
    return write_row(f, &row, err);
}

static bool take_message(struct fold *f, const struct message *m, bool from_log,
                         struct error *err)
{
    switch (selection_message(&f->selection, m, from_log)) {
    case SELECTED:
        break;
    case SELECTED_NOT_LOCAL:
        f->tally.local++;
        return true;
    case SELECTED_NOT:
        return true;
    }
    if (f->all == NULL)
        return deliver(f, m, err);
    messages_add(f->all, m, from_log ? 0 : f->reading);
    return true;
}

static bool on_message(void *arg, const struct message *m, struct error *err)
{
    return take_message(arg, m, true, err);
}

/* ---- rows of our own ---- */

static bool refuse_row(struct error *err, struct place at, enum field bad)
{
    return error_at(err, at, "%s is not of its form", field_name(bad).ptr);
}

static bool row_of_message(struct fold *f, const struct row *row,
                           struct place at, struct error *err)
{
    struct message m;
    enum field bad;

    if (!row_to_message(row, &m, f->arena, &bad))
        return refuse_row(err, at, bad);
    f->tally.messages++;
    return take_message(f, &m, false, err);
}

/* Why rows of this key can't serve this run, or NULL. */
static const char *unfit(const struct fold *f, const struct field_list *key)
{
    if (f->o->messages)
        return "has sightings, and -m wants messages";
    if (selection_needs_messages(&f->selection))
        return "has sightings, which tell no recipients for --trap";
    if (f->o->min_days != 0)
        return "has sightings, which tell no days for --min-days";
    if (!key_can_coarsen(key, &f->o->key))
        return "has sightings of a coarser key than is wanted";
    return NULL;
}

static bool row_of_sighting(struct fold *f, const struct row *row,
                            const struct field_list *key, struct place at,
                            struct error *err)
{
    const char *reason = unfit(f, key);
    struct sighting s, coarse;
    enum field bad;

    if (reason != NULL)
        return error_at(err, (struct place){at.file, 0}, "%s", reason);
    if (!row_to_sighting(row, key, &s, f->arena, &bad))
        return refuse_row(err, at, bad);
    if (!selection_sighting(&f->selection, key, &s))
        return true;
    coarse = s;
    if (!key_coarsen(key, s.key, &f->o->key, coarse.key, f->arena))
        return refuse_row(err, at, key->field[0]);
    sightings_merge(f->sightings, &coarse);
    return true;
}

static bool on_row(void *arg, const struct row *row,
                   const struct field_list *columns, uint64_t line,
                   struct error *err)
{
    struct fold *f = arg;
    const char *name = source_name(f->in->input[f->reading - 1].source);
    struct field_list key;

    arena_reset(f->arena);
    if (f->explain != NULL)
        return error_at(err, (struct place){name, 0},
                        "has rows, and --explain is for logs");
    if (!format_key_of(columns, &key))
        return error_at(err, (struct place){name, 0},
                        "lacks columns that its rows are known by");
    if (key.count == 0)
        return row_of_message(f, row, (struct place){name, line}, err);
    return row_of_sighting(f, row, &key, (struct place){name, line}, err);
}

/* Remembers that an input was not read whole, and says so. */
static void complain_of(struct fold *f, const struct error *err)
{
    f->trouble = true;
    f->complain(f->arg, err);
}

static void fold_rows(struct fold *f, const struct block *b)
{
    const struct source *s = f->in->input[b->source].source;
    struct error err = {.code = 0};

    if (b->first) {
        f->reading = (unsigned)b->source + 1;
        f->reader = reader_new(source_format(s), source_name(s), on_row, f);
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

static bool keep_unparsed(struct fold *f, const struct batch_line *line,
                          struct error *err)
{
    if (f->unparsed == NULL || line->result != PARSE_NOT_UNDERSTOOD)
        return true;
    return out_add(f->unparsed, line->text, err) &&
           out_add(f->unparsed, SLICE("\n"), err);
}

/* One event: into the join, or explained. */
static bool fold_event(struct fold *f, const struct block *b,
                       const struct event *ev, const struct batch_line *line,
                       struct error *err)
{
    struct stamp at = STAMP_NONE;
    struct event whole;
    bool completed = false;

    if (line == NULL ||
        (line->result != PARSE_NO_LOG && line->result != PARSE_TOO_LONG))
        at = calendar_resolve(&f->calendar, &ev->when);
    if (ev->kind == EVENT_PART)
        completed = complete_record(f, ev, &at, &whole);
    if (line != NULL && !keep_unparsed(f, line, err))
        return false;
    if (f->explain != NULL) {
        struct place where = {source_name(f->in->input[b->source].source),
                              f->line + ev->line + 1};

        return explain_line(f->explain, where, line, ev, at,
                            completed ? &whole : NULL, err);
    }
    if (stamp_is_none(at))
        return true;
    return join_add(f->join, completed ? &whole : ev, at, err);
}

static bool fold_log(struct fold *f, const struct block *b,
                     const struct batch *batch, struct error *err)
{
    bool keeps_lines = f->explain != NULL || f->unparsed != NULL;

    if (b->first) {
        calendar_start(&f->calendar, f->in->input[b->source].year);
        f->line = 0;
    }
    for (size_t i = 0; i < batch->count; i++)
        if (!fold_event(f, b, &batch->event[i],
                        keeps_lines ? &batch->line[i] : NULL, err))
            return false;
    f->line += batch->lines;
    f->tally.lines += batch->lines;
    for (unsigned i = 0; i < PARSE_TOTAL; i++)
        f->tally.results[i] += batch->results[i];
    if (b->failed)
        complain_of(f, &b->error);
    return true;
}

/* A live input waits: so does nobody else for what is complete. */
static bool fold_silence(struct fold *f, struct error *err)
{
    int64_t now = (int64_t)time(NULL);

    if (now - f->heard < JOIN_GRACE)
        return true;
    return join_tick(f->join, now, err);
}

bool fold_begin(struct fold *f, struct error *err)
{
    return f->writer == NULL || writer_begin(f->writer, err);
}

bool fold_wants_batch(const struct fold *f, const struct block *b)
{
    return source_format(f->in->input[b->source].source) == NULL;
}

bool fold_block(struct fold *f, const struct block *b,
                const struct batch *batch, struct error *err)
{
    bool ok = true;

    if (b->idle)
        ok = fold_silence(f, err);
    else if (fold_wants_batch(f, b))
        ok = fold_log(f, b, batch, err);
    else
        fold_rows(f, b);
    if (b->live && !b->idle)
        f->heard = (int64_t)time(NULL);
    if (ok && b->live && f->all == NULL && (f->o->messages || f->explain))
        ok = out_flush(f->out, err);
    return ok;
}

bool fold_finish(struct fold *f, struct error *err)
{
    if (f->explain != NULL)
        return true;
    return join_finish(f->join, err) &&
           (f->all == NULL || messages_each(f->all, deliver, f, err)) &&
           (f->sightings == NULL ||
            sightings_each(f->sightings, f->o->min_count, f->o->min_days,
                           write_sighting, f, err)) &&
           writer_end(f->writer, err);
}

bool fold_trouble(const struct fold *f)
{
    return f->trouble;
}

struct tally fold_tally(const struct fold *f)
{
    struct tally t = f->tally;
    struct join_counts joined = join_counts(f->join);

    t.messages += joined.messages;
    t.fragments = joined.fragments;
    t.parts_lost = rejoin_dropped(f->rejoin);
    return t;
}

/* Whether any input holds rows: they may be messages read before. */
static bool any_rows(const struct inputs *in)
{
    for (size_t i = 0; i < in->count; i++)
        if (source_format(in->input[i].source) != NULL)
            return true;
    return false;
}

struct fold *fold_new(const struct options *o, const struct ruleset *rs,
                      const struct inputs *in, struct out *out,
                      struct out *unparsed, run_complain *complain, void *arg)
{
    struct fold *f = mem_new(sizeof *f);

    f->o = o;
    f->in = in;
    f->complain = complain;
    f->arg = arg;
    f->out = out;
    f->unparsed = unparsed;
    f->rejoin = rejoin_new();
    f->parser = parser_new(rs);
    f->join = join_new(rs, JOIN_ENTRIES_MAX, on_message, f);
    f->arena = arena_new();
    f->heard = (int64_t)time(NULL);
    f->selection = (struct selection){
        .traps = o->traps,
        .exclude = o->exclude,
        .include_local = o->include_local,
        .outcomes = o->outcomes,
        .since = o->since,
        .until = o->until,
    };
    if (o->explain) {
        const struct format *json = format_find(SLICE("jsonl"));

        f->explain = explain_new(o->format_given && o->format == json, out);
        return f;
    }
    if (any_rows(in))
        f->all = messages_new();
    if (!o->messages)
        f->sightings = sightings_new(&o->key, o->min_days != 0);
    f->writer = writer_new(o->format, &o->columns,
                           o->safe_csv ? WRITER_SAFE_CSV : 0, out);
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
    messages_free(f->all);
    sightings_free(f->sightings);
    writer_free(f->writer);
    explain_free(f->explain);
    arena_free(f->arena);
    free(f);
}
