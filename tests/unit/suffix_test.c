/* suffix: which domains are nobody's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mail/suffix.h"

static void knows_suffixes(void **state)
{
    static const struct {
        const char *domain;
        bool is;
    } cases[] = {
        {"com", true},
        {"co.uk", true},
        {"gov.uk", true},
        {"github.io", true},
        {"example", true}, /* top-level, known or not */
        {"www.ck", false}, /* an exception to *.ck */
        {"any.ck", true},
        {"\xd1\x80\xd1\x84", true},
        {"xn--p1ai", true},
        {"example.com", false},
        {"example.co.uk", false},
        {"a.github.io", false},
        {"bulk.example", false},
    };
    struct error err;
    struct suffixes *s = suffixes_load(&err);
    char longest[400];

    (void)state;
    if (s == NULL)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (suffixes_have(s, slice_of(cases[i].domain)) != cases[i].is)
            fail_msg("%s: %d", cases[i].domain, !cases[i].is);
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = 'a';
    assert_false(suffixes_have(s, slice_make(longest, sizeof longest)));
    suffixes_free(s);
    assert_true(suffixes_version()[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_suffixes),
    };

    return cmocka_run_group_tests_name("suffix", tests, NULL, NULL);
}
