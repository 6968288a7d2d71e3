/* split - the lines of a block, one after the other */
#include "parse/split.h"

#include "parse/scan.h"

#define STRIDE (4 * SCAN_WIDTH)

void split_begin(struct split *s, struct slice block)
{
    s->at = s->searched = s->base = block.ptr;
    s->end = block.ptr + block.len;
    s->count = s->next = 0;
}

/* The newlines in a stride, the first byte's bit the lowest. */
static inline uint64_t newlines_in(const char *p)
{
    return (uint64_t)scan_places(p, '\n') |
           (uint64_t)scan_places(p + SCAN_WIDTH, '\n') << SCAN_WIDTH |
           (uint64_t)scan_places(p + 2 * SCAN_WIDTH, '\n') << 2 * SCAN_WIDTH |
           (uint64_t)scan_places(p + 3 * SCAN_WIDTH, '\n') << 3 * SCAN_WIDTH;
}

/*
 * Notes the newlines of a stride that begins at offset. Most have none or one:
 * that is noted without asking which. There is room: count is at most offset.
 */
static inline unsigned note(struct split *s, unsigned count, size_t offset,
                            uint64_t found)
{
    const uint64_t none = UINT64_C(1) << (STRIDE - 1);

    s->newlines[count] =
        (uint16_t)(offset + (unsigned)__builtin_ctzll(found | none));
    count += found != 0;
    for (found &= found - 1; __builtin_expect(found != 0, false);
         found &= found - 1)
        s->newlines[count++] =
            (uint16_t)(offset + (unsigned)__builtin_ctzll(found));
    return count;
}

bool split_search(struct split *s)
{
    unsigned count = 0;

    while (count == 0 && s->searched < s->end) {
        size_t left = (size_t)(s->end - s->searched), i = 0;
        size_t span = left < SPLIT_SPAN ? left : SPLIT_SPAN;

        s->base = s->searched;
        for (; span - i >= STRIDE; i += STRIDE)
            count = note(s, count, i, newlines_in(s->base + i));
        for (; i < span; i++)
            if (s->base[i] == '\n')
                s->newlines[count++] = (uint16_t)i;
        s->searched += span;
    }
    s->count = count;
    s->next = 0;
    return count > 0;
}
