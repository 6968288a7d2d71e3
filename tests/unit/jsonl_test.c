/* jsonl: an object a line, and back; only what is not UTF-8 is lost. */
#include <jansson.h>

#include "rows.h"

static void writes_strings(void **state)
{
    static const struct {
        struct slice value;
        const char *json;
    } cases[] = {
        {{"", 0}, ""},
        {{"a@x.example", 11}, "a@x.example"},
        {{"a\"b\\c/d", 7}, "a\\\"b\\\\c/d"},
        {{"\0\t\n\x1f", 4}, "\\u0000\\u0009\\u000a\\u001f"},
        {{"\x7f", 1}, "\\u007f"},
        {{"gr\xc3\xbc\xc3\x9f", 6}, "gr\xc3\xbc\xc3\x9f"},
        {{"\xc2\x9b", 2}, "\\u009b"},
        {{"\xe2\x80\xae", 3}, "\\u202e"},
        {{"\xf3\xa0\x81\x81", 4}, "\\udb40\\udc41"}, /* U+E0041, a tag */
        {{"\xf0\x9f\x92\xa9", 4}, "\xf0\x9f\x92\xa9"},
        {{"a\xff\xc3", 3}, "a\xef\xbf\xbd\xef\xbf\xbd"},
        {{"\xed\xa0\x80", 3}, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    struct field_list columns = columns_of("sender");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct row row = row_of(&columns, &cases[i].value);
        struct buf got = rows_written("jsonl", &columns, 0, &row, 1);
        struct buf want = {0};

        buf_addf(&want, "{\"sender\":\"%s\"}\n", cases[i].json);
        assert_slice(buf_slice(&got), buf_slice(&want));
        buf_free(&got);
        buf_free(&want);
    }
}

static void writes_numbers_and_arrays(void **state)
{
    struct field_list columns = columns_of("count,size,recipients,helo");
    struct slice values[] = {SLICE("7"), SLICE(""), SLICE(""), SLICE("")};
    struct slice recipients[] = {SLICE("a@x.example"), SLICE("\"b c\"@x")};
    struct row rows[2];
    struct buf got;

    (void)state;
    rows[0] = row_of(&columns, values);
    values[1] = SLICE("4432");
    rows[1] = row_of(&columns, values);
    rows[1].recipients = recipients;
    rows[1].recipient_count = 2;
    got = rows_written("jsonl", &columns, 0, rows, 2);
    assert_slice(
        buf_slice(&got),
        SLICE("{\"count\":7,\"size\":null,\"recipients\":[],\"helo\":\"\"}\n"
              "{\"count\":7,\"size\":4432,\"recipients\":"
              "[\"a@x.example\",\"\\\"b c\\\"@x\"],\"helo\":\"\"}\n"));
    buf_free(&got);
}

static size_t put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* Every Unicode character: read back by another's parser, and by ours. */
static void every_character_comes_back(void **state)
{
    struct field_list columns = columns_of("sender");

    (void)state;
    for (uint32_t code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 61) {
        char text[8];
        struct slice value;
        struct row row;
        struct buf line, want = {0};
        struct rows_read read = {.count = 0};
        struct error err;
        json_error_t why;
        json_t *object;

        if (code >= 0xd800 && code < 0xe000)
            continue;
        value = slice_make(text, put_utf8(text, code));
        row = row_of(&columns, &value);
        line = rows_written("jsonl", &columns, 0, &row, 1);
        object = json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, &why);
        assert_non_null(object);
        json_decref(object);

        if (!rows_parse("jsonl", buf_slice(&line), 7, &read, &err))
            fail_msg("%s", err.text);
        buf_add(&want, SLICE("1|"));
        buf_add(&want, value);
        buf_add_byte(&want, '\n');
        assert_slice(buf_slice(&read.text), buf_slice(&want));
        buf_free(&read.text);
        buf_free(&line);
        buf_free(&want);
    }
}

static void reads(void **state)
{
    static const struct {
        const char *json, *rows;
    } cases[] = {
        {"", ""},
        {"\n \n", ""},
        {"{\"sender\":\"a\"}", "1|a\n"},
        {"{\"sender\":\"a\"}\n{\"sender\":\"b\"}\n", "1|a\n2|b\n"},
        {"\xef\xbb\xbf{\"sender\":\"a\"}\r\n\r\n{\"sender\":\"b\"}\r\n",
         "1|a\n3|b\n"},
        {" { \"sender\" : \"a\" } \n", "1|a\n"},
        {"{\"count\":7,\"size\":null,\"recipients\":[\"a\",\"b\"]}\n",
         "1|7||a b\n"},
        {"{\"size\":0,\"recipients\":[]}\n", "1|0|\n"},
        {"{\"sender\":\"a\",\"helo\":\"b\"}\n{\"helo\":\"b\",\"size\":1}\n",
         "1|a|b\n2|b|1\n"},
        {"{\"count\":9223372036854775807}\n", "1|9223372036854775807\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t piece = 1; piece < 100; piece = piece * 2 + 1) {
            struct rows_read read = {.count = 0};
            struct error err;

            if (!rows_parse("jsonl", slice_of(cases[i].json), piece, &read,
                            &err))
                fail_msg("%s", err.text);
            assert_slice(buf_slice(&read.text), slice_of(cases[i].rows));
            buf_free(&read.text);
        }
    }
}

static void refuses(void **state)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"{\"sender\":\"a\"}\nbroken\n", "file:2: not JSON: "},
        {"{\"sender\":\"a\"}\n{\"sender\":\"b", "file:2: not JSON: "},
        {"{\"sender\":\"a\"} {}\n", "file:1: not JSON: "},
        {"{\"sender\":\"a\",\"sender\":\"b\"}\n", "file:1: not JSON: "},
        {"[\"sender\"]\n", "file:1: not a JSON object"},
        {"{\"colour\":\"a\"}\n", "file:1: no column is called \"colour\""},
        {"{\"sender\":1}\n", "file:1: sender is not of its form"},
        {"{\"sender\":null}\n", "file:1: sender is not of its form"},
        {"{\"count\":\"1\"}\n", "file:1: count is not of its form"},
        {"{\"count\":-1}\n", "file:1: count is not of its form"},
        {"{\"count\":1.5}\n", "file:1: count is not of its form"},
        {"{\"count\":99999999999999999999}\n", "file:1: not JSON: "},
        {"{\"recipients\":\"a\"}\n", "file:1: recipients is not of its form"},
        {"{\"recipients\":[1]}\n", "file:1: recipients is not of its form"},
        {"\xef\xbb", "file:1: not JSON: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t piece = 1; piece < 100; piece = piece * 2 + 1) {
            struct rows_read read = {.count = 0};
            struct error err;

            assert_false(rows_parse("jsonl", slice_of(cases[i].json), piece,
                                    &read, &err));
            assert_slice(slice_head(slice_of(err.text), strlen(cases[i].text)),
                         slice_of(cases[i].text));
            buf_free(&read.text);
        }
    }
}

static void long_line_does_not_fill_the_memory(void **state)
{
    size_t size = (size_t)16 << 20;
    char *text = malloc(size);

    (void)state;
    assert_non_null(text);
    memset(text, '[', size);
    memcpy(text, "{\"sender\":\"", 11);
    for (size_t piece = size; piece >= 65536; piece /= 256) {
        struct rows_read read = {.count = 0};
        struct error err;

        assert_false(
            rows_parse("jsonl", slice_make(text, size), piece, &read, &err));
        assert_string_equal(err.text,
                            "file:1: a line of more than 4194304 bytes");
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_strings),
        cmocka_unit_test(writes_numbers_and_arrays),
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
        cmocka_unit_test(long_line_does_not_fill_the_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
