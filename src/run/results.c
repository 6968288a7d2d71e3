/* results - what is made of messages and of rows read back */
#include "run/results.h"

#include <limits.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "collect/messages.h"
#include "collect/selection.h"
#include "collect/sightings.h"
#include "mail/key.h"
#include "run/lists.h"

/* Messages of all logs are one input, those of rows are told apart. */
#define FROM_LOGS 0
#define FROM_COLLECTION UINT_MAX

struct results {
    const struct options *o;
    struct keep *keep;         /* NULL: rows go out */
    struct verdicts *verdicts; /* NULL: nobody is asked */
    bool merged;  /* the collection's rows are in sightings or all */
    bool changed; /* there is something that the collection has not */
    struct selection selection;
    struct messages *all; /* where messages must be looked at together */
    struct sightings *sightings;
    struct listing *listing; /* NULL: the output is no list */
    struct writer *writer;   /* NULL: of a collection, no rows yet */
    struct arena *arena;     /* for the texts of one row */
    struct results_tally tally;
};

/* Where rows of a collection go; its header only once. */
static bool begin_rows(struct results *r, bool append, struct error *err)
{
    struct out *out = keep_rows(r->keep, append, err);

    if (out == NULL)
        return false;
    r->writer = writer_new(r->o->format, &r->o->columns, 0, out);
    if (append && !keep_is_new(r->keep))
        return true;
    return writer_begin(r->writer, err);
}

static bool write_row(void *arg, const struct row *row, struct error *err)
{
    struct results *r = arg;

    if (r->writer == NULL && !begin_rows(r, true, err))
        return false;
    r->tally.rows++;
    return writer_row(r->writer, row, err);
}

/* A row of those that were all handed in. */
static bool write_judged(struct results *r, struct row *row, struct error *err)
{
    bool allowed;

    return (r->verdicts != NULL && r->keep == NULL &&
            !verdicts_judge(r->verdicts, row, &allowed)) ||
           write_row(r, row, err);
}

static bool write_sighting(void *arg, const struct sighting *s,
                           struct error *err)
{
    struct results *r = arg;
    struct row row;

    arena_reset(r->arena);
    row_from_sighting(&row, s, &r->o->key, r->arena);
    return write_judged(r, &row, err);
}

static bool is_expired(const struct results *r, struct stamp last)
{
    return !stamp_is_none(r->o->expire) &&
           stamp_compare(last, r->o->expire) < 0;
}

/* A message that is wanted: a row, or part of a sighting. */
static bool deliver(void *arg, const struct message *m, struct error *err)
{
    struct results *r = arg;
    struct row row;

    if (!r->o->messages) {
        sightings_add(r->sightings, m);
        return true;
    }
    arena_reset(r->arena);
    row_from_message(&row, m, r->arena);
    if (r->verdicts != NULL && results_stream(r))
        return verdicts_hold(r->verdicts, &row, write_row, r, err);
    return write_judged(r, &row, err);
}

/*
 * Whether a message counts for a list. A name allows an address also where its
 * message is of another time, say; but not one out of a refusal that nobody
 * wants: those may not have been read, and sendmail does not always say there
 * whether the name has been confirmed.
 */
static bool is_listable(struct results *r, const struct message *m)
{
    bool named = m->outcome == OUTCOME_ACCEPTED ||
                 (r->o->outcomes >> m->outcome & 1) != 0;

    return listing_wants(r->listing, &m->client_ip,
                         named ? m->client_name : SLICE(""));
}

static bool take_message(struct results *r, const struct message *m,
                         unsigned input, struct error *err)
{
    bool listable = r->listing == NULL || is_listable(r, m);

    switch (selection_message(&r->selection, m, input == FROM_LOGS)) {
    case SELECTED:
        break;
    case SELECTED_NOT_LOCAL:
        r->tally.local++;
        return true;
    case SELECTED_NOT:
        return true;
    }
    if (r->keep != NULL && keep_is_database(r->keep)) {
        /* It looks itself what it has already. */
        if (!is_expired(r, m->date))
            keep_add(r->keep, m, input);
        return true;
    }
    if (!listable) {
        listing_spare(r->listing);
        return true;
    }
    if (r->listing != NULL && !listing_message(r->listing, m))
        return true;
    r->changed = true;
    if (r->verdicts != NULL && r->keep != NULL)
        verdicts_ask_message(r->verdicts, m);
    if (r->all == NULL)
        return deliver(r, m, err);
    messages_add(r->all, m, input);
    return true;
}

bool results_message(void *r, const struct message *m, struct error *err)
{
    return take_message(r, m, FROM_LOGS, err);
}

/* ---- rows of our own ---- */

static bool refuse_row(struct error *err, struct place at, enum field bad)
{
    return error_at(err, at, "%s is not of its form", field_name(bad).ptr);
}

static bool row_of_message(struct results *r, const struct row *row,
                           unsigned input, struct place at, struct error *err)
{
    struct message m;
    enum field bad;

    if (!row_to_message(row, &m, r->arena, &bad))
        return refuse_row(err, at, bad);
    r->tally.messages++;
    return take_message(r, &m, input, err);
}

/* Why rows of this key can't serve this run, or NULL. */
static const char *unfit(const struct results *r, const struct field_list *key)
{
    if (r->keep != NULL)
        return "has sightings, which would be added again by each run";
    if (r->o->messages)
        return "has sightings, and -m wants messages";
    if (selection_needs_messages(&r->selection))
        return "has sightings, which tell no recipients for --trap";
    if (r->o->min_days != 0)
        return "has sightings, which tell no days for --min-days";
    if (!key_can_coarsen(key, &r->o->key))
        return "has sightings of a coarser key than is wanted";
    return NULL;
}

/* Whether a row counts, as far as there is a list. */
static bool is_listable_row(struct results *r, const struct field_list *key,
                            const struct sighting *s)
{
    struct address ip = {{0}};

    if (r->listing == NULL)
        return true;
    for (unsigned i = 0; i < key->count; i++)
        if (key->field[i] == FIELD_CLIENT_IP)
            (void)address_parse(s->key[i], &ip);
    return listing_wants(r->listing, &ip, s->client_name);
}

static bool row_of_sighting(struct results *r, const struct row *row,
                            const struct field_list *key, struct place at,
                            struct error *err)
{
    const char *reason = unfit(r, key);
    struct sighting s, coarse;
    enum field bad;
    bool listable;

    if (reason != NULL)
        return error_at(err, (struct place){at.file, 0}, "%s", reason);
    if (!row_to_sighting(row, key, &s, r->arena, &bad))
        return refuse_row(err, at, bad);
    listable = is_listable_row(r, key, &s);
    if (!selection_sighting(&r->selection, key, &s))
        return true;
    if (!listable) {
        listing_spare(r->listing);
        return true;
    }
    coarse = s;
    if (!key_coarsen(key, s.key, &r->o->key, coarse.key, r->arena))
        return refuse_row(err, at, key->field[0]);
    sightings_merge(r->sightings, &coarse);
    return true;
}

bool results_row(struct results *r, const struct row *row,
                 const struct field_list *columns, unsigned input,
                 struct place at, struct error *err)
{
    struct place file = {at.file, 0};
    struct field_list key;

    arena_reset(r->arena);
    if (!format_key_of(columns, &key))
        return error_at(err, file, "lacks columns that its rows are known by");
    if (key.count != 0)
        return row_of_sighting(r, row, &key, at, err);
    if (r->keep != NULL && !r->o->messages)
        return error_at(err, file,
                        "has messages, which would be counted again by each "
                        "run");
    return row_of_message(r, row, input + 1, at, err);
}

/* ---- what a collection becomes ---- */

/* A row that the collection has, as it stands. */
static bool on_kept_row(void *arg, const struct row *row,
                        const struct field_list *columns, uint64_t line,
                        struct error *err)
{
    struct results *r = arg;
    struct place at = {r->o->append, line};
    struct sighting s;
    struct message m;
    enum field bad;

    (void)columns;
    arena_reset(r->arena);
    if (r->o->messages) {
        if (!row_to_message(row, &m, r->arena, &bad))
            return refuse_row(err, at, bad);
        messages_add(r->all, &m, FROM_COLLECTION);
        return true;
    }
    if (!row_to_sighting(row, &r->o->key, &s, r->arena, &bad))
        return refuse_row(err, at, bad);
    sightings_merge(r->sightings, &s);
    return true;
}

static bool keep_sighting(void *arg, const struct sighting *s,
                          struct error *err)
{
    const struct results *r = arg;

    return is_expired(r, s->last_seen) || write_sighting(arg, s, err);
}

static bool keep_message(void *arg, const struct message *m, struct error *err)
{
    const struct results *r = arg;

    return is_expired(r, m->date) || deliver(arg, m, err);
}

/* The whole collection anew: its rows and those of this run, merged. */
static bool rewrite(struct results *r, struct error *err)
{
    if (!r->merged && !keep_read(r->keep, on_kept_row, r, err))
        return false;
    r->merged = true;
    if (!begin_rows(r, false, err))
        return false;
    if (r->o->messages)
        return messages_each(r->all, keep_message, r, err);
    return sightings_each(r->sightings, 0, 0, keep_sighting, r, err);
}

/* Whether this run has anything that changes rows which are there. */
static bool must_rewrite(const struct results *r)
{
    bool whole = !r->o->messages || r->all != NULL;

    if (!r->merged && !stamp_is_none(r->o->expire))
        return true;
    return whole && (r->changed || keep_is_new(r->keep));
}

bool results_keep(struct results *r, struct error *err)
{
    bool ok = true;

    if (keep_is_database(r->keep))
        return true;
    if (r->verdicts != NULL) {
        verdicts_settle(r->verdicts); /* for the cache */
        verdicts_age(r->verdicts);
    }
    if (must_rewrite(r))
        ok = rewrite(r, err);
    else if (keep_is_new(r->keep) && r->writer == NULL)
        ok = begin_rows(r, true, err);
    ok = ok && (r->writer == NULL || writer_end(r->writer, err));
    writer_free(r->writer);
    r->writer = NULL;
    r->changed = false;
    return ok;
}

bool results_release(struct results *r, int milliseconds, struct error *err)
{
    return r->verdicts == NULL || r->keep != NULL ||
           verdicts_release(r->verdicts, milliseconds, write_row, r, err);
}

static bool each_sighting(struct results *r, sighting_visit *visit,
                          struct error *err)
{
    return r->sightings == NULL ||
           sightings_each(r->sightings, r->o->min_count, r->o->min_days, visit,
                          r, err);
}

/* Messages that make sightings must be in them before those are asked for. */
bool results_finish(struct results *r, struct error *err)
{
    bool count = r->all != NULL && !r->o->messages;
    bool rows = r->all != NULL && r->o->messages;

    if (count && !messages_each(r->all, deliver, r, err))
        return false;
    if (r->verdicts != NULL)
        verdicts_ask_all(r->verdicts, rows ? r->all : NULL, r->sightings);
    if (r->listing != NULL)
        return lists_write(r->listing, r->sightings, r->o, r->verdicts,
                           r->writer, err);
    return (!rows || messages_each(r->all, deliver, r, err)) &&
           each_sighting(r, write_sighting, err) &&
           results_release(r, -1, err) && writer_end(r->writer, err);
}

bool results_want_recipients(const struct results *r)
{
    const struct options *o = r->o;

    /* In a union they are part of what tells messages apart. */
    return r->all != NULL || r->keep != NULL || r->listing != NULL ||
           selection_needs_messages(&r->selection) ||
           field_list_has(&o->columns, FIELD_RECIPIENTS) ||
           (!o->messages && field_list_has(&o->key, FIELD_RECIPIENT));
}

bool results_begin(struct results *r, struct error *err)
{
    /* What stands on top of a list is known in the end. */
    return r->writer == NULL || r->listing != NULL ||
           writer_begin(r->writer, err);
}

bool results_stream(const struct results *r)
{
    return r->o->messages && r->all == NULL && r->keep == NULL;
}

struct results_tally results_tally(const struct results *r)
{
    struct results_tally t = r->tally;

    if (r->listing == NULL)
        return t;
    t.listing = listing_tally(r->listing);
    t.rows = t.listing.entries;
    return t;
}

static bool any_rows(const struct inputs *in)
{
    for (size_t i = 0; i < in->count; i++)
        if (input_format(&in->input[i]) != NULL)
            return true;
    return in->bases.count != 0;
}

/*
 * Whether messages must be looked at together: those of rows may have been
 * read before, and so may those of a collection that no state fits.
 */
static bool needs_union(const struct options *o, const struct inputs *in,
                        const struct keep *keep)
{
    if (keep != NULL && (!o->messages || keep_is_database(keep)))
        return false; /* it takes no rows, or needs no help */
    /* A database alone has each but once; messages want their order, too. */
    if (in->bases.count == 1 && in->count == 0 && !o->messages)
        return false;
    if (any_rows(in))
        return true;
    return keep != NULL && (keep_is_foreign(keep) || !stamp_is_none(o->expire));
}

struct results *results_new(const struct options *o, const struct inputs *in,
                            struct keep *keep, struct verdicts *verdicts,
                            struct out *out)
{
    struct results *r = mem_new(sizeof *r);

    r->o = o;
    r->keep = keep;
    r->verdicts = verdicts;
    r->arena = arena_new();
    r->selection = (struct selection){
        .traps = o->traps,
        .exclude = o->exclude,
        .include_local = o->include_local,
        .outcomes = o->outcomes,
        .since = o->since,
        .until = o->until,
    };
    if (needs_union(o, in, keep))
        r->all = messages_new();
    if (!o->messages)
        r->sightings = sightings_new(&o->key, o->min_days != 0);
    if (keep == NULL)
        r->listing = lists_new(o);
    if (keep == NULL)
        r->writer = writer_new(o->format, &o->columns,
                               o->safe_csv ? WRITER_SAFE_CSV : 0, out);
    return r;
}

void results_free(struct results *r)
{
    if (r == NULL)
        return;
    messages_free(r->all);
    sightings_free(r->sightings);
    listing_free(r->listing);
    writer_free(r->writer);
    arena_free(r->arena);
    free(r);
}
