/*
 * header_fuzz - what stands before the MTA's text
 *
 * The parts must lie within the line, and the cache of stamps must not change
 * what is read.
 */
#include "fuzz.h"
#include "parse/header.h"

static void check_within(struct slice part, struct slice line)
{
    if (part.len > 0)
        CHECK(part.ptr >= line.ptr &&
              part.ptr + part.len <= line.ptr + line.len);
}

static void check_same(const struct header *a, const struct header *b)
{
    CHECK(a->when.year == b->when.year && a->when.month == b->when.month &&
          a->when.day == b->when.day && a->when.hour == b->when.hour &&
          a->when.minute == b->when.minute &&
          a->when.second == b->when.second && a->when.nsec == b->when.nsec &&
          a->when.digits == b->when.digits && a->when.zone == b->when.zone &&
          a->when.offset == b->when.offset);
    CHECK(slice_equal(a->host, b->host));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make((const char *)data, size), line;
    struct header_cache kept = {0};

    while (fuzz_line(&rest, &line)) {
        struct header_cache fresh = {0};
        struct header a = {0}, b = {0};
        enum header_result result = header_parse(line, &kept, &a);

        CHECK(header_parse(line, &fresh, &b) == result);
        if (result == HEADER_OK || result == HEADER_NO_TAG)
            check_same(&a, &b);
        if (result != HEADER_OK)
            continue;
        check_within(a.host, line);
        check_within(a.tag, line);
        check_within(a.text, line);
        CHECK(slice_equal(a.tag, b.tag) && slice_equal(a.text, b.text) &&
              a.pid == b.pid);
    }
    return 0;
}
