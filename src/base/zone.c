#include "base/zone.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/stamp.h"

#define NAME_SIZE 256 /* of a zone's name or rule, NUL included */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/*
 * Names of one meaning world-wide, then and now. CST, IST, BST, PST have
 * several, MSK changed its own.
 */
static const struct {
    char name[6];
    int16_t offset;
} known_names[] = {
    {"UTC", 0},     {"GMT", 0},     {"WET", 0},    {"WEST", 60},  {"CET", 60},
    {"CEST", 120},  {"EET", 120},   {"EEST", 180}, {"SAST", 120}, {"HKT", 480},
    {"JST", 540},   {"KST", 540},   {"AWST", 480}, {"ACST", 570}, {"ACDT", 630},
    {"AEST", 600},  {"AEDT", 660},  {"NZST", 720}, {"NZDT", 780}, {"HST", -600},
    {"AKST", -540}, {"AKDT", -480}, {"EDT", -240}, {"MDT", -360}, {"PDT", -420},
};

/* A sign, one or two digits of hours, two of minutes with or without colon. */
static bool fixed_offset(struct slice s, int16_t *offset)
{
    unsigned long long hours, minutes = 0;
    size_t digits = 0;
    bool west;

    if (s.len < 2 || (s.ptr[0] != '+' && s.ptr[0] != '-'))
        return false;
    west = s.ptr[0] == '-';
    s = slice_from(s, 1);
    while (digits < s.len && is_digit(s.ptr[digits]))
        digits++;
    if (digits > 2) {
        if (digits != 4 || s.len != 4)
            return false;
        digits = 2;
    }
    if (!slice_number(slice_head(s, digits), &hours) || hours > 23)
        return false;
    s = slice_from(s, digits);
    if (s.len == 3 && s.ptr[0] == ':')
        s = slice_from(s, 1);
    if (s.len != 0 && (s.len != 2 || !slice_number(s, &minutes)))
        return false;
    if (minutes > 59)
        return false;
    *offset = (int16_t)((hours * 60 + minutes));
    if (west)
        *offset = (int16_t)(0 - *offset);
    return true;
}

/* POSIX TZ strings: each take_ steps over what it knows, or returns false. */

static bool take_byte(const char **p, char c)
{
    if (**p != c)
        return false;
    ++*p;
    return true;
}

static bool take_number(const char **p, int least, int most)
{
    int n = 0;

    if (!is_digit(**p))
        return false;
    while (is_digit(**p) && n <= most)
        n = n * 10 + (*(*p)++ - '0');
    return n >= least && n <= most;
}

static bool take_name(const char **p)
{
    bool quoted = take_byte(p, '<');
    int len = 0;

    while (is_alpha(**p) ||
           (quoted && (is_digit(**p) || **p == '+' || **p == '-'))) {
        ++*p;
        len++;
    }
    return len >= 3 && (!quoted || take_byte(p, '>'));
}

static bool take_time(const char **p, int max_hours)
{
    if (!take_byte(p, '+'))
        (void)take_byte(p, '-');
    if (!take_number(p, 0, max_hours))
        return false;
    for (int i = 0; i < 2 && take_byte(p, ':'); i++)
        if (!take_number(p, 0, 59))
            return false;
    return true;
}

/* ",M10.5.0/3", ",J60" or ",59" */
static bool take_change(const char **p)
{
    if (!take_byte(p, ','))
        return false;
    if (take_byte(p, 'M')) {
        if (!take_number(p, 1, 12) || !take_byte(p, '.') ||
            !take_number(p, 1, 5) || !take_byte(p, '.') ||
            !take_number(p, 0, 6))
            return false;
    } else if (take_byte(p, 'J')) {
        if (!take_number(p, 1, 365))
            return false;
    } else if (!take_number(p, 0, 365)) {
        return false;
    }
    return !take_byte(p, '/') || take_time(p, 167);
}

/*
 * A rule the C library will follow as meant. Summer time without its dates is
 * not one: they would be those of the United States.
 */
static bool is_posix_rule(const char *p)
{
    if (!take_name(&p) || !take_time(&p, 24))
        return false;
    if (*p == '\0')
        return true;
    if (!take_name(&p))
        return false;
    if (*p != ',' && !take_time(&p, 24))
        return false;
    /* Summer time begins, and ends. */
    if (!take_change(&p))
        return false;
    return take_change(&p) && *p == '\0';
}

/* Whether the tz database has it, looked up as the C library does. */
static bool is_database_name(const char *name)
{
    const char *dir = getenv("TZDIR");
    char path[4096], magic[4];
    ssize_t got;
    int fd, len;

    if (name[0] == '/' || name[0] == '.' || strstr(name, "..") != NULL)
        return false;
    if (dir == NULL || dir[0] == '\0')
        dir = "/usr/share/zoneinfo";
    len = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (len < 0 || (size_t)len >= sizeof path)
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    got = read(fd, magic, sizeof magic);
    close(fd);
    return got == (ssize_t)sizeof magic &&
           memcmp(magic, "TZif", sizeof magic) == 0;
}

bool zone_use(const char *name, struct error *err)
{
    char rule[NAME_SIZE];
    int16_t offset;

    if (name == NULL) {
        tzset();
        return true;
    }
    if (strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0) {
        (void)snprintf(rule, sizeof rule, "UTC0"); /* needs no database */
    } else if (fixed_offset(slice_of(name), &offset)) {
        int minutes = abs(offset);

        /* POSIX counts westward. */
        (void)snprintf(rule, sizeof rule, "<%c%02d%02d>%c%02d:%02d",
                       offset < 0 ? '-' : '+', minutes / 60, minutes % 60,
                       offset < 0 ? '+' : '-', minutes / 60, minutes % 60);
    } else {
        int len = snprintf(rule, sizeof rule, "%s", name);

        if (len < 1 || (size_t)len >= sizeof rule ||
            (!is_database_name(name) && !is_posix_rule(name)))
            return error_set(err, "unknown time zone: %s", name);
    }
    if (setenv("TZ", rule, 1) != 0)
        return error_set(err, "time zone cannot be set: %s", name);
    tzset();
    return true;
}

/* Seconds east of UTC at an instant. */
static long offset_at(int64_t instant)
{
    time_t t = (time_t)instant;
    struct tm tm;

    return localtime_r(&t, &tm) == NULL ? 0 : tm.tm_gmtoff;
}

/*
 * The offsets that may be meant are those of a day before and a day after:
 * no zone is further from UTC. An offset is right if it holds at the instant
 * it leads to.
 */
struct zone_offsets zone_offsets(const struct civil *wall)
{
    int64_t seconds = civil_seconds(wall);
    long before = offset_at(seconds - STAMP_DAY);
    long after = offset_at(seconds + STAMP_DAY);
    bool before_holds, after_holds;
    long earlier = before, later = before;

    if (before != after) {
        before_holds = offset_at(seconds - before) == before;
        after_holds = offset_at(seconds - after) == after;
        if (after_holds)
            later = after;
        if (after_holds && !before_holds)
            earlier = after;
    }
    return (struct zone_offsets){.earlier = (int16_t)(earlier / 60),
                                 .later = (int16_t)(later / 60)};
}

/* Whether the zone in use goes by that name at an instant. */
static bool named_at(struct slice name, int64_t instant, int16_t *offset)
{
    time_t t = (time_t)instant;
    struct tm tm;

    if (localtime_r(&t, &tm) == NULL ||
        !slice_equal(name, slice_of(tm.tm_zone)))
        return false;
    *offset = (int16_t)(tm.tm_gmtoff / 60);
    return true;
}

bool zone_abbreviation(struct slice name, const struct civil *wall,
                       int16_t *offset)
{
    int64_t seconds = civil_seconds(wall);
    struct zone_offsets now = zone_offsets(wall);

    if (fixed_offset(name, offset))
        return true;
    if (named_at(name, seconds - now.earlier * 60, offset) ||
        named_at(name, seconds - now.later * 60, offset) ||
        named_at(name, seconds - 182 * STAMP_DAY, offset) ||
        named_at(name, seconds + 182 * STAMP_DAY, offset))
        return true;
    for (size_t i = 0; i < sizeof known_names / sizeof *known_names; i++) {
        if (slice_equal(name, slice_of(known_names[i].name))) {
            *offset = known_names[i].offset;
            return true;
        }
    }
    return false;
}
