/* forget: what a run with --expire need not know any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "run/forget.h"

struct one {
    const char *name;
    int first, last; /* days; 0: none */
    bool goes;
};

static struct stamp on_day(int day)
{
    return day == 0 ? STAMP_NONE
                    : (struct stamp){.sec = (int64_t)day * STAMP_DAY};
}

/* With all that is older than day 900. */
static void check(const struct one *one, size_t count)
{
    struct known_log log[8];
    struct known k = {log, count, count};
    bool *goes;

    for (size_t i = 0; i < count; i++)
        log[i] = (struct known_log){.name = (char *)(uintptr_t)one[i].name,
                                    .first = on_day(one[i].first),
                                    .last = on_day(one[i].last)};
    goes = forget_which(&k, on_day(900));
    for (size_t i = 0; i < count; i++)
        if (goes[i] != one[i].goes)
            fail_msg("log %zu of %s", i, one[0].name);
    free(goes);
}

#define CHECK(...)                                                             \
    check((const struct one[]){__VA_ARGS__},                                   \
          sizeof((const struct one[]){__VA_ARGS__}) / sizeof(struct one))

static void only_what_is_old(void **state)
{
    (void)state;
    CHECK({"mx1 /var/log/maillog\n", 100, 200, true},
          {"mx1 /var/log/maillog\n", 200, 898, true},
          {"mx1 /var/log/maillog\n", 898, 899, false},
          {"mx1 /var/log/maillog\n", 899, 905, false},
          {"mx1 /var/log/maillog\n", 905, 1000, false});
    /* A clock that was wrong, and lines without one. */
    CHECK({"mx1 a\n", 950, 100, false}, {"mx1 a\n", 100, 950, false},
          {"mx1 a\n", 0, 100, false}, {"mx1 a\n", 100, 0, false},
          {"mx1 a\n", 900, 1000, false});
    CHECK({NULL, 100, 200, true}, {"", 100, 200, true});
}

static void never_the_last_of_a_name(void **state)
{
    (void)state;
    CHECK({"mx1 a\n", 100, 200, true}, {"mx1 a\n", 200, 300, false},
          {"mx2 a\n", 100, 200, false});
    CHECK({"mx1 a\n", 200, 300, false}, {"mx1 a\n", 100, 200, true});
    /* Equally old: that which was met later. */
    CHECK({"mx1 a\n", 100, 200, true}, {"mx1 a\n", 100, 200, false});
    /* Each of several machines has its own. */
    CHECK({"mx1 a\nmx2 b\n", 100, 200, false}, {"mx1 a\n", 200, 300, false});
    CHECK({"mx1 a\nmx2 b\n", 100, 200, true}, {"mx1 a\n", 200, 300, false},
          {"mx2 b\n", 200, 300, false});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_old),
        cmocka_unit_test(never_the_last_of_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
