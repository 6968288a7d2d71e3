/* uri - which database is meant */
#include "store/uri.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/slice.h"

#define PORT_MAX 65535

#define TEXTS 9

/* Where its texts are: to be copied, and to be freed. */
static void find_texts(struct uri *u, char **text[TEXTS])
{
    text[0] = &u->path;
    text[1] = &u->user;
    text[2] = &u->host;
    text[3] = &u->database;
    text[4] = &u->socket;
    text[5] = &u->ssl_ca;
    text[6] = &u->ssl_cert;
    text[7] = &u->ssl_key;
    text[8] = &u->name;
}

struct uri uri_copy(const struct uri *u)
{
    struct uri copy = *u;
    char **text[TEXTS];

    find_texts(&copy, text);
    for (size_t i = 0; i < TEXTS; i++)
        if (*text[i] != NULL)
            *text[i] = mem_text(slice_of(*text[i]));
    return copy;
}

void uri_release(struct uri *u)
{
    char **text[TEXTS];

    find_texts(u, text);
    for (size_t i = 0; i < TEXTS; i++)
        free(*text[i]);
    *u = (struct uri){.kind = URI_SQLITE};
}

bool uri_is_one(const char *text)
{
    struct slice s = slice_of(text);

    return slice_starts(s, SLICE("mysql:")) ||
           slice_starts(s, SLICE("sqlite:"));
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A part with its %XX undone; false: one is none, or a NUL. */
static bool take(struct slice part, char **to)
{
    char *out = mem_resize(NULL, part.len + 1, 1), *end = out;
    bool good = true;

    for (size_t i = 0; i < part.len && good; i++) {
        char c = part.ptr[i];

        if (c == '%') {
            int high = i + 2 < part.len ? digit(part.ptr[i + 1]) : -1;
            int low = high < 0 ? -1 : digit(part.ptr[i + 2]);

            good = high >= 0 && low >= 0;
            c = (char)(high * 16 + low);
            i += 2;
        }
        good = good && c != '\0';
        *end++ = c;
    }
    *end = '\0';
    free(*to);
    *to = out;
    return good;
}

static struct slice cut(struct slice *rest, char at)
{
    size_t place = slice_find_byte(*rest, at);
    struct slice part = slice_head(*rest, place);

    *rest = place == SIZE_MAX ? SLICE("") : slice_from(*rest, place + 1);
    return part;
}

static bool take_option(struct uri *u, struct slice option)
{
    const struct {
        const char *name;
        char **to;
    } options[] = {
        {"socket", &u->socket},
        {"ssl-ca", &u->ssl_ca},
        {"ssl-cert", &u->ssl_cert},
        {"ssl-key", &u->ssl_key},
    };
    struct slice name = cut(&option, '=');

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (!slice_equal(name, slice_of(options[i].name)))
            continue;
        u->ssl |= i > 0;
        return option.len > 0 && take(option, options[i].to);
    }
    if (!slice_equal(name, SLICE("ssl-verify")))
        return false;
    u->ssl = true;
    u->ssl_anyone = slice_equal(option, SLICE("no"));
    return u->ssl_anyone || slice_equal(option, SLICE("yes"));
}

/* HOST, HOST:PORT, [::1]:PORT, or nothing. */
static bool take_host(struct uri *u, struct slice host)
{
    struct slice port = SLICE("");
    unsigned long long number;
    size_t colon;

    if (host.len > 0 && host.ptr[0] == '[') {
        port = host = slice_from(host, 1);
        if (slice_find_byte(host, ']') == SIZE_MAX)
            return false;
        host = cut(&port, ']');
        if (port.len > 0 && port.ptr[0] != ':')
            return false;
    } else if ((colon = slice_find_byte(host, ':')) != SIZE_MAX) {
        port = slice_from(host, colon);
        host = slice_head(host, colon);
    }
    if (host.len > 0 && !take(host, &u->host))
        return false;
    if (port.len == 0)
        return true;
    if (!slice_number(slice_from(port, 1), &number) || number == 0 ||
        number > PORT_MAX)
        return false;
    u->port = (unsigned)number;
    return true;
}

static bool take_all(struct uri *u, struct slice rest)
{
    struct slice options = rest, place = cut(&options, '?');
    struct slice database = place, host = cut(&database, '/');
    size_t at = slice_find_last(host, SLICE("@"));

    if (at != SIZE_MAX) {
        if (at == 0 || !take(slice_head(host, at), &u->user))
            return false;
        host = slice_from(host, at + 1);
    }
    if (!take_host(u, host) || database.len == 0 ||
        !take(database, &u->database))
        return false;
    while (options.len > 0)
        if (!take_option(u, cut(&options, '&')))
            return false;
    return true;
}

/* Whether there is a password before the host. */
static bool has_password(struct slice rest)
{
    struct slice host = cut(&rest, '/');
    size_t at = slice_find_last(host, SLICE("@"));

    return at != SIZE_MAX &&
           slice_find_byte(slice_head(host, at), ':') != SIZE_MAX;
}

bool uri_parse(const char *text, struct uri *u, struct error *err)
{
    struct slice rest = slice_of(text);

    *u = (struct uri){.kind = URI_SQLITE};
    if (!slice_starts(rest, SLICE("mysql:"))) {
        if (slice_starts(rest, SLICE("sqlite:")))
            text += strlen("sqlite:");
        u->path = mem_text(slice_of(text));
        u->name = mem_text(slice_of(text));
        return *text != '\0' ||
               error_set(err, "'sqlite:' needs a path behind it");
    }
    u->kind = URI_MYSQL;
    if (!slice_starts(rest, SLICE("mysql://")))
        return error_set(err, "'%s': not mysql://[USER@][HOST[:PORT]]/DATABASE",
                         text);
    rest = slice_from(rest, strlen("mysql://"));
    if (has_password(rest))
        return error_set(err, "a password does not belong into the URI, where "
                              "others see it: put it into ~/.my.cnf or "
                              "MYSQL_PWD");
    u->name = mem_text(
        slice_head(slice_of(text), slice_find_byte(slice_of(text), '?')));
    return take_all(u, rest) ||
           error_set(err,
                     "'%s': not mysql://[USER@][HOST[:PORT]]/DATABASE"
                     "[?OPTION=VALUE[&...]], with options socket, ssl-ca, "
                     "ssl-cert, ssl-key and ssl-verify=yes|no",
                     text);
}
