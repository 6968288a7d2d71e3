/*
 * stamp - an instant, and how it was written
 *
 * Days are counted in years that begin with March: leap days then stand at
 * the end of a year, and the lengths of the months follow one formula.
 */
#include "base/stamp.h"

#include "base/digits.h"

#define YEAR_MIN 1
#define YEAR_MAX 9999

#define ERA_DAYS 146097     /* of 400 years, after which all repeats */
#define DAYS_TO_1970 719468 /* from 1 March of year 0 to 1970-01-01 */

/* No stamp that can be written lies beyond (year 1 to 9999, any offset). */
#define SECONDS_MIN (INT64_C(-62135596800) - 30 * STAMP_DAY)
#define SECONDS_MAX (INT64_C(253402300799) + 30 * STAMP_DAY)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01. */
static int64_t days_of_date(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month < 3);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;

    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 -
           year_of_era / 100 + day_of_year - DAYS_TO_1970;
}

static void date_of_days(int64_t days, struct civil *c)
{
    int64_t era = floor_div(days + DAYS_TO_1970, ERA_DAYS);
    uint32_t day_of_era = (uint32_t)(days + DAYS_TO_1970 - era * ERA_DAYS);
    /* Less the leap days before it (each 1,461st day, but not each 36,525th,
     * and again the 146,097th), the day tells the year by 365. */
    uint32_t year_of_era = (day_of_era - day_of_era / 1460 +
                            day_of_era / 36524 - day_of_era / 146096) /
                           365;
    uint32_t day_of_year =
        day_of_era - (year_of_era * 365 + year_of_era / 4 - year_of_era / 100);
    uint32_t month_from_march = (5 * day_of_year + 2) / 153;

    c->day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    c->month = (int)(month_from_march < 10 ? month_from_march + 3
                                           : month_from_march - 9);
    c->year = (int)(era * 400 + year_of_era + (c->month < 3));
}

int64_t civil_seconds(const struct civil *c)
{
    return days_of_date(c->year, c->month, c->day) * STAMP_DAY +
           c->hour * INT64_C(3600) + c->minute * INT64_C(60) + c->second;
}

struct civil civil_from_seconds(int64_t seconds)
{
    int64_t days = floor_div(seconds, STAMP_DAY);
    unsigned rest = (unsigned)(seconds - days * STAMP_DAY);
    struct civil c = {
        .hour = (int)(rest / 3600),
        .minute = (int)(rest / 60 % 60),
        .second = (int)(rest % 60),
    };

    date_of_days(days, &c);
    return c;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_days_in_month(int year, int month)
{
    static const unsigned char days[12] = {31, 28, 31, 30, 31, 30,
                                           31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

bool civil_valid(const struct civil *c)
{
    return c->year >= YEAR_MIN && c->year <= YEAR_MAX && c->month >= 1 &&
           c->month <= 12 && c->day >= 1 &&
           c->day <= civil_days_in_month(c->year, c->month) && c->hour >= 0 &&
           c->hour <= 23 && c->minute >= 0 && c->minute <= 59 &&
           c->second >= 0 && c->second <= 60;
}

/* The stamp on its own clock; false when it has no date of four digits. */
static bool stamp_civil(struct stamp s, struct civil *c)
{
    if (s.sec < SECONDS_MIN || s.sec > SECONDS_MAX)
        return false;
    *c = civil_from_seconds(s.sec + s.offset * INT64_C(60));
    return c->year >= YEAR_MIN && c->year <= YEAR_MAX;
}

/* Two digits and what follows them. */
static char *put(char *out, int value, char follow)
{
    out = digits_pair(out, (unsigned)value);
    *out = follow;
    return out + 1;
}

static char *put_date(char *out, const struct civil *c, char follow)
{
    out = digits_pair(out, (unsigned)c->year / 100);
    out = put(out, c->year % 100, '-');
    out = put(out, c->month, '-');
    return put(out, c->day, follow);
}

static char *put_fraction(char *out, struct stamp s)
{
    uint32_t value = s.nsec;

    for (unsigned i = 9; i > 0; i--) {
        if (i <= s.digits)
            out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    out[0] = '.';
    return out + 1 + s.digits;
}

size_t stamp_format(struct stamp s, char out[STAMP_SIZE])
{
    struct civil c;
    int offset = s.offset < 0 ? -s.offset : s.offset;
    char *end;

    out[0] = '\0';
    if (!stamp_civil(s, &c))
        return 0;
    end = put_date(out, &c, 'T');
    end = put(end, c.hour, ':');
    end = put(end, c.minute, ':');
    end = digits_pair(end, (unsigned)c.second);
    if (s.digits > 0 && s.digits <= 9)
        end = put_fraction(end, s);
    *end++ = s.offset < 0 ? '-' : '+';
    end = put(end, offset / 60 % 100, ':');
    end = put(end, offset % 60, '\0');
    return (size_t)(end - 1 - out);
}

int stamp_compare_texts(struct stamp a, struct stamp b)
{
    char a_text[STAMP_SIZE], b_text[STAMP_SIZE];
    size_t a_len, b_len;

    if (stamp_is_same(a, b))
        return 0;
    a_len = stamp_format(a, a_text);
    b_len = stamp_format(b, b_text);
    return slice_compare(slice_make(a_text, a_len), slice_make(b_text, b_len));
}

/*
 * Takes count digits and the byte behind them (NUL: none) off text. An error
 * stays noted in *ok, so that callers ask once.
 */
static int take(struct slice *text, unsigned count, char follow, bool *ok)
{
    unsigned long long value = 0;
    size_t size = count + (follow != '\0');

    if (!*ok || text->len < size ||
        !slice_number(slice_head(*text, count), &value) ||
        (follow != '\0' && text->ptr[count] != follow)) {
        *ok = false;
        return 0;
    }
    *text = slice_from(*text, size);
    return (int)value;
}

/* ".123456": one to nine digits, or nothing at all. */
static bool take_fraction(struct slice *text, struct stamp *s)
{
    unsigned digits = 0;
    uint32_t value = 0;

    if (text->len == 0 || text->ptr[0] != '.')
        return true;
    *text = slice_from(*text, 1);
    while (digits < text->len && digits < 9 && text->ptr[digits] >= '0' &&
           text->ptr[digits] <= '9')
        value = value * 10 + (uint32_t)(text->ptr[digits++] - '0');
    *text = slice_from(*text, digits);
    s->digits = (uint8_t)digits;
    for (unsigned i = digits; i < 9; i++)
        value *= 10;
    s->nsec = value;
    return digits > 0;
}

/* "Z", "+01:00"; the last of text. */
static bool take_offset(struct slice text, struct stamp *s)
{
    bool ok = true;
    char sign;
    int hours, minutes;

    if (slice_equal(text, SLICE("Z")))
        return true;
    if (text.len != 6)
        return false;
    sign = text.ptr[0];
    text = slice_from(text, 1);
    hours = take(&text, 2, ':', &ok);
    minutes = take(&text, 2, '\0', &ok);
    if (!ok || (sign != '+' && sign != '-') || hours > 23 || minutes > 59)
        return false;
    minutes += hours * 60;
    s->offset = (int16_t)(sign == '-' ? -minutes : minutes);
    return true;
}

bool stamp_parse(struct slice text, struct stamp *s)
{
    struct stamp read = {0};
    struct civil c;
    bool ok = true;

    c.year = take(&text, 4, '-', &ok);
    c.month = take(&text, 2, '-', &ok);
    c.day = take(&text, 2, 'T', &ok);
    c.hour = take(&text, 2, ':', &ok);
    c.minute = take(&text, 2, ':', &ok);
    c.second = take(&text, 2, '\0', &ok);
    if (!ok || !civil_valid(&c) || !take_fraction(&text, &read) ||
        !take_offset(text, &read))
        return false;
    read.sec = civil_seconds(&c) - read.offset * INT64_C(60);
    *s = read;
    return true;
}

size_t stamp_format_day(struct stamp s, char out[STAMP_SIZE])
{
    struct civil c;

    out[0] = '\0';
    if (!stamp_civil(s, &c))
        return 0;
    return (size_t)(put_date(out, &c, '\0') - 1 - out);
}

int32_t stamp_day(struct stamp s)
{
    int64_t local = s.sec;

    if (local < SECONDS_MIN)
        return INT32_MIN;
    if (local > SECONDS_MAX)
        return INT32_MAX;
    local += s.offset * INT64_C(60);
    return (int32_t)floor_div(local, STAMP_DAY);
}
