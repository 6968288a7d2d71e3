/* journal: one line per entry, whatever is in it and wherever it is cut. */
#include "inputs.h"

#include <string.h>

#include "input/journal.h"

static void assert_lines(enum journal_form form, struct slice input,
                         struct slice want)
{
    struct journal *j = journal_new(form);
    struct buf out = {0};

    journal_add(j, input, &out);
    journal_finish(j, &out);
    assert_slice(buf_slice(&out), want);
    buf_free(&out);
    journal_free(j);
}

static void guesses(void **state)
{
    static const struct {
        struct slice head;
        enum journal_form form;
    } cases[] = {
        {{NULL, 0}, JOURNAL_NONE},
        {{"{\"__CURSOR\":\"s=1\",", 18}, JOURNAL_JSON},
        {{"{ \"MESSAGE\":\"m\", \"_BOOT_ID\" : \"1\"}\n", 36}, JOURNAL_JSON},
        {{"{\"sender\":\"a@b\"}\n{\"__CURSOR\":\"\"}\n", 34}, JOURNAL_NONE},
        {{"__CURSOR=s=1\n__REALTIME_TIMESTAMP=5\n", 37}, JOURNAL_EXPORT},
        {{"__CURSOR\n", 9}, JOURNAL_NONE},
        {{"__CURSOR", 8}, JOURNAL_NONE},
        {{"Mar  7 04:12:33 mx1 x: __CURSOR=\n", 33}, JOURNAL_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(journal_guess(cases[i].head), cases[i].form);
}

#define STAMP "\"__REALTIME_TIMESTAMP\":\"1362625953123456\","
#define JSON_CASE(in, out)                                                     \
    {                                                                          \
        {(in), sizeof(in) - 1},                                                \
        {                                                                      \
            (out), sizeof(out) - 1                                             \
        }                                                                      \
    }

static void reads_json(void **state)
{
    static const struct {
        struct slice json, line;
    } cases[] = {
        JSON_CASE("{" STAMP "\"_HOSTNAME\":\"mx1\",\"_PID\":\"47\","
                  "\"SYSLOG_IDENTIFIER\":\"postfix/smtpd\",\"MESSAGE\":\"m\"}",
                  "1362625953.123456 mx1 postfix/smtpd[47]: m"),
        /* What the sender stamped and called itself goes first. */
        JSON_CASE("{" STAMP "\"_SOURCE_REALTIME_TIMESTAMP\":\"5000000\","
                  "\"_PID\":\"1\",\"SYSLOG_PID\":\"2\",\"MESSAGE\":\"m\"}",
                  "5.000000 localhost unknown[2]: m"),
        JSON_CASE("{" STAMP "\"_SOURCE_REALTIME_TIMESTAMP\":\"x\","
                  "\"SYSLOG_PID\":\"x\",\"_PID\":8,\"MESSAGE\":\"m\"}",
                  "1362625953.123456 localhost unknown[8]: m"),
        /* Text in each of its forms. */
        JSON_CASE("{" STAMP "\"MESSAGE\":[97,10,0,255]}",
                  "1362625953.123456 localhost unknown: a \0\xff"),
        JSON_CASE("{" STAMP "\"MESSAGE\":\"a\\nb\\r\\u0000\\u00e4\"}",
                  "1362625953.123456 localhost unknown: a b \0\xc3\xa4"),
        JSON_CASE("{" STAMP "\"MESSAGE\":null}",
                  "1362625953.123456 localhost unknown: "),
        JSON_CASE("{" STAMP "\"A\":{}}",
                  "1362625953.123456 localhost unknown: "),
        JSON_CASE("{" STAMP "\"MESSAGE\":[]}",
                  "1362625953.123456 localhost unknown: "),
        JSON_CASE("{" STAMP "\"MESSAGE\":[\"a\",\"b\"]}",
                  "1362625953.123456 localhost unknown: a"),
        JSON_CASE("{" STAMP "\"MESSAGE\":[[98,99],\"b\"]}",
                  "1362625953.123456 localhost unknown: bc"),
        JSON_CASE("{" STAMP "\"MESSAGE\":[null,\"b\"]}",
                  "1362625953.123456 localhost unknown: "),
        /* Nothing of host and tag may shift the header. */
        JSON_CASE("{" STAMP "\"_HOSTNAME\":\"a b:c\","
                  "\"SYSLOG_IDENTIFIER\":\"x[1]: \\n\\u0000\","
                  "\"MESSAGE\":\"m\"}",
                  "1362625953.123456 a_b_c x_1_____: m"),
        /* No entries: passed on. */
        JSON_CASE("", ""),
        JSON_CASE("{\"MESSAGE\":\"m\"}", "{\"MESSAGE\":\"m\"}"),
        JSON_CASE("{" STAMP "\"MESSAGE\":\"m\"", "{" STAMP "\"MESSAGE\":\"m\""),
        JSON_CASE("{" STAMP "\"MESSAGE\":[256]}",
                  "{" STAMP "\"MESSAGE\":[256]}"),
        JSON_CASE("{" STAMP "\"MESSAGE\":[1,\"a\"]}",
                  "{" STAMP "\"MESSAGE\":[1,\"a\"]}"),
        JSON_CASE("{" STAMP "\"MESSAGE\":{}}", "{" STAMP "\"MESSAGE\":{}}"),
        JSON_CASE("{" STAMP "\"MESSAGE\":\"\xff\"}",
                  "{" STAMP "\"MESSAGE\":\"\xff\"}"),
        JSON_CASE("[1]", "[1]"),
        JSON_CASE("-- No entries --", "-- No entries --"),
        JSON_CASE("{\"__REALTIME_TIMESTAMP\":\"99999999999999999999\"}",
                  "{\"__REALTIME_TIMESTAMP\":\"99999999999999999999\"}"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf line = {0}, want = {0};

        buf_add(&line, cases[i].json);
        buf_add_byte(&line, '\n');
        buf_add(&want, cases[i].line);
        buf_add_byte(&want, '\n');
        assert_lines(JOURNAL_JSON, buf_slice(&line), buf_slice(&want));
        if (line.len > 1)
            assert_lines(JOURNAL_JSON, cases[i].json, buf_slice(&want));
        buf_free(&line);
        buf_free(&want);
    }
}

#define EXPORT_CASE(in, out) JSON_CASE(in, out)

static void reads_export(void **state)
{
    static const struct {
        struct slice export, lines;
    } cases[] = {
        EXPORT_CASE("__CURSOR=s\n__REALTIME_TIMESTAMP=1362625953123456\n"
                    "_HOSTNAME=mx1\nSYSLOG_IDENTIFIER=sm-mta\n_PID=47\n"
                    "MESSAGE=m=n\n\n"
                    "__REALTIME_TIMESTAMP=5\nMESSAGE=\n\n",
                    "1362625953.123456 mx1 sm-mta[47]: m=n\n"
                    "0.000005 localhost unknown: \n"),
        EXPORT_CASE("__REALTIME_TIMESTAMP=5\nCOREDUMP\n"
                    "\x04\0\0\0\0\0\0\0\n\nA=\n"
                    "MESSAGE\n\x05\0\0\0\0\0\0\0a\n\nb\0\n\n",
                    "0.000005 localhost unknown: a  b\0\n"),
        EXPORT_CASE("__REALTIME_TIMESTAMP=5\nMESSAGE\n\0\0\0\0\0\0\0\0\n\n\n\n",
                    "0.000005 localhost unknown: \n"),
        /* The first value counts. */
        EXPORT_CASE("__REALTIME_TIMESTAMP=5\nMESSAGE=a\nMESSAGE=b\n\n",
                    "0.000005 localhost unknown: a\n"),
        /* The last entry may lack its end. */
        EXPORT_CASE("__REALTIME_TIMESTAMP=5\nMESSAGE=a\n",
                    "0.000005 localhost unknown: a\n"),
        EXPORT_CASE("__REALTIME_TIMESTAMP=5\nMESSAGE=a",
                    "0.000005 localhost unknown: a\n"),
        EXPORT_CASE("__REALTIME_TIMESTAMP=5\nMESSAGE\n\x05\0\0\0\0\0\0\0ab",
                    "0.000005 localhost unknown: \n"),
        /* No entries, or none that can be read. */
        EXPORT_CASE("", ""),
        EXPORT_CASE("\n\n", ""),
        EXPORT_CASE("-- cursor: s\nA=1\n\n",
                    "-- cursor: s\n(a journal entry without a time)\n"),
        EXPORT_CASE("Ab=1", "Ab=1\n"),
        EXPORT_CASE("__REALTIME_TIMESTAMP=5\nMESSAGE\n"
                    "\x01\0\0\0\0\0\0\0ab\nA=\n\n"
                    "__REALTIME_TIMESTAMP=6\nMESSAGE=a\n\n",
                    "(a journal entry that cannot be read)\n"
                    "0.000006 localhost unknown: a\n"),
        EXPORT_CASE("__REALTIME_TIMESTAMP=5\nMESSAGE\n"
                    "\xff\xff\xff\xff\xff\xff\xff\xff"
                    "ab",
                    "(a journal entry that cannot be read)\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_lines(JOURNAL_EXPORT, cases[i].export, cases[i].lines);
}

/* Cuts anywhere give the same lines; so do bytes that make no sense. */
static void takes_any_cut(void **state)
{
    static const char *const seeds[] = {
        "{" STAMP "\"_HOSTNAME\":\"mx1\",\"MESSAGE\":[1,2,3]}\n"
        "{" STAMP "\"_PID\":\"7\",\"MESSAGE\":\"\\u00e4\\n\"}\n"
        "{" STAMP "\"_PID\":[\"7\",\"8\"],\"MESSAGE\":[[1],null]}\n",
        "__REALTIME_TIMESTAMP=5\nMESSAGE=a\nB\n\1\1\1\1\1\1\1\1\nC\n\2\n\n"
        "_HOSTNAME=x\n_PID=1\n\nMESSAGE=a\n\n\n__REALTIME_TIMESTAMP=5\n\n",
    };
    uint32_t seed = 11;

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        enum journal_form form = round % 2 == 0 ? JOURNAL_JSON : JOURNAL_EXPORT;
        struct buf input = {0}, want = {0}, got = {0};
        struct journal *a = journal_new(form), *b = journal_new(form);
        struct slice rest;

        for (unsigned i = 0; i < 3; i++)
            buf_add(&input, slice_of(seeds[round % 2]));
        for (uint32_t n = next_random(&seed) % 12; n > 0; n--) {
            size_t at = next_random(&seed) % input.len;

            /* Of a size only the small bytes keep the rest in play. */
            input.ptr[at] = next_random(&seed) % 3 == 0
                                ? (char)next_random(&seed)
                                : "\n=\0\1[]{}\"A"[next_random(&seed) % 10];
        }
        journal_add(a, buf_slice(&input), &want);
        journal_finish(a, &want);
        for (rest = buf_slice(&input); rest.len > 0;) {
            struct slice part = slice_head(rest, next_random(&seed) % 20 + 1);

            journal_add(b, part, &got);
            rest = slice_from(rest, part.len);
        }
        journal_finish(b, &got);
        assert_slice(buf_slice(&got), buf_slice(&want));
        assert_true(got.len == 0 || got.ptr[got.len - 1] == '\n');
        journal_free(a);
        journal_free(b);
        buf_free(&input);
        buf_free(&want);
        buf_free(&got);
    }
}

/* Endless lines and fields leave a line too long to be one, and no more. */
static void bounds_memory(void **state)
{
    static const struct {
        enum journal_form form;
        const char *begin, *end, *after;
    } cases[] = {
        {JOURNAL_JSON, "{" STAMP "\"MESSAGE\":\"", "\"}\n",
         "{\"__REALTIME_TIMESTAMP\":\"6\"}\n"},
        {JOURNAL_EXPORT, "__REALTIME_TIMESTAMP=5\nMESSAGE=", "\n\n",
         "__REALTIME_TIMESTAMP=6\n\n"},
        {JOURNAL_EXPORT, "some junk: ", "\n", "__REALTIME_TIMESTAMP=6\n\n"},
    };
    static char piece[1 << 16];

    (void)state;
    memset(piece, 'x', sizeof piece);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct journal *j = journal_new(cases[i].form);
        struct buf out = {0};
        size_t first;

        journal_add(j, slice_of(cases[i].begin), &out);
        for (unsigned n = 0; n < 100; n++)
            journal_add(j, slice_make(piece, sizeof piece), &out);
        assert_int_equal(out.len, 0);
        journal_add(j, slice_of(cases[i].end), &out);
        first = slice_find_byte(buf_slice(&out), '\n');
        assert_true(first >= JOURNAL_LINE_MAX && first < JOURNAL_LINE_MAX + 99);
        journal_add(j, slice_of(cases[i].after), &out);
        assert_slice(slice_from(buf_slice(&out), first + 1),
                     SLICE("0.000006 localhost unknown: \n"));
        buf_free(&out);
        journal_free(j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guesses),       cmocka_unit_test(reads_json),
        cmocka_unit_test(reads_export),  cmocka_unit_test(takes_any_cut),
        cmocka_unit_test(bounds_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
