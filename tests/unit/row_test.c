/* row: what is written comes back, and what is not of its form does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mail/row.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define S(literal)                                                             \
    {                                                                          \
        literal, sizeof literal - 1                                            \
    }

static const struct slice recipients[] = {
    S("a@t.example"),
    S("\"b c\"@t.example"),
};

static struct message message(void)
{
    struct message m = {
        .date = {1362625953, 120000000, 60, 2},
        .sender = SLICE("<>"),
        .client_name = SLICE("h.example (may be forged)"),
        .helo = SLICE("hi"),
        .message_id = SLICE("x\0@y"),
        .recipients = recipients,
        .recipient_count = 2,
        .size = INT64_MAX,
        .outcome = OUTCOME_ABORTED,
        .mta = SLICE("sendmail"),
        .mta_host = SLICE("mx1"),
        .queue_id = SLICE("r27"),
    };

    assert_true(address_parse(SLICE("2001:db8::1"), &m.client_ip));
    return m;
}

static void assert_text(const struct row *row, enum field f, const char *text,
                        struct arena *a)
{
    struct slice got = row_text(row, f, a);

    if (!slice_equal(got, slice_of(text)))
        fail_msg("%.*s, not %s", (int)got.len, got.ptr, text);
}

static void writes_messages(void **state)
{
    struct arena *a = arena_new();
    struct message m = message();
    struct field_list columns = field_list_of_messages();
    struct row row;

    (void)state;
    row_from_message(&row, &m, a);
    for (unsigned f = 0; f < FIELD_TOTAL; f++)
        assert_int_equal(row.present >> f & 1,
                         field_list_has(&columns, (enum field)f));
    assert_text(&row, FIELD_DATE, "2013-03-07T04:12:33.12+01:00", a);
    assert_text(&row, FIELD_SENDER, "<>", a);
    assert_text(&row, FIELD_CLIENT_IP, "2001:db8::1", a);
    assert_text(&row, FIELD_CLIENT_NAME, "h.example (may be forged)", a);
    assert_text(&row, FIELD_RECIPIENTS, "a@t.example \"b c\"@t.example", a);
    assert_text(&row, FIELD_SIZE, "9223372036854775807", a);
    assert_text(&row, FIELD_OUTCOME, "aborted", a);
    assert_text(&row, FIELD_COUNT, "", a);
    m.size = -1;
    m.recipient_count = 0;
    m.client_ip = (struct address){{0}};
    row_from_message(&row, &m, a);
    assert_text(&row, FIELD_SIZE, "", a);
    assert_text(&row, FIELD_RECIPIENTS, "", a);
    assert_text(&row, FIELD_CLIENT_IP, "", a);
    arena_free(a);
}

static void reads_messages(void **state)
{
    struct arena *a = arena_new();
    struct message m = message(), back;
    struct row row;
    enum field bad;

    (void)state;
    row_from_message(&row, &m, a);
    assert_true(row_to_message(&row, &back, a, &bad));
    assert_int_equal(stamp_compare(back.date, m.date), 0);
    assert_true(back.date.offset == 60 && back.date.digits == 2);
    assert_true(address_equal(&back.client_ip, &m.client_ip));
    assert_true(slice_equal(back.sender, m.sender));
    assert_true(slice_equal(back.client_name, m.client_name));
    assert_true(slice_equal(back.helo, m.helo));
    assert_true(slice_equal(back.message_id, m.message_id));
    assert_true(slice_equal(back.mta, m.mta));
    assert_true(slice_equal(back.mta_host, m.mta_host));
    assert_true(slice_equal(back.queue_id, m.queue_id));
    assert_int_equal(back.size, m.size);
    assert_int_equal(back.outcome, m.outcome);
    assert_int_equal(back.recipient_count, 2);
    assert_ptr_equal(back.recipients, recipients);
    assert_false(back.local);
    arena_free(a);
}

static void bears_missing_columns(void **state)
{
    static const struct {
        enum field without;
        bool valid;
    } cases[] = {
        {FIELD_DATE, false},      {FIELD_SENDER, false},
        {FIELD_CLIENT_IP, false}, {FIELD_CLIENT_NAME, true},
        {FIELD_HELO, true},       {FIELD_MESSAGE_ID, false},
        {FIELD_RECIPIENTS, true}, {FIELD_SIZE, true},
        {FIELD_OUTCOME, true},    {FIELD_MTA, true},
        {FIELD_MTA_HOST, false},  {FIELD_QUEUE_ID, false},
    };
    struct arena *a = arena_new();
    struct message m = message(), back;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum field f = cases[i].without, bad;
        struct row row;

        row_from_message(&row, &m, a);
        row.present &= ~(UINT32_C(1) << f);
        row.value[f] = SLICE("left over");
        if (f == FIELD_RECIPIENTS)
            row.recipient_count = 0;
        assert_int_equal(row_to_message(&row, &back, a, &bad), cases[i].valid);
        if (!cases[i].valid)
            assert_int_equal(bad, f);
        if (f == FIELD_OUTCOME)
            assert_int_equal(back.outcome, OUTCOME_ACCEPTED);
        if (f == FIELD_SIZE)
            assert_int_equal(back.size, -1);
        if (f == FIELD_MTA)
            assert_int_equal(back.mta.len, 0);
    }
    arena_free(a);
}

static void refuses_messages(void **state)
{
    static const struct {
        enum field field;
        const char *text;
        bool valid;
    } cases[] = {
        {FIELD_DATE, "", false},
        {FIELD_DATE, "yesterday", false},
        {FIELD_CLIENT_IP, "", true},
        {FIELD_CLIENT_IP, "unknown", false},
        {FIELD_CLIENT_IP, "192.0.2.7/32", false},
        {FIELD_SIZE, "", true},
        {FIELD_SIZE, "0", true},
        {FIELD_SIZE, "-1", false},
        {FIELD_SIZE, "9223372036854775808", false},
        {FIELD_OUTCOME, "", false},
        {FIELD_OUTCOME, "lost", false},
    };
    struct arena *a = arena_new();
    struct message m = message(), back;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum field bad;
        struct row row;

        row_from_message(&row, &m, a);
        row.value[cases[i].field] = slice_of(cases[i].text);
        assert_int_equal(row_to_message(&row, &back, a, &bad), cases[i].valid);
        if (!cases[i].valid)
            assert_int_equal(bad, cases[i].field);
    }
    arena_free(a);
}

static struct field_list list_of(const char *text)
{
    struct field_list list;
    struct slice bad;

    assert_true(field_list_parse(slice_of(text), FIELD_OF_KEY, &list, &bad));
    return list;
}

static struct sighting sighting(void)
{
    return (struct sighting){
        .first_seen = {1362625953, 0, 60, 0},
        .last_seen = {1362625954, 0, 0, 0},
        .count = UINT64_MAX,
        .key = {S("a@b"), S("192.0.2.7")},
        .client_name = SLICE("h"),
        .message_id = SLICE("x"),
    };
}

static void keeps_sightings(void **state)
{
    struct field_list key = list_of("sender,client_ip");
    struct field_list columns = field_list_of_sightings(&key);
    struct arena *a = arena_new();
    struct sighting s = sighting(), back;
    struct row row;
    enum field bad;

    (void)state;
    row_from_sighting(&row, &s, &key, a);
    for (unsigned f = 0; f < FIELD_TOTAL; f++)
        assert_int_equal(row.present >> f & 1,
                         field_list_has(&columns, (enum field)f));
    assert_text(&row, FIELD_FIRST_SEEN, "2013-03-07T04:12:33+01:00", a);
    assert_text(&row, FIELD_LAST_SEEN, "2013-03-07T03:12:34+00:00", a);
    assert_text(&row, FIELD_COUNT, "18446744073709551615", a);
    assert_text(&row, FIELD_SENDER, "a@b", a);
    assert_text(&row, FIELD_MESSAGE_ID, "x", a);
    assert_true(row_to_sighting(&row, &key, &back, a, &bad));
    assert_int_equal(stamp_compare(back.first_seen, s.first_seen), 0);
    assert_int_equal(stamp_compare(back.last_seen, s.last_seen), 0);
    assert_true(back.count == s.count);
    assert_true(slice_equal(back.key[0], s.key[0]));
    assert_true(slice_equal(back.key[1], s.key[1]));
    assert_true(slice_equal(back.client_name, s.client_name));
    assert_true(slice_equal(back.message_id, s.message_id));

    /* A value of the key is not lost to the column of the same name. */
    key = list_of("client_name,message_id");
    row_from_sighting(&row, &s, &key, a);
    assert_text(&row, FIELD_CLIENT_NAME, "a@b", a);
    assert_text(&row, FIELD_MESSAGE_ID, "192.0.2.7", a);
    arena_free(a);
}

static void reads_sightings_strictly(void **state)
{
    static const struct {
        enum field field;
        const char *text;
        const char *read; /* NULL: refused */
    } cases[] = {
        {FIELD_FIRST_SEEN, "2013-03-07", NULL},
        {FIELD_LAST_SEEN, "2013-03-07T03:12:32Z", NULL}, /* before first */
        {FIELD_COUNT, "0", NULL},
        {FIELD_COUNT, "", NULL},
        {FIELD_COUNT, "18446744073709551616", NULL},
        {FIELD_CLIENT_IP, "2001:DB8:0::1", "2001:db8::1"},
        {FIELD_CLIENT_IP, "", ""},
        {FIELD_CLIENT_IP, "x", NULL},
        {FIELD_CLIENT_NET, "192.0.2.0/24", "192.0.2.0/24"},
        {FIELD_CLIENT_NET, "2001:DB8::/64", "2001:db8::/64"},
        {FIELD_CLIENT_NET, "192.0.2.7/24", NULL},
        {FIELD_CLIENT_NET, "", ""},
        {FIELD_DAY, "2012-02-29", "2012-02-29"},
        {FIELD_DAY, "2013-02-29", NULL},
        {FIELD_DAY, "2013-2-28", NULL},
        {FIELD_DAY, "", ""},
        {FIELD_SIZE, "12", "12"},
        {FIELD_SIZE, "x", NULL},
        {FIELD_OUTCOME, "rejected", "rejected"},
        {FIELD_OUTCOME, "lost", NULL},
        {FIELD_HELO, "anything", "anything"},
    };
    struct arena *a = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum field f = cases[i].field, bad;
        bool of_key = (field_uses(f) & FIELD_OF_KEY) != 0;
        struct field_list key = list_of("sender");
        struct sighting s = sighting(), back;
        struct row row;
        bool valid;

        if (of_key)
            key.field[0] = f;
        row_from_sighting(&row, &s, &key, a);
        row.value[f] = slice_of(cases[i].text);
        valid = row_to_sighting(&row, &key, &back, a, &bad);
        assert_int_equal(valid, cases[i].read != NULL);
        if (!valid)
            assert_int_equal(bad, f);
        else
            assert_true(slice_equal(back.key[0], slice_of(cases[i].read)));
    }
    arena_free(a);
}

static void wants_the_key(void **state)
{
    struct field_list key = list_of("sender"), finer = list_of("sender,helo");
    struct arena *a = arena_new();
    struct sighting s = sighting(), back;
    struct row row;
    enum field bad;

    (void)state;
    row_from_sighting(&row, &s, &key, a);
    assert_false(row_to_sighting(&row, &finer, &back, a, &bad));
    assert_int_equal(bad, FIELD_HELO);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_messages),
        cmocka_unit_test(reads_messages),
        cmocka_unit_test(bears_missing_columns),
        cmocka_unit_test(refuses_messages),
        cmocka_unit_test(keeps_sightings),
        cmocka_unit_test(reads_sightings_strictly),
        cmocka_unit_test(wants_the_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
