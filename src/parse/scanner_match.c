/*
 * scanner - through a text, step by step
 */
#include "parse/scanner.h"

#include "parse/scan.h"
#include "parse/scanner_steps.h"

/* Choices not yet decided, at most; and how many may turn out wrong. */
#define CHOICES_MAX 128
#define WRONG_MAX 5000
#define FAR 64 /* bytes gone through in vain, which count as a wrong one */

/* Where to go on if what follows fails. */
struct choice {
    const struct step *step; /* NULL: nowhere, a group holds what is above */
    const char *at;
    const char *last; /* of a repeated set: how far it may go; or NULL */
    uint32_t set;     /* groups that were set */
    uint32_t held;
};

/* A match in progress. */
struct scan {
    const char *begin, *end;
    struct scanner_groups *groups;
    unsigned count; /* of choices */
    unsigned held;  /* of them, those below the group entered last, and it */
    unsigned wrong;
    bool failed; /* there were too many */
    struct choice choice[CHOICES_MAX];
};

/* has_text() within the last eight bytes, where no word can be read. */
static bool ends_in_text(const struct step *step, const char *at,
                         const char *end)
{
    if (end - at < step->len)
        return false;
    for (unsigned i = 0; i < step->len; i++)
        if ((unsigned char)at[i] != (step->head >> (8 * i) & 0xFF))
            return false;
    return true;
}

/* Whether the text of a step stands here. */
static inline bool has_text(const struct step *step, const char *at,
                            const char *end)
{
    if (end - at < 8)
        return ends_in_text(step, at, end);
    if (((scan_load(at) ^ step->head) & step->mask) != 0)
        return false;
    return step->len <= 8 || (end - at >= step->len &&
                              scan_load(at + step->len - 8) == step->tail);
}

/* Whether a step has a chance here, as far as a look at its begin can tell. */
static inline bool may_pass(const struct step *step, const char *at,
                            const char *end)
{
    step += step->kind == STEP_OPEN && step->len == 0;
    if (step->len > 0)
        return step->kind == STEP_OPTION || has_text(step, at, end);
    if (step->kind == STEP_SPAN && step->least > 0)
        return at < end && byteset_has(step->set, *at);
    return true;
}

static inline void choose(struct scan *s, const struct step *step,
                          const char *at, const char *last)
{
    if (s->count == CHOICES_MAX) {
        s->failed = true;
        return;
    }
    s->choice[s->count++] = (struct choice){
        .step = step,
        .at = at,
        .last = last,
        .set = s->groups->set,
        .held = s->held,
    };
}

/* Takes the choices back that were made since a group was entered, as it was. */
static inline const struct choice *leave(struct scan *s)
{
    const struct choice *entered = &s->choice[s->held - 1];

    s->count = s->held - 1;
    /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign) */
    s->held = entered->held;
    return entered;
}

/* The end of a step's set from at on, or NULL if it has too few bytes. */
static inline const char *span(const struct scan *s, const struct step *step,
                               const char *at)
{
    const char *end = s->end;

    if (step->most != SCANNER_NO_END && end - at > step->most)
        end = at + step->most;
    end = byteset_span(step->set, s->begin, at, end);
    return end - at >= step->least ? end : NULL;
}

/*
 * Between first and last, the place where the step behind has a chance: that
 * most to the left or to the right. The others stay as choices. NULL: none.
 */
static const char *take_shortest(struct scan *s, const struct step *step,
                                 const char *first, const char *last)
{
    const char *at = first;

    while (!may_pass(step + 1, at, s->end))
        if (at++ == last)
            return NULL;
    if (at < last)
        choose(s, step, at + 1, last);
    s->wrong += (unsigned)(at - first) / FAR;
    return at;
}

static const char *take_longest(struct scan *s, const struct step *step,
                                const char *first, const char *last)
{
    const char *at = last;

    while (!may_pass(step + 1, at, s->end))
        if (at-- == first)
            return NULL;
    if (at > first)
        choose(s, step, first, at - 1);
    s->wrong += (unsigned)(last - at) / FAR;
    return at;
}

static const char *take_some(struct scan *s, const struct step *step,
                             const char *first, const char *last)
{
    return step->kind == STEP_LONGEST ? take_longest(s, step, first, last)
                                      : take_shortest(s, step, first, last);
}

static inline void set_group(struct scan *s, unsigned group, const char *begin,
                             const char *end)
{
    s->groups->at[group].begin = begin;
    s->groups->at[group].end = end;
    s->groups->set |= UINT32_C(1) << group;
}

/* Back to the choice made last that leads somewhere; NULL: there is none. */
static const struct step *go_back(struct scan *s, const char **at)
{
    while (s->count > 0 && !s->failed) {
        struct choice *c = &s->choice[--s->count];

        s->groups->set = c->set;
        s->held = c->held;
        if (c->step == NULL)
            continue;
        if (s->wrong++ >= WRONG_MAX)
            s->failed = true;
        *at = c->at;
        if (c->last == NULL)
            return c->step;
        *at = take_some(s, c->step, c->at, c->last);
        if (*at != NULL)
            return c->step + 1;
    }
    return NULL;
}

/* Enters a possessive group, if it has a chance; says where to go on. */
static inline const struct step *enter(struct scan *s, const struct step *step,
                                       const char *at)
{
    const struct step *otherwise = step->next == 0 ? NULL : step + step->next;
    const struct step *first = step + 1;

    for (; first->kind == STEP_FORK && first->len == 0; first += first->next)
        if (may_pass(first + 1, at, s->end))
            break;
    if (!may_pass(first, at, s->end))
        return otherwise;
    choose(s, otherwise, at, NULL);
    s->held = s->count;
    return step + 1;
}

/* One of two, and the other is kept for later if that has a chance. */
static inline const struct step *fork_at(struct scan *s,
                                         const struct step *first,
                                         const struct step *second,
                                         const char *at)
{
    if (!may_pass(first, at, s->end))
        return second;
    if (may_pass(second, at, s->end))
        choose(s, second, at, NULL);
    return first;
}

/*
 * From the first step to the last. Where a step goes on, its case does; where
 * it fails, it breaks.
 */
static bool run(struct scan *s, const struct step *step)
{
    const char *const begin = s->begin, *const stop = s->end;
    const char *at = begin, *end;

    for (;;) {
        if (step->len > 0) {
            if (!has_text(step, at, stop)) {
                if (step->kind != STEP_OPTION)
                    goto back;
                step++;
                continue;
            }
            at += step->len;
        }
        switch ((enum step_kind)step->kind) {
        case STEP_TEXT:
            step++;
            continue;
        case STEP_SPAN:
        case STEP_OPTION:
            end = span(s, step, at);
            if (end == NULL) {
                if (step->kind != STEP_OPTION)
                    break;
                end = at -= step->len;
            } else if (step->group != SCANNER_NO_GROUP) {
                set_group(s, step->group, at, end);
            }
            at = end;
            step++;
            continue;
        case STEP_LONGEST:
        case STEP_SHORTEST:
            end = span(s, step, at);
            if (end == NULL)
                break;
            at = take_some(s, step, at + step->least, end);
            if (at == NULL)
                break;
            step++;
            continue;
        case STEP_END:
            if (at != stop)
                break;
            step++;
            continue;
        case STEP_NEAR:
            if (at - begin >= step->most)
                break;
            step++;
            continue;
        case STEP_BEHIND:
            if (at == begin || !byteset_has(step->set, at[-1]))
                break;
            step++;
            continue;
        case STEP_OPEN:
            s->groups->at[step->group].begin = at;
            step++;
            continue;
        case STEP_CLOSE:
            set_group(s, step->group, s->groups->at[step->group].begin, at);
            step++;
            continue;
        case STEP_JUMP:
            step += step->next;
            continue;
        case STEP_FORK:
            step = fork_at(s, step + 1, step + step->next, at);
            continue;
        case STEP_DETOUR:
            step = fork_at(s, step + step->next, step + 1, at);
            continue;
        case STEP_ENTER:
            step = enter(s, step, at);
            if (step == NULL)
                break;
            continue;
        case STEP_LEAVE:
            (void)leave(s);
            step += step->next;
            continue;
        case STEP_RETURN:
            at = leave(s)->at;
            step++;
            continue;
        case STEP_REFUSE:
            (void)leave(s);
            break;
        case STEP_MATCH:
            return true;
        }
    back:
        step = go_back(s, &at);
        if (step == NULL)
            return false;
    }
}

enum scanner_result scanner_match(const struct scanner *scanner,
                                  struct slice text,
                                  struct scanner_groups *groups)
{
    struct scan s;
    bool found;

    s.begin = text.ptr;
    s.end = text.ptr + text.len;
    s.groups = groups;
    s.count = s.held = s.wrong = 0;
    s.failed = false;
    groups->set = 0;
    found = run(&s, scanner->steps);
    if (s.failed)
        return SCANNER_FAILED;
    return found ? SCANNER_YES : SCANNER_NO;
}
