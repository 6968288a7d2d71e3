/* networks: what of a network is in a set, and which are special. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mail/networks.h"

static struct cidr net(const char *text)
{
    struct cidr n;

    if (!cidr_parse(slice_of(text), &n))
        fail_msg("no network: %s", text);
    return n;
}

/* list: parted by one blank. */
static struct networks set_of(const char *list)
{
    struct networks set = {.count = 0};
    char copy[300], *save, *word;

    assert_true(strlen(list) < sizeof copy);
    memcpy(copy, list, strlen(list) + 1);
    for (word = strtok_r(copy, " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save)) {
        struct cidr n = net(word);

        networks_add(&set, &n);
    }
    networks_settle(&set);
    return set;
}

static void settles(void **state)
{
    static const struct {
        const char *list, *settled;
    } cases[] = {
        {"", ""},
        {"11.0.0.2 11.0.0.1 11.0.0.1", "11.0.0.1/32 11.0.0.2/32"},
        {"11.0.0.7 11.0.0.0/24 11.0.0.0/30 11.0.1.0",
         "11.0.0.0/24 11.0.1.0/32"},
        {"2a00::/16 11.0.0.0/8 ::/0 0.0.0.0/0", "0.0.0.0/0 ::/0"},
        {"2a00::1 9.9.9.9 2a00::/64", "9.9.9.9/32 2a00::/64"},
        {"::ffff:11.0.0.1 11.0.0.0/8", "11.0.0.0/8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct networks set = set_of(cases[i].list);
        char text[300] = "", one[ADDRESS_SIZE];

        for (size_t k = 0; k < set.count; k++) {
            (void)cidr_format(&set.net[k], one);
            if (k > 0)
                strcat(text, " ");
            strcat(text, one);
        }
        assert_string_equal(text, cases[i].settled);
        networks_release(&set);
    }
}

static void tells_overlap(void **state)
{
    static const struct {
        const char *list, *net;
        enum overlap want;
    } cases[] = {
        {"", "11.0.0.1", OVERLAP_NONE},
        {"11.0.0.1", "11.0.0.1", OVERLAP_ALL},
        {"11.0.0.1", "11.0.0.0", OVERLAP_NONE},
        {"11.0.0.1", "11.0.0.2", OVERLAP_NONE},
        {"11.0.0.1", "11.0.0.0/31", OVERLAP_PART},
        {"11.0.0.0", "11.0.0.0/24", OVERLAP_PART},
        {"11.0.0.255", "11.0.0.0/24", OVERLAP_PART},
        {"11.0.1.0", "11.0.0.0/24", OVERLAP_NONE},
        {"11.0.0.0/24", "11.0.0.0/24", OVERLAP_ALL},
        {"11.0.0.0/24", "11.0.0.255", OVERLAP_ALL},
        {"11.0.0.0/24", "11.0.0.128/25", OVERLAP_ALL},
        {"11.0.0.0/24", "11.0.0.0/23", OVERLAP_PART},
        {"9.0.0.0/8 11.0.0.0/8 13.0.0.0/8", "11.255.255.255", OVERLAP_ALL},
        {"9.0.0.0/8 11.0.0.0/8 13.0.0.0/8", "12.0.0.0/8", OVERLAP_NONE},
        {"9.0.0.0/8 11.0.0.0/8 13.0.0.0/8", "8.0.0.0/5", OVERLAP_PART},
        {"::/0", "11.0.0.1", OVERLAP_NONE},
        {"::/0", "2a00::1", OVERLAP_ALL},
        {"0.0.0.0/0", "::/0", OVERLAP_NONE},
        {"0.0.0.0/0", "2a00::1", OVERLAP_NONE},
        {"2a00::1", "2a00::/64", OVERLAP_PART},
        {"2a00:0:0:1::/64", "2a00::/64", OVERLAP_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct networks set = set_of(cases[i].list);
        struct cidr n = net(cases[i].net);

        if (networks_overlap(&set, &n) != cases[i].want)
            fail_msg("[%s] of %s: %d", cases[i].list, cases[i].net,
                     networks_overlap(&set, &n));
        networks_release(&set);
    }
}

static void knows_special(void **state)
{
    static const struct {
        const char *net;
        enum overlap want;
    } cases[] = {
        {"0.1.2.3", OVERLAP_ALL},
        {"1.0.0.0", OVERLAP_NONE},
        {"10.255.255.255", OVERLAP_ALL},
        {"11.0.0.0", OVERLAP_NONE},
        {"100.63.255.255", OVERLAP_NONE},
        {"100.64.0.0", OVERLAP_ALL},
        {"100.127.255.255", OVERLAP_ALL},
        {"100.128.0.0", OVERLAP_NONE},
        {"127.0.0.1", OVERLAP_ALL},
        {"169.254.1.1", OVERLAP_ALL},
        {"172.15.255.255", OVERLAP_NONE},
        {"172.31.0.0", OVERLAP_ALL},
        {"172.32.0.0", OVERLAP_NONE},
        {"192.0.0.1", OVERLAP_ALL},
        {"192.0.1.1", OVERLAP_NONE},
        {"192.0.2.1", OVERLAP_ALL},
        {"192.31.196.1", OVERLAP_ALL},
        {"192.52.193.1", OVERLAP_ALL},
        {"192.88.99.1", OVERLAP_ALL},
        {"192.168.7.7", OVERLAP_ALL},
        {"192.175.48.1", OVERLAP_ALL},
        {"198.17.255.255", OVERLAP_NONE},
        {"198.19.255.255", OVERLAP_ALL},
        {"198.51.100.1", OVERLAP_ALL},
        {"203.0.113.1", OVERLAP_ALL},
        {"223.255.255.255", OVERLAP_NONE},
        {"224.0.0.1", OVERLAP_ALL},
        {"255.255.255.255", OVERLAP_ALL},
        {"::1", OVERLAP_ALL},
        {"64:ff9b::1", OVERLAP_ALL},
        {"100::1", OVERLAP_ALL},
        {"1fff::1", OVERLAP_ALL},
        {"2001::1", OVERLAP_ALL},
        {"2001:1ff::1", OVERLAP_ALL},
        {"2001:200::1", OVERLAP_NONE},
        {"2001:db8:7::1", OVERLAP_ALL},
        {"2001:db9::1", OVERLAP_NONE},
        {"2002:b00::1", OVERLAP_ALL},
        {"2003::1", OVERLAP_NONE},
        {"2620:4f:8000::1", OVERLAP_ALL},
        {"2620:4f:8001::1", OVERLAP_NONE},
        {"3ffe::1", OVERLAP_NONE},
        {"3fff:fff::1", OVERLAP_ALL},
        {"3fff:1000::1", OVERLAP_NONE},
        {"5f00::1", OVERLAP_ALL},
        {"fc00::1", OVERLAP_ALL},
        {"fe80::1", OVERLAP_ALL},
        {"ff02::1", OVERLAP_ALL},
        {"192.0.2.0/23", OVERLAP_PART},
        {"2001::/16", OVERLAP_PART},
    };
    struct networks set = {.count = 0};

    (void)state;
    networks_add_special(&set);
    networks_settle(&set);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cidr n = net(cases[i].net);

        if (networks_overlap(&set, &n) != cases[i].want)
            fail_msg("%s: %d", cases[i].net, networks_overlap(&set, &n));
    }
    networks_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settles),
        cmocka_unit_test(tells_overlap),
        cmocka_unit_test(knows_special),
    };

    return cmocka_run_group_tests_name("networks", tests, NULL, NULL);
}
