/* literal: what is said of a pattern is true, and in doubt is not said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parse/literal.h"

enum form { PLAIN, ANCHORED, COMPLETE, WHOLE };

static void reads_patterns(void **state)
{
    static const struct {
        const char *pattern, *prefix;
        enum form form;
    } cases[] = {
        {"^removed$", "removed", WHOLE},
        {"^connect from ", "connect from ", COMPLETE},
        {"^", "", COMPLETE},
        {"^$", "", WHOLE},
        {"^client=(?<client_name>x)", "client=", ANCHORED},
        {"^a\\.b\\(c\\)\\\\$", "a.b(c)\\", WHOLE},
        {"^from=<(?:a|b)>", "from=<", ANCHORED},
        {"^a[|]b", "a", ANCHORED},
        {"^a[]|]b", "a", ANCHORED},
        {"^a[[:alpha:]|]b", "a", ANCHORED},
        {"^a\\|b", "a|b", COMPLETE},
        {"^abc?", "ab", ANCHORED},
        {"^abc*d", "ab", ANCHORED},
        {"^abc+", "ab", ANCHORED},
        {"^abc{2}", "ab", ANCHORED},
        {"^a?", "", ANCHORED},
        {"^\\d", "", ANCHORED},
        {"^\\w|x", "", PLAIN},
        {"^a$b", "a", ANCHORED},
        {"^^a", "", ANCHORED},
        {"^a\\", "a", ANCHORED},
        {"", "", PLAIN},
        {"abc", "", PLAIN},
        {"^a|b", "", PLAIN},
        {"^a(b)|c", "", PLAIN},
        {"^a[[:]x|y]", "", PLAIN}, /* no named class: the bar is outside */
        {"^a[b\\]|]c", "a", ANCHORED},
        {"^a(?i)b|c", "", PLAIN},
        {"^a(?x) b", "", PLAIN},
        {"^a(?#(b)|c", "", PLAIN},
        {"^a\\Q(\\E|b", "", PLAIN},
        {"^a\\c(|b", "", PLAIN},
        {"^a(*ACCEPT)b", "", PLAIN},
        {"(*ANYCRLF)^a", "", PLAIN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        struct literal l = literal_of(slice_of(cases[i].pattern), out);

        assert_int_equal(l.anchored, cases[i].form >= ANCHORED);
        assert_int_equal(l.complete, cases[i].form >= COMPLETE);
        assert_int_equal(l.whole, cases[i].form == WHOLE);
        assert_int_equal(l.prefix.len, strlen(cases[i].prefix));
        assert_memory_equal(l.prefix.ptr, cases[i].prefix, l.prefix.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_patterns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
