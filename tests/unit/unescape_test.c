/* unescape: each form of str2prt(), and what it cannot have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "parse/unescape.h"

#define CASE(text, original)                                                   \
    {                                                                          \
        SLICE(text), SLICE(original)                                           \
    }

static void undoes(void **state)
{
    const struct {
        struct slice text, original;
    } cases[] = {
        CASE("", ""),
        CASE("plain text", "plain text"),
        CASE("caf\\303\\251", "caf\303\251"),
        CASE("a\\\\b", "a\\b"),
        CASE("\\t\\n\\r", "\t\n\r"),
        CASE("\\000|\\377|\\001", "\0|\377|\001"),
        CASE("\\\\303", "\\303"), /* an escaped backslash, then digits */
        CASE("\\\\\\303", "\\\303"),
        CASE("\\400", "\\400"), /* no byte */
        CASE("\\08x \\38", "\\08x \\38"),
        CASE("\\x41\\\"", "\\x41\\\""),
        CASE("cut\\", "cut\\"),
        CASE("cut\\30", "cut\\30"),
        CASE("\\1011", "A1"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        /* Exactly the room promised, for a sanitizer to guard. */
        char *out = malloc(cases[i].text.len + 1);
        size_t len = unescape(cases[i].text, out);

        assert_int_equal(len, cases[i].original.len);
        assert_memory_equal(out, cases[i].original.ptr, len);
        free(out);
    }
}

static void asks_for_a_backslash(void **state)
{
    (void)state;
    assert_false(unescape_needed(SLICE("")));
    assert_false(unescape_needed(slice_make(NULL, 0)));
    assert_false(unescape_needed(SLICE("from=<a@b>")));
    assert_true(unescape_needed(SLICE("from=<a\\303@b>")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoes),
        cmocka_unit_test(asks_for_a_backslash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
