/* reply: what may be believed of a packet that anybody may have sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lookup/reply.h"

/* A packet in the making. */
struct packet {
    unsigned char bytes[2048];
    size_t len;
};

enum { A = 1, NS = 2, CNAME = 5, SOA = 6, TXT = 16 };

static void put(struct packet *p, unsigned size, uint32_t n)
{
    while (size-- > 0)
        p->bytes[p->len++] = (unsigned char)(n >> 8 * size);
}

static void put_name(struct packet *p, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");

        put(p, 1, (uint32_t)len);
        memcpy(p->bytes + p->len, name, len);
        p->len += len;
        name += len + (name[len] == '.');
    }
    put(p, 1, 0);
}

#define QUESTION "7.2.0.192.bl.example"
#define TO_QUESTION 0xc00c /* a pointer to it */
#define GOOD 0x8180        /* an answer, recursion desired and available */

static struct packet packet(unsigned flags, unsigned answers,
                            unsigned authorities)
{
    struct packet p = {.len = 0};

    put(&p, 2, 4711);
    put(&p, 2, flags);
    put(&p, 2, 1);
    put(&p, 2, answers);
    put(&p, 2, authorities);
    put(&p, 2, 0);
    put_name(&p, QUESTION);
    put(&p, 2, A);
    put(&p, 2, 1);
    return p;
}

/* name NULL: that of the question. */
static void put_head(struct packet *p, const char *name, unsigned type,
                     uint32_t ttl, unsigned size)
{
    if (name == NULL)
        put(p, 2, TO_QUESTION);
    else
        put_name(p, name);
    put(p, 2, type);
    put(p, 2, 1);
    put(p, 4, ttl);
    put(p, 2, size);
}

static void put_a(struct packet *p, const char *name, uint32_t ttl,
                  uint32_t address)
{
    put_head(p, name, A, ttl, 4);
    put(p, 4, address);
}

static void put_cname(struct packet *p, const char *name, uint32_t ttl,
                      const char *to)
{
    put_head(p, name, CNAME, ttl, (unsigned)strlen(to) + 2);
    put_name(p, to);
}

static void put_soa(struct packet *p, uint32_t ttl, uint32_t minimum)
{
    put_head(p, "bl.example", SOA, ttl, 3 + 3 + 20);
    put_name(p, "a");
    put_name(p, "b");
    for (int i = 0; i < 4; i++)
        put(p, 4, 1);
    put(p, 4, minimum);
}

/* Bytes of their own, so that a sanitizer sees what is read behind them. */
static struct reply parse(const struct packet *p, size_t len)
{
    unsigned char *bytes = malloc(len + 1);
    struct reply r;

    memcpy(bytes + 1, p->bytes, len);
    r = reply_parse(bytes + 1, len);
    free(bytes);
    return r;
}

static struct reply whole(const struct packet *p)
{
    return parse(p, p->len);
}

static void takes_addresses(void **state)
{
    struct packet p = packet(GOOD, 4, 0);
    struct reply r;

    (void)state;
    put_a(&p, NULL, 300, 0x7f000004);
    put_a(&p, "7.2.0.192.BL.example", 60, 0x7f000002);
    put_a(&p, NULL, 300, 0x7f000004);
    put_a(&p, "8.2.0.192.bl.example", 1, 0x7f000009); /* another's */
    r = whole(&p);
    assert_int_equal(r.kind, REPLY_ADDRESSES);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.address[0], 0x7f000002);
    assert_int_equal(r.address[1], 0x7f000004);
    assert_int_equal(r.ttl, 60);
}

static void follows_cnames(void **state)
{
    struct packet p = packet(GOOD, 3, 0);
    struct reply r;

    (void)state;
    put_cname(&p, NULL, 50, "x.example");
    put_cname(&p, "x.example", 40, "y.example");
    put_a(&p, "y.example", 300, 0x7f000002);
    r = whole(&p);
    assert_int_equal(r.kind, REPLY_ADDRESSES);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.ttl, 40);

    /* To itself, and round. */
    p = packet(GOOD, 1, 0);
    put_cname(&p, NULL, 50, QUESTION);
    assert_int_equal(whole(&p).kind, REPLY_BAD);
    p = packet(GOOD, 2, 0);
    put_cname(&p, NULL, 50, "x.example");
    put_cname(&p, "x.example", 50, QUESTION);
    assert_int_equal(whole(&p).kind, REPLY_BAD);

    /* To a name that has no address. */
    p = packet(GOOD, 1, 1);
    put_cname(&p, NULL, 50, "x.example");
    put_soa(&p, 600, 500);
    r = whole(&p);
    assert_int_equal(r.kind, REPLY_NOTHING);
    assert_int_equal(r.ttl, 50);
}

static void believes_that_there_is_nothing(void **state)
{
    static const struct {
        uint32_t ttl, minimum, want;
    } cases[] = {
        {600, 60, 60}, {60, 600, 60}, {0, 600, 0}, {0x80000000, 600, 0}};
    struct packet p;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned rcode = 0; rcode <= 3; rcode += 3) {
            struct reply r;

            p = packet(GOOD | rcode, 0, 1);
            put_soa(&p, cases[i].ttl, cases[i].minimum);
            r = whole(&p);
            assert_int_equal(r.kind, REPLY_NOTHING);
            assert_int_equal(r.ttl, cases[i].want);
        }
    }
    /* Without SOA it is not to be kept. */
    p = packet(GOOD | 3, 0, 0);
    assert_int_equal(whole(&p).kind, REPLY_NOTHING);
    assert_int_equal(whole(&p).ttl, 0);
    p = packet(GOOD, 0, 0);
    assert_int_equal(whole(&p).kind, REPLY_NOTHING);
    assert_int_equal(whole(&p).ttl, 0);
}

static void refuses_what_is_no_answer(void **state)
{
    /* Flags: a question, another opcode, truncated, failures. */
    static const unsigned flags[] = {0x0180, 0x8980, 0x8380, 0x8181,
                                     0x8182, 0x8184, 0x8185, 0x8189};
    struct packet p;

    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        p = packet(flags[i], 1, 0);
        put_a(&p, NULL, 60, 0x7f000002);
        assert_int_equal(whole(&p).kind, REPLY_BAD);
    }
    /* A referral. */
    p = packet(0x8100, 0, 1);
    put_head(&p, "bl.example", NS, 60, 3);
    put_name(&p, "a");
    assert_int_equal(whole(&p).kind, REPLY_BAD);
    /* An address in a name that does not exist. */
    p = packet(GOOD | 3, 1, 0);
    put_a(&p, NULL, 60, 0x7f000002);
    assert_int_equal(whole(&p).kind, REPLY_BAD);
    /* Only records of others. */
    p = packet(GOOD, 1, 0);
    put_a(&p, "x.example", 60, 0x7f000002);
    assert_int_equal(whole(&p).kind, REPLY_BAD);
    /* An address of five bytes; two questions; one for text. */
    p = packet(GOOD, 1, 0);
    put_head(&p, NULL, A, 60, 5);
    put(&p, 4, 0);
    put(&p, 1, 0);
    assert_int_equal(whole(&p).kind, REPLY_BAD);
    p = packet(GOOD, 0, 0);
    p.bytes[5] = 2;
    assert_int_equal(whole(&p).kind, REPLY_BAD);
    p = packet(GOOD, 0, 0);
    p.bytes[p.len - 3] = TXT;
    assert_int_equal(whole(&p).kind, REPLY_BAD);
    /* More addresses than anybody has. */
    p = packet(GOOD, REPLY_ADDRESSES_MAX + 1, 0);
    for (uint32_t i = 0; i <= REPLY_ADDRESSES_MAX; i++)
        put_a(&p, NULL, 60, 0x7f000002 + i);
    assert_int_equal(whole(&p).kind, REPLY_BAD);
    p.bytes[7]--;
    assert_int_equal(whole(&p).kind, REPLY_ADDRESSES);
}

/* Pointers to themselves, ahead, to each other; labels that lead outside. */
static void refuses_names_without_end(void **state)
{
    static const struct {
        unsigned char name[6];
        size_t len;
    } cases[] = {
        {{0xc0, 38}, 2},         /* where it stands itself */
        {{0xc0, 200}, 2},        /* ahead */
        {{1, 'a', 0xc0, 38}, 4}, /* to its own beginning */
        {{0x40, 0}, 2},          /* neither label nor pointer */
        {{0x80, 0}, 2},          {{63, 'a'}, 2}, {{0xff, 0xff}, 2},
    };
    struct packet p = packet(GOOD, 1, 0);

    (void)state;
    assert_int_equal(p.len, 38);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        p = packet(GOOD, 1, 0);
        memcpy(p.bytes + p.len, cases[i].name, cases[i].len);
        p.len += cases[i].len;
        put(&p, 2, A);
        put(&p, 2, 1);
        put(&p, 4, 60);
        put(&p, 2, 4);
        put(&p, 4, 0x7f000002);
        assert_int_equal(whole(&p).kind, REPLY_BAD);
    }
}

/* A dot within a label is none between two. */
static void tells_dots_apart(void **state)
{
    struct packet p = packet(GOOD, 1, 0);

    (void)state;
    put(&p, 1, 20);
    memcpy(p.bytes + p.len, QUESTION, 20);
    p.len += 20;
    put(&p, 1, 0);
    put(&p, 2, A);
    put(&p, 2, 1);
    put(&p, 4, 60);
    put(&p, 2, 4);
    put(&p, 4, 0x7f000002);
    assert_int_equal(whole(&p).kind, REPLY_BAD);
}

static void refuses_what_is_cut(void **state)
{
    struct packet p = packet(GOOD, 2, 1);

    (void)state;
    put_cname(&p, NULL, 60, "x.example");
    put_a(&p, "x.example", 60, 0x7f000002);
    put_soa(&p, 600, 60);
    assert_int_equal(whole(&p).kind, REPLY_ADDRESSES);
    for (size_t len = 0; len < p.len; len++)
        assert_int_equal(parse(&p, len).kind, REPLY_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_addresses),
        cmocka_unit_test(follows_cnames),
        cmocka_unit_test(believes_that_there_is_nothing),
        cmocka_unit_test(refuses_what_is_no_answer),
        cmocka_unit_test(refuses_names_without_end),
        cmocka_unit_test(tells_dots_apart),
        cmocka_unit_test(refuses_what_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
