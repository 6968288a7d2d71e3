/* inputs - the INPUTs of the command line: opened, told apart, in order */
#include "run/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "input/known.h"
#include "input/siblings.h"
#include "run/dates.h"
#include "run/order.h"
#include "run/years.h"

const struct format *input_format(const struct input *in)
{
    return in->source == NULL ? NULL : source_format(in->source);
}

const char *input_name(const struct input *in)
{
    return in->source == NULL ? in->given : source_name(in->source);
}

int64_t input_heard(const struct input *in)
{
    if (in->followed || !source_is_file(in->source))
        return (int64_t)time(NULL);
    return source_mtime(in->source);
}

int inputs_year(const struct input *in, const struct options *o, int64_t now)
{
    const char *path = in->path != NULL ? in->path : in->given;
    struct error err;
    struct source *s;
    struct wall w;
    int year = in->year != 0 ? in->year : o->year;

    if (year != 0 || path == NULL)
        return year;
    s = source_open(path, &err);
    if (s != NULL && years_first_stamp(source_head(s), &w) && w.year == 0)
        year = years_of(s, &w, now);
    source_free(s);
    return year;
}

/* What is needed to gather the inputs; goes with each function below. */
struct gathering {
    struct inputs *in;
    const struct options *o;
    struct known *known;
    struct dates dates;
    run_complain *complain;
    void *arg;
    size_t cap;
    bool all; /* so far each input could be read */
};

static void complain_of(struct gathering *g, const struct error *err)
{
    g->complain(g->arg, err);
    g->all = false;
}

static void warn(const struct gathering *g, const char *name, const char *text)
{
    struct error warning;

    (void)error_at(&warning, (struct place){name, 0}, "%s", text);
    g->complain(g->arg, &warning);
}

/* The log known that begins like this one, or NULL. */
static const struct known_log *known_as(const struct gathering *g,
                                        struct source *s)
{
    if (g->known == NULL || source_format(s) != NULL)
        return NULL;
    return known_peek(g->known, s);
}

static void append(struct gathering *g, const struct input *one)
{
    struct inputs *in = g->in;

    in->input = mem_grow(in->input, in->count, &g->cap, sizeof *in->input);
    in->input[in->count++] = *one;
}

/*
 * Completes an input and takes it in. A log known has its date from the run
 * that read it, so that going on with a large one costs no look through it.
 * As it is taken in, it rests: of thousands of inputs none takes much memory.
 */
static void add(struct gathering *g, struct input one)
{
    struct source *s = one.source;
    const struct known_log *log = known_as(g, s);
    const char *followed = g->in->followed;

    one.followed =
        one.path == NULL && followed != NULL && one.given == followed;
    one.hold &= source_is_file(s) && !source_is_packed(s);
    if (!source_is_file(s))
        one.given = NULL;
    if (log != NULL || source_format(s) != NULL) {
        one.first = log != NULL ? log->first : STAMP_NONE;
        source_rest(s);
    } else if (!one.dated) {
        dates_set_or_defer(&g->dates, &one, g->in->count);
    }
    append(g, &one);
}

/* The log that was read last of those of this INPUT; NULL: none was. */
static const struct known_log *known_at(const struct known *known,
                                        const char *path)
{
    const struct known_log *at = NULL;

    for (size_t i = 0; i < known->count; i++) {
        const struct known_log *log = &known->log[i];

        if (log->name != NULL && strcmp(log->name, path) == 0 &&
            (at == NULL || stamp_compare(log->last, at->last) >= 0))
            at = log;
    }
    return at;
}

/*
 * Whether a file beside holds what came after the log that was known: no run
 * has seen it, and it begins later. Later than that log began, since the clock
 * may have been set back in between. It is dated for that.
 */
static bool is_younger(struct gathering *g, struct input *one,
                       const struct known_log *than)
{
    struct source *s = one->source;

    if (source_format(s) != NULL || known_as(g, s) != NULL ||
        source_mtime(s) < than->last.sec)
        return false;
    dates_set(&g->dates, one);
    return !stamp_is_none(one->first) &&
           stamp_compare(one->first, than->first) >= 0;
}

/* Whether less is there than was read: nothing new, in other words. */
static bool has_shrunk(struct source *s, const struct known_log *log)
{
    return source_is_file(s) && !source_is_packed(s) &&
           source_size(s) < log->offset;
}

/* Whether a file that cannot be opened may hold what no run has read yet. */
static bool may_be_unread(const char *path, const struct known_log *log)
{
    struct stat info;

    return stat(path, &info) != 0 || info.st_mtim.tv_sec >= log->last.sec;
}

/*
 * Which of the siblings has the log, as far as its head tells; count: none.
 * *good: all that may have it could be opened; else err tells which could not.
 */
static size_t find_rest(struct gathering *g, char **list, size_t count,
                        const struct known_log *log, bool *good,
                        struct error *err)
{
    size_t at = 0;

    *good = true;
    for (; at < count; at++) {
        struct error why;
        struct source *s = source_open(list[at], &why);
        bool found = s != NULL && source_format(s) == NULL &&
                     known_peek(g->known, s) == log;

        if (s == NULL && *good && may_be_unread(list[at], log)) {
            *good = false;
            *err = why;
        }
        source_free(s);
        if (found)
            break;
    }
    return at;
}

/* Whether a sibling, if it could be opened, has nothing for this run. */
static bool is_done_with(struct gathering *g, struct input *one,
                         const struct known_log *log, bool younger)
{
    if (one->source == NULL)
        return younger && !may_be_unread(one->path, log);
    return younger ? !is_younger(g, one, log) : has_shrunk(one->source, log);
}

/*
 * log: whose rest it is, or, if younger, what it must be younger than. False:
 * it cannot be read now.
 */
static bool add_sibling(struct gathering *g, const char *given,
                        const char *path, const struct known_log *log,
                        bool younger)
{
    struct error err;
    /* Its source goes by that name. */
    struct input one = {.given = given, .path = mem_text(slice_of(path))};
    bool skipped;

    one.source = source_open(one.path, &err);
    skipped = is_done_with(g, &one, log, younger);
    if (!skipped && one.source != NULL && source_rewind(one.source, &err)) {
        add(g, one);
        return true;
    }
    if (!skipped)
        complain_of(g, &err);
    source_free(one.source);
    free(one.path);
    return skipped;
}

/* Says so once: the log is not looked for by later runs. */
static void give_up(const struct gathering *g, const char *given,
                    const struct known_log *log)
{
    size_t i = (size_t)(log - g->known->log);

    warn(g, given,
         "was rotated away and cannot be found: what was written to it since "
         "the last run is not read");
    free(g->known->log[i].name);
    g->known->log[i].name = NULL;
}

/*
 * The rest of a log that is no longer at its path, and what came after it.
 * False: one of them cannot be read now. Then nothing younger may be read,
 * either, as no later run would look for that one again.
 */
static bool add_rotated(struct gathering *g, const char *given,
                        const struct known_log *log)
{
    char **list;
    size_t count = siblings_list(given, &list);
    struct error err;
    bool good;
    size_t rest = find_rest(g, list, count, log, &good, &err);

    if (rest < count)
        good = add_sibling(g, given, list[rest], log, false);
    else if (!good)
        complain_of(g, &err);
    else
        give_up(g, given, log);
    for (size_t i = rest < count ? rest + 1 : 0; good && i < count; i++)
        good = add_sibling(g, given, list[i], log, true);
    siblings_free(list, count);
    return good;
}

/* Not in this run; if it was to be followed, there is nothing to wait for. */
static void leave_out(struct gathering *g, const char *name, struct source *s)
{
    if (name == g->in->followed) {
        g->in->followed = NULL;
        g->all = false;
    }
    source_free(s);
}

/* Whether it was a database, which has no source; complains of a bad one. */
static bool take_base(struct gathering *g, const char *name, struct source **s,
                      struct error *err)
{
    enum base how = bases_take(&g->in->bases, g->o, name, s, err);

    if (how == BASE_NONE)
        return false;
    if (how == BASE_BAD)
        complain_of(g, err);
    if (name == g->in->followed)
        g->in->followed = NULL;
    return true;
}

/* An INPUT, and in a run that keeps state what rotation made of it. */
static void add_given(struct gathering *g, const char *name)
{
    struct error err;
    struct source *s;
    const struct known_log *log = NULL;

    if (take_base(g, name, &s, &err))
        return;
    if (g->known != NULL && strcmp(name, "-") != 0)
        log = known_at(g->known, name);
    if (log != NULL && s != NULL && known_peek(g->known, s) == log) {
        if (has_shrunk(s, log)) {
            warn(g, name, "is shorter than what was read of it: skipped");
            leave_out(g, name, s);
            return;
        }
        log = NULL;
    }
    /* One that is there, but cannot be opened, was not rotated. */
    if (log != NULL && (s != NULL || err.code == ENOENT) &&
        !add_rotated(g, name, log)) {
        leave_out(g, name, s);
        return;
    }
    if (s == NULL && name == g->in->followed) {
        /* It is waited for. */
        append(g, &(struct input){
                      .given = name, .first = STAMP_NONE, .followed = true});
    } else if (s == NULL) {
        complain_of(g, &err);
    } else {
        add(g, (struct input){
                   .source = s, .given = name, .hold = g->known != NULL});
    }
}

bool inputs_open(struct inputs *in, const struct options *o,
                 struct known *known, int64_t now, run_complain *complain,
                 void *arg)
{
    struct gathering g = {
        .in = in,
        .o = o,
        .known = known,
        .dates = dates_begin(o, now),
        .complain = complain,
        .arg = arg,
        .all = true,
    };

    *in = (struct inputs){.input = NULL};
    if (o->follow)
        in->followed = o->inputs[o->input_count - 1];
    for (size_t i = 0; i < o->input_count; i++)
        add_given(&g, o->inputs[i]);
    dates_finish(&g.dates, in->input);
    order_inputs(in->input, in->count);
    in->source = mem_array(in->count + 1, sizeof(struct source *));
    in->hold = mem_array(in->count + 1, sizeof *in->hold);
    for (size_t i = 0; i < in->count; i++) {
        in->source[i] = in->input[i].source;
        in->hold[i] = in->input[i].hold;
        if (in->source[i] != NULL)
            in->opened = i + 1;
    }
    return g.all;
}

void inputs_release(struct inputs *in)
{
    for (size_t i = 0; i < in->count; i++) {
        source_free(in->input[i].source);
        free(in->input[i].path);
    }
    free(in->input);
    free(in->source);
    free(in->hold);
    bases_release(&in->bases);
}
