/* address: what is one, its canonical text, and which network has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "mail/address.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void reads_and_writes(void **state)
{
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"100.99.10.9", "100.99.10.9"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"::FFFF:c000:207", "192.0.2.7"},
        {"0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"},
        {"IPv6:2001:db8::1", "2001:db8::1"},
        {"ipv6:::1", "::1"},
        {"IPv6:2001:db8:0:0:0:0:0:1", "2001:db8::1"},
        /* RFC 5952, sections 1, 2 and 4 */
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8::1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8:0:0:1::1", "2001:db8::1:0:0:1"},
        {"2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"},
        {"2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001",
         "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"},
        {"2001:db8:0:0:0::1", "2001:db8::1"},
        {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"1::", "1::"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
        {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
        {"::1.2.3.4", "::102:304"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:192.0.2.7", "1:2:3:4:5:6:c000:207"},
        {"1::5:6:192.0.2.7", "1::5:6:c000:207"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct address a, again;
        char text[ADDRESS_SIZE];

        if (!address_parse(slice_of(cases[i].text), &a))
            fail_msg("%s", cases[i].text);
        assert_int_equal(address_format(&a, text), strlen(cases[i].canonical));
        assert_string_equal(text, cases[i].canonical);
        assert_true(address_parse(slice_of(text), &again));
        assert_true(address_equal(&a, &again));
    }
}

static void refuses(void **state)
{
    static const char *const texts[] = {
        "",
        "unknown",
        "1",
        "1.2.3",
        "1.2.3.",
        "1.2.3.4.",
        "1.2.3.4.5",
        ".1.2.3.4",
        "1..2.3",
        "256.1.1.1",
        "1.1.1.1000",
        "1.1.1.99999999999",
        "01.2.3.4",
        "1.2.3.00",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.-4",
        "0x1.2.3.4",
        "1.2.3.4/32",
        "[1.2.3.4]",
        "1,2,3,4",
        "\357\274\221.2.3.4",
        ":",
        "::",
        ":::",
        "0:0:0:0:0:0:0:0",
        "::0.0.0.0",
        "1",
        "1:",
        ":1",
        "1:2",
        "1:::2",
        "1::2::3",
        "12345::",
        "::12345",
        "g::",
        "::g",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
        "1:2:3:4:5:6:7:8:",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "::1.2.3",
        "::01.2.3.4",
        "::ffff:256.0.0.1",
        "1:2:3:4:5:1.2.3.4",
        "fe80::1%eth0",
        "[::1]",
        "::1/128",
        "::1 ",
        "IPv6:",
        "IPv6:1.2.3.4",
        "IPv6: ::1",
        "IPv6:IPv6:::1",
        "IPv4:1.2.3.4",
    };
    static const char nul[] = "1.2.3.4\0";

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct address a = {{7}};

        if (address_parse(slice_of(texts[i]), &a))
            fail_msg("%s", texts[i]);
        assert_int_equal(a.bytes[0], 7);
    }
    for (size_t len = 0; len < sizeof nul; len++) {
        struct address a;

        assert_int_equal(address_parse(slice_make(nul, len), &a), len == 7);
    }
    {
        struct address a;

        assert_false(address_parse(slice_of(NULL), &a));
        assert_false(address_parse(SLICE("::1\0"), &a));
        assert_false(address_parse(SLICE("1.2.3.4\0.5"), &a));
    }
}

/* Random texts from mutated ones: what inet_pton() takes, and nothing else. */
static void agrees_with_the_c_library(void **state)
{
    static const char *const seeds[] = {"192.0.2.7", "2001:db8::1:0:0:1",
                                        "1:2:3:4:5:6:7:8", "::ffff:192.0.2.7"};
    static const char alphabet[] = "0125af:.:";
    uint32_t random = 5;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        struct address a, want = {.bytes = {[10] = 0xff, [11] = 0xff}};
        char text[24];
        bool valid;

        strcpy(text, seeds[i % 4]);
        for (int j = i % 3; j >= 0; j--) {
            random = random * 1664525u + 1013904223u;
            text[(random >> 8) % strlen(seeds[i % 4])] =
                alphabet[(random >> 20) % (sizeof alphabet - 1)];
        }
        valid = inet_pton(AF_INET, text, want.bytes + 12) == 1 ||
                inet_pton(AF_INET6, text, want.bytes) == 1;
        if (valid && address_is_none(&want))
            continue;
        if (address_parse(slice_of(text), &a) != valid ||
            (valid && !address_equal(&a, &want)))
            fail_msg("%s", text);
    }
}

static struct address address_of(const char *text)
{
    struct address a = {{0}};

    if (text[0] != '\0')
        assert_true(address_parse(slice_of(text), &a));
    return a;
}

static void knows_kinds(void **state)
{
    enum { V4 = 1, LOOPBACK = 2, PRIVATE = 4, NONE = 8 };
    static const struct {
        const char *text;
        int kinds;
    } cases[] = {
        {"", NONE},
        {"192.0.2.7", V4},
        {"127.0.0.1", V4 | LOOPBACK},
        {"127.255.255.255", V4 | LOOPBACK},
        {"128.0.0.1", V4},
        {"::ffff:127.0.0.1", V4 | LOOPBACK},
        {"::1", LOOPBACK},
        {"::2", 0},
        {"10.0.0.1", V4 | PRIVATE},
        {"11.0.0.0", V4},
        {"172.15.255.255", V4},
        {"172.16.0.0", V4 | PRIVATE},
        {"172.31.255.255", V4 | PRIVATE},
        {"172.32.0.0", V4},
        {"192.168.0.1", V4 | PRIVATE},
        {"192.169.0.1", V4},
        {"169.254.1.1", V4 | PRIVATE},
        {"100.63.255.255", V4},
        {"100.64.0.0", V4 | PRIVATE},
        {"100.127.255.255", V4 | PRIVATE},
        {"100.128.0.0", V4},
        {"fc00::1", PRIVATE},
        {"fdff::1", PRIVATE},
        {"fe00::1", 0},
        {"fe80::1", PRIVATE},
        {"febf::1", PRIVATE},
        {"fec0::1", 0},
        {"a00::1", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct address a = address_of(cases[i].text);

        assert_int_equal(
            address_is_v4(&a) * V4 + address_is_loopback(&a) * LOOPBACK +
                address_is_private(&a) * PRIVATE + address_is_none(&a) * NONE,
            cases[i].kinds);
    }
}

static void knows_networks(void **state)
{
    static const struct {
        const char *text, *canonical; /* NULL: none */
        const char *in, *out;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
        {"192.0.2.7", "192.0.2.7/32", "192.0.2.7", "192.0.2.6"},
        {"192.0.2.128/25", "192.0.2.128/25", "192.0.2.129", "192.0.2.127"},
        {"0.0.0.0/0", "0.0.0.0/0", "255.0.0.1", "::1"},
        {"::/0", "::/0", "2001:db8::1", "192.0.2.7"},
        {"::/80", "::/80", "::1", "192.0.2.7"},
        {"::ffff:0:0/96", "0.0.0.0/0", "192.0.2.7", "::fffe:c000:207"},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24", "192.0.2.1", "192.0.1.1"},
        {"2001:DB8::/32", "2001:db8::/32", "2001:db8:ffff::", "2001:db9::"},
        {"2001:db8::1", "2001:db8::1/128", "2001:db8::1", "2001:db8::2"},
        {"2001:db8::/33", "2001:db8::/33", "2001:db8:7fff::1",
         "2001:db8:8000::1"},
        {"192.0.2.1/24", NULL, NULL, NULL}, /* bits of the host */
        {"192.0.2.0/33", NULL, NULL, NULL},
        {"192.0.2.0/024", NULL, NULL, NULL},
        {"192.0.2.0/", NULL, NULL, NULL},
        {"192.0.2.0/+4", NULL, NULL, NULL},
        {"192.0.2.0/24/", NULL, NULL, NULL},
        {"192.0.2/24", NULL, NULL, NULL},
        {"192.0.2.0/255.255.255.0", NULL, NULL, NULL},
        {"::ffff:192.0.2.0/24", NULL, NULL, NULL},
        {"2001:db8::/129", NULL, NULL, NULL},
        {"2001:db8::1/64", NULL, NULL, NULL},
        {"::", NULL, NULL, NULL},
        {"/24", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[ADDRESS_SIZE];
        struct address in, out, none = {{0}};
        struct cidr c;

        assert_int_equal(cidr_parse(slice_of(cases[i].text), &c),
                         cases[i].canonical != NULL);
        if (cases[i].canonical == NULL)
            continue;
        assert_int_equal(cidr_format(&c, text), strlen(cases[i].canonical));
        assert_string_equal(text, cases[i].canonical);
        in = address_of(cases[i].in);
        out = address_of(cases[i].out);
        assert_true(cidr_contains(&c, &in));
        assert_false(cidr_contains(&c, &out));
        assert_false(cidr_contains(&c, &none));
    }
}

static void knows_the_net_around(void **state)
{
    struct address v4 = address_of("192.0.2.7");
    struct address v6 = address_of("2001:db8:1:2:3:4:5:6");
    struct cidr net;
    char text[ADDRESS_SIZE];

    (void)state;
    net = address_net(&v4);
    cidr_format(&net, text);
    assert_string_equal(text, "192.0.2.0/24");
    net = address_net(&v6);
    cidr_format(&net, text);
    assert_string_equal(text, "2001:db8:1:2::/64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(knows_kinds),
        cmocka_unit_test(knows_networks),
        cmocka_unit_test(knows_the_net_around),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
