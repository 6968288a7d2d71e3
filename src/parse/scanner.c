/*
 * scanner - from the text of a pattern to its steps
 *
 * Steps are laid down as the pattern is read. What only shows behind a piece
 * (it repeats, it has an alternative) is put in before it: steps point to
 * others by their distance, so a piece may be moved as a whole.
 */
#include "parse/scanner.h"

#include "base/mem.h"
#include "parse/scanner_steps.h"

/* A pattern in the course of being read. */
struct reader {
    struct slice rest;
    struct scanner *s;
    bool failed; /* it is not simple */
    unsigned depth;
};

#define DEPTH_MAX 32
#define NAME_MAX 32 /* PCRE2's limit */

enum greed { GREEDY, LAZY, POSSESSIVE };

struct quantifier {
    unsigned least, most;
    enum greed greed;
};

static unsigned take_branches(struct reader *r);

static bool take(struct reader *r, struct slice text)
{
    if (!slice_starts(r->rest, text))
        return false;
    r->rest = slice_from(r->rest, text.len);
    return true;
}

static void fail(struct reader *r)
{
    r->failed = true;
    r->rest = slice_head(r->rest, 0);
}

/*
 * How often
 */

static bool take_number(struct reader *r, unsigned *number)
{
    size_t i = 0;

    *number = 0;
    while (i < r->rest.len && i < 4 && r->rest.ptr[i] >= '0' &&
           r->rest.ptr[i] <= '9')
        *number = *number * 10 + (unsigned)(r->rest.ptr[i++] - '0');
    r->rest = slice_from(r->rest, i);
    return i > 0;
}

/* "{3}", "{3,}", "{3,5}", behind the bracket. */
static void take_counts(struct reader *r, struct quantifier *q)
{
    bool good = take_number(r, &q->least);

    q->most = q->least;
    if (take(r, SLICE(",")) && !take_number(r, &q->most))
        q->most = SCANNER_NO_END;
    if (!good || !take(r, SLICE("}")) || q->most < q->least)
        fail(r);
}

static struct quantifier take_quantifier(struct reader *r)
{
    struct quantifier q = {1, 1, POSSESSIVE};

    if (take(r, SLICE("?")))
        q.least = 0;
    else if (take(r, SLICE("*")))
        q = (struct quantifier){0, SCANNER_NO_END, GREEDY};
    else if (take(r, SLICE("+")))
        q.most = SCANNER_NO_END;
    else if (take(r, SLICE("{")))
        take_counts(r, &q);
    else
        return q;
    q.greed = GREEDY;
    if (take(r, SLICE("+")))
        q.greed = POSSESSIVE;
    else if (take(r, SLICE("?")))
        q.greed = LAZY;
    if (q.least == q.most)
        q.greed = POSSESSIVE;
    return q;
}

/*
 * Bytes
 */

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* A byte that stands for itself. */
static bool take_byte(struct reader *r, char *byte)
{
    struct slice rest = r->rest;

    if (rest.ptr[0] == '\\') {
        rest = slice_from(rest, 1);
        if (rest.len == 0 || is_alnum(rest.ptr[0]))
            return false;
    } else if (memchr("^$.[]|()?*+{}", rest.ptr[0], 13) != NULL) {
        return false;
    }
    *byte = rest.ptr[0];
    r->rest = slice_from(rest, 1);
    return true;
}

/* Bytes of a class. Returns how many at least. */
static unsigned append_class(struct reader *r, const struct byteclass *in,
                             const struct quantifier *q)
{
    static const uint8_t kinds[] = {
        [GREEDY] = STEP_LONGEST,
        [LAZY] = STEP_SHORTEST,
        [POSSESSIVE] = STEP_SPAN,
    };
    const struct byteset *set = steps_set(r->s, in);
    struct step *step = steps_append(r->s, kinds[q->greed]);

    step->least = (uint16_t)q->least;
    step->most = (uint16_t)q->most;
    step->set = set;
    if (set == NULL)
        fail(r);
    return q->least;
}

/* One byte, or bytes of a class. Returns how many at least. */
static unsigned take_bytes(struct reader *r, bool *in_text)
{
    struct byteclass in = {{0}};
    struct quantifier q;
    char byte = 0;
    bool one = take_byte(r, &byte);

    if (!one && !byteclass_take(&r->rest, &in)) {
        fail(r);
        return 0;
    }
    q = take_quantifier(r);
    if (one && q.least == 1 && q.most == 1) {
        steps_append_byte(r->s, byte, *in_text);
        *in_text = true;
        return 1;
    }
    if (one)
        byteclass_add(&in, (unsigned char)byte, (unsigned char)byte);
    *in_text = false;
    return append_class(r, &in, &q);
}

/*
 * Groups
 */

/* Makes the steps from begin on repeat, and give nothing back. */
static void repeat_possessive(struct reader *r, size_t begin,
                              const struct quantifier *q)
{
    struct scanner *s = r->s;
    size_t count = s->count - begin;

    if (q->least == 0 && q->most == 1 && steps_make_option(s, begin))
        return;
    if (count > SCANNER_STEPS) {
        fail(r);
        return;
    }
    if (q->least == 1) {
        /* Once, which must be; and then as often as it goes. */
        steps_lead(r->s, begin, STEP_ENTER, begin);
        steps_lead(r->s, s->count, STEP_LEAVE, s->count + 1);
        for (size_t i = 0; i < count; i++) {
            struct step copy = s->steps[begin + 1 + i];

            *steps_append(s, STEP_MATCH) = copy;
        }
        begin += count + 2;
    }
    steps_lead(r->s, begin, STEP_ENTER, begin + count + 2);
    steps_lead(r->s, s->count, STEP_LEAVE, q->most == 1 ? s->count + 1 : begin);
}

/* Makes the steps from begin on repeat. */
static void repeat(struct reader *r, size_t begin, const struct quantifier *q)
{
    size_t count = r->s->count - begin;
    enum step_kind first = q->greed == LAZY ? STEP_DETOUR : STEP_FORK;
    enum step_kind again = q->greed == LAZY ? STEP_FORK : STEP_DETOUR;

    if (q->least == 1 && q->most == 1)
        return;
    if (q->least > 1 || (q->most != 1 && q->most != SCANNER_NO_END)) {
        fail(r);
    } else if (q->greed == POSSESSIVE) {
        repeat_possessive(r, begin, q);
    } else if (q->least == 1) {
        steps_lead(r->s, begin + count, again, begin);
    } else if (q->most == 1) {
        steps_lead(r->s, begin, first, begin + count + 1);
    } else {
        steps_lead(r->s, begin, first, begin + count + 2);
        steps_lead(r->s, begin + count + 1, STEP_JUMP, begin);
    }
}

/* The steps from begin on become a group that captures. */
static void capture(struct reader *r, size_t begin, unsigned group)
{
    struct scanner *s = r->s;

    if (s->count == begin + 1 && s->steps[begin].kind == STEP_SPAN &&
        s->steps[begin].group == SCANNER_NO_GROUP) {
        s->steps[begin].group = (uint8_t)group;
        return;
    }
    steps_insert(s, begin, STEP_OPEN)->group = (uint8_t)group;
    steps_append(r->s, STEP_CLOSE)->group = (uint8_t)group;
}

/* What stands between brackets, behind the first. */
static unsigned take_inside(struct reader *r)
{
    unsigned least;

    if (++r->depth > DEPTH_MAX)
        fail(r);
    least = take_branches(r);
    r->depth--;
    if (!take(r, SLICE(")")))
        fail(r);
    return least;
}

/* "(?=" or "(?!": what follows is looked at, and does not move on. */
static void take_ahead(struct reader *r, bool wanted)
{
    size_t begin = r->s->count, count;

    (void)take_inside(r);
    count = r->s->count - begin;
    steps_lead(r->s, begin, STEP_ENTER, wanted ? begin : begin + count + 2);
    (void)steps_append(r->s, wanted ? STEP_RETURN : STEP_REFUSE);
}

/* "(?<!.{206})": fewer bytes than that have been passed. */
static void take_near(struct reader *r)
{
    struct quantifier q;

    take_counts(r, &q);
    if (q.least != q.most || q.least == 0 || !take(r, SLICE(")")))
        fail(r);
    steps_append(r->s, STEP_NEAR)->most = (uint16_t)q.most;
}

/* "(?<=[0-9])": the byte before is of a class. */
static void take_behind(struct reader *r)
{
    struct byteclass in = {{0}};

    if (!byteclass_take(&r->rest, &in) || !take(r, SLICE(")")))
        fail(r);
    steps_append(r->s, STEP_BEHIND)->set = steps_set(r->s, &in);
    if (r->s->steps[r->s->count - 1].set == NULL)
        fail(r);
}

/* What is said of a place, and takes no bytes. */
static bool take_look(struct reader *r)
{
    if (take(r, SLICE("?=")))
        take_ahead(r, true);
    else if (take(r, SLICE("?!")))
        take_ahead(r, false);
    else if (take(r, SLICE("?<!.{")))
        take_near(r);
    else if (take(r, SLICE("?<=")))
        take_behind(r);
    else
        return false;
    return true;
}

static void hold(struct reader *r, size_t begin)
{
    steps_lead(r->s, begin, STEP_ENTER, begin);
    steps_lead(r->s, r->s->count, STEP_LEAVE, r->s->count + 1);
}

/* A new group of the name that stands before ">"; its number. */
static unsigned take_name(struct reader *r)
{
    struct scanner *s = r->s;
    size_t len = 0;

    while (len < r->rest.len && len < NAME_MAX &&
           (is_alnum(r->rest.ptr[len]) || r->rest.ptr[len] == '_'))
        len++;
    if (len == 0 || r->rest.ptr[0] <= '9' || s->groups == SCANNER_GROUPS) {
        fail(r);
        return 0;
    }
    s->names[s->groups] = slice_head(r->rest, len);
    r->rest = slice_from(r->rest, len);
    if (!take(r, SLICE(">")))
        fail(r);
    return s->groups++;
}

static unsigned take_group(struct reader *r)
{
    size_t begin = r->s->count;
    unsigned groups = r->s->groups, least = 0;
    struct quantifier q;

    if (take_look(r))
        return 0; /* repeated it is no pattern that take_bytes() knows */
    if (take(r, SLICE("?>"))) {
        least = take_inside(r);
        hold(r, begin);
    } else if (take(r, SLICE("?<"))) {
        unsigned group = take_name(r);

        least = take_inside(r);
        capture(r, begin, group);
    } else if (take(r, SLICE("?:")) || !(slice_starts(r->rest, SLICE("?")) ||
                                         slice_starts(r->rest, SLICE("*")))) {
        least = take_inside(r);
    } else {
        fail(r);
    }
    q = take_quantifier(r);
    if (q.most > 1 && (least == 0 || groups < r->s->groups))
        fail(r);
    repeat(r, begin, &q);
    return q.least == 0 ? 0 : least;
}

/* Up to a bar or the group's end. Returns how many bytes it takes at least. */
static unsigned take_sequence(struct reader *r)
{
    bool in_text = false;
    unsigned least = 0;

    while (r->rest.len > 0 && r->rest.ptr[0] != '|' && r->rest.ptr[0] != ')') {
        if (r->s->count > SCANNER_STEPS) {
            fail(r);
        } else if (take(r, SLICE("("))) {
            least += take_group(r);
            in_text = false;
        } else if (take(r, SLICE("$"))) {
            (void)steps_append(r->s, STEP_END);
            in_text = false;
        } else {
            least += take_bytes(r, &in_text);
        }
    }
    return least;
}

static unsigned take_branches(struct reader *r)
{
    size_t begin = r->s->count, jump = 0, count = 0;
    unsigned least = take_sequence(r);

    /* Each branch ends in a jump, which leads back to the one before it until
       it is known where all of them go. */
    while (take(r, SLICE("|"))) {
        unsigned other;

        steps_lead(r->s, begin, STEP_FORK, r->s->count + 2);
        begin = r->s->count;
        steps_lead(r->s, begin, STEP_JUMP, jump);
        jump = begin++;
        count++;
        other = take_sequence(r);
        least = other < least ? other : least;
    }
    for (; count > 0; count--) {
        struct step *step = &r->s->steps[jump];
        size_t before = (size_t)((ptrdiff_t)jump + step->next);

        step->next = (int16_t)(r->s->count - jump);
        jump = before;
    }
    return least;
}

/*
 * The whole
 */

struct scanner *scanner_new(struct slice pattern)
{
    struct reader r = {.rest = pattern, .s = mem_new(sizeof *r.s)};

    if (!take(&r, SLICE("^")))
        fail(&r);
    (void)take_sequence(&r);
    if (r.rest.len > 0) /* a bar: "^" is of the first branch only */
        fail(&r);
    (void)steps_append(r.s, STEP_MATCH);
    if (r.failed) {
        scanner_free(r.s);
        return NULL;
    }
    steps_join_texts(r.s);
    return r.s;
}
