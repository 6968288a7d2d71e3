/*
 * lines - bytes cut anywhere in, whole lines out
 */
#include "input/lines.h"

#include <string.h>

#define CUT_SIZE (LINES_MAX + 1) /* what is left of a line too long */

void lines_begin(struct lines *l)
{
    l->skipping = false;
    l->carry_len = 0;
}

size_t lines_carried(struct lines *l, char *block)
{
    size_t len = l->carry_len;

    memcpy(block, l->carry, len);
    l->carry_len = 0;
    return len;
}

size_t lines_skip(struct lines *l, char *bytes, size_t len)
{
    const char *newline;

    if (!l->skipping)
        return len;
    newline = memchr(bytes, '\n', len);
    if (newline == NULL)
        return 0;
    l->skipping = false;
    len -= (size_t)(newline + 1 - bytes);
    memmove(bytes, newline + 1, len);
    return len;
}

/*
 * Cuts the lines that are too long, and makes the block end with a newline
 * if its last is one of them. Looks back for a newline from as far ahead as
 * one must be, so that short lines cost next to nothing.
 */
static size_t cut_long_lines(struct lines *l, char *block, size_t len)
{
    size_t from = 0, to = 0;

    while (len - from > LINES_MAX) {
        char *line = block + from;
        const char *newline = memrchr(line, '\n', CUT_SIZE);
        size_t size = newline != NULL ? (size_t)(newline + 1 - line) : CUT_SIZE;

        if (to < from)
            memmove(block + to, line, size);
        from += size;
        to += size;
        if (newline != NULL)
            continue;
        newline = memchr(line + size, '\n', len - from);
        l->skipping = newline == NULL;
        from = l->skipping ? len : (size_t)(newline + 1 - block);
        block[to++] = '\n';
    }
    if (to < from)
        memmove(block + to, block + from, len - from);
    return to + (len - from);
}

size_t lines_end(struct lines *l, char *block, size_t len, enum lines_rest rest)
{
    const char *newline;
    size_t whole;

    len = cut_long_lines(l, block, len);
    newline = len > 0 ? memrchr(block, '\n', len) : NULL;
    whole = newline != NULL ? (size_t)(newline + 1 - block) : 0;
    if (whole == len)
        return len;
    if (rest == LINES_SUPPLY) {
        block[len] = '\n';
        return len + 1;
    }
    if (rest == LINES_CARRY) {
        l->carry_len = len - whole;
        memcpy(l->carry, block + whole, l->carry_len);
    }
    return whole;
}
