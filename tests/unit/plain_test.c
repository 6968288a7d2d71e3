/* plain: all spellings of an address are one, and what is text stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mail/plain.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What it writes, in memory of just the size of address; to be freed. */
static struct slice plain_of(struct slice address)
{
    char *out = malloc(address.len + (address.len == 0));
    size_t len;

    assert_non_null(out);
    len = mail_plain(address, out);
    assert_true(len <= address.len);
    return slice_make(out, len);
}

struct spelling {
    const char *address, *plain;
};

static void assert_spellings(const struct spelling *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice got = plain_of(slice_of(cases[i].address));

        if (!slice_equal(got, slice_of(cases[i].plain)))
            fail_msg("%s: %.*s, not %s", cases[i].address, (int)got.len,
                     got.ptr, cases[i].plain);
        free((void *)(uintptr_t)got.ptr);
    }
}

static void takes_spelling_off(void **state)
{
    static const struct spelling cases[] = {
        {"root@t.example.", "root@t.example"},
        {"root@t.example...", "root@t.example"},
        {"root@(x)t.example", "root@t.example"},
        {"root@t.example(x)", "root@t.example"},
        {"root@t.example(x@y.example)", "root@t.example"},
        {"root@t.example.(x) ", "root@t.example"},
        {"root(x)@t.example", "root@t.example"},
        {"ro(x)ot@t.example", "root@t.example"},
        {"(a(b)c\\)(d))root@t.example", "root@t.example"},
        {"root@t(\").example(\")", "root@t.example"},
        {"root@t.example ", "root@t.example"},
        {" root\t@ t . example", "root@t.example"},
        {"root (x) @ (y) t.example", "root@t.example"},
        {"\"root\"@t.example", "root@t.example"},
        {"ro\"ot\"@t.example", "root@t.example"},
        {"\"a\".\"b\"@t.example", "a.b@t.example"},
        {"\"ro\\ot\"@t.example", "root@t.example"},
        {"\\root@t.example", "root@t.example"},
        {"r\\o\\ot@t.e\\xample", "root@t.example"},
        {"@t.example:root@t.example", "root@t.example"},
        {"@a.example,@b.example:root@t.example", "root@t.example"},
        {"@a.example:@b.example:root@t.example", "root@t.example"},
        {" @ a.example (:) , @[IPv6:::1] : root@t.example", "root@t.example"},
        {"@[IPv6:2001:db8::1]:root@t.example", "root@t.example"},
    };

    (void)state;
    assert_spellings(cases, COUNT(cases));
}

static void keeps_text(void **state)
{
    static const struct spelling cases[] = {
        {"", ""},
        {"root", "root"},
        {"Root+x@T.example", "Root+x@T.example"},
        {"\303\244@t.example", "\303\244@t.example"},
        {".a..b@t.example", ".a..b@t.example"},
        {"@t.example", "@t.example"},
        {"@t.example.", "@t.example"},
        {"a:b@t.example", "a:b@t.example"},
        {"a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"},
        {"@[IPv6:2001:db8::1]", "@[IPv6:2001:db8::1]"},
        {"\"@a:b\"@t.example", "@a:b@t.example"},
        {"\\@a:b@t.example", "@a:b@t.example"},
        {"\"\"@a:b", "@a:b"},
        /* quoted, and as Postfix logged it before 3.5 */
        {"\"a b\"@t.example", "a b@t.example"},
        {"a b@t.example", "a b@t.example"},
        {"\"a  b \"@t.example", "a  b @t.example"},
        {"a\\ b@t.example", "a b@t.example"},
        {"\"x@y\"@t.example", "x@y@t.example"},
        {"\"a(b)\"@t.example", "a(b)@t.example"},
        {"\"a\\\"b\\\\\"@t.example", "a\"b\\@t.example"},
        /* not closed */
        {"a\"b@t.example", "a\"b@t.example"},
        {"\"a\\\"@t.example", "\"a\"@t.example"},
        {"a(b@t.example", "a(b@t.example"},
        {"a(b(c)@t.example", "a(b(c)@t.example"},
        {"a)b@t.example", "a)b@t.example"},
        {"@[a:root@t.example", "@[a:root@t.example"},
        {"a@t.example\\", "a@t.example\\"},
        {"a@t.example\\.", "a@t.example."},
        {"...", ""},
        {"(x)", ""},
        {" ", ""},
    };

    (void)state;
    assert_spellings(cases, COUNT(cases));
    assert_int_equal(mail_plain(slice_of(NULL), NULL), 0);
}

static void takes_linear_time(void **state)
{
    static const char *const units[] = {
        "(", "\"", "\\", "()", "(\"", "\"(", "@:", "( ", "\\\"", "\\(", "[@:",
    };
    static char text[1 << 20];
    clock_t start = clock();

    (void)state;
    for (size_t i = 0; i < COUNT(units); i++) {
        for (size_t j = 0; j < sizeof text; j++)
            text[j] = units[i][j % strlen(units[i])];
        free((void *)(uintptr_t)plain_of(slice_make(text, sizeof text)).ptr);
    }
    assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_spelling_off),
        cmocka_unit_test(keeps_text),
        cmocka_unit_test(takes_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
