/* cache: what lists said, as long as it holds, over rows and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "lookup/cache.h"

#define NOW 1700000000
#define ZONE SLICE("bl.example")

static struct reply listed(uint32_t ttl)
{
    return (struct reply){
        .kind = REPLY_ADDRESSES,
        .ttl = ttl,
        .address = {0x7f000002, 0x7f00000a},
        .count = 2,
    };
}

static bool finds(const struct cache *c, const char *subject, int64_t now,
                  enum reply_kind kind)
{
    struct reply r;

    if (!cache_find(c, ZONE, slice_of(subject), now, &r))
        return false;
    assert_int_equal(r.kind, kind);
    if (kind == REPLY_ADDRESSES) {
        assert_int_equal(r.count, 2);
        assert_int_equal(r.address[0], 0x7f000002);
        assert_int_equal(r.address[1], 0x7f00000a);
    }
    return true;
}

static void keeps_as_long_as_allowed(void **state)
{
    struct cache *c = cache_new(CACHE_MAX);
    struct reply r = listed(300);

    (void)state;
    cache_put(c, ZONE, SLICE("192.0.2.1"), NOW, &r);
    assert_true(finds(c, "192.0.2.1", NOW, REPLY_ADDRESSES));
    assert_true(finds(c, "192.0.2.1", NOW + 299, REPLY_ADDRESSES));
    assert_false(finds(c, "192.0.2.1", NOW + 300, REPLY_ADDRESSES));
    assert_false(finds(c, "192.0.2.2", NOW, REPLY_ADDRESSES));
    assert_false(
        cache_find(c, SLICE("wl.example"), SLICE("192.0.2.1"), NOW, &r));

    /* Anew, and shorter than before. */
    r.ttl = 10;
    cache_put(c, ZONE, SLICE("192.0.2.1"), NOW, &r);
    assert_false(finds(c, "192.0.2.1", NOW + 10, REPLY_ADDRESSES));
    cache_free(c);
}

static void limits_what_is_allowed(void **state)
{
    struct cache *c = cache_new(CACHE_MAX);
    struct reply r = listed(0);

    (void)state;
    cache_put(c, ZONE, SLICE("a"), NOW, &r);
    assert_false(finds(c, "a", NOW, REPLY_ADDRESSES));
    r.ttl = INT32_MAX;
    cache_put(c, ZONE, SLICE("a"), NOW, &r);
    assert_true(finds(c, "a", NOW + 86399, REPLY_ADDRESSES));
    assert_false(finds(c, "a", NOW + 86400, REPLY_ADDRESSES));
    r = (struct reply){.kind = REPLY_NOTHING, .ttl = 86400};
    cache_put(c, ZONE, SLICE("b"), NOW, &r);
    assert_true(finds(c, "b", NOW + 3599, REPLY_NOTHING));
    assert_false(finds(c, "b", NOW + 3600, REPLY_NOTHING));
    r = (struct reply){.kind = REPLY_BAD, .ttl = 86400};
    cache_put(c, ZONE, SLICE("c"), NOW, &r);
    assert_false(finds(c, "c", NOW, REPLY_BAD));

    /* The clock was ahead when it was put. */
    r = listed(300);
    cache_put(c, ZONE, SLICE("d"), NOW + 1000000, &r);
    assert_false(finds(c, "d", NOW, REPLY_ADDRESSES));
    cache_put(c, ZONE, SLICE("d"), NOW, &r);
    assert_true(finds(c, "d", NOW, REPLY_ADDRESSES));
    cache_free(c);
}

static void note(void *arg, const struct slice *field, size_t count)
{
    struct buf *b = arg;

    for (size_t i = 0; i < count; i++) {
        buf_add(b, field[i]);
        buf_add_byte(b, i + 1 < count ? ',' : '\n');
    }
}

static void copy(void *arg, const struct slice *field, size_t count)
{
    assert_true(cache_owns(field, count));
    cache_load(arg, field, count);
}

static void goes_over_rows(void **state)
{
    struct cache *c = cache_new(CACHE_MAX), *d = cache_new(CACHE_MAX);
    struct reply r = listed(300), none = {.kind = REPLY_NOTHING, .ttl = 60};
    struct buf b = {0};

    (void)state;
    cache_put(c, ZONE, SLICE("192.0.2.1"), NOW, &r);
    cache_put(c, ZONE, SLICE("bulk.example"), NOW, &none);
    r.ttl = 5;
    cache_put(c, ZONE, SLICE("192.0.2.9"), NOW, &r);
    cache_save(c, NOW + 5, note, &b);
    buf_add_byte(&b, '\0');
    assert_string_equal(
        b.ptr, "dns,bl.example,192.0.2.1,1700000300,127.0.0.2 127.0.0.10\n"
               "dns,bl.example,bulk.example,1700000060,\n");
    cache_save(c, NOW + 5, copy, d);
    assert_true(finds(d, "192.0.2.1", NOW + 299, REPLY_ADDRESSES));
    assert_true(finds(d, "bulk.example", NOW, REPLY_NOTHING));
    assert_false(finds(d, "192.0.2.9", NOW, REPLY_ADDRESSES));
    buf_free(&b);
    cache_free(c);
    cache_free(d);
}

static void passes_over_what_is_no_row(void **state)
{
    const struct slice rows[][5] = {
        {SLICE("dns"), SLICE("bl.example"), SLICE("a"), SLICE("x"), SLICE("")},
        {SLICE("dns"), SLICE("bl.example"), SLICE("b"), SLICE("1700000100"),
         SLICE("127.0.0.2 ")},
        {SLICE("dns"), SLICE("bl.example"), SLICE("c"), SLICE("1700000100"),
         SLICE("127.0.0.2  127.0.0.3")},
        {SLICE("dns"), SLICE("bl.example"), SLICE("d"), SLICE("1700000100"),
         SLICE("2001:db8::1")},
        {SLICE("dns"), SLICE("bl.example"), SLICE("e"), SLICE("-1"), SLICE("")},
    };
    struct cache *c = cache_new(CACHE_MAX);
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cache_load(c, rows[i], 5);
    cache_load(c, rows[0], 4);
    cache_save(c, NOW, note, &b);
    /* A blank at the end is no address more. */
    buf_add_byte(&b, '\0');
    assert_string_equal(b.ptr, "dns,bl.example,b,1700000100,127.0.0.2 \n");
    assert_false(cache_owns(rows[0], 0));
    assert_false(cache_owns(&rows[0][1], 1));
    buf_free(&b);
    cache_free(c);
}

/* Put at second number i, for as long as that. */
static void put_numbered(struct cache *c, unsigned i, uint32_t ttl)
{
    struct reply r = listed(ttl);
    struct buf name = {0};

    buf_addf(&name, "n%u", i);
    cache_put(c, ZONE, buf_slice(&name), NOW + i, &r);
    buf_free(&name);
}

static void has_room_for_what_is_new(void **state)
{
    struct cache *c = cache_new(64);

    (void)state;
    for (unsigned i = 0; i < 64; i++)
        put_numbered(c, i, 10);
    /* All have expired but the last nine. */
    put_numbered(c, 64, 10);
    assert_int_equal(cache_count(c), 10);
    assert_true(finds(c, "n64", NOW + 64, REPLY_ADDRESSES));
    assert_true(finds(c, "n55", NOW + 64, REPLY_ADDRESSES));
    /* Nothing has expired. */
    for (unsigned i = 65; i < 200; i++)
        put_numbered(c, i, 3600);
    assert_true(finds(c, "n199", NOW + 200, REPLY_ADDRESSES));
    assert_true(finds(c, "n160", NOW + 200, REPLY_ADDRESSES));
    assert_false(finds(c, "n65", NOW + 200, REPLY_ADDRESSES));
    cache_free(c);
}

static void holds_little_more_than_what_lasts(void **state)
{
    struct cache *c = cache_new(CACHE_MAX);

    (void)state;
    for (unsigned i = 0; i < 20000; i++)
        put_numbered(c, i, 10);
    assert_true(cache_count(c) <= 4096 + 10);
    assert_int_equal(cache_changes(c), 20000);
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_as_long_as_allowed),
        cmocka_unit_test(limits_what_is_allowed),
        cmocka_unit_test(goes_over_rows),
        cmocka_unit_test(has_room_for_what_is_new),
        cmocka_unit_test(holds_little_more_than_what_lasts),
        cmocka_unit_test(passes_over_what_is_no_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
