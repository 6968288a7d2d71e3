/*
 * literal - what a pattern says in plain text
 *
 * A pattern is read only as far as it is plain: "^", bytes that stand for
 * themselves, and escaped punctuation. Whatever could give these another
 * meaning (a second branch, (?x), \Q) makes it say nothing.
 */
#include "parse/literal.h"

#include <stdint.h>

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

/* Length of "[:alpha:]" or "[:^alpha:]" at the beginning of s; 0: none. */
static size_t named_class(struct slice s)
{
    size_t i = 2;

    if (!slice_starts(s, SLICE("[:")))
        return 0;
    if (i < s.len && s.ptr[i] == '^')
        i++;
    while (i < s.len && is_alnum(s.ptr[i]))
        i++;
    return slice_starts(slice_from(s, i), SLICE(":]")) ? i + 2 : 0;
}

/* Past the class that begins at i; its brackets and bars are plain bytes. */
static size_t skip_class(struct slice p, size_t i)
{
    i++;
    if (i < p.len && p.ptr[i] == '^')
        i++;
    if (i < p.len && p.ptr[i] == ']')
        i++;
    while (i < p.len && p.ptr[i] != ']') {
        size_t named = named_class(slice_from(p, i));

        if (named > 0)
            i += named;
        else
            i += p.ptr[i] == '\\' ? 2 : 1;
    }
    return i + 1;
}

/* Syntax under which a plain reading could go wrong. */
static bool is_intricate(struct slice p)
{
    for (size_t i = 0; i + 1 < p.len; i++) {
        char next = p.ptr[i + 1];

        if (p.ptr[i] == '\\') {
            if (next == 'Q' || next == 'E' || next == 'c')
                return true;
            i++;
        } else if (p.ptr[i] == '(') {
            if (next == '*')
                return true;
            if (next == '?' && i + 2 < p.len &&
                (p.ptr[i + 2] == '#' || p.ptr[i + 2] == '^' ||
                 p.ptr[i + 2] == '-' || is_alnum(p.ptr[i + 2])) &&
                p.ptr[i + 2] != 'P')
                return true;
        }
    }
    return false;
}

/* A bar outside of all brackets: the beginning is only that of one branch. */
static bool has_branches(struct slice p)
{
    size_t depth = 0;

    for (size_t i = 0; i < p.len;) {
        switch (p.ptr[i]) {
        case '[':
            i = skip_class(p, i);
            continue;
        case '\\':
            i++;
            break;
        case '(':
            depth++;
            break;
        case ')':
            depth -= depth > 0;
            break;
        case '|':
            if (depth == 0)
                return true;
            break;
        default:
            break;
        }
        i++;
    }
    return false;
}

/*
 * The plain byte at *i, which then stands behind it.
 * False: what stands there is none.
 */
static bool plain_byte(struct slice p, size_t *i, char *byte)
{
    char c = p.ptr[*i];

    if (c == '\\') {
        if (*i + 1 == p.len || is_alnum(p.ptr[*i + 1]))
            return false;
        *byte = p.ptr[*i + 1];
        *i += 2;
        return true;
    }
    if (c == '\0' || strchr("^$.[]|()?*+{}", c) != NULL)
        return false;
    *byte = c;
    *i += 1;
    return true;
}

struct literal literal_of(struct slice pattern, char *out)
{
    struct literal l = {.prefix = {out, 0}};
    size_t i = 1;

    if (pattern.len == 0 || pattern.ptr[0] != '^' || is_intricate(pattern) ||
        has_branches(pattern))
        return l;
    l.anchored = true;
    while (i < pattern.len && plain_byte(pattern, &i, out + l.prefix.len))
        l.prefix.len++;

    /* A quantifier speaks of the last byte: it may be missing. */
    if (i < pattern.len && strchr("?*+{", pattern.ptr[i]) != NULL &&
        l.prefix.len > 0)
        l.prefix.len--;
    l.whole = i + 1 == pattern.len && pattern.ptr[i] == '$';
    l.complete = l.whole || i == pattern.len;
    return l;
}
