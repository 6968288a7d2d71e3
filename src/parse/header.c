#include "parse/header.h"

#include "parse/scan.h"

/* What a header is made of: HOST TAG[PID]:, or RFC 5424's words. */
enum front {
    FRONT_NONE,
    FRONT_BSD,
    FRONT_5424
};

/* Lines within lines: kubectl's or docker's stamp, CRI's, the MTA's own. */
#define DEPTH_MAX 3

static bool is_word(char c)
{
    return scan_is_digit(c) || (c >= 'a' && c <= 'z');
}

static bool is_iso_with_offset(const char *stamp, const struct wall *when)
{
    return when->zone == WALL_ZONE_OFFSET && stamp[10] == 'T';
}

/*
 * Wrapper, PRI, stamp
 *
 * Here and below, skip_ and take_ step over what they know; where that does
 * not stand, they move nothing.
 */

/*
 * A stamp and the blank behind it. outer: it may be a container's, and a line
 * with its own stamp follow.
 */
static bool take_stamp(struct slice *s, struct wall_cache *cache,
                       struct wall *when, bool *outer)
{
    size_t len = wall_parse_cached(*s, cache, when);

    if (len == 0)
        return false;
    *outer = is_iso_with_offset(s->ptr, when);
    *s = slice_from(*s, len);
    scan_blanks(s);
    return true;
}

/* PRI, "<22>", and RFC 5424's version, "1 ", which alone is enough too. */
static bool skip_priority(struct slice *s)
{
    struct slice rest = *s;

    if (scan_byte(&rest, '<') && scan_digits(&rest) && scan_byte(&rest, '>'))
        *s = rest;
    rest = *s;
    if (!scan_byte(&rest, '1') || !scan_byte(&rest, ' ') || rest.len == 0 ||
        (!scan_is_digit(rest.ptr[0]) && rest.ptr[0] != '-'))
        return false;
    *s = rest;
    return true;
}

/* kubectl logs --prefix: "[pod/NAME/CONTAINER] " */
static void skip_pod(struct slice *s)
{
    struct slice rest = *s, word;

    if (!slice_starts(rest, SLICE("[pod/")))
        return;
    word = scan_word(&rest);
    if (word.ptr[word.len - 1] == ']')
        *s = rest;
}

/* CRI: "stdout F ", "stderr P " */
static void skip_stream(struct slice *s)
{
    struct slice rest = *s, word;

    if (!scan_text(&rest, SLICE("stdout ")) &&
        !scan_text(&rest, SLICE("stderr ")))
        return;
    word = scan_word(&rest);
    if (word.len > 0 && (word.ptr[0] == 'F' || word.ptr[0] == 'P') &&
        (word.len == 1 || word.ptr[1] == ':'))
        *s = rest;
}

/* Behind a container's stamp: the line within may have a front of its own. */
static enum front take_inner(struct slice *s, struct header_cache *cache)
{
    bool outer = true;

    for (int depth = 1; outer && depth < DEPTH_MAX; depth++) {
        struct wall inner;
        bool versioned;

        skip_stream(s);
        versioned = skip_priority(s);
        if (versioned && scan_text(s, SLICE("- ")))
            return FRONT_5424;
        /* No month and no year begins in lower case, as most hosts do. */
        if (s->len == 0 || (s->ptr[0] >= 'a' && s->ptr[0] <= 'z') ||
            !take_stamp(s, &cache->inner, &inner, &outer))
            return FRONT_BSD;
        if (versioned)
            return FRONT_5424;
    }
    return FRONT_BSD;
}

/* Wrapper, PRI and stamp. */
static enum front take_front(struct slice *s, struct header_cache *cache,
                             struct wall *when)
{
    bool versioned = false, outer;

    if (s->len > 0 && s->ptr[0] == '[')
        skip_pod(s);
    if (s->len > 0 && s->ptr[0] < 'A')
        versioned = skip_priority(s);
    if (!take_stamp(s, &cache->outer, when, &outer))
        return FRONT_NONE;
    if (versioned)
        return FRONT_5424;
    return outer ? take_inner(s, cache) : FRONT_BSD;
}

/*
 * Host, level, tag
 */

/* "last message repeated 3 times", "message repeated 3 times: [ ..." */
static bool is_repeated(struct slice s)
{
    if (s.len == 0 || (s.ptr[0] != 'l' && s.ptr[0] != 'm' && s.ptr[0] != '-'))
        return false;
    (void)scan_text(&s, SLICE("--- "));
    (void)scan_text(&s, SLICE("last "));
    return scan_text(&s, SLICE("message repeated ")) && scan_digits(&s) &&
           slice_starts(s, SLICE(" time"));
}

/* FreeBSD's syslogd -v: "<2.6> ", "<mail.info> " */
static void skip_bracketed_level(struct slice *s)
{
    struct slice rest = *s;
    size_t len = 0;

    if (!scan_byte(&rest, '<'))
        return;
    while (len < rest.len && (is_word(rest.ptr[len]) || rest.ptr[len] == '.'))
        len++;
    rest = slice_from(rest, len);
    if (len > 0 && scan_byte(&rest, '>')) {
        scan_blanks(&rest);
        *s = rest;
    }
}

/* busybox "mail.info ", AIX "mail:info " */
static bool skip_level(struct slice *s)
{
    static const char levels[][8] = {"emerg",  "panic", "alert", "crit",
                                     "err",    "error", "warn",  "warning",
                                     "notice", "info",  "debug"};
    struct slice rest = *s, word = scan_word(&rest);
    size_t len = 0;

    while (len < word.len && is_word(word.ptr[len]))
        len++;
    if (len == 0 || len == word.len ||
        (word.ptr[len] != '.' && word.ptr[len] != ':'))
        return false;
    word = slice_from(word, len + 1);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (slice_equal(word, slice_of(levels[i]))) {
            *s = rest;
            return true;
        }
    }
    return false;
}

/* syslog-ng: SOURCE@HOST, HOST/RELAY */
static struct slice plain_host(struct slice word)
{
    struct slice host = word;
    size_t at = slice_find_byte(host, '/');

    if (at != SIZE_MAX)
        host = slice_head(host, at);
    at = slice_find_last(host, SLICE("@"));
    if (at != SIZE_MAX)
        host = slice_from(host, at + 1);
    return host.len == 0 ? word : host;
}

/* A relay's "Forwarded from HOST: ", AIX' "Message forwarded from HOST: " */
static bool take_forwarded(struct slice *s, struct slice *host)
{
    struct slice rest = *s, word;

    if (s->len == 0 || (s->ptr[0] != 'F' && s->ptr[0] != 'M'))
        return false;
    if (!scan_text(&rest, SLICE("Forwarded from ")) &&
        !scan_text(&rest, SLICE("Message forwarded from ")))
        return false;
    word = scan_word(&rest);
    if (word.len < 2 || word.ptr[word.len - 1] != ':')
        return false;
    *host = plain_host(slice_head(word, word.len - 1));
    *s = rest;
    return true;
}

/* "[471]:" behind a tag; what is no number is no pid, but ends the tag. */
static bool take_pid(struct slice *s, uint32_t *pid)
{
    struct slice rest = *s;
    uint64_t n = 0;
    size_t len = 1;

    while (len < rest.len && scan_is_digit(rest.ptr[len]) && n <= UINT32_MAX)
        n = n * 10 + (uint64_t)(rest.ptr[len++] - '0');
    if (len < rest.len && rest.ptr[len] != ']') {
        n = 0;
        while (len < rest.len && rest.ptr[len] != ']' && rest.ptr[len] != ' ')
            len++;
    }
    if (len + 1 >= rest.len || rest.ptr[len] != ']' || rest.ptr[len + 1] != ':')
        return false;
    *pid = n > UINT32_MAX ? 0 : (uint32_t)n;
    *s = slice_from(rest, len + 1);
    return true;
}

/* Offset of the first byte that may end a tag, or the end. */
static size_t word_end(struct slice s)
{
    size_t i = 0;

    while (i < s.len && s.ptr[i] != ' ' && s.ptr[i] != '[' && s.ptr[i] != ':')
        i++;
    return i;
}

/* TAG[PID]: or TAG: and the blanks behind it. */
static bool take_tag(struct slice *s, struct header *h)
{
    size_t word = word_end(*s);
    struct slice rest = slice_from(*s, word);
    uint32_t pid = 0;

    if (word == 0 || rest.len == 0)
        return false;
    if (rest.ptr[0] == '[' && !take_pid(&rest, &pid))
        return false;
    if (!scan_byte(&rest, ':') || (rest.len > 0 && rest.ptr[0] != ' '))
        return false;
    scan_blanks(&rest);
    h->tag = slice_head(*s, word);
    h->pid = pid;
    *s = rest;
    return true;
}

/* Solaris' "[ID 801593 mail.info] " before the text. */
static void skip_message_id(struct slice *s)
{
    struct slice rest = *s;
    size_t len = 0;

    if (!scan_text(&rest, SLICE("[ID ")) || !scan_digits(&rest) ||
        !scan_byte(&rest, ' '))
        return;
    while (len < rest.len && (is_word(rest.ptr[len]) || rest.ptr[len] == '.'))
        len++;
    rest = slice_from(rest, len);
    if (scan_byte(&rest, ']')) {
        scan_blanks(&rest);
        *s = rest;
    }
}

static enum header_result take_text(struct slice s, struct header *h)
{
    if (s.len > 0 && s.ptr[0] == '[')
        skip_message_id(&s);
    h->text = s;
    return is_repeated(s) ? HEADER_REPEATED : HEADER_OK;
}

/* Behind the host: level and relays, which are rare, and the tag. */
static enum header_result take_tag_and_text(struct slice s, struct header *h)
{
    bool levelled = false;

    for (;;) {
        while (take_forwarded(&s, &h->host))
            ;
        h->text = s;
        if (is_repeated(s))
            return HEADER_REPEATED;
        if (take_tag(&s, h))
            return take_text(s, h);
        if (levelled || !skip_level(&s))
            return HEADER_NO_TAG;
        levelled = true;
    }
}

static enum header_result take_host_and_tag(struct slice s, struct header *h)
{
    scan_blanks(&s);
    if (s.len > 0 && s.ptr[0] == '<')
        skip_bracketed_level(&s);
    h->text = s;
    if (is_repeated(s))
        return HEADER_REPEATED;
    if (take_tag(&s, h))
        return take_text(s, h);
    if (!take_forwarded(&s, &h->host))
        h->host = plain_host(scan_word(&s));
    return take_tag_and_text(s, h);
}

/*
 * RFC 5424
 */

/* The nil value, "-", is the empty slice. */
static struct slice take_field(struct slice *s)
{
    struct slice word = scan_word(s);

    return slice_equal(word, SLICE("-")) ? slice_head(word, 0) : word;
}

/* One [id name="value" ...]; in a value \ escapes what follows. */
static bool skip_element(struct slice *s)
{
    bool quoted = false;

    for (size_t i = 1; i < s->len; i++) {
        char c = s->ptr[i];

        if (quoted && c == '\\') {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ']' && !quoted) {
            *s = slice_from(*s, i + 1);
            return true;
        }
    }
    return false;
}

static bool skip_structured_data(struct slice *s)
{
    if (!scan_byte(s, '-')) {
        if (s->len == 0 || s->ptr[0] != '[')
            return false;
        while (s->len > 0 && s->ptr[0] == '[')
            if (!skip_element(s))
                return false;
    }
    return s->len == 0 || s->ptr[0] == ' ';
}

static enum header_result take_5424(struct slice s, struct header *h)
{
    struct slice pid;
    unsigned long long number;

    scan_blanks(&s);
    h->host = plain_host(take_field(&s));
    h->tag = take_field(&s);
    pid = take_field(&s);
    if (slice_number(pid, &number) && number <= UINT32_MAX)
        h->pid = (uint32_t)number;
    (void)scan_word(&s); /* MSGID */
    h->text = s;
    if (!skip_structured_data(&s))
        goto no_tag;
    scan_blanks(&s);
    (void)scan_text(&s, SLICE("\xEF\xBB\xBF"));
    scan_blanks(&s);
    h->text = s;
    if (is_repeated(s))
        return HEADER_REPEATED;
    if (h->tag.len > 0)
        return HEADER_OK;

no_tag:
    h->tag = slice_head(h->tag, 0);
    h->pid = 0;
    return HEADER_NO_TAG;
}

/*
 * Most lines
 */

/* The first byte that ends a host or may mean another form. */
static inline const char *host_end(const char *p, const char *end)
{
    static const bool ends[256] = {
        [' '] = true, ['['] = true, [':'] = true,
        ['/'] = true, ['@'] = true, ['<'] = true,
    };

    while (p < end && !ends[(unsigned char)*p])
        p++;
    return p;
}

static inline const char *tag_end(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t word = scan_load(p);
        uint64_t match = scan_match(word, ' ') | scan_match(word, '[') |
                         scan_match(word, ':');

        if (match != 0)
            return p + scan_offset(match);
    }
    return end;
}

/* Whether what begins so may be a level, a repetition or a longer blank. */
static bool is_special_text(char c)
{
    return c == '[' || c == 'l' || c == 'm' || c == '-' || c == ' ';
}

/* Whether a container's stamp may have a stream or a stamp behind it. */
static bool is_special_host(const char *host)
{
    return host[0] < 'a' || host[0] > 'z' ||
           (host[0] == 's' && host[1] == 't' && host[2] == 'd');
}

/*
 * take_plain - "HOST TAG[PID]: TEXT", all of them without peculiarities, as
 * the functions above would take it
 *
 * Most lines are such. Here nothing is kept in memory but the result, and
 * each byte is looked at once. False: it is another form, and h is spoilt.
 */
static inline bool take_plain(const char *p, const char *end, bool outer,
                              struct header *h)
{
    const char *start = p;
    uint64_t pid, match;

    p = host_end(p, end);
    if (p == start || end - p < 8 || *p != ' ')
        return false;
    if (outer && is_special_host(start))
        return false;
    h->host = slice_make(start, (size_t)(p - start));

    start = ++p;
    p = tag_end(p, end);
    if (p == start || end - p < 12 || *p != '[')
        return false;
    h->tag = slice_make(start, (size_t)(p - start));

    pid = scan_load(++p);
    match = scan_match(pid, ']');
    if (match == 0 || scan_offset(match) == 0 ||
        !scan_decimal(pid, scan_offset(match), &h->pid))
        return false;
    p += scan_offset(match);
    if (p[1] != ':' || p[2] != ' ' || is_special_text(p[3]))
        return false;
    h->text = slice_make(p + 3, (size_t)(end - p - 3));
    return true;
}

/* A line that is plain from its first byte on: stamp, host, tag, text. */
static inline bool take_plain_line(struct slice line,
                                   struct header_cache *cache, struct header *h)
{
    size_t len;

    if (line.len == 0 || line.ptr[0] == '<' || line.ptr[0] == '[')
        return false;
    len = wall_parse_cached(line, &cache->outer, &h->when);
    return len > 0 && len < line.len &&
           take_plain(line.ptr + len + 1, line.ptr + line.len,
                      is_iso_with_offset(line.ptr, &h->when), h);
}

enum header_result header_parse(struct slice line, struct header_cache *cache,
                                struct header *h)
{
    struct slice rest;

    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (take_plain_line(line, cache, h))
        return HEADER_OK;

    rest = line;
    *h = (struct header){.text = line};
    switch (take_front(&rest, cache, &h->when)) {
    case FRONT_BSD:
        return take_host_and_tag(rest, h);
    case FRONT_5424:
        return take_5424(rest, h);
    case FRONT_NONE:
        break;
    }
    h->when = (struct wall){0};
    return HEADER_NO_STAMP;
}
