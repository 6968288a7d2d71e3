#include "parse/header.h"

#include "parse/front.h"
#include "parse/plain.h"
#include "parse/scan.h"

static bool is_word(char c)
{
    return scan_is_digit(c) || (c >= 'a' && c <= 'z');
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

/* What is not plain: apart, so that what is does not pay for it. */
static enum header_result __attribute__((noinline))
take_any(struct slice line, struct header_cache *cache, struct header *h)
{
    struct slice rest = line;

    *h = (struct header){.text = line};
    switch (front_take(&rest, cache, &h->when)) {
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

enum header_result header_parse(struct slice line, struct header_cache *cache,
                                struct header *h)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return plain_take(line, cache, h) ? HEADER_OK : take_any(line, cache, h);
}
