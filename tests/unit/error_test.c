/* error: one clean line, with its place, whatever it quotes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"

static void tells_the_place(void **state)
{
    struct error err;

    (void)state;
    assert_false(error_set(&err, "no %s", "rule"));
    assert_string_equal(err.text, "no rule");
    assert_int_equal(err.code, 0);
    assert_false(error_at(&err, (struct place){"f", 3}, "no %d", 1));
    assert_string_equal(err.text, "f:3: no 1");
    error_at(&err, (struct place){"f", 0}, "no %d", 1);
    assert_string_equal(err.text, "f: no 1");
    error_at(&err, (struct place){NULL, 3}, "no %d", 1);
    assert_string_equal(err.text, "no 1");
    assert_false(error_system(&err, ENOENT, "%s: cannot open", "f"));
    assert_string_equal(err.text, "f: cannot open: No such file or directory");
    assert_int_equal(err.code, ENOENT);
    error_set(&err, "first: %s", err.text); /* quotes itself */
    assert_string_equal(err.text,
                        "first: f: cannot open: No such file or directory");
}

static void is_clean(void **state)
{
    static const struct {
        const char *text, *clean;
    } cases[] = {
        {"a\nb\tc\033[2Jd\177", "a?b?c?[2Jd?"},
        {"M\303\274ller \342\202\254 \360\237\230\200",
         "M\303\274ller \342\202\254 \360\237\230\200"},
        {"\302\233", "??"},           /* a C1 control */
        {"\233\377\300\200", "????"}, /* bare, and overlong */
        {"\340\237\277", "???"},      /* overlong */
        {"\355\240\200", "???"},      /* a surrogate */
        {"\364\220\200\200", "????"}, /* past U+10FFFF */
        {"\303", "?"},                /* cut short */
        {"\342\202", "??"},
        {"", ""},
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        error_set(&err, "%s", cases[i].text);
        assert_string_equal(err.text, cases[i].clean);
    }
}

static void fits(void **state)
{
    char text[5000];
    struct error err;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    error_at(&err, (struct place){text, 1}, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\303\274", 2);
    error_set(&err, "%s", text); /* cut within a character */
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_int_equal(err.text[sizeof err.text - 2], '?');
    error_system(&err, EIO, "%s", text);
    assert_int_equal(err.code, EIO);
    assert_string_equal(err.text + sizeof err.text -
                            sizeof ": Input/output error",
                        ": Input/output error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_place),
        cmocka_unit_test(is_clean),
        cmocka_unit_test(fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
