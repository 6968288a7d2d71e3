/* run - what belongs to one run: inputs opened, lines to rows, an end */
#include "run/run.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/out.h"
#include "input/feed.h"
#include "parse/ruleset.h"
#include "run/again.h"
#include "run/change.h"
#include "run/fold.h"
#include "run/inputs.h"
#include "run/keep.h"
#include "run/lent.h"
#include "run/lists.h"
#include "run/pipeline.h"
#include "run/progress.h"
#include "run/signals.h"
#include "run/target.h"
#include "run/verdicts.h"

/* A live input is asked this often whether the run is over. */
#define IDLE_MS 1000

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
    struct feed *feed;
    struct signals *signals = NULL;
    bool ok;

    copy_known(&known, keep == NULL ? NULL : keep_known(keep));
    feed = feed_new(in->source, in->opened, &known, o->block_size, IDLE_MS);
    if (in->followed != NULL) {
        feed_follow(feed, in->followed, in->count - 1);
        signals = signals_watch(feed);
    }
    if (keep != NULL)
        feed_keep_state(feed, in->hold);
    feed_read_ahead(feed, pipeline_jobs(o) - 1);
    ok = pipeline_run(o, rs, feed, fold, progress, err);
    signals_end(signals);
    *content = feed_content(feed);
    feed_free(feed);
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
