/* listing: what never enters a list, and what stands for what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "collect/listing.h"
#include "format/list.h"
#include "mail/networks.h"

/* Words of a text, parted by one blank. */
struct words {
    char copy[2000], *save, *word;
};

static char *next_word(struct words *w, const char *text)
{
    if (text != NULL) {
        assert_true(strlen(text) < sizeof w->copy);
        memcpy(w->copy, text, strlen(text) + 1);
    }
    return strtok_r(text != NULL ? w->copy : NULL, " ", &w->save);
}

static struct patterns *patterns_of(const char *list)
{
    struct patterns *p = patterns_new();
    struct words w;
    struct error err;

    for (char *word = next_word(&w, list); word != NULL;
         word = next_word(&w, NULL))
        assert_true(patterns_add(p, word, PATTERN_ANY, &err));
    return p;
}

static struct address ip_of(const char *text)
{
    struct address ip;

    assert_true(address_parse(slice_of(text), &ip));
    return ip;
}

struct run {
    enum field what;
    const char *format, *allow, *traps;
    unsigned aggregate;
    struct patterns *allowed, *trapped;
    struct suffixes *suffixes;
    struct listing *l;
};

static void begin(struct run *r)
{
    struct listing_rules rules = {
        .what = r->what,
        .format = format_find(slice_of(r->format)),
        .aggregate = r->aggregate,
    };

    r->allowed = patterns_of(r->allow != NULL ? r->allow : "");
    r->trapped = patterns_of(r->traps != NULL ? r->traps : "");
    rules.allow = r->allowed;
    rules.traps = r->trapped;
    rules.suffixes = r->suffixes;
    r->l = listing_new(&rules);
}

static void add(struct run *r, const char *value, const char *name)
{
    struct sighting s = {.count = 1, .client_name = slice_of(name)};

    s.key[0] = slice_of(value);
    listing_add(r->l, &s);
}

static bool take_entry(void *arg, struct slice entry, struct error *err)
{
    struct buf *text = arg;

    (void)err;
    if (text->len > 0)
        buf_add_byte(text, ' ');
    buf_add(text, entry);
    return true;
}

/* Settles, compares and ends. */
static struct listing_tally must_list(struct run *r, const char *want)
{
    struct buf text = {0};
    struct listing_tally tally;
    struct error err;

    listing_settle(r->l);
    assert_true(listing_each(r->l, take_entry, &text, &err));
    buf_add_byte(&text, '\0');
    assert_string_equal(text.ptr, want);
    buf_free(&text);
    tally = listing_tally(r->l);
    listing_free(r->l);
    patterns_free(r->allowed);
    patterns_free(r->trapped);
    return tally;
}

/* All of values, listed. */
static struct listing_tally must_become(struct run r, const char *values,
                                        const char *want)
{
    struct words w;

    begin(&r);
    for (char *word = next_word(&w, values); word != NULL;
         word = next_word(&w, NULL))
        add(&r, word, "");
    return must_list(&r, want);
}

#define IP                                                                     \
    .what = FIELD_CLIENT_IP, .format = "list", .aggregate = LISTING_SINGLE
#define NET                                                                    \
    .what = FIELD_CLIENT_NET, .format = "list", .aggregate = LISTING_SINGLE

static void sorts_addresses(void **state)
{
    struct listing_tally t;

    (void)state;
    t = must_become((struct run){IP},
                    "2a00::1 100.1.1.1 9.1.1.1 9.1.1.1 10.1.1.1 x "
                    "2001:db8::1 9.1.1.0/24",
                    "9.1.1.1/32 100.1.1.1/32 2a00::1/128");
    assert_int_equal(t.entries, 3);
    assert_int_equal(t.special, 2);
    assert_int_equal(t.unknown, 2);
    t = must_become((struct run){.what = FIELD_CLIENT_IP,
                                 .format = "rbldnsd6",
                                 .aggregate = LISTING_SINGLE},
                    "2a00::1 11.0.0.1", "2a00::1/128");
    assert_int_equal(t.unfit, 1);
}

static void allows_addresses(void **state)
{
    struct listing_tally t;

    (void)state;
    t = must_become((struct run){IP, .allow = "11.0.0.0/30 2a00::/32 @x.y"},
                    "11.0.0.1 11.0.0.3 11.0.0.4 2a00::1 2a01::1",
                    "11.0.0.4/32 2a01::1/128");
    assert_int_equal(t.allowed, 3);
}

/* A name that any of its messages had allows an address. */
static void allows_names(void **state)
{
    struct run r = {IP, .allow = ".good.example"};
    struct address ip = ip_of("11.0.0.1"), other = ip_of("11.0.0.2");
    struct listing_tally t;

    (void)state;
    begin(&r);
    assert_true(listing_wants(r.l, &ip, SLICE("")));
    assert_true(listing_wants(r.l, &ip, SLICE("mx.Good.example")));
    assert_true(
        listing_wants(r.l, &other, SLICE("mx.good.example (may be forged)")));
    add(&r, "11.0.0.1", "");
    add(&r, "11.0.0.2", "mx.good.example (may be forged)");
    add(&r, "11.0.0.3", "mx.good.example");
    t = must_list(&r, "11.0.0.2/32");
    assert_int_equal(t.allowed, 2);
}

static void splits_networks(void **state)
{
    struct listing_tally t;

    (void)state;
    t = must_become(
        (struct run){NET, .allow = "11.0.0.5 11.0.1.0/25 11.0.2.0/23"},
        "11.0.0.0/24 11.0.1.0/24 11.0.2.0/24 11.0.4.0/24 192.0.2.0/24 "
        "11.0.0.0/16 2a00::/64 2a00::/65",
        "11.0.0.0/30 11.0.0.4/32 11.0.0.6/31 11.0.0.8/29 11.0.0.16/28 "
        "11.0.0.32/27 11.0.0.64/26 11.0.0.128/25 11.0.1.128/25 11.0.4.0/24 "
        "2a00::/64");
    assert_int_equal(t.allowed, 1);
    assert_int_equal(t.special, 1);
    assert_int_equal(t.unknown, 2);
}

/* Of whose network is not known which address had the name. */
static void allows_networks_by_name(void **state)
{
    struct run r = {NET, .allow = ".good.example"};

    (void)state;
    begin(&r);
    add(&r, "11.0.0.0/24", "mx.good.example");
    add(&r, "11.0.1.0/24", "mx.bad.example");
    (void)must_list(&r, "11.0.1.0/24");
}

/* count addresses of a network, from the first on. */
static void add_many(struct run *r, const char *prefix, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char text[80];

        (void)snprintf(text, sizeof text, prefix[0] == '2' ? "%s%x" : "%s%u",
                       prefix, i);
        add(r, text, "");
    }
}

static struct listing_tally aggregated(unsigned percent, unsigned count,
                                       const char *prefix, const char *allow,
                                       bool *one)
{
    struct run r = {.what = FIELD_CLIENT_IP, .format = "list"};
    struct buf text = {0};
    struct listing_tally t;
    struct error err;

    r.aggregate = percent;
    r.allow = allow;
    begin(&r);
    add_many(&r, prefix, count);
    listing_settle(r.l);
    assert_true(listing_each(r.l, take_entry, &text, &err));
    t = listing_tally(r.l);
    *one = t.entries == 1 && t.aggregates == 1 && t.gathered == count;
    if (!*one)
        assert_true(t.aggregates == 0 && t.gathered == 0);
    buf_free(&text);
    listing_free(r.l);
    patterns_free(r.allowed);
    patterns_free(r.trapped);
    return t;
}

static void aggregates(void **state)
{
    static const struct {
        unsigned percent, count;
        const char *prefix, *allow;
        bool one;
    } cases[] = {
        {0, 1, "11.0.0.", NULL, true},
        {50, 128, "11.0.0.", NULL, false}, /* not above it */
        {50, 129, "11.0.0.", NULL, true},
        {99, 253, "11.0.0.", NULL, false},
        {99, 254, "11.0.0.", NULL, true},
        {LISTING_SINGLE, 256, "11.0.0.", NULL, false},
        {0, 10, "11.0.0.", "11.0.0.200", false},
        {0, 10, "11.0.0.", "11.0.1.0", true},
        {5, 12, "2a00::", NULL, false},
        {5, 13, "2a00::", NULL, true},
        {5, 13, "2a00::", "2a00::ffff:0:0:1", false},
        {5, 13, "2a00::", "2a00:0:0:1::/64", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool one;
        struct listing_tally t =
            aggregated(cases[i].percent, cases[i].count, cases[i].prefix,
                       cases[i].allow, &one);

        if (one != cases[i].one)
            fail_msg("case %zu: %llu entries", i,
                     (unsigned long long)t.entries);
        if (!one)
            assert_int_equal(t.entries, cases[i].count);
    }
}

/* What was allowed by its name, or by a lookup, is in no aggregate. */
static void allowed_is_in_no_aggregate(void **state)
{
    struct run r = {
        .what = FIELD_CLIENT_IP, .format = "list", .allow = ".good.example"};
    struct address named = ip_of("11.0.0.9"), known = ip_of("11.0.1.1");

    (void)state;
    begin(&r);
    assert_true(listing_wants(r.l, &named, SLICE("good.example")));
    listing_allow(r.l, &known);
    add(&r, "11.0.0.9", "");
    add(&r, "11.0.0.1", "");
    add(&r, "11.0.1.1", "");
    add(&r, "11.0.1.2", "");
    add(&r, "11.0.2.1", "");
    add(&r, "11.0.2.2", "");
    (void)must_list(&r, "11.0.0.1/32 11.0.1.2/32 11.0.2.0/24");
}

static struct message accepted_for(const struct slice *recipients, size_t count)
{
    return (struct message){.outcome = OUTCOME_ACCEPTED,
                            .client_ip = ip_of("11.0.9.9"),
                            .recipients = recipients,
                            .recipient_count = count};
}

static void senders_of_ours_do_not_enter(void **state)
{
    struct run r = {.what = FIELD_SENDER,
                    .format = "list",
                    .traps = "@Trap.example box@pot.example",
                    .allow = "good@x.example @partner.example 11.0.0.0/24"};
    const struct slice ours[] = {SLICE("a@Ours.example."), SLICE("bare")};
    const struct slice theirs[] = {SLICE("a@evil.example")};
    struct message m = accepted_for(ours, 2);
    struct address ip = ip_of("11.0.0.1"), other = ip_of("11.0.1.1");
    struct listing_tally t;

    (void)state;
    begin(&r);
    (void)listing_message(r.l, &m);
    /* Of what is refused a client may write to its own domain. */
    m = accepted_for(theirs, 1);
    m.outcome = OUTCOME_REJECTED;
    (void)listing_message(r.l, &m);
    /* A bounce goes to whom it answers. */
    m.outcome = OUTCOME_ACCEPTED;
    m.client_ip = (struct address){{0}};
    (void)listing_message(r.l, &m);
    assert_false(listing_wants(r.l, &ip, SLICE("")));
    assert_true(listing_wants(r.l, &other, SLICE("")));

    add(&r, "x@ours.EXAMPLE", "");
    add(&r, "x@sub.ours.example", "");
    add(&r, "x@trap.example", "");
    add(&r, "\"x\"@pot.example", "");
    add(&r, "x@evil.example", "");
    add(&r, "\"x\"@evil.example", "");
    add(&r, "\"good\"@x.example", "");
    add(&r, "bad@x.example", "");
    add(&r, "any@partner.example", "");
    add(&r, "<>", "");
    add(&r, "", "");
    add(&r, "no domain", "");
    t = must_list(&r, "bad@x.example x@evil.example x@sub.ours.example");
    assert_int_equal(t.own, 3);
    assert_int_equal(t.allowed, 2);
    assert_int_equal(t.unknown, 2);
    assert_int_equal(t.unfit, 1);
}

/* What is left of a cut sender may end in another domain. */
static void senders_that_may_be_cut_do_not_enter(void **state)
{
    struct run r = {.what = FIELD_SENDER_DOMAIN, .format = "list"};
    struct error err;
    char text[200];
    struct message m = accepted_for(NULL, 0);

    (void)state;
    r.suffixes = suffixes_load(&err);
    assert_non_null(r.suffixes);
    begin(&r);
    memset(text, 'a', sizeof text);
    memcpy(text + sizeof text - 10, "@x.example", 10);
    m.sender = slice_make(text, sizeof text);
    assert_false(listing_message(r.l, &m));
    m.sender = slice_make(text + 2, sizeof text - 2);
    assert_true(listing_message(r.l, &m));
    assert_int_equal(must_list(&r, "").unknown, 1);
    suffixes_free(r.suffixes);
}

/* A domain is refused with all below it. */
static void domains_above_ours_do_not_enter(void **state)
{
    struct run r = {.what = FIELD_SENDER_DOMAIN,
                    .format = "postfix",
                    .traps = "@trap.co.example",
                    .allow = "boss@mail.partner.example @good.example"};
    const struct slice ours[] = {SLICE("a@mx.ours.example")};
    struct message m = accepted_for(ours, 1);
    struct listing_tally t;
    struct error err;

    (void)state;
    r.suffixes = suffixes_load(&err);
    assert_non_null(r.suffixes);
    begin(&r);
    (void)listing_message(r.l, &m);
    add(&r, "trap.co.example", "");
    add(&r, "co.example", "");
    add(&r, "x.trap.co.example", "");
    add(&r, "Ours.example", "");
    add(&r, "partner.example", "");
    add(&r, "mail.partner.example", "");
    add(&r, "www.partner.example", "");
    add(&r, "good.example", "");
    add(&r, "example", "");
    add(&r, "co.uk", "");
    add(&r, "bulk.co.uk", "");
    add(&r, "", "");
    t = must_list(&r, "bulk.co.uk www.partner.example x.trap.co.example");
    assert_int_equal(t.own, 3);
    assert_int_equal(t.allowed, 3);
    assert_int_equal(t.suffixes, 1);
    assert_int_equal(t.unfit, 1);
    assert_int_equal(t.unknown, 1);
    suffixes_free(r.suffixes);
}

/* Random candidates, allowed and reserved: nothing overlaps or is covered. */
static void never_covers(void **state)
{
    unsigned seed = 7;

    (void)state;
    for (int round = 0; round < 300; round++) {
        struct run r = {.what =
                            round % 2 == 0 ? FIELD_CLIENT_IP : FIELD_CLIENT_NET,
                        .format = "list"};
        struct networks allowed = {.count = 0}, listed = {.count = 0};
        struct buf text = {0};
        struct error err;
        char pattern[ADDRESS_SIZE];

        r.aggregate = r.what == FIELD_CLIENT_IP ? (unsigned)round % 5 : 100;
        begin(&r);
        for (int i = 0; i < 6; i++) {
            struct cidr net = address_alone(
                &(struct address){{[10] = 0xff,
                                   [11] = 0xff,
                                   [12] = 11,
                                   [14] = (uint8_t)(rand_r(&seed) % 4),
                                   [15] = (uint8_t)rand_r(&seed)}});

            net.prefix = (uint8_t)(120 + rand_r(&seed) % 9);
            net.address = address_masked(&net.address, net.prefix);
            networks_add(&allowed, &net);
            (void)cidr_format(&net, pattern);
            assert_true(patterns_add(r.allowed, pattern, PATTERN_ANY, &err));
        }
        listing_free(r.l);
        r.l = listing_new(&(struct listing_rules){
            .what = r.what,
            .format = format_find(SLICE("list")),
            .allow = r.allowed,
            .traps = r.trapped,
            .aggregate = r.aggregate,
        });
        for (int i = 0; i < 100; i++) {
            char value[40];

            (void)snprintf(value, sizeof value,
                           r.what == FIELD_CLIENT_IP ? "11.0.%d.%d"
                                                     : "11.0.%d.0/24",
                           rand_r(&seed) % 4, rand_r(&seed) % 256);
            add(&r, value, "");
        }
        listing_settle(r.l);
        assert_true(listing_each(r.l, take_entry, &text, &err));
        buf_add_byte(&text, '\0');
        for (char *save, *word = strtok_r(text.ptr, " ", &save); word != NULL;
             word = strtok_r(NULL, " ", &save)) {
            struct cidr net;

            assert_true(cidr_parse(slice_of(word), &net));
            for (size_t i = 0; i < allowed.count; i++)
                assert_false(cidr_covers(&net, &allowed.net[i]) ||
                             cidr_covers(&allowed.net[i], &net));
            for (size_t i = 0; i < listed.count; i++)
                assert_true(cidr_compare(&listed.net[i], &net) < 0 &&
                            !cidr_covers(&listed.net[i], &net));
            networks_add(&listed, &net);
        }
        networks_release(&allowed);
        networks_release(&listed);
        buf_free(&text);
        listing_free(r.l);
        patterns_free(r.allowed);
        patterns_free(r.trapped);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_addresses),
        cmocka_unit_test(allows_addresses),
        cmocka_unit_test(allows_names),
        cmocka_unit_test(splits_networks),
        cmocka_unit_test(allows_networks_by_name),
        cmocka_unit_test(aggregates),
        cmocka_unit_test(allowed_is_in_no_aggregate),
        cmocka_unit_test(senders_of_ours_do_not_enter),
        cmocka_unit_test(senders_that_may_be_cut_do_not_enter),
        cmocka_unit_test(domains_above_ours_do_not_enter),
        cmocka_unit_test(never_covers),
    };

    return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
