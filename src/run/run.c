/* run - the pipeline: blocks of lines in, rows out */
#include "run/run.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/out.h"
#include "input/feed.h"
#include "parse/parser.h"
#include "parse/ruleset.h"
#include "run/again.h"
#include "run/batch.h"
#include "run/change.h"
#include "run/fold.h"
#include "run/inputs.h"
#include "run/keep.h"
#include "run/lent.h"
#include "run/lists.h"
#include "run/progress.h"
#include "run/signals.h"
#include "run/target.h"
#include "run/verdicts.h"

/* A live input is asked this often whether the run is over. */
#define IDLE_MS 1000

#define JOBS_MAX 64

/*
 * What the workers share. Blocks are numbered as they are taken, under the
 * input lock; each is folded when turn has come to its number.
 */
struct pipeline {
    const struct options *o;
    struct feed *feed;
    struct fold *fold;
    struct progress *progress;

    pthread_mutex_t input;
    uint64_t taken; /* blocks */
    bool drained;

    pthread_mutex_t fold_lock;
    pthread_cond_t moved;
    uint64_t turn;
    bool over; /* the output failed: err says why */
    struct error err;
};

struct worker {
    struct pipeline *p;
    struct parser *parser;
    struct block block;
    struct batch batch;
    pthread_t thread;
};

static bool is_over(struct pipeline *p)
{
    bool over;

    (void)pthread_mutex_lock(&p->fold_lock);
    over = p->over;
    (void)pthread_mutex_unlock(&p->fold_lock);
    return over;
}

/* The next block and its number; false: there is none. */
static bool take_block(struct pipeline *p, struct block *b, uint64_t *number,
                       uint64_t *consumed)
{
    bool taken;

    (void)pthread_mutex_lock(&p->input);
    taken = !p->drained && !is_over(p) && feed_next(p->feed, b);
    p->drained = !taken;
    *number = p->taken;
    *consumed = feed_consumed(p->feed);
    if (taken)
        p->taken++;
    (void)pthread_mutex_unlock(&p->input);
    return taken;
}

static void fold_in_turn(struct worker *w, uint64_t number, uint64_t consumed)
{
    struct pipeline *p = w->p;
    bool ok;

    (void)pthread_mutex_lock(&p->fold_lock);
    while (p->turn != number)
        (void)pthread_cond_wait(&p->moved, &p->fold_lock);
    ok = !p->over;
    (void)pthread_mutex_unlock(&p->fold_lock);

    if (ok) {
        ok = fold_block(p->fold, &w->block, &w->batch, &p->err);
        progress_update(p->progress, consumed);
    }

    (void)pthread_mutex_lock(&p->fold_lock);
    p->over |= !ok;
    p->turn++;
    (void)pthread_cond_broadcast(&p->moved);
    (void)pthread_mutex_unlock(&p->fold_lock);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct pipeline *p = w->p;
    enum batch_keep keep =
        p->o->explain || p->o->unparsed != NULL ? BATCH_LINES : BATCH_EVENTS;
    uint64_t number, consumed;

    while (take_block(p, &w->block, &number, &consumed)) {
        if (fold_wants_batch(p->fold, &w->block) && !w->block.idle)
            batch_parse(&w->batch, w->parser,
                        slice_make(w->block.data, w->block.len), keep);
        fold_in_turn(w, number, consumed);
    }
    return NULL;
}

unsigned run_jobs(const struct options *o)
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

/* Whether nobody is told which lines were understood. */
static bool spares(const struct pipeline *p)
{
    return !p->progress->closing && !p->o->explain && p->o->unparsed == NULL;
}

/* Runs the workers to the end of the input: this thread and jobs - 1 more. */
static bool pump(struct pipeline *p, const struct ruleset *rs,
                 struct error *err)
{
    unsigned count = run_jobs(p->o), started = 1;
    struct worker *w = mem_array(count, sizeof *w);

    for (unsigned i = 0; i < count; i++) {
        w[i].p = p;
        w[i].parser = parser_new(rs);
        if (spares(p))
            parser_spare(w[i].parser, !wants(p->o, OUTCOME_REJECTED));
    }
    /* Fewer threads than asked for do the same, only later. */
    while (started < count &&
           pthread_create(&w[started].thread, NULL, work, &w[started]) == 0)
        started++;
    (void)work(&w[0]);
    for (unsigned i = 1; i < started; i++)
        (void)pthread_join(w[i].thread, NULL);
    for (unsigned i = 0; i < count; i++) {
        parser_free(w[i].parser);
        block_release(&w[i].block);
        batch_release(&w[i].batch);
    }
    free(w);
    if (p->over)
        *err = p->err;
    return !p->over;
}

/* What the feed goes by is its own: the run's is what has been folded. */
static void copy_known(struct known *to, const struct known *from)
{
    *to = (struct known){.log = NULL};
    if (from == NULL)
        return;
    to->log = mem_array(from->count + 1, sizeof *to->log);
    to->cap = from->count + 1;
    for (size_t i = 0; i < from->count; i++) {
        to->log[i] = from->log[i];
        to->log[i].name = NULL; /* of no use to it */
    }
    to->count = from->count;
}

static bool read_inputs(const struct options *o, const struct ruleset *rs,
                        const struct inputs *in, struct keep *keep,
                        struct fold *fold, struct progress *progress,
                        uint64_t *content, struct error *err)
{
    struct known known;
    struct pipeline p = {.o = o, .fold = fold, .progress = progress};
    struct signals *signals = NULL;
    bool ok;

    copy_known(&known, keep == NULL ? NULL : keep_known(keep));
    p.feed = feed_new(in->source, in->opened, &known, o->block_size, IDLE_MS);
    if (in->followed != NULL) {
        feed_follow(p.feed, in->followed, in->count - 1);
        signals = signals_watch(p.feed);
    }
    if (keep != NULL)
        feed_keep_state(p.feed, in->hold);
    feed_read_ahead(p.feed, run_jobs(o) - 1);
    (void)pthread_mutex_init(&p.input, NULL);
    (void)pthread_mutex_init(&p.fold_lock, NULL);
    (void)pthread_cond_init(&p.moved, NULL);
    ok = pump(&p, rs, err);
    (void)pthread_cond_destroy(&p.moved);
    (void)pthread_mutex_destroy(&p.fold_lock);
    (void)pthread_mutex_destroy(&p.input);
    signals_end(signals);
    *content = feed_content(p.feed);
    feed_free(p.feed);
    known_release(&known);
    return ok;
}

/* ---- the run ---- */

static bool read_file(const char *path, struct buf *text, struct error *err)
{
    struct source *s = source_open(path, err);
    size_t got = 1;
    bool ok = s != NULL;

    while (ok && got != 0) {
        char *to = buf_reserve(text, 65536);

        ok = source_read(s, to, 65536, &got, err);
        text->len += ok ? got : 0;
    }
    source_free(s);
    return ok;
}

static struct ruleset *load_rules(const struct options *o, struct error *err)
{
    struct ruleset *rs = ruleset_new();
    struct buf text = {0};
    bool ok = ruleset_add_builtin(rs, err);

    for (size_t i = 0; ok && i < o->rules_count; i++) {
        buf_reset(&text);
        ok = read_file(o->rules[i], &text, err) &&
             ruleset_add(rs, buf_slice(&text), o->rules[i], err);
    }
    buf_free(&text);
    if (!ok) {
        ruleset_free(rs);
        return NULL;
    }
    ruleset_finish(rs);
    return rs;
}

static bool harvest(const struct options *o, const struct ruleset *rs,
                    const struct inputs *in, struct keep *keep,
                    struct fold *fold, struct error *err)
{
    struct progress progress;
    struct tally tally;
    uint64_t content = 0;
    bool ok;

    progress_begin(&progress, o, in);
    ok = fold_begin(fold, err) && fold_databases(fold, err) &&
         read_inputs(o, rs, in, keep, fold, &progress, &content, err) &&
         fold_finish(fold, err);
    if (!ok)
        progress.closing = false;
    tally = fold_tally(fold);
    progress_end(&progress, o, &tally, content);
    return ok;
}

/* With inputs open and outputs ready. */
static enum status run_through(const struct options *o,
                               const struct ruleset *rs,
                               const struct inputs *in, struct keep *keep,
                               struct verdicts *verdicts, struct target *rows,
                               struct target *unparsed, run_complain *complain,
                               void *arg)
{
    struct error err = {.code = 0};
    struct fold *fold = fold_new(o, rs, in, keep, verdicts, rows->out,
                                 unparsed->out, complain, arg);
    bool ok = harvest(o, rs, in, keep, fold, &err) && target_flush(rows, &err);
    bool refused = ok && !change_is_allowed(o, rows, complain, arg);

    ok = ok && (refused || target_commit(rows, &err)) &&
         (unparsed->out == NULL || target_commit(unparsed, &err));
    if (!ok && (keep == NULL || keep_verdict(keep) != KEEP_MOVED))
        complain(arg, &err);
    ok = (ok || err.code == EPIPE) && !fold_trouble(fold);
    fold_free(fold);
    return refused ? STATUS_REFUSED : ok ? STATUS_DONE : STATUS_TROUBLE;
}

/* With rules and, if they are wanted, collection and verdicts at hand. */
static enum status run_with(const struct options *o, const struct ruleset *rs,
                            struct keep *keep, struct verdicts *verdicts,
                            run_complain *complain, void *arg)
{
    struct target rows = {.file = NULL}, unparsed = {.file = NULL};
    struct error err = {.code = 0};
    struct inputs in;
    enum status status = STATUS_TROUBLE;
    bool ok = inputs_open(&in, o, keep == NULL ? NULL : keep_known(keep),
                          (int64_t)time(NULL), complain, arg);

    if (target_open(&rows, o->output, &err) &&
        (o->unparsed == NULL || target_open(&unparsed, o->unparsed, &err))) {
        status = run_through(o, rs, &in, keep, verdicts, &rows, &unparsed,
                             complain, arg);
    } else {
        complain(arg, &err);
    }
    target_close(&rows);
    target_close(&unparsed);
    inputs_release(&in);
    return status == STATUS_DONE && !ok ? STATUS_TROUBLE : status;
}

/* Asks nobody unless there is somebody to ask. */
static enum status run_judged(const struct options *o, const struct ruleset *rs,
                              struct keep *keep, run_complain *complain,
                              void *arg)
{
    struct lent *lent = NULL;
    struct verdicts *verdicts;
    struct error err = {.code = 0};
    enum status status = STATUS_TROUBLE;

    if (o->zone_count == 0)
        return run_with(o, rs, keep, NULL, complain, arg);
    if (keep == NULL)
        lent = lent_open(o);
    verdicts =
        verdicts_new(o, keep == NULL ? lent_cache(lent) : keep_cache(keep),
                     complain, arg, &err);
    if (verdicts == NULL)
        complain(arg, &err);
    else
        status = run_with(o, rs, keep, verdicts, complain, arg);
    if (lent != NULL && !lent_put_back(lent, &err))
        complain(arg, &err);
    verdicts_free(verdicts);
    lent_free(lent);
    return status;
}

/* One attempt. */
static enum status run_once(const struct options *given, const void *with,
                            enum attempt *how, run_complain *complain,
                            void *arg)
{
    const struct ruleset *rs = with;
    struct options o = *given;
    struct error err = {.code = 0};
    struct keep *keep = NULL;
    enum status status = STATUS_DONE;
    bool keeps = o.append != NULL || o.database != NULL;

    *how = ATTEMPT_OVER;
    if (keeps) {
        keep = keep_open(&o, &status, complain, arg, &err);
        if (keep == NULL) {
            complain(arg, &err);
            return status;
        }
    }
    status = run_judged(&o, rs, keep, complain, arg);
    if (keep != NULL && keep_verdict(keep) != KEEP_FINE) {
        if (keep_verdict(keep) == KEEP_MOVED)
            *how = keep_got_on(keep) ? ATTEMPT_GOT_ON : ATTEMPT_VOID;
        status = STATUS_REFUSED;
    }
    keep_free(keep);
    return status;
}

/* The same with the suffixes that a list of domains is held against. */
static enum status run_with_suffixes(const struct options *given,
                                     const struct ruleset *rs,
                                     run_complain *complain, void *arg)
{
    struct options o = *given;
    struct error err = {.code = 0};
    struct suffixes *suffixes = suffixes_load(&err);
    enum status status = STATUS_TROUBLE;

    o.suffixes = suffixes;
    if (suffixes == NULL)
        complain(arg, &err);
    else
        status = again_until_done(&o, run_once, rs, complain, arg);
    suffixes_free(suffixes);
    return status;
}

enum status run(const struct options *given, run_complain *complain, void *arg)
{
    struct error err = {.code = 0};
    struct ruleset *rs = load_rules(given, &err);
    enum status status = STATUS_USAGE;

    if (rs == NULL)
        complain(arg, &err);
    else if (lists_need_suffixes(given))
        status = run_with_suffixes(given, rs, complain, arg);
    else
        status = again_until_done(given, run_once, rs, complain, arg);
    ruleset_free(rs);
    return status;
}
