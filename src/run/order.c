/* order - which input is read first */
#include "run/order.h"

#include <stdlib.h>

#include "base/mem.h"
#include "input/known.h"

/* What the order of inputs is decided by. */
struct ranked {
    struct input input;
    uint64_t length; /* of content, where another has the same head */
    bool measured;
    size_t given; /* place on the command line: decides between equals */
};

static int by_first_stamp(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    bool x_rows = input_format(&x->input) != NULL;
    bool y_rows = input_format(&y->input) != NULL;
    int order;

    if (x->input.followed != y->input.followed)
        return x->input.followed ? 1 : -1;
    if (x_rows != y_rows)
        return x_rows ? -1 : 1;
    order = stamp_compare(x->input.first, y->input.first);
    if (order != 0)
        return order;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return x->given < y->given ? -1 : x->given > y->given;
}

static bool same_head(const struct source *a, const struct source *b)
{
    struct slice head;

    if (a == NULL || b == NULL)
        return false;
    head = slice_head(source_head(a), KNOWN_SPAN);
    return head.len != 0 &&
           slice_equal(head, slice_head(source_head(b), KNOWN_SPAN));
}

/* How long the content is; of a pipe, longer than any file. */
static uint64_t content_length(struct source *s)
{
    const size_t size = 1 << 18;
    struct error err;
    uint64_t length = 0;
    size_t got = 0;
    char *buf;

    if (!source_is_file(s))
        return UINT64_MAX;
    if (!source_is_packed(s))
        return source_size(s);
    buf = mem_array(size, 1);
    while (source_read(s, buf, size, &got, &err) && got != 0)
        length += got;
    free(buf);
    if (!source_rewind(s, &err))
        return UINT64_MAX;
    source_rest(s);
    return length;
}

static void measure(struct ranked *r)
{
    if (!r->measured)
        r->length = content_length(r->input.source);
    r->measured = true;
}

/*
 * Of one log given at several times of its life the youngest comes first:
 * then each goes on where the one before it stopped (input/known). The list
 * is in order of first stamps.
 */
static void measure_equals(struct ranked *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1;
             j < count &&
             stamp_compare(list[i].input.first, list[j].input.first) == 0;
             j++)
            if (same_head(list[i].input.source, list[j].input.source)) {
                measure(&list[i]);
                measure(&list[j]);
            }
}

void order_inputs(struct input *input, size_t count)
{
    struct ranked *list = mem_array(count + 1, sizeof *list);

    for (size_t i = 0; i < count; i++)
        list[i] = (struct ranked){.input = input[i], .given = i};
    qsort(list, count, sizeof *list, by_first_stamp);
    measure_equals(list, count);
    qsort(list, count, sizeof *list, by_first_stamp);
    for (size_t i = 0; i < count; i++)
        input[i] = list[i].input;
    free(list);
}
