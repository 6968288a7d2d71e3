/* reputation: verdicts as words, out of a cache that answers for the lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "lookup/reputation.h"

#define LISTED_2 0x7f000002
#define BLOCKED 0x7ffffffe

static const struct reputation_zone zones[] = {
    {.zone = {"bl.example", 10}, .name = {"bl", 2}},
    {.zone = {"zen.spamhaus.org", 16}, .name = {"zen", 3}},
    {.zone = {"dom.example", 11}, .name = {"dom", 3}, .of_domains = true},
    {.zone = {"wl.example", 10}, .name = {"wl", 2}, .allows = true},
};
#define ZONES (sizeof zones / sizeof zones[0])

/* What a zone says of a subject; address 0: not listed. */
static void say(struct cache *c, size_t zone, const char *subject,
                uint32_t address)
{
    struct reply r = {.kind = REPLY_NOTHING, .ttl = 600};

    if (address != 0)
        r = (struct reply){.kind = REPLY_ADDRESSES,
                           .ttl = 600,
                           .address = {address},
                           .count = 1};
    cache_put(c, zones[zone].zone, slice_of(subject), (int64_t)time(NULL), &r);
}

static void say_all(struct cache *c, const char *subject, uint32_t address)
{
    for (size_t i = 0; i < ZONES; i++)
        say(c, i, subject, address);
}

static void complain(void *arg, const struct error *err)
{
    unsigned *complaints = arg;

    (void)err;
    ++*complaints;
}

/* Nobody answers at its server: what is not in the cache is unknown. */
static struct reputation *open_with(struct cache *c, unsigned *complaints)
{
    const struct resolver_options o = {
        .server =
            {.address = {{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}},
             .port = 1},
        .timeout = 1,
    };
    struct error err;
    struct reputation *r =
        reputation_new(zones, ZONES, &o, c, complain, complaints, &err);

    assert_non_null(r);
    return r;
}

static struct reputation_told tells(struct reputation *r, uint32_t subject,
                                    const char *want)
{
    struct reputation_told told = {false, false};
    struct buf words = {0};

    reputation_settle(r);
    assert_true(reputation_is_settled(r, subject));
    reputation_tell(r, subject, &words, &told);
    buf_add_byte(&words, '\0');
    assert_string_equal(words.ptr, want);
    buf_free(&words);
    return told;
}

static uint32_t address(struct reputation *r, const char *text)
{
    struct address ip = {{0}};

    if (text[0] != '\0')
        assert_true(address_parse(slice_of(text), &ip));
    return reputation_address(r, &ip);
}

static struct cache *sane_cache(void)
{
    struct cache *c = cache_new(CACHE_MAX);

    say_all(c, "127.0.0.1", 0);
    say_all(c, "invalid", 0);
    return c;
}

static void tells_verdicts(void **state)
{
    struct cache *c = sane_cache();
    unsigned complaints = 0;
    struct reputation *r = open_with(c, &complaints);
    struct reputation_told told;

    (void)state;
    say_all(c, "192.0.2.1", 0);
    say_all(c, "192.0.2.2", LISTED_2);
    say_all(c, "192.0.2.3", 0);
    say(c, 3, "192.0.2.3", LISTED_2);
    say_all(c, "2001:db8::4", 0);
    say(c, 0, "2001:db8::4", BLOCKED);
    say(c, 2, "bad.example", LISTED_2);

    told = tells(r, address(r, "192.0.2.1"), "");
    assert_false(told.listed || told.allowed);
    told = tells(r, address(r, "192.0.2.2"), "bl zen:sbl !wl");
    assert_true(told.listed && told.allowed);
    told = tells(r, address(r, "192.0.2.3"), "!wl");
    assert_true(!told.listed && told.allowed);
    told = tells(r, address(r, "2001:db8::4"), "?bl");
    assert_false(told.listed || told.allowed);
    told = tells(r, reputation_domain(r, SLICE("BAD.example.")), "dom");
    assert_true(told.listed && !told.allowed);
    (void)tells(r,
                reputation_domain(r, SLICE("b\xc3\xa4"
                                           "d.example")),
                "?dom");

    /* Nobody, and nobody else: they are told apart. */
    assert_int_equal(address(r, ""), REPUTATION_NOBODY);
    assert_int_equal(reputation_domain(r, SLICE("")), REPUTATION_NOBODY);
    (void)tells(r, REPUTATION_NOBODY, "");
    assert_int_equal(address(r, "192.0.2.1"), address(r, "::ffff:192.0.2.1"));
    assert_true(address(r, "192.0.2.1") != address(r, "192.0.2.2"));
    assert_int_equal(complaints, 0);
    reputation_free(r);
    cache_free(c);
}

/* Sixteen bytes that are the same for an address and for a domain. */
static void tells_kinds_apart(void **state)
{
    struct cache *c = sane_cache();
    unsigned complaints = 0;
    struct reputation *r = open_with(c, &complaints);
    struct address ip;

    (void)state;
    memcpy(ip.bytes, "abcdefghij.examp", 16);
    say_all(c, "6162:6364:6566:6768:696a:2e65:7861:6d70", 0);
    say(c, 2, "abcdefghij.examp", LISTED_2);
    (void)tells(r, reputation_address(r, &ip), "");
    (void)tells(r, reputation_domain(r, SLICE("abcdefghij.examp")), "dom");
    reputation_free(r);
    cache_free(c);
}

static void does_not_believe_what_lists_all(void **state)
{
    struct cache *c = sane_cache();
    unsigned complaints = 0;
    struct reputation *r = open_with(c, &complaints);

    (void)state;
    say(c, 0, "127.0.0.1", LISTED_2);
    say(c, 2, "invalid", LISTED_2);
    say_all(c, "192.0.2.2", LISTED_2);
    say(c, 2, "bad.example", LISTED_2);
    (void)tells(r, address(r, "192.0.2.2"), "?bl zen:sbl !wl");
    (void)tells(r, reputation_domain(r, SLICE("bad.example")), "?dom");
    assert_int_equal(complaints, 2);
    /* Not even later. */
    reputation_forget(r);
    (void)tells(r, address(r, "192.0.2.2"), "?bl zen:sbl !wl");
    assert_int_equal(complaints, 2);
    reputation_free(r);
    cache_free(c);
}

static void gives_up_who_is_not_there(void **state)
{
    struct cache *c = sane_cache();
    unsigned complaints = 0;
    struct reputation *r = open_with(c, &complaints);

    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        struct address ip = {{[10] = 0xff,
                              [11] = 0xff,
                              [12] = 10,
                              [14] = (uint8_t)(i >> 8),
                              [15] = (uint8_t)i}};

        (void)reputation_address(r, &ip);
    }
    (void)tells(r, address(r, "10.0.1.9"), "?bl ?zen ?wl");
    assert_int_equal(complaints, 3);
    /* What is known already still is. */
    say_all(c, "192.0.2.2", LISTED_2);
    (void)tells(r, address(r, "192.0.2.2"), "bl zen:sbl !wl");
    reputation_free(r);
    cache_free(c);
}

static void forgets(void **state)
{
    struct cache *c = sane_cache();
    unsigned complaints = 0;
    struct reputation *r = open_with(c, &complaints);

    (void)state;
    say_all(c, "192.0.2.2", LISTED_2);
    (void)tells(r, address(r, "192.0.2.2"), "bl zen:sbl !wl");
    say_all(c, "192.0.2.2", 0);
    (void)tells(r, address(r, "192.0.2.2"), "bl zen:sbl !wl");
    reputation_forget(r);
    (void)tells(r, address(r, "192.0.2.2"), "");
    assert_int_equal(complaints, 0);
    reputation_free(r);
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_verdicts),
        cmocka_unit_test(tells_kinds_apart),
        cmocka_unit_test(does_not_believe_what_lists_all),
        cmocka_unit_test(gives_up_who_is_not_there),
        cmocka_unit_test(forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
