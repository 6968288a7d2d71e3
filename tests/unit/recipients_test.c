/* recipients: any list comes back from its text, and in linear time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mail/recipients.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct example {
    const char *joined;
    size_t count;
    const char *list[4];
};

static void assert_splits(const struct example *e, struct arena *a)
{
    struct row row = {.present = 0};

    recipients_split(slice_of(e->joined), &row, a);
    assert_int_equal(row.present, UINT32_C(1) << FIELD_RECIPIENTS);
    if (row.recipient_count != e->count)
        fail_msg("%s: %zu", e->joined, row.recipient_count);
    for (size_t i = 0; i < e->count; i++)
        if (!slice_equal(row.recipients[i], slice_of(e->list[i])))
            fail_msg("%s: %.*s, not %s", e->joined, (int)row.recipients[i].len,
                     row.recipients[i].ptr, e->list[i]);
}

static void assert_joins(const struct example *e, struct arena *a)
{
    struct slice list[4], got;

    for (size_t i = 0; i < e->count; i++)
        list[i] = slice_of(e->list[i]);
    got = recipients_join(list, e->count, a);
    if (!slice_equal(got, slice_of(e->joined)))
        fail_msg("%.*s, not %s", (int)got.len, got.ptr, e->joined);
}

static void joins_and_splits(void **state)
{
    static const struct example cases[] = {
        {"", 0, {NULL}},
        {"a@b", 1, {"a@b"}},
        {"a@b c@d", 2, {"a@b", "c@d"}},
        {"\"a b\"@c d@e", 2, {"\"a b\"@c", "d@e"}},
        {"d@e \"a b\"@c", 2, {"d@e", "\"a b\"@c"}},
        {"\"a\\\" b\"@c d@e", 2, {"\"a\\\" b\"@c", "d@e"}},
        {"\"a\\\\\" b@c", 2, {"\"a\\\\\"", "b@c"}},
        {"x.\"a b\".y@c d", 2, {"x.\"a b\".y@c", "d"}},
        {"\\root@c @a,@b:d@e", 2, {"\\root@c", "@a,@b:d@e"}},
        {"a  b ", 4, {"a", "", "b", ""}},
        {" ", 2, {"", ""}},
        /* raw, as Postfix logged it before 3.5 */
        {"a\\ b@c", 1, {"a b@c"}},
        {"a\\ b@c d@e", 2, {"a b@c", "d@e"}},
        {"\\\"a\\ b@c d@e", 2, {"\"a b@c", "d@e"}},
        {"\\\"a\\ b\\\"c d@e", 2, {"\"a b\"c", "d@e"}},
        {"\\\"a\\\"\\ b@c", 1, {"\"a\" b@c"}},
        {"a\\\\\\ b@c", 1, {"a\\ b@c"}},
        {"a\\\\\\\"b@c", 1, {"a\\\"b@c"}},
        {"a\\\\\\\\b@c", 1, {"a\\\\b@c"}},
        {"a\\\\ b", 2, {"a\\", "b"}},
        {"\\ \\ ", 1, {"  "}},
    };
    struct arena *a = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_splits(&cases[i], a);
        assert_joins(&cases[i], a);
    }
    arena_free(a);
}

static void splits_what_others_joined(void **state)
{
    static const struct example cases[] = {
        {"\"a b@c d@e", 3, {"\"a", "b@c", "d@e"}},   /* left open */
        {"\"a b\"c d@e", 3, {"\"a", "b\"c", "d@e"}}, /* no end of a word */
        {"\"a \\", 2, {"\"a", "\\"}},
        {"\"a \\\"b \\\"c", 3, {"\"a", "\"b", "\"c"}},
    };
    struct arena *a = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_splits(&cases[i], a);
    arena_free(a);
}

#define LIST_MAX 5

static size_t random_list(struct slice *list, char (*texts)[12])
{
    static const char odd[] = {' ', '"', '\\', '@', '.', 'a', '\0'};
    size_t count = 1 + (size_t)rand() % LIST_MAX;

    for (size_t i = 0; i < count; i++) {
        list[i] = slice_make(texts[i], (size_t)rand() % sizeof texts[i]);
        for (size_t j = 0; j < list[i].len; j++)
            texts[i][j] = odd[(size_t)rand() % sizeof odd];
    }
    /* A list of one empty address is none. */
    return count == 1 && list[0].len == 0 ? 0 : count;
}

static void random_lists_come_back(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    srand(1);
    for (unsigned round = 0; round < 200000; round++) {
        char texts[LIST_MAX][12];
        struct slice list[LIST_MAX], joined;
        size_t count = random_list(list, texts);
        struct row row;

        arena_reset(a);
        joined = recipients_join(list, count, a);
        recipients_split(joined, &row, a);
        if (row.recipient_count != count)
            fail_msg("%.*s", (int)joined.len, joined.ptr);
        for (size_t i = 0; i < count; i++)
            if (!slice_equal(row.recipients[i], list[i]))
                fail_msg("%.*s", (int)joined.len, joined.ptr);
    }
    arena_free(a);
}

/* A megabyte takes no longer than one of letters, whatever is in it. */
static void takes_linear_time(void **state)
{
    static const char *const units[] = {
        "\"",      "\"\\",   "\\\"",   " \"",     "\"x ",
        "\"\\\"x", "\\\"b ", "\" \\ ", "\\\\\" ", "\\",
    };
    static char text[1 << 20];
    clock_t start = clock();

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(units); i++) {
        const char *unit = units[i / 2];
        struct slice whole = slice_make(text, sizeof text), joined;
        struct arena *a = arena_new();
        struct row row, again;

        for (size_t j = 0; j < sizeof text; j++)
            text[j] = unit[j % strlen(unit)];
        if (i % 2 == 1)
            memcpy(text, "\"a ", 3);
        recipients_split(whole, &row, a);
        joined = recipients_join(row.recipients, row.recipient_count, a);
        recipients_split(joined, &again, a);
        assert_int_equal(row.recipient_count, again.recipient_count);
        joined = recipients_join(&whole, 1, a);
        recipients_split(joined, &row, a);
        assert_int_equal(row.recipient_count, 1);
        assert_true(slice_equal(row.recipients[0], whole));
        arena_free(a);
    }
    assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_and_splits),
        cmocka_unit_test(splits_what_others_joined),
        cmocka_unit_test(random_lists_come_back),
        cmocka_unit_test(takes_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
