/* defuse: an apostrophe wherever a spreadsheet might see a formula begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "format/defuse.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void defuses(void **state)
{
    static const struct {
        const char *value, *safe;
    } cases[] = {
        {"", ""},
        {"joe@a.example", "joe@a.example"},
        {"a=b+c-d", "a=b+c-d"},
        {"2013-03-07T04:12:33+01:00", "2013-03-07T04:12:33+01:00"},
        {"<>", "<>"},
        {"'=1", "'=1"},
        {"=1", "'=1"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\xe2\x88\x92"
         "1",
         "'\xe2\x88\x92"
         "1"},
        {"\xef\xbc\x9d"
         "1",
         "'\xef\xbc\x9d"
         "1"},
        {"\xef\xbc\x8b"
         "1",
         "'\xef\xbc\x8b"
         "1"},
        {"\xef\xbc\x8d"
         "1",
         "'\xef\xbc\x8d"
         "1"},
        {"\xef\xbc\xa0"
         "1",
         "'\xef\xbc\xa0"
         "1"},
        /* behind blanks */
        {"  =1", "'  =1"},
        {"\xc2\xa0=1", "'\xc2\xa0=1"},
        {"\xe3\x80\x80=1", "'\xe3\x80\x80=1"},
        {"\xe2\x80\x8b=1", "'\xe2\x80\x8b=1"},
        {"\xef\xbb\xbf=1", "'\xef\xbb\xbf=1"},
        {"\xef\xbb\xbf \xc2\xa0\xe2\x88\x92"
         "1",
         "'\xef\xbb\xbf \xc2\xa0\xe2\x88\x92"
         "1"},
        {"\xa0=1", "'\xa0=1"}, /* Latin-1 */
        {"\x01=1", "'\x01=1"},
        {"\"=1", "'\"=1"},
        {"a \xc2\xa0=1", "a \xc2\xa0=1"},
        /* behind separators */
        {"a;=cmd|'/C calc'!A0;b", "a;'=cmd|'/C calc'!A0;b"},
        {"x\t=HYPERLINK(1)", "x\t'=HYPERLINK(1)"},
        {"a|=1", "a|'=1"},
        {"a\r=1", "a\r'=1"},
        {"a\r\n=1", "a\r\n'=1"},
        {"a; \xe3\x80\x80@b", "a;' \xe3\x80\x80@b"},
        {"=1;=2;;=3", "'=1;'=2;;'=3"},
        {";", ";"},
        {";=", ";'="},
        /* stripped from the begin of a cell by some */
        {"\ta", "'\ta"},
        {"\ra", "'\ra"},
        {"\n=1", "'\n'=1"},
        {" \t=1", " \t'=1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = {0};

        defuse(&out, slice_of(cases[i].value));
        if (!slice_equal(buf_slice(&out), slice_of(cases[i].safe)))
            fail_msg("%s: %.*s", cases[i].value, (int)out.len, out.ptr);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
