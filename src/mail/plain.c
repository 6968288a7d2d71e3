/*
 * plain - one spelling for all the ways to write an address
 *
 * One pass. An address can be as long as a line and made of nothing but open
 * quotes and comments, so one that is found to have no end is the last that
 * an end is looked for.
 */
#include "mail/plain.h"

#include <stdbool.h>

struct pass {
    struct slice rest; /* what is still to be read */
    char *out;
    size_t len;      /* written */
    size_t solid;    /* of them, less blanks that may have to go */
    bool edge;       /* at the start, or behind a dot or an @ */
    bool route;      /* what is written began with an @ */
    bool bracket;    /* in an address literal, whose colons are text */
    bool open_quote; /* one has no end, so no other is looked for */
    bool open_comment;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The quoted string that s begins with, its quotes too; 0: it has no end. */
static size_t quoted_length(struct slice s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '"')
            return i + 1;
        if (s.ptr[i] == '\\')
            i++;
    }
    return 0;
}

/* As much of a comment, which may hold others. */
static size_t comment_length(struct slice s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '(')
            depth++;
        else if (s.ptr[i] == ')' && --depth == 0)
            return i + 1;
        else if (s.ptr[i] == '\\')
            i++;
    }
    return 0;
}

/* A byte that is what it is, whatever it be. */
static void put_text(struct pass *p, char c)
{
    p->out[p->len++] = c;
    p->solid = p->len;
    p->edge = false;
}

/* A dot, an @ and the ends have no blank beside them. */
static void put_edge(struct pass *p, char c)
{
    p->len = p->solid;
    if (c == '@' && p->len == 0 && p->edge)
        p->route = true;
    put_text(p, c);
    p->edge = true;
}

static void put_blank(struct pass *p, char c)
{
    if (!p->edge)
        p->out[p->len++] = c;
}

/* What is written was the way to go, not the mailbox. */
static void drop_route(struct pass *p)
{
    p->len = p->solid = 0;
    p->edge = true;
    p->route = false;
}

static void put_quoted(struct pass *p, struct slice s)
{
    p->edge = false; /* "" is a word, too */
    for (size_t i = 1; i + 1 < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        put_text(p, s.ptr[i]);
    }
}

static void put_byte(struct pass *p, char c)
{
    if (c == '.' || c == '@')
        put_edge(p, c);
    else if (is_blank(c))
        put_blank(p, c);
    else if (c == ':' && p->route && !p->bracket)
        drop_route(p);
    else
        put_text(p, c);
    if (c == '[' || c == ']')
        p->bracket = c == '[';
}

/* Takes what rest begins with, one or more bytes; returns how many. */
static size_t take(struct pass *p)
{
    char c = p->rest.ptr[0];
    size_t len;

    if (c == '"' && !p->open_quote) {
        len = quoted_length(p->rest);
        p->open_quote = len == 0;
        if (len > 0) {
            put_quoted(p, slice_head(p->rest, len));
            return len;
        }
    }
    if (c == '(' && !p->open_comment) {
        len = comment_length(p->rest);
        p->open_comment = len == 0;
        if (len > 0)
            return len;
    }
    if (c == '\\' && p->rest.len > 1) {
        put_text(p, p->rest.ptr[1]);
        return 2;
    }
    put_byte(p, c);
    return 1;
}

/* Most are written plainly. */
static bool is_plain(struct slice address)
{
    for (size_t i = 0; i < address.len; i++) {
        unsigned char c = (unsigned char)address.ptr[i];

        if (c <= ' ' || c == '"' || c == '\\' || c == '(' || c == ':')
            return false;
    }
    return address.len == 0 || address.ptr[address.len - 1] != '.';
}

size_t mail_plain(struct slice address, char *out)
{
    struct pass p = {.rest = address, .out = out, .edge = true};

    if (is_plain(address)) {
        if (address.len > 0)
            memcpy(out, address.ptr, address.len);
        return address.len;
    }
    while (p.rest.len > 0)
        p.rest = slice_from(p.rest, take(&p));
    while (p.edge && p.solid > 0 && out[p.solid - 1] == '.')
        p.solid--;
    return p.solid;
}
