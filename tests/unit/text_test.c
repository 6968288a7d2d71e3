/* text: safe on any terminal, one row a line, and nothing is lost. */
#include "rows.h"

static void escapes(void **state)
{
    static const struct {
        struct slice value;
        const char *text;
    } cases[] = {
        {{"plain@x.example", 15}, "plain@x.example"},
        {{"", 0}, ""},
        {{"a\tb\nc\rd", 7}, "a\\x09b\\x0ac\\x0dd"},
        {{"a\0b", 3}, "a\\x00b"},
        {{"\x1b[31m", 5}, "\\x1b[31m"},
        {{"\x7f", 1}, "\\x7f"},
        {{"back\\slash", 10}, "back\\\\slash"},
        {{"\\x00", 4}, "\\\\x00"},
        {{"gr\xc3\xbc\xc3\x9f", 6}, "gr\xc3\xbc\xc3\x9f"},
        {{"\xf0\x9f\x92\xa9", 4}, "\xf0\x9f\x92\xa9"},
        {{"\xff\xfe", 2}, "\\xff\\xfe"},
        {{"\xc3", 1}, "\\xc3"},
        {{"\xc0\xaf", 2}, "\\xc0\\xaf"},                   /* overlong */
        {{"\xed\xa0\x80", 3}, "\\xed\\xa0\\x80"},          /* surrogate */
        {{"\xf4\x90\x80\x80", 4}, "\\xf4\\x90\\x80\\x80"}, /* too great */
        {{"\xc2\x9b"
          "31m",
          5},
         "\\xc2\\x9b"
         "31m"},                                  /* C1: CSI */
        {{"\xe2\x80\xae", 3}, "\\xe2\\x80\\xae"}, /* bidi override */
        {{"\xe2\x81\xa6", 3}, "\\xe2\\x81\\xa6"}, /* bidi isolate */
        {{"\xe2\x80\xa8", 3}, "\\xe2\\x80\\xa8"}, /* line separator */
        {{"\xe2\x80\x8b", 3}, "\\xe2\\x80\\x8b"}, /* zero width */
        {{"\xef\xbb\xbf", 3}, "\\xef\\xbb\\xbf"},
        {{"12345678\x01"
          "2345678",
          16},
         "12345678\\x012345678"},
        {{"1234567\x80"
          "2345678",
          15},
         "1234567\\x802345678"},
        {{"1234567\\2345678", 15}, "1234567\\\\2345678"},
    };
    struct field_list columns = columns_of("sender");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct row row = row_of(&columns, &cases[i].value);
        struct buf got = rows_written("text", &columns, 0, &row, 1);

        assert_int_equal(got.ptr[got.len - 1], '\n');
        got.len--;
        assert_slice(buf_slice(&got), slice_of(cases[i].text));
        buf_free(&got);
    }
}

static void separates_by_one_tab(void **state)
{
    struct field_list columns = columns_of("date,sender,recipients,size");
    struct slice values[] = {SLICE("2013-03-07T04:12:33+01:00"), SLICE("<>"),
                             SLICE(""), SLICE("")};
    struct slice recipients[] = {SLICE("a@x.example"), SLICE("b\t@x.example")};
    struct row rows[2];
    struct buf got;

    (void)state;
    rows[0] = row_of(&columns, values);
    rows[0].recipients = recipients;
    rows[0].recipient_count = 2;
    rows[1] = row_of(&columns, values);
    got = rows_written("text", &columns, 0, rows, 2);
    assert_slice(buf_slice(&got), SLICE("2013-03-07T04:12:33+01:00\t<>\t"
                                        "a@x.example b\\x09@x.example\t\n"
                                        "2013-03-07T04:12:33+01:00\t<>\t\t\n"));
    buf_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes),
        cmocka_unit_test(separates_by_one_tab),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
