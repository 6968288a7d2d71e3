/* dnsname: what DNS lists are asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lookup/dnsname.h"

#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void names_addresses(void **state)
{
    /* RFC 5782, 2.1 and 2.4, have the first and the third. */
    static const struct {
        const char *ip, *name;
    } cases[] = {
        {"192.0.2.99", "99.2.0.192.bad.example"},
        {"::ffff:10.0.0.1", "1.0.0.10.bad.example"},
        {"2001:db8:1:2:3:4:567:89ab",
         "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2."
         "bad.example"},
        {"255.100.9.0", "0.9.100.255.bad.example"},
        {"::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
                "0.bad.example"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[DNSNAME_SIZE];
        struct address ip;

        assert_true(address_parse(slice_of(cases[i].ip), &ip));
        dnsname_of_address(&ip, SLICE("bad.example"), name);
        assert_string_equal(name, cases[i].name);
    }
}

static void knows_zones(void **state)
{
    static const struct {
        const char *zone;
        bool want;
    } cases[] = {
        {"zen.example.org", true},
        {"_x-1.example", true},
        {"a", true},
        {"", false},
        {".", false},
        {"a..b", false},
        {".a", false},
        {"a.", false},
        {"a b", false},
        {"a\\.b", false},
        {"\xc3\xa4.example", false},
        {SIXTY "abc.example", true},
        {SIXTY "abcd.example", false},
        {SIXTY "." SIXTY "." SIXTY ".abcdef", true}, /* 189 bytes */
        {SIXTY "." SIXTY "." SIXTY ".abcdefg", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(dnsname_is_zone(slice_of(cases[i].zone)),
                         cases[i].want);
}

/* The longest zone leaves room for the longest name of an address. */
static void has_room(void **state)
{
    char name[DNSNAME_SIZE];
    struct address ip;

    (void)state;
    assert_true(address_parse(SLICE("2001:db8::1"), &ip));
    dnsname_of_address(&ip, SLICE(SIXTY "." SIXTY "." SIXTY ".abcdef"), name);
    assert_int_equal(strlen(name), 253);
}

static void folds_domains(void **state)
{
    static const struct {
        const char *domain, *name; /* NULL: refused */
    } cases[] = {
        {"Bulk.EXAMPLE", "bulk.example"},
        {"bulk.example.", "bulk.example"},
        {"x_1.bulk-2.example", "x_1.bulk-2.example"},
        {"4u.example", "4u.example"},
        {"", NULL},
        {".", NULL},
        {"..", NULL},
        {"a..example", NULL},
        {"192.0.2.7", NULL},
        {"[192.0.2.7]", NULL},
        {"example.1", NULL},
        {"a b.example", NULL},
        {"a\"b.example", NULL},
        {"a/b.example", NULL},
        {"b\xc3\xbc"
         "cher.example",
         NULL},
        {SIXTY "abcd.example", NULL},
        {SIXTY "." SIXTY "." SIXTY "." SIXTY "." TEN ".example", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[DNSNAME_SIZE];
        bool good = dnsname_fold(slice_of(cases[i].domain), name);

        assert_int_equal(good, cases[i].name != NULL);
        if (good)
            assert_string_equal(name, cases[i].name);
    }
    /* Nor does a NUL end one. */
    assert_false(
        dnsname_fold(slice_make("a\0b.example", 11), (char[DNSNAME_SIZE]){0}));
}

static void names_domains(void **state)
{
    char name[DNSNAME_SIZE];
    struct slice longest = SLICE(SIXTY "." SIXTY "." SIXTY "." TEN TEN TEN);

    (void)state;
    assert_true(
        dnsname_of_domain(SLICE("bulk.example"), SLICE("dbl.example"), name));
    assert_string_equal(name, "bulk.example.dbl.example");
    assert_int_equal(longest.len, 213);
    assert_true(
        dnsname_of_domain(longest, SLICE(TEN TEN TEN "abcdefg.x"), name));
    assert_int_equal(strlen(name), 253);
    assert_false(
        dnsname_of_domain(longest, SLICE(TEN TEN TEN "abcdefgh.x"), name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_addresses), cmocka_unit_test(knows_zones),
        cmocka_unit_test(has_room),        cmocka_unit_test(folds_domains),
        cmocka_unit_test(names_domains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
