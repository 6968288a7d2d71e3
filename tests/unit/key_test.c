/* key: the values of a message, what makes two equal, and coarser ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mail/key.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct field_list list_of(const char *text)
{
    struct field_list list;
    struct slice bad;

    assert_true(field_list_parse(slice_of(text), FIELD_OF_KEY, &list, &bad));
    return list;
}

static const struct slice recipients[] = {
    {"t1@trap.example", 15},
    {"t2@trap.example", 15},
};

static struct message message(void)
{
    struct message m = {
        .date = {.sec = 1362625953, .offset = 60},
        .sender = SLICE("Joe@B.Example"),
        .client_name = SLICE("h.example"),
        .helo = SLICE("hi"),
        .message_id = SLICE("x@y"),
        .recipients = recipients,
        .recipient_count = 2,
        .size = 812,
        .outcome = OUTCOME_REJECTED,
        .mta = SLICE("postfix"),
        .mta_host = SLICE("mx1"),
        .queue_id = SLICE("3F1A2B4C5D"),
    };

    assert_true(address_parse(SLICE("192.0.2.7"), &m.client_ip));
    return m;
}

static void takes_values(void **state)
{
    static const struct {
        const char *field, *full, *empty;
    } cases[] = {
        {"sender", "Joe@B.Example", ""},
        {"client_ip", "192.0.2.7", ""},
        {"client_name", "h.example", ""},
        {"helo", "hi", ""},
        {"message_id", "x@y", ""},
        {"size", "812", ""},
        {"outcome", "rejected", "accepted"},
        {"mta", "postfix", ""},
        {"mta_host", "mx1", ""},
        {"queue_id", "3F1A2B4C5D", ""},
        {"sender_domain", "B.Example", ""},
        {"client_net", "192.0.2.0/24", ""},
        {"recipient", "t2@trap.example", ""},
        {"day", "2013-03-07", ""},
    };
    struct message full = message();
    struct message empty = {.date = STAMP_NONE, .size = -1};
    struct arena *a = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct field_list key = list_of(cases[i].field);
        struct slice value[KEY_FIELDS_MAX];

        key_of_message(&key, &full, 1, value, a);
        assert_true(slice_equal(value[0], slice_of(cases[i].full)));
        key_of_message(&key, &empty, 0, value, a);
        assert_true(slice_equal(value[0], slice_of(cases[i].empty)));
    }
    arena_free(a);
}

static void counts_recipients(void **state)
{
    struct field_list with = list_of("sender,recipient");
    struct field_list without = list_of("sender");
    struct message m = message();

    (void)state;
    assert_int_equal(key_repeats(&with, &m), 2);
    assert_int_equal(key_repeats(&without, &m), 1);
    m.recipient_count = 0;
    assert_int_equal(key_repeats(&with, &m), 1);
}

static bool same(const char *key_text,
                 const struct slice a[static KEY_FIELDS_MAX],
                 const struct slice b[static KEY_FIELDS_MAX])
{
    struct field_list key = list_of(key_text);
    struct buf x = {0}, y = {0};
    bool equal;

    key_fold(&key, a, &x);
    key_fold(&key, b, &y);
    equal = slice_equal(buf_slice(&x), buf_slice(&y));
    buf_free(&x);
    buf_free(&y);
    return equal;
}

#define S(literal)                                                             \
    {                                                                          \
        literal, sizeof literal - 1                                            \
    }

static void folds(void **state)
{
    static const struct {
        const char *key;
        struct slice a[KEY_FIELDS_MAX], b[KEY_FIELDS_MAX];
        bool same;
    } cases[] = {
        {"sender", {S("Joe@B.Example")}, {S("Joe@b.eXAMPLE")}, true},
        {"sender", {S("Joe@b")}, {S("joe@b")}, false},
        {"sender", {S("JOE")}, {S("joe")}, false},
        {"recipient", {S("a@B")}, {S("a@b")}, true},
        {"recipient", {S("A@b")}, {S("a@b")}, false},
        {"sender_domain", {S("B")}, {S("b")}, true},
        {"client_name", {S("H.example")}, {S("h.EXAMPLE")}, true},
        {"client_name", {S("h")}, {S("h (may be forged)")}, false},
        {"helo", {S("H")}, {S("h")}, false},
        {"message_id", {S("A@B")}, {S("A@b")}, false},
        {"queue_id", {S("r27A")}, {S("r27a")}, false},
        {"mta_host", {S("MX1")}, {S("mx1")}, false},
        {"helo", {S("a\0b")}, {S("a\0c")}, false},
        {"helo", {S("")}, {{NULL, 0}}, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(same(cases[i].key, cases[i].a, cases[i].b),
                         cases[i].same);
}

static void keeps_values_apart(void **state)
{
    static const struct slice a[KEY_FIELDS_MAX] = {S("ab"), S("c")};
    static const struct slice b[KEY_FIELDS_MAX] = {S("a"), S("bc")};
    static const struct slice c[KEY_FIELDS_MAX] = {S(""), S("\1a")};
    static const struct slice d[KEY_FIELDS_MAX] = {S("\1a"), S("")};
    static char text[100000];
    struct slice e[KEY_FIELDS_MAX] = {0}, f[KEY_FIELDS_MAX] = {0};

    (void)state;
    assert_false(same("helo,mta", a, b));
    assert_false(same("helo,mta", c, d));
    assert_true(same("helo,mta", a, a));
    for (size_t len = 1; len < sizeof text; len = len * 2 - 1 + len % 3) {
        e[0] = f[1] = slice_make(text, len);
        e[1] = f[0] = slice_make(text, len - 1);
        assert_false(same("helo,mta", e, f));
    }
}

static void coarsens(void **state)
{
    static const struct {
        const char *from, *to, *value[2], *out[2];
    } cases[] = {
        {"sender,client_ip", "client_ip", {"a@B", "192.0.2.7"}, {"192.0.2.7"}},
        {"sender,client_ip",
         "client_net,sender_domain",
         {"a@B", "192.0.2.7"},
         {"192.0.2.0/24", "B"}},
        {"sender,client_ip", "sender_domain", {"<>", ""}, {""}},
        {"client_ip", "client_net", {"2001:db8::1"}, {"2001:db8::/64"}},
        {"client_ip", "client_net", {""}, {""}},
        {"client_net", "client_net", {"192.0.2.0/24"}, {"192.0.2.0/24"}},
        {"sender_domain,sender", "sender_domain", {"x", "a@b"}, {"x"}},
        {"sender", "sender,sender_domain", {"a@b"}, {"a@b", "b"}},
        {"sender", "client_ip", {"a@b"}, {NULL}},
        {"sender_domain", "sender", {"b"}, {NULL}},
        {"client_net", "client_ip", {"192.0.2.0/24"}, {NULL}},
        {"sender", "sender,day", {"a@b"}, {NULL}},
        {"recipient", "recipient", {"a@b"}, {"a@b"}},
    };
    struct arena *a = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct field_list from = list_of(cases[i].from);
        struct field_list to = list_of(cases[i].to);
        struct slice value[2] = {slice_of(cases[i].value[0]),
                                 slice_of(cases[i].value[1])};
        struct slice out[KEY_FIELDS_MAX];
        bool can = cases[i].out[0] != NULL;

        assert_int_equal(key_can_coarsen(&from, &to), can);
        assert_int_equal(key_coarsen(&from, value, &to, out, a), can);
        for (unsigned j = 0; can && j < to.count; j++)
            assert_true(slice_equal(out[j], slice_of(cases[i].out[j])));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_values), cmocka_unit_test(counts_recipients),
        cmocka_unit_test(folds),        cmocka_unit_test(keeps_values_apart),
        cmocka_unit_test(coarsens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
