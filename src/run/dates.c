/* dates - the year and the first stamp of each log */
#include "run/dates.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "parse/calendar.h"
#include "run/pipeline.h"
#include "run/years.h"

#define DEFER_FROM (1u << 18) /* bytes on disk; less is not worth a thread */
#define HOLD_ROOM (16u << 20) /* for the content of all small logs */
#define PACKED_TO 8           /* logs become that much smaller, or more */

struct undated {
    size_t place;
    struct source *source;
    struct wall first;
    int year;
};

struct dates dates_begin(const struct options *o, int64_t now)
{
    return (struct dates){.o = o, .now = now, .room = HOLD_ROOM};
}

/*
 * Looks through a log for its year; it stands at its beginning afterwards.
 * *held: how much of room its content takes from now on.
 */
static int find_year(struct source *s, const struct wall *first, int64_t now,
                     size_t room, size_t *held)
{
    struct error never; /* files can always be rewound */
    int year;

    *held = source_size(s) <= room / PACKED_TO ? source_hold(s, room) : 0;
    year = years_of(s, first, now);
    if (source_is_file(s))
        (void)source_rewind(s, &never);
    return year;
}

static void set(struct input *in, int year, const struct wall *first)
{
    struct calendar calendar;

    calendar_start(&calendar, year);
    in->year = year;
    in->first = calendar_resolve(&calendar, first);
}

/* Whether the log has to be looked through: its first stamp has no year. */
static bool lacks_year(const struct dates *d, const struct wall *first)
{
    return first->year == 0 && d->o->year == 0;
}

/* The first stamp of a log as it was just opened; false: it has none. */
static bool begin(const struct dates *d, struct input *in, struct wall *first)
{
    in->dated = true;
    in->year = d->o->year;
    in->first = STAMP_NONE;
    return years_first_stamp(source_head(in->source), first);
}

/* With room to hold the log's content; returns how much that took. */
static size_t date(const struct dates *d, struct input *in, size_t room)
{
    struct wall first;
    size_t held = 0;

    if (begin(d, in, &first))
        set(in,
            lacks_year(d, &first)
                ? find_year(in->source, &first, d->now, room, &held)
                : d->o->year,
            &first);
    if (held == 0)
        source_rest(in->source);
    return held;
}

void dates_set(const struct dates *d, struct input *in)
{
    (void)date(d, in, 0);
}

void dates_set_or_defer(struct dates *d, struct input *in, size_t place)
{
    struct wall first;

    if (source_size(in->source) < DEFER_FROM || !begin(d, in, &first) ||
        !lacks_year(d, &first)) {
        d->room -= date(d, in, d->room);
        return;
    }
    source_rest(in->source);
    d->list = mem_grow(d->list, d->count, &d->cap, sizeof *d->list);
    d->list[d->count++] =
        (struct undated){.place = place, .source = in->source, .first = first};
}

/* ---- side by side ---- */

struct search {
    struct dates *dates;
    atomic_size_t next; /* in the list */
};

static void *work(void *arg)
{
    struct search *search = arg;
    const struct dates *d = search->dates;
    size_t i, held;

    while ((i = atomic_fetch_add(&search->next, 1)) < d->count) {
        struct undated *u = &d->list[i];

        u->year =
            find_year(u->source, &u->first, d->now, d->room / d->count, &held);
        if (held == 0)
            source_rest(u->source);
    }
    return NULL;
}

void dates_finish(struct dates *d, struct input *inputs)
{
    unsigned jobs = pipeline_jobs(d->o);
    size_t count = jobs < d->count ? jobs : d->count;
    pthread_t *thread = mem_array(count + 1, sizeof *thread);
    struct search search = {.dates = d};
    size_t started = 1; /* this one */

    /* Fewer threads than asked for do the same, only later. */
    while (started < count &&
           pthread_create(&thread[started], NULL, work, &search) == 0)
        started++;
    (void)work(&search);
    for (size_t i = 1; i < started; i++)
        (void)pthread_join(thread[i], NULL);
    for (size_t i = 0; i < d->count; i++)
        set(&inputs[d->list[i].place], d->list[i].year, &d->list[i].first);
    free(thread);
    free(d->list);
    d->list = NULL;
    d->count = d->cap = 0;
}
