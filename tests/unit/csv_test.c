/* csv: exact both ways, whatever the bytes and wherever they are cut. */
#include "rows.h"

static void quotes_where_needed(void **state)
{
    static const struct {
        struct slice value;
        const char *plain, *safe;
    } cases[] = {
        {{"", 0}, "", "\"\""},
        {{"a@x.example", 11}, "a@x.example", "\"a@x.example\""},
        {{"a b", 3}, "a b", "\"a b\""},
        {{"a,b", 3}, "\"a,b\"", "\"a,b\""},
        {{"a\"b", 3}, "\"a\"\"b\"", "\"a\"\"b\""},
        {{"\"", 1}, "\"\"\"\"", "\"\"\"\""},
        {{"a\rb", 3}, "\"a\rb\"", "\"a\rb\""},
        {{"a\nb", 3}, "\"a\nb\"", "\"a\nb\""},
        {{" a", 2}, "\" a\"", "\" a\""},
        {{"a\t", 2}, "\"a\t\"", "\"a\t\""},
        {{"12345678,", 9}, "\"12345678,\"", "\"12345678,\""},
        {{"1234,678", 8}, "\"1234,678\"", "\"1234,678\""},
        {{"'a", 2}, "'a", "\"'a\""},
        {{"=1+1", 4}, "=1+1", "\"'=1+1\""},
        {{"+49", 3}, "+49", "\"'+49\""},
        {{"-1", 2}, "-1", "\"'-1\""},
        {{"@SUM(A1)", 8}, "@SUM(A1)", "\"'@SUM(A1)\""},
        {{"\t=1", 3}, "\"\t=1\"", "\"'\t'=1\""},
        {{"\r=1", 3}, "\"\r=1\"", "\"'\r'=1\""},
        {{"  =1", 4}, "\"  =1\"", "\"'  =1\""},
        {{"=\"a\"", 4}, "\"=\"\"a\"\"\"", "\"'=\"\"a\"\"\""},
        {{"\xef\xbc\x9d"
          "1",
          4},
         "\xef\xbc\x9d"
         "1",
         "\"'\xef\xbc\x9d"
         "1\""},
    };
    struct field_list columns = columns_of("sender,helo");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice values[] = {SLICE("x"), cases[i].value};
        struct row row = row_of(&columns, values);

        for (unsigned safe = 0; safe < 2; safe++) {
            struct buf got = rows_written("csv", &columns,
                                          safe ? WRITER_SAFE_CSV : 0, &row, 1);
            struct buf want = {0};

            buf_addf(&want,
                     safe ? "\"sender\",\"helo\"\n\"x\",%s\n"
                          : "sender,helo\nx,%s\n",
                     safe ? cases[i].safe : cases[i].plain);
            assert_slice(buf_slice(&got), buf_slice(&want));
            buf_free(&got);
            buf_free(&want);
        }
    }
}

static void header_stands_alone(void **state)
{
    struct field_list columns = columns_of("first_seen,last_seen,count");
    struct buf got = rows_written("csv", &columns, 0, NULL, 0);

    (void)state;
    assert_slice(buf_slice(&got), SLICE("first_seen,last_seen,count\n"));
    buf_free(&got);
}

#define ROUNDS 3000
#define ROWS 5

/* Bytes that mean something to CSV, much more often than chance has it. */
static size_t random_text(char *out, size_t max)
{
    static const char odd[] = {',',  '"', '\r', '\n', ' ',
                               '\t', 0,   '\'', '=',  (char)0xff};
    size_t len = (size_t)rand() % (max + 1);

    for (size_t i = 0; i < len; i++) {
        if (rand() % 3 != 0)
            out[i] = odd[(size_t)rand() % sizeof odd];
        else
            out[i] = (char)(rand() % 256);
    }
    return len;
}

static void every_byte_string_comes_back(void **state)
{
    static const char *const headers[] = {"sender", "sender,helo",
                                          "helo,sender,message_id"};

    (void)state;
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        struct field_list columns = columns_of(headers[round % 3]);
        char text[ROWS][3][24];
        struct row rows[ROWS];
        struct rows_read read = {.count = 0};
        struct buf want = {0};
        struct buf bytes;
        struct error err;
        unsigned line = 2;

        for (size_t i = 0; i < ROWS; i++) {
            struct slice values[3];

            buf_addf(&want, "%u", line);
            for (unsigned k = 0; k < columns.count; k++) {
                values[k] = slice_make(
                    text[i][k], random_text(text[i][k], sizeof text[i][k]));
                for (size_t b = 0; b < values[k].len; b++)
                    line += text[i][k][b] == '\n';
                buf_add_byte(&want, '|');
                buf_add(&want, values[k]);
            }
            buf_add_byte(&want, '\n');
            line++;
            rows[i] = row_of(&columns, values);
        }
        bytes = rows_written("csv", &columns, 0, rows, ROWS);
        if (!rows_parse("csv", buf_slice(&bytes), 1 + (size_t)rand() % 40,
                        &read, &err))
            fail_msg("%s", err.text);
        assert_slice(buf_slice(&read.text), buf_slice(&want));
        buf_free(&read.text);
        buf_free(&want);
        buf_free(&bytes);
    }
}

static void reads(void **state)
{
    static const struct {
        const char *csv, *rows;
    } cases[] = {
        {"sender\na\n", "2|a\n"},
        {"sender\na", "2|a\n"},
        {"sender\n", ""},
        {"sender", ""},
        {"sender,helo\na,b\n,\n", "2|a|b\n3||\n"},
        {"\xef\xbb\xbfsender,helo\r\na,b\r\nc,d\r\n", "2|a|b\n3|c|d\n"},
        {"\xef\xbb\xbf\"sender\"\n\"a\"\n", "2|a\n"},
        {"sender,helo\n\n\na,b\n\r\nc,d\n", "4|a|b\n6|c|d\n"},
        {"sender,helo\na,\"1\r\n2\"\nc,d\n", "2|a|1\r\n2\n4|c|d\n"},
        {"sender\n\"\"\n\" a \"\n b \n", "2|\n3| a \n4| b \n"},
        {"date,sender\n2013,a\ndate,sender\n2014,b\n", "2|2013|a\n4|2014|b\n"},
        {"sender\nsender\n", "2|sender\n"}, /* without a date: it may be */
        {"sender,recipients\na,x@y z@y\n", "2|a|x@y z@y\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t piece = 1; piece < 100; piece = piece * 2 + 1) {
            struct rows_read read = {.count = 0};
            struct error err;

            if (!rows_parse("csv", slice_of(cases[i].csv), piece, &read, &err))
                fail_msg("%s", err.text);
            assert_slice(buf_slice(&read.text), slice_of(cases[i].rows));
            buf_free(&read.text);
        }
    }
}

static void refuses(void **state)
{
    static const struct {
        const char *csv, *text;
    } cases[] = {
        {"", "file:1: not CSV: it has no header"},
        {"\n\n", "file:3: not CSV: it has no header"},
        {"\xef\xbb", "file:1: no column is called"},
        {"sender,colour\n", "file:1: no column is called \"colour\""},
        {"sender,helo,sender\n", "file:1: column sender stands twice"},
        {"sender,helo\na,b\nc\n", "file:3: 1 fields where the header has 2"},
        {"sender,helo\na,b,c\n", "file:2: 3 fields where the header has 2"},
        {"sender,helo\na,b\na\"b,c\n", "file:3: not CSV: a quote out of"},
        {"sender,helo\na,b\n\"a\"b,c\n", "file:3: not CSV: a quote out of"},
        {"sender,helo\na,b\nc,\"d\n\n\n",
         "file:3: not CSV: a quote that is never closed"},
        {",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n",
         "file:1: too many columns"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t piece = 1; piece < 100; piece = piece * 2 + 1) {
            struct rows_read read = {.count = 0};
            struct error err;

            assert_false(
                rows_parse("csv", slice_of(cases[i].csv), piece, &read, &err));
            assert_slice(slice_head(slice_of(err.text), strlen(cases[i].text)),
                         slice_of(cases[i].text));
            buf_free(&read.text);
        }
    }
}

static void open_quote_does_not_fill_the_memory(void **state)
{
    size_t size = (size_t)16 << 20;
    char *text = malloc(size);
    struct rows_read read = {.count = 0};
    struct error err;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', size);
    memcpy(text, "sender\n\"", 8);
    assert_false(rows_parse("csv", slice_make(text, size), size, &read, &err));
    assert_string_equal(err.text, "file:2: a row of more than 4194304 bytes");
    free(text);
}

static void stops_when_the_sink_does(void **state)
{
    struct rows_read read = {.stop_after = 2};
    struct error err;

    (void)state;
    assert_false(
        rows_parse("csv", SLICE("sender\na\nb\nc\nd\n"), 100, &read, &err));
    assert_string_equal(err.text, "enough");
    assert_slice(buf_slice(&read.text), SLICE("2|a\n3|b\n"));
    buf_free(&read.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_where_needed),
        cmocka_unit_test(header_stands_alone),
        cmocka_unit_test(every_byte_string_comes_back),
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
        cmocka_unit_test(open_quote_does_not_fill_the_memory),
        cmocka_unit_test(stops_when_the_sink_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
