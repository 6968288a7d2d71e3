/*
 * pipeline - blocks of the input through parsers into the fold
 *
 * Workers are alike. Each takes the next block, parses it and puts it where its
 * turn to be folded will come; whoever finds that the fold is nobody's business
 * then folds what has its turn, and goes on to the next block. So nobody waits
 * for another as long as there is a parcel to fill: to sleep and to be woken
 * takes as long as a part of a block.
 */
#include "run/pipeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "parse/parser.h"
#include "run/batch.h"

#define JOBS_MAX 64

/* How many blocks may wait for their turn, or be folded, beside those that are
 * being parsed. */
#define AHEAD 2

/* A block on its way, and what it was parsed into, which points into both. */
struct parcel {
    struct block block;
    struct parser *parser;
    struct batch batch;
    uint64_t consumed;   /* bytes of input when it was taken */
    struct parcel *next; /* of those that are empty */
};

/*
 * What the workers share. Blocks are numbered as they are taken, under the
 * input lock; each is folded when turn has come to its number.
 */
struct pipeline {
    struct feed *feed;
    struct fold *fold;
    struct progress *progress;
    enum batch_keep keep;

    pthread_mutex_t input;
    uint64_t taken; /* blocks */
    bool drained;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t given; /* a parcel is empty again */
    struct parcel *empty;
    struct parcel *parsed[JOBS_MAX + AHEAD]; /* by number, modulo count */
    unsigned count;                          /* of parcels */
    uint64_t turn;
    bool folding; /* somebody is */
    bool over;    /* the output failed: err says why */
    struct error err;
};

static bool is_over(struct pipeline *p)
{
    bool over;

    (void)pthread_mutex_lock(&p->lock);
    over = p->over;
    (void)pthread_mutex_unlock(&p->lock);
    return over;
}

/* An empty parcel, as soon as there is one. */
static struct parcel *get_parcel(struct pipeline *p)
{
    struct parcel *parcel;

    (void)pthread_mutex_lock(&p->lock);
    while (p->empty == NULL)
        (void)pthread_cond_wait(&p->given, &p->lock);
    parcel = p->empty;
    p->empty = parcel->next;
    (void)pthread_mutex_unlock(&p->lock);
    return parcel;
}

/* The lock is held. */
static void give_back(struct pipeline *p, struct parcel *parcel)
{
    if (p->empty == NULL)
        (void)pthread_cond_broadcast(&p->given);
    parcel->next = p->empty;
    p->empty = parcel;
}

/* The next block and its number; false: there is none. */
static bool take_block(struct pipeline *p, struct parcel *parcel,
                       uint64_t *number)
{
    bool taken;

    (void)pthread_mutex_lock(&p->input);
    taken = !p->drained && !is_over(p) && feed_next(p->feed, &parcel->block);
    p->drained = !taken;
    *number = p->taken;
    parcel->consumed = feed_consumed(p->feed);
    if (taken)
        p->taken++;
    (void)pthread_mutex_unlock(&p->input);
    return taken;
}

static bool fold(struct pipeline *p, const struct parcel *parcel)
{
    bool ok = fold_block(p->fold, &parcel->block, &parcel->batch, &p->err);

    progress_update(p->progress, parcel->consumed);
    return ok;
}

/* Folds what has its turn, and what is ready when that is done. The lock is
 * held, but not meanwhile. */
static void fold_parsed(struct pipeline *p)
{
    struct parcel *parcel;

    p->folding = true;
    while ((parcel = p->parsed[p->turn % p->count]) != NULL) {
        bool ok = !p->over;

        p->parsed[p->turn % p->count] = NULL;
        (void)pthread_mutex_unlock(&p->lock);
        if (ok)
            ok = fold(p, parcel);
        (void)pthread_mutex_lock(&p->lock);
        p->over |= !ok;
        p->turn++;
        give_back(p, parcel);
    }
    p->folding = false;
}

/* From a block of the input to its turn; false: there is none left. */
static bool move_on(struct pipeline *p)
{
    struct parcel *parcel = get_parcel(p);
    uint64_t number;
    bool taken = take_block(p, parcel, &number);

    if (taken && fold_wants_batch(p->fold, &parcel->block) &&
        !parcel->block.idle)
        batch_parse(&parcel->batch, parcel->parser,
                    slice_make(parcel->block.data, parcel->block.len), p->keep);
    (void)pthread_mutex_lock(&p->lock);
    if (taken)
        p->parsed[number % p->count] = parcel;
    else
        give_back(p, parcel);
    if (!p->folding)
        fold_parsed(p);
    (void)pthread_mutex_unlock(&p->lock);
    return taken;
}

static void *work(void *arg)
{
    while (move_on(arg))
        ;
    return NULL;
}

unsigned pipeline_jobs(const struct options *o)
{
    long cores;

    if (o->jobs != 0)
        return o->jobs < JOBS_MAX ? o->jobs : JOBS_MAX;
    cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores < JOBS_MAX ? (unsigned)cores : JOBS_MAX;
}

static bool wants(const struct options *o, enum outcome outcome)
{
    return (o->outcomes >> outcome & 1) != 0;
}

/* Runs the workers to the end of the input. */
static void run_workers(struct pipeline *p, unsigned jobs)
{
    pthread_t thread[JOBS_MAX];
    unsigned started = 1;

    /* Fewer threads than asked for do the same, only later. */
    while (started < jobs &&
           pthread_create(&thread[started], NULL, work, p) == 0)
        started++;
    (void)work(p);
    for (unsigned i = 1; i < started; i++)
        (void)pthread_join(thread[i], NULL);
}

bool pipeline_run(const struct options *o, const struct ruleset *rs,
                  struct feed *feed, struct fold *fold,
                  struct progress *progress, struct error *err)
{
    unsigned jobs = pipeline_jobs(o);
    struct pipeline p = {.feed = feed, .fold = fold, .progress = progress};
    bool explains = o->explain || o->unparsed != NULL;
    /* Nobody is told which lines were understood, or how many. */
    bool unobserved = !progress->closing && !explains;
    struct parcel *parcels;

    p.keep = explains ? BATCH_LINES : BATCH_EVENTS;
    p.count = jobs == 1 ? 1 : jobs + AHEAD;
    parcels = mem_array(p.count, sizeof *parcels);
    for (unsigned i = p.count; i-- > 0;) {
        parcels[i].parser = parser_new(rs);
        if (unobserved)
            parser_spare(parcels[i].parser, !wants(o, OUTCOME_REJECTED));
        if (unobserved && !fold_wants_recipients(fold))
            parser_leave_deliveries(parcels[i].parser);
        parcels[i].next = p.empty;
        p.empty = &parcels[i];
    }
    (void)pthread_mutex_init(&p.input, NULL);
    (void)pthread_mutex_init(&p.lock, NULL);
    (void)pthread_cond_init(&p.given, NULL);
    run_workers(&p, jobs);
    (void)pthread_cond_destroy(&p.given);
    (void)pthread_mutex_destroy(&p.lock);
    (void)pthread_mutex_destroy(&p.input);
    for (unsigned i = 0; i < p.count; i++) {
        parser_free(parcels[i].parser);
        block_release(&parcels[i].block);
        batch_release(&parcels[i].batch);
    }
    free(parcels);
    if (p.over)
        *err = p.err;
    return !p.over;
}
