/*
 * error - what went wrong, and where
 */
#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A text under construction: what does not fit is dropped. */
struct draft {
    char text[sizeof((struct error *)0)->text];
    size_t len;
};

static void draft_addv(struct draft *d, const char *format, va_list args)
{
    size_t room = sizeof d->text - d->len;
    int len = vsnprintf(d->text + d->len, room, format, args);

    if (len > 0)
        d->len += (size_t)len < room ? (size_t)len : room - 1;
}

static void __attribute__((format(printf, 2, 3)))
draft_add(struct draft *d, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    draft_addv(d, format, args);
    va_end(args);
}

static void draft_place(struct draft *d, struct place at)
{
    if (at.file == NULL)
        return;
    draft_add(d, "%s:", at.file);
    if (at.line > 0)
        draft_add(d, "%" PRIu64 ":", at.line);
    draft_add(d, " ");
}

/*
 * Length of the printable UTF-8 character at s, 0 if it is none. C1 controls
 * (U+0080 to U+009F) are none: terminals obey them.
 */
static size_t printable(const unsigned char *s)
{
    static const struct {
        unsigned char from, to; /* of the first byte */
        unsigned char min, max; /* of the second */
        unsigned char len;
    } forms[] = {
        {0x20, 0x7e, 0, 0, 1},       {0xc2, 0xc2, 0xa0, 0xbf, 2},
        {0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (s[0] < forms[i].from || s[0] > forms[i].to)
            continue;
        if (forms[i].len > 1 && (s[1] < forms[i].min || s[1] > forms[i].max))
            return 0;
        for (size_t j = 2; j < forms[i].len; j++)
            if ((s[j] & 0xc0) != 0x80)
                return 0;
        return forms[i].len;
    }
    return 0;
}

/*
 * Copies the draft to err only now: the arguments may have been err's own
 * text, to which a caller adds.
 */
static bool finish(struct draft *d, int code, struct error *err)
{
    unsigned char *s = (unsigned char *)d->text;

    d->text[d->len] = '\0';
    while (*s != '\0') {
        size_t len = printable(s);

        if (len == 0)
            *s = '?';
        s += len == 0 ? 1 : len;
    }
    memcpy(err->text, d->text, d->len + 1);
    err->code = code;
    return false;
}

bool error_set(struct error *err, const char *format, ...)
{
    struct draft d = {.len = 0};
    va_list args;

    va_start(args, format);
    draft_addv(&d, format, args);
    va_end(args);
    return finish(&d, 0, err);
}

bool error_at(struct error *err, struct place at, const char *format, ...)
{
    struct draft d = {.len = 0};
    va_list args;

    draft_place(&d, at);
    va_start(args, format);
    draft_addv(&d, format, args);
    va_end(args);
    return finish(&d, 0, err);
}

bool error_system(struct error *err, int code, const char *format, ...)
{
    struct draft d = {.len = 0};
    char space[128];
    const char *reason = strerror_r(code, space, sizeof space);
    size_t most = sizeof d.text - sizeof ": " - strlen(reason);
    va_list args;

    va_start(args, format);
    draft_addv(&d, format, args);
    va_end(args);
    if (d.len > most) /* the reason matters more */
        d.len = most;
    draft_add(&d, ": %s", reason);
    return finish(&d, code, err);
}
