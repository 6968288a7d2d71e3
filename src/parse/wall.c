#include "parse/wall.h"

#include "base/stamp.h"
#include "parse/scan.h"

#define UNIX_MAX 253402300799 /* 9999-12-31T23:59:59Z */

/* Each take_ steps over what it knows, or returns false. */
typedef bool take_form(struct slice *s, struct wall *w);

/* A number of just so many digits. */
static bool take_digits(struct slice *s, size_t count, unsigned *number)
{
    unsigned n = 0;

    if (s->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!scan_is_digit(s->ptr[i]))
            return false;
        n = n * 10 + (unsigned)(s->ptr[i] - '0');
    }
    *s = slice_from(*s, count);
    *number = n;
    return true;
}

static bool take_small(struct slice *s, uint8_t *number)
{
    unsigned n;

    if (!take_digits(s, 2, &n))
        return false;
    *number = (uint8_t)n;
    return true;
}

/* 0 is how a missing year is kept, so it is none that can be logged. */
static bool take_year(struct slice *s, struct wall *w)
{
    unsigned n;

    if (!take_digits(s, 4, &n) || n == 0)
        return false;
    w->year = (uint16_t)n;
    return true;
}

/* The English ones: journalctl may write others, in its reader's language. */
static bool take_month(struct slice *s, struct wall *w)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (s->len < 3)
        return false;
    for (uint8_t i = 0; i < 12; i++) {
        if (memcmp(s->ptr, names + i * 3, 3) == 0) {
            w->month = (uint8_t)(i + 1);
            *s = slice_from(*s, 3);
            return true;
        }
    }
    return false;
}

/* "7", " 7", "07", "17" */
static bool take_day(struct slice *s, struct wall *w)
{
    unsigned n;

    (void)scan_byte(s, ' ');
    if (s->len >= 2 && scan_is_digit(s->ptr[1]))
        return take_small(s, &w->day);
    if (!take_digits(s, 1, &n))
        return false;
    w->day = (uint8_t)n;
    return true;
}

static bool take_fraction(struct slice *s, struct wall *w)
{
    uint32_t nsec = 0;
    uint8_t digits = 0;

    if (!scan_byte(s, '.') && !scan_byte(s, ','))
        return true;
    while (s->len > 0 && scan_is_digit(s->ptr[0])) {
        if (++digits > 9)
            return false;
        nsec = nsec * 10 + (uint32_t)(s->ptr[0] - '0');
        *s = slice_from(*s, 1);
    }
    w->digits = digits;
    for (; digits < 9; digits++)
        nsec *= 10;
    w->nsec = nsec;
    return w->digits > 0;
}

static bool take_time(struct slice *s, struct wall *w)
{
    return take_small(s, &w->hour) && scan_byte(s, ':') &&
           take_small(s, &w->minute) && scan_byte(s, ':') &&
           take_small(s, &w->second) && take_fraction(s, w);
}

static bool take_date(struct slice *s, struct wall *w)
{
    return take_year(s, w) && scan_byte(s, '-') && take_small(s, &w->month) &&
           scan_byte(s, '-') && take_small(s, &w->day);
}

/* +01:00, +0100, +01 */
static bool take_offset(struct slice *s, struct wall *w)
{
    unsigned hours, minutes = 0;
    bool west = scan_byte(s, '-');

    if (!west && !scan_byte(s, '+'))
        return false;
    if (!take_digits(s, 2, &hours) || hours > 23)
        return false;
    if (scan_byte(s, ':')) {
        if (!take_digits(s, 2, &minutes))
            return false;
    } else {
        (void)take_digits(s, 2, &minutes);
    }
    if (minutes > 59)
        return false;
    w->offset = (int16_t)(hours * 60 + minutes);
    if (west)
        w->offset = (int16_t)(0 - w->offset);
    w->zone = WALL_ZONE_OFFSET;
    return true;
}

static bool take_abbreviation(struct slice *s, struct wall *w)
{
    size_t len = 0;

    while (len < s->len && ((s->ptr[len] | 32) >= 'a') &&
           ((s->ptr[len] | 32) <= 'z'))
        len++;
    if (len == 0 || len >= sizeof w->abbreviation)
        return false;
    memcpy(w->abbreviation, s->ptr, len);
    w->zone = WALL_ZONE_NAME;
    *s = slice_from(*s, len);
    return true;
}

/* Mar  7 04:12:33.123456, Mar 07 2013 04:12:33 */
static bool take_bsd(struct slice *s, struct wall *w)
{
    if (!take_month(s, w) || !scan_byte(s, ' ') || !take_day(s, w) ||
        !scan_byte(s, ' '))
        return false;
    if (s->len > 4 && s->ptr[4] == ' ' && w->year == 0)
        return take_year(s, w) && scan_byte(s, ' ') && take_time(s, w);
    return take_time(s, w);
}

/* 2013 Mar  7 04:12:33 */
static bool take_year_and_bsd(struct slice *s, struct wall *w)
{
    return take_year(s, w) && scan_byte(s, ' ') && take_bsd(s, w);
}

/* 2013-03-07T04:12:33.123456+01:00; a blank for the T is seen, too */
static bool take_iso(struct slice *s, struct wall *w)
{
    if (!take_date(s, w) || (!scan_byte(s, 'T') && !scan_byte(s, ' ')) ||
        !take_time(s, w))
        return false;
    if (scan_byte(s, 'Z')) {
        w->zone = WALL_ZONE_OFFSET;
        return true;
    }
    return s->len == 0 || s->ptr[0] == ' ' || take_offset(s, w);
}

/* Thu 2013-03-07 04:12:33 CET; the day's name is of the reader's language */
static bool take_full(struct slice *s, struct wall *w)
{
    size_t len = 0;

    while (len < s->len && len <= 16 && s->ptr[len] != ' ' &&
           !scan_is_digit(s->ptr[len]))
        len++;
    if (len < 2)
        return false;
    *s = slice_from(*s, len);
    return scan_byte(s, ' ') && take_date(s, w) && scan_byte(s, ' ') &&
           take_time(s, w) && scan_byte(s, ' ') &&
           (take_offset(s, w) || take_abbreviation(s, w));
}

/* 1362625953.123456; without a fraction any number could be one */
static bool take_unix(struct slice *s, struct wall *w)
{
    unsigned long long seconds;
    struct civil c;
    size_t len = 0;

    while (len < s->len && len <= 12 && scan_is_digit(s->ptr[len]))
        len++;
    if (len < 9 || !slice_number(slice_head(*s, len), &seconds) ||
        seconds > UNIX_MAX)
        return false;
    *s = slice_from(*s, len);
    if (!take_fraction(s, w) || w->digits == 0)
        return false;
    c = civil_from_seconds((int64_t)seconds);
    w->year = (uint16_t)c.year;
    w->month = (uint8_t)c.month;
    w->day = (uint8_t)c.day;
    w->hour = (uint8_t)c.hour;
    w->minute = (uint8_t)c.minute;
    w->second = (uint8_t)c.second;
    w->zone = WALL_ZONE_OFFSET;
    return true;
}

static bool is_date(const struct wall *w)
{
    struct civil c = {.year = w->year == 0 ? 2000 : w->year,
                      .month = w->month,
                      .day = w->day,
                      .hour = w->hour,
                      .minute = w->minute,
                      .second = w->second};

    return civil_valid(&c);
}

size_t wall_parse(struct slice text, struct wall *w)
{
    static take_form *const forms[] = {
        take_bsd, take_iso, take_full, take_unix, take_year_and_bsd,
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct slice rest = text;

        *w = (struct wall){0};
        if (forms[i](&rest, w) && (rest.len == 0 || rest.ptr[0] == ' ') &&
            is_date(w))
            return text.len - rest.len;
    }
    *w = (struct wall){0};
    return 0;
}

/* At least eight bytes, and few more: in words, the last two overlapping. */
static inline bool same_bytes(const char *a, const char *b, size_t len)
{
    uint64_t x, y;

    for (size_t i = 0; i + 8 < len; i += 8) {
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        if (x != y)
            return false;
    }
    memcpy(&x, a + len - 8, 8);
    memcpy(&y, b + len - 8, 8);
    return x == y;
}

/* The number that count digits are, or UINT32_MAX. */
static inline uint32_t read_digits(const char *digits, size_t count)
{
    uint32_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (!scan_is_digit(digits[i]))
            return UINT32_MAX;
        n = n * 10 + (uint32_t)(digits[i] - '0');
    }
    return n;
}

/* As wall_parse(), or 0 when the stamp is another. */
static inline size_t cached(struct slice text, const struct wall_cache *cache,
                            struct wall *w)
{
    static const uint32_t scale[] = {
        0, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    size_t before = cache->before, digits = cache->when.digits;
    size_t len = before + digits + cache->behind;
    uint32_t fraction;

    if (before == 0 || text.len < len ||
        !same_bytes(text.ptr, cache->text, before))
        return 0;
    *w = cache->when;
    if (digits == 0)
        return len - 1;
    fraction = read_digits(text.ptr + before, digits);
    if (fraction == UINT32_MAX ||
        memcmp(text.ptr + before + digits, cache->text + before,
               cache->behind) != 0)
        return 0;
    w->nsec = fraction * scale[digits];
    return len - 1;
}

/* stamp ends in the blank behind it. */
static void remember(struct wall_cache *cache, struct slice stamp,
                     const struct wall *w)
{
    size_t before = stamp.len, digits = w->digits;

    /* Nothing but a zone stands behind a fraction, and it has no dot. */
    if (digits > 0)
        while (stamp.ptr[before - 1] != '.' && stamp.ptr[before - 1] != ',')
            before--;
    if (before < 8 || stamp.len - digits > sizeof cache->text)
        return;
    cache->before = (uint8_t)before;
    cache->behind = (uint8_t)(stamp.len - digits - before);
    memcpy(cache->text, stamp.ptr, before);
    memcpy(cache->text + before, stamp.ptr + before + digits, cache->behind);
    cache->when = *w;
    cache->is_bsd = before == WALL_BSD && digits == 0;
}

size_t wall_parse_any(struct slice text, struct wall_cache *cache,
                      struct wall *w)
{
    size_t len = cached(text, cache, w);

    if (len > 0)
        return len;
    len = wall_parse(text, w);
    if (len == 0)
        return 0;
    cache->second++;
    cache->before = 0;
    cache->is_bsd = false;
    if (len < text.len)
        remember(cache, slice_head(text, len + 1), w);
    return len;
}
