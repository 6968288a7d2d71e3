#include "parse/defines.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

struct define {
    struct slice name;
    struct slice pattern; /* all defines put in */
};

static const struct define *find(const struct defines *d, struct slice name)
{
    for (size_t i = 0; i < d->count; i++)
        if (slice_equal(d->list[i].name, name))
            return &d->list[i];
    return NULL;
}

bool defines_add(struct defines *d, struct slice name, struct slice pattern,
                 struct arena *texts)
{
    struct define *added;

    if (find(d, name) != NULL)
        return false;
    d->list = mem_grow(d->list, d->count, &d->cap, sizeof *d->list);
    added = &d->list[d->count++];
    added->name = arena_copy(texts, name);
    added->pattern = arena_copy(texts, pattern);
    return true;
}

void defines_release(struct defines *d)
{
    free(d->list);
}

static bool unknown(struct slice name, struct place at, struct error *err)
{
    int shown = name.len < 60 ? (int)name.len : 60;

    return error_at(err, at, "unknown define %%{%.*s}", shown, name.ptr);
}

bool defines_expand(const struct defines *d, struct slice pattern, size_t max,
                    struct buf *out, struct place at, struct error *err)
{
    while (pattern.len > 0) {
        size_t begin = slice_find(pattern, SLICE("%{"));
        const struct define *found;
        struct slice name;
        size_t end;

        buf_add(out, slice_head(pattern, begin));
        if (begin == SIZE_MAX)
            break;
        pattern = slice_from(pattern, begin + 2);
        end = slice_find_byte(pattern, '}');
        name = slice_head(pattern, end);
        found = find(d, name);
        if (found == NULL || end == SIZE_MAX)
            return unknown(name, at, err);
        pattern = slice_from(pattern, end + 1);
        buf_add(out, SLICE("(?:"));
        buf_add(out, found->pattern);
        buf_add_byte(out, ')');
        if (out->len > max)
            return error_at(err, at, "the pattern is too long");
    }
    return true;
}
