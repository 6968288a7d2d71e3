#include "base/when.h"

#include "base/zone.h"

#define NSEC 1000000000u
#define AGE_MAX 1000000000u /* of any unit; keeps the product far from 2^63 */

/* What was typed, and which part of it was the last. */
struct typed {
    struct civil civil;
    uint32_t nsec;
    uint32_t span; /* nanoseconds that the last digit stands for */
    uint8_t digits;
};

/* Takes exactly count digits off text. */
static bool take_digits(struct slice *text, size_t count, int *value)
{
    unsigned long long number;

    if (!slice_number(slice_head(*text, count), &number) || text->len < count)
        return false;
    *value = (int)number;
    *text = slice_from(*text, count);
    return true;
}

static bool take_byte(struct slice *text, char byte)
{
    if (text->len == 0 || text->ptr[0] != byte)
        return false;
    *text = slice_from(*text, 1);
    return true;
}

static bool take_date(struct slice *text, struct civil *c)
{
    return take_digits(text, 4, &c->year) && take_byte(text, '-') &&
           take_digits(text, 2, &c->month) && take_byte(text, '-') &&
           take_digits(text, 2, &c->day);
}

/* .25: one to nine digits. */
static bool take_fraction(struct slice *text, struct typed *t)
{
    int digit;

    while (t->digits < 9 && take_digits(text, 1, &digit)) {
        t->span /= 10;
        t->nsec += (uint32_t)digit * t->span;
        t->digits++;
    }
    return t->digits > 0;
}

static bool take_time(struct slice *text, struct typed *t)
{
    if (!take_digits(text, 2, &t->civil.hour) || !take_byte(text, ':') ||
        !take_digits(text, 2, &t->civil.minute))
        return false;
    if (!take_byte(text, ':')) {
        t->civil.second = -1; /* the minute as a whole */
        return true;
    }
    if (!take_digits(text, 2, &t->civil.second))
        return false;
    return !take_byte(text, '.') || take_fraction(text, t);
}

/* Z, +01:00 or +0100, to the end of text. */
static bool take_offset(struct slice *text, int16_t *offset)
{
    int hours, minutes;
    bool west;

    if (take_byte(text, 'Z')) {
        *offset = 0;
        return text->len == 0;
    }
    west = take_byte(text, '-');
    if (!west && !take_byte(text, '+'))
        return false;
    if (!take_digits(text, 2, &hours))
        return false;
    (void)take_byte(text, ':');
    if (!take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset = (int16_t)(hours * 60 + minutes);
    if (west)
        *offset = (int16_t) - *offset;
    return text->len == 0;
}

/* The wall clock of the wanted end of the span. */
static void choose_end(struct typed *t, bool whole_day, enum when_end end)
{
    bool last = end == WHEN_LAST;

    if (whole_day) {
        t->civil.hour = last ? 23 : 0;
        t->civil.minute = last ? 59 : 0;
        t->civil.second = -1;
    }
    if (t->civil.second < 0)
        t->civil.second = last ? 59 : 0;
    if (last)
        t->nsec += t->span - 1;
}

static bool parse_date(struct slice text, enum when_end end, struct stamp *at)
{
    struct typed t = {.span = NSEC};
    struct zone_offsets zone;
    bool whole_day;

    if (!take_date(&text, &t.civil))
        return false;
    whole_day = text.len == 0;
    if (!whole_day && !take_byte(&text, 'T') && !take_byte(&text, ' '))
        return false;
    if (!whole_day && !take_time(&text, &t))
        return false;
    choose_end(&t, whole_day, end);
    if (!civil_valid(&t.civil))
        return false;

    at->nsec = t.nsec;
    at->digits = t.digits;
    if (text.len > 0) {
        if (!take_offset(&text, &at->offset))
            return false;
    } else {
        /* Of an hour that occurs twice, all of it. */
        zone = zone_offsets(&t.civil);
        at->offset = end == WHEN_LAST ? zone.later : zone.earlier;
    }
    at->sec = civil_seconds(&t.civil) - (int64_t)at->offset * 60;
    return true;
}

static bool parse_age(struct slice text, int64_t now, struct stamp *at)
{
    static const struct {
        char letter;
        int32_t seconds;
    } units[] = {
        {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800},
    };
    unsigned long long number;
    size_t i;

    if (text.len < 2 ||
        !slice_number(slice_head(text, text.len - 1), &number) ||
        number > AGE_MAX)
        return false;
    for (i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].letter != text.ptr[text.len - 1])
            continue;
        *at = (struct stamp){.sec = now - (int64_t)number * units[i].seconds};
        return true;
    }
    return false;
}

bool when_parse(struct slice text, enum when_end end, int64_t now,
                struct stamp *at)
{
    return parse_age(text, now, at) || parse_date(text, end, at);
}
