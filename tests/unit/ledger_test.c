/* ledger: what is put comes back, and what is not whole is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "store/ledger.h"

/* Rows as "[LEN:BYTES][LEN:BYTES]\n", which no bytes can imitate. */
static void note_row(struct buf *notes, const struct slice *field, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_addf(notes, "[%zu:", field[i].len);
        buf_add(notes, field[i]);
        buf_add(notes, SLICE("]"));
    }
    buf_add_byte(notes, '\n');
}

static bool take_row(void *arg, const struct slice *field, size_t count,
                     struct error *err)
{
    (void)err;
    note_row(arg, field, count);
    return true;
}

static bool read_notes(struct slice bytes, struct buf *notes, struct error *err)
{
    /* A copy of its own size, so that reading past its end is seen. */
    char *copy = malloc(bytes.len + 1);
    char *exact;
    bool good;

    assert_non_null(copy);
    exact = realloc(copy, bytes.len > 0 ? bytes.len : 1);
    assert_non_null(exact);
    if (bytes.len > 0)
        memcpy(exact, bytes.ptr, bytes.len);
    good =
        ledger_read(slice_make(exact, bytes.len), "file", take_row, notes, err);
    free(exact);
    return good;
}

static void assert_reads(struct ledger *l, const struct buf *want)
{
    struct buf notes = {0};
    struct error err = {.text = ""};

    if (!read_notes(ledger_bytes(l), &notes, &err))
        fail_msg("%s", err.text);
    assert_true(slice_equal(buf_slice(&notes), buf_slice(want)));
    buf_free(&notes);
}

static void looks_as_documented(void **state)
{
    const struct slice log[] = {SLICE("log"), SLICE("/var/log/mail,log"),
                                SLICE(""), SLICE("4711")};
    const struct slice empty = SLICE("");
    struct ledger *l = ledger_new();
    const char *want = "spamharvest-state,1\n"
                       "log,\"/var/log/mail,log\",,4711\n"
                       "\"\"\n"
                       "end,2,";
    struct slice got;

    (void)state;
    ledger_put(l, log, 4);
    ledger_put(l, &empty, 1);
    got = ledger_bytes(l);
    assert_int_equal(got.len, strlen(want) + 16 + 1);
    assert_memory_equal(got.ptr, want, strlen(want));
    /* Asked for twice, it is the same. */
    assert_true(slice_equal(got, ledger_bytes(l)));
    ledger_free(l);
    ledger_free(NULL);
}

static void none_is_a_ledger_too(void **state)
{
    struct ledger *l = ledger_new();
    struct buf want = {0};

    (void)state;
    assert_reads(l, &want);
    ledger_free(l);
}

#define ROUNDS 2000
#define TEXT_MAX 24

static size_t random_text(char text[TEXT_MAX])
{
    static const char odd[] = {',', '"', '\r', '\n', ' ', '\t', 0, (char)0xff};
    size_t len = (size_t)rand() % (TEXT_MAX + 1);

    for (size_t i = 0; i < len; i++)
        text[i] = (char)(rand() % 3 != 0 ? odd[(size_t)rand() % sizeof odd]
                                         : rand() % 256);
    return len;
}

static void every_byte_string_comes_back(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        struct ledger *l = ledger_new();
        struct buf want = {0};

        for (int row = 0; row < 5; row++) {
            char text[4][TEXT_MAX];
            struct slice field[4];
            size_t count = (size_t)rand() % 4 + 1;

            for (size_t i = 0; i < count; i++)
                field[i] = slice_make(text[i], random_text(text[i]));
            ledger_put(l, field, count);
            note_row(&want, field, count);
        }
        assert_reads(l, &want);
        buf_free(&want);
        ledger_free(l);
    }
}

/* More than any piece, and all the fields there may be. */
static void large_rows_come_back(void **state)
{
    size_t len = 300000;
    char *text = malloc(len);
    struct slice field[LEDGER_FIELDS_MAX];
    struct ledger *l = ledger_new();
    struct buf want = {0};

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(i % 251);
    for (size_t i = 0; i < LEDGER_FIELDS_MAX; i++)
        field[i] = slice_make(text, i % 7 == 0 ? len : i);
    ledger_put(l, field, LEDGER_FIELDS_MAX);
    ledger_put(l, field, 2);
    note_row(&want, field, LEDGER_FIELDS_MAX);
    note_row(&want, field, 2);
    assert_reads(l, &want);
    buf_free(&want);
    ledger_free(l);
    free(text);
}

static struct ledger *small_ledger(void)
{
    const struct slice a[] = {SLICE("log"), SLICE("a,\"b\"\n"), SLICE("1")};
    const struct slice b[] = {SLICE("end"), SLICE("0")};
    struct ledger *l = ledger_new();

    ledger_put(l, a, 3);
    ledger_put(l, b, 2);
    return l;
}

/* Nothing may be seen of it either. */
static void assert_refused(struct slice bytes)
{
    struct buf notes = {0};
    struct error err = {.text = ""};

    assert_false(read_notes(bytes, &notes, &err));
    assert_int_equal(strncmp(err.text, "file: ", 6), 0);
    assert_int_equal(notes.len, 0);
    buf_free(&notes);
}

static void torn_anywhere_is_refused(void **state)
{
    struct ledger *l = small_ledger();
    struct slice bytes = ledger_bytes(l);

    (void)state;
    for (size_t len = 0; len < bytes.len; len++)
        assert_refused(slice_head(bytes, len));
    ledger_free(l);
}

static void any_change_is_refused(void **state)
{
    struct ledger *l = small_ledger();
    struct slice bytes = ledger_bytes(l);
    char *copy = malloc(bytes.len + 1);

    (void)state;
    assert_non_null(copy);
    for (size_t i = 0; i < bytes.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct buf notes = {0};
            struct error err;

            memcpy(copy, bytes.ptr, bytes.len);
            copy[i] = (char)(copy[i] ^ 1 << bit);
            assert_false(read_notes(slice_make(copy, bytes.len), &notes, &err));
            buf_free(&notes);
        }
    }
    memcpy(copy, bytes.ptr, bytes.len);
    copy[bytes.len] = '\n';
    assert_refused(slice_make(copy, bytes.len + 1));
    free(copy);
    ledger_free(l);
}

static void says_what_is_wrong(void **state)
{
    static const struct {
        const char *bytes, *text;
    } cases[] = {
        {"", "file: not a state file"},
        {"first_seen,last_seen\n", "file: not a state file"},
        {"spamharvest-state,2\nend,0,0\n", "file: a state of another version"},
        {"spamharvest-state,1\n", "file: torn: its end does not fit it"},
        {"spamharvest-state,1\nend,0,0000000000000000\n",
         "file: torn: its end does not fit it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf notes = {0};
        struct error err = {.text = ""};

        assert_false(read_notes(slice_of(cases[i].bytes), &notes, &err));
        assert_string_equal(err.text, cases[i].text);
    }
}

static bool stop_at_once(void *arg, const struct slice *field, size_t count,
                         struct error *err)
{
    int *visits = arg;

    (void)field;
    (void)count;
    ++*visits;
    return error_set(err, "enough");
}

static void visitor_may_stop(void **state)
{
    struct ledger *l = small_ledger();
    struct error err = {.text = ""};
    int visits = 0;

    (void)state;
    assert_false(
        ledger_read(ledger_bytes(l), "file", stop_at_once, &visits, &err));
    assert_int_equal(visits, 1);
    assert_string_equal(err.text, "enough");
    ledger_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_as_documented),
        cmocka_unit_test(none_is_a_ledger_too),
        cmocka_unit_test(every_byte_string_comes_back),
        cmocka_unit_test(large_rows_come_back),
        cmocka_unit_test(torn_anywhere_is_refused),
        cmocka_unit_test(any_change_is_refused),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(visitor_may_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
