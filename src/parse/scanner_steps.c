/*
 * scanner_steps - the list of steps, as it grows and when it is complete
 */
#include "parse/scanner_steps.h"

#include <stdlib.h>

#include "base/mem.h"

void scanner_free(struct scanner *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->set_count; i++)
        free(s->sets[i]);
    free(s->sets);
    free(s->steps);
    free(s);
}

unsigned scanner_group_count(const struct scanner *s)
{
    return s->groups;
}

struct slice scanner_group_name(const struct scanner *s, unsigned group)
{
    return s->names[group];
}

struct step *steps_insert(struct scanner *s, size_t place, enum step_kind kind)
{
    struct step *step;

    s->steps = mem_grow(s->steps, s->count, &s->cap, sizeof *s->steps);
    step = &s->steps[place];
    memmove(step + 1, step, (s->count - place) * sizeof *step);
    s->count++;
    *step = (struct step){.kind = (uint8_t)kind, .group = SCANNER_NO_GROUP};
    return step;
}

struct step *steps_append(struct scanner *s, enum step_kind kind)
{
    return steps_insert(s, s->count, kind);
}

void steps_lead(struct scanner *s, size_t from, enum step_kind kind, size_t to)
{
    struct step *step = steps_insert(s, from, kind);

    step->next = (int16_t)((ptrdiff_t)to - (ptrdiff_t)from);
}

void steps_append_byte(struct scanner *s, char byte, bool in_text)
{
    struct step *step = in_text ? &s->steps[s->count - 1] : NULL;
    uint64_t bits = (unsigned char)byte;

    if (step == NULL || step->len == SCANNER_TEXT)
        step = steps_append(s, STEP_TEXT);
    if (step->len < 8) {
        step->head |= bits << (8 * step->len);
        step->mask |= UINT64_C(0xFF) << (8 * step->len);
    }
    step->tail = step->tail >> 8 | bits << 56;
    step->len++;
}

static void take_text(struct step *step, const struct step *text)
{
    step->len = text->len;
    step->head = text->head;
    step->mask = text->mask;
    step->tail = text->tail;
}

const struct byteset *steps_set(struct scanner *s, const struct byteclass *in)
{
    struct byteset *set;

    for (size_t i = 0; i < s->set_count; i++)
        if (memcmp(&s->sets[i]->in, in, sizeof *in) == 0)
            return s->sets[i];
    set = mem_new(sizeof *set);
    s->sets =
        mem_grow(s->sets, s->set_count, &s->set_cap, sizeof(struct byteset *));
    s->sets[s->set_count++] = set;
    return byteset_make(set, in) ? set : NULL;
}

bool steps_make_option(struct scanner *s, size_t begin)
{
    struct step *text;

    if (s->count != begin + 2)
        return false;
    text = &s->steps[begin];
    if (text[0].kind != STEP_TEXT || text[1].kind != STEP_SPAN)
        return false;
    take_text(&text[1], &text[0]);
    text[0] = text[1];
    text[0].kind = STEP_OPTION;
    s->count--;
    return true;
}

/* Marks the steps that another than the one before may lead to. */
static void mark_aims(const struct scanner *s, bool *aims)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->steps[i].next != 0)
            aims[(ptrdiff_t)i + s->steps[i].next] = true;
}

void steps_join_texts(struct scanner *s)
{
    bool *aims = mem_array(s->count, sizeof *aims);
    int16_t *moved = mem_array(s->count, sizeof *moved);
    size_t count = 0;

    mark_aims(s, aims);
    for (size_t i = 0; i < s->count; i++) {
        moved[i] = (int16_t)count;
        if (s->steps[i].kind != STEP_TEXT || aims[i + 1] ||
            s->steps[i + 1].len > 0)
            count++;
        else
            take_text(&s->steps[i + 1], &s->steps[i]);
    }
    for (size_t i = 0; i < s->count; i++) {
        struct step *step = &s->steps[i];

        if (step->next != 0)
            step->next = (int16_t)(moved[(ptrdiff_t)i + step->next] - moved[i]);
        s->steps[moved[i]] = *step;
    }
    s->count = count;
    free(aims);
    free(moved);
}

/*
 * What may stand first on the way from a step; false: nothing need. A way of
 * too many steps is left: budget.
 */
static bool begin_from(const struct step *step, bool begins[256],
                       unsigned *budget)
{
    while (*budget > 0) {
        --*budget;
        if (step->len > 0) {
            begins[step->head & 0xFF] = true;
            if (step->kind != STEP_OPTION)
                return true;
            step++;
            continue;
        }
        switch (step->kind) {
        case STEP_SPAN:
        case STEP_LONGEST:
        case STEP_SHORTEST:
            for (unsigned c = 0; c < 256; c++)
                begins[c] |= byteset_has(step->set, (char)c);
            if (step->least > 0)
                return true;
            step++;
            break;
        case STEP_FORK:
        case STEP_DETOUR:
            if (!begin_from(step + 1, begins, budget))
                return false;
            step += step->next;
            break;
        case STEP_ENTER:
            if (step->next != 0 && !begin_from(step + 1, begins, budget))
                return false;
            step += step->next == 0 ? 1 : step->next;
            break;
        case STEP_JUMP:
        case STEP_LEAVE:
            step += step->next;
            break;
        case STEP_REFUSE:
            return true; /* no way leads on */
        case STEP_OPEN:
        case STEP_CLOSE:
        case STEP_NEAR:
        case STEP_BEHIND:
        case STEP_RETURN:
            step++;
            break;
        default: /* STEP_END, STEP_MATCH */
            return false;
        }
    }
    return false;
}

bool scanner_begins(const struct scanner *s, bool begins[256])
{
    unsigned budget = SCANNER_STEPS;

    return begin_from(s->steps, begins, &budget);
}
