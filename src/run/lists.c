/* lists - the output of a run whose format is a list */
#include "run/lists.h"

#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/stamp.h"
#include "format/list.h"

bool lists_need_suffixes(const struct options *o)
{
    return format_is_list(o->format) &&
           field_list_has(&o->key, FIELD_SENDER_DOMAIN);
}

struct listing *lists_new(const struct options *o)
{
    struct listing_rules rules = {
        .format = o->format,
        .allow = o->allow,
        .traps = o->traps,
        .aggregate = o->aggregate,
        .suffixes = o->suffixes,
    };

    if (!format_is_list(o->format))
        return NULL;
    rules.what = o->key.field[0];
    return listing_new(&rules);
}

/* reproducible-builds.org/specs/source-date-epoch */
static int64_t now(void)
{
    const char *given = getenv("SOURCE_DATE_EPOCH");
    unsigned long long seconds;

    if (given != NULL && slice_number(slice_of(given), &seconds) &&
        seconds <= INT32_MAX)
        return (int64_t)seconds;
    return (int64_t)time(NULL);
}

static void note(struct writer *w, struct buf *line)
{
    writer_note(w, buf_slice(line));
    buf_reset(line);
}

static void add_part(struct buf *line, bool *first, uint64_t n,
                     const char *what)
{
    if (n == 0)
        return;
    buf_addf(line, "%s%llu %s", *first ? "; left out: " : ", ",
             (unsigned long long)n, what);
    *first = false;
}

static void add_tally(struct buf *line, const struct listing_tally *t)
{
    bool first = true;

    buf_addf(line, "entries: %llu", (unsigned long long)t->entries);
    if (t->aggregates > 0)
        buf_addf(line, ", of them %llu networks for %llu addresses",
                 (unsigned long long)t->aggregates,
                 (unsigned long long)t->gathered);
    add_part(line, &first, t->allowed, "allowed");
    add_part(line, &first, t->spared, "messages of allowed clients");
    add_part(line, &first, t->special, "private or reserved");
    add_part(line, &first, t->own, "of domains written to");
    add_part(line, &first, t->suffixes, "public suffixes");
    add_part(line, &first, t->unknown, "unknown or null");
    add_part(line, &first, t->unfit, "not carried by the format");
}

static void add_notes(const struct listing *l, const struct options *o,
                      struct writer *w)
{
    struct listing_tally tally = listing_tally(l);
    struct slice what = field_name(o->key.field[0]);
    char date[STAMP_SIZE];
    struct buf line = {0};

    buf_addf(&line, "%.*s: listed by spamharvest", (int)what.len, what.ptr);
    note(w, &line);
    (void)stamp_format((struct stamp){.sec = now()}, date);
    buf_addf(&line, "date: %s", date);
    note(w, &line);
    buf_addf(&line, "options:%s", o->told);
    note(w, &line);
    add_tally(&line, &tally);
    note(w, &line);
    buf_free(&line);
}

struct entry_sink {
    struct writer *writer;
    enum field what;
};

static bool write_entry(void *arg, struct slice entry, struct error *err)
{
    const struct entry_sink *t = arg;
    struct row row = {.present = UINT32_C(1) << t->what};

    row.value[t->what] = entry;
    return writer_row(t->writer, &row, err);
}

/* A list in the making. */
struct making {
    struct listing *listing;
    const struct options *o;
    struct verdicts *verdicts; /* NULL: nobody was asked */
    struct arena *arena;
};

static bool is_selected(const struct making *m, const struct sighting *s,
                        bool *allowed)
{
    struct row row;

    *allowed = false;
    if (m->verdicts == NULL)
        return true;
    arena_reset(m->arena);
    row_from_sighting(&row, s, &m->o->key, m->arena);
    return verdicts_judge(m->verdicts, &row, allowed);
}

static bool allow_good(void *arg, const struct sighting *s, struct error *err)
{
    const struct making *m = arg;
    struct address ip;
    bool allowed;

    (void)err;
    (void)is_selected(m, s, &allowed);
    if (!allowed)
        return true;
    if (m->o->key.field[0] == FIELD_CLIENT_IP && address_parse(s->key[0], &ip))
        listing_allow(m->listing, &ip);
    if (m->o->key.field[0] == FIELD_SENDER)
        listing_allow_domain(m->listing, mail_domain(s->key[0]));
    if (m->o->key.field[0] == FIELD_SENDER_DOMAIN)
        listing_allow_domain(m->listing, s->key[0]);
    return true;
}

static bool add_candidate(void *arg, const struct sighting *s,
                          struct error *err)
{
    const struct making *m = arg;
    bool allowed;

    (void)err;
    if (is_selected(m, s, &allowed))
        listing_add(m->listing, s);
    return true;
}

/* Who is allowed must be known before the first candidate. */
static bool add_candidates(struct making *m, struct sightings *s,
                           struct error *err)
{
    return (m->verdicts == NULL ||
            sightings_each(s, 0, 0, allow_good, m, err)) &&
           sightings_each(s, m->o->min_count, m->o->min_days, add_candidate, m,
                          err);
}

bool lists_write(struct listing *l, struct sightings *s,
                 const struct options *o, struct verdicts *verdicts,
                 struct writer *w, struct error *err)
{
    struct entry_sink t = {w, o->key.field[0]};
    struct making making = {l, o, verdicts, arena_new()};
    bool added = add_candidates(&making, s, err);

    arena_free(making.arena);
    if (!added)
        return false;
    listing_settle(l);
    add_notes(l, o, w);
    return writer_begin(w, err) && listing_each(l, write_entry, &t, err) &&
           writer_end(w, err);
}
