/* forget - which of the logs known a run with --expire need not know any more */
#include "run/forget.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/slice.h"

static bool is_old(const struct known_log *log, struct stamp before)
{
    before.sec -= STAMP_DAY;
    return !stamp_is_none(log->first) && !stamp_is_none(log->last) &&
           stamp_compare(log->first, before) < 0 &&
           stamp_compare(log->last, before) < 0;
}

struct name {
    struct slice text;
    const struct known_log *log;
};

/* By text; of one text that which was read last comes last. */
static int by_text(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    int order = slice_compare(x->text, y->text);

    if (order == 0)
        order = stamp_compare(x->log->last, y->log->last);
    return order != 0 ? order : (x->log > y->log) - (x->log < y->log);
}

struct names {
    struct name *list;
    size_t count, cap;
};

static void add_names(struct names *n, const struct known_log *log)
{
    struct slice rest = log->name == NULL ? SLICE("") : slice_of(log->name);

    while (rest.len > 0) {
        struct slice line = slice_head(rest, slice_find_byte(rest, '\n'));

        n->list = mem_grow(n->list, n->count, &n->cap, sizeof *n->list);
        n->list[n->count++] = (struct name){line, log};
        rest = slice_from(rest, line.len < rest.len ? line.len + 1 : line.len);
    }
}

/* The last of each name stays. */
static void spare_last(const struct known *k, bool *forgotten)
{
    struct names n = {.list = NULL};

    for (size_t i = 0; i < k->count; i++)
        add_names(&n, &k->log[i]);
    if (n.count > 0)
        qsort(n.list, n.count, sizeof *n.list, by_text);
    for (size_t i = 0; i < n.count; i++)
        if (i + 1 == n.count ||
            !slice_equal(n.list[i].text, n.list[i + 1].text))
            forgotten[n.list[i].log - k->log] = false;
    free(n.list);
}

bool *forget_which(const struct known *k, struct stamp before)
{
    bool *forgotten = mem_array(k->count + 1, sizeof *forgotten);

    for (size_t i = 0; i < k->count; i++)
        forgotten[i] = is_old(&k->log[i], before);
    spare_last(k, forgotten);
    return forgotten;
}
