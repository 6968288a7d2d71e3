#include "parse/front.h"

#include "parse/scan.h"

/* Lines within lines: kubectl's or docker's stamp, CRI's, the MTA's own. */
#define DEPTH_MAX 3

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
    *outer = front_is_outer(s->ptr, when);
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

enum front front_take(struct slice *s, struct header_cache *cache,
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
