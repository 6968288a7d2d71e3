/* format: what bytes are ours, and what a header says of its rows. */
#include <errno.h>
#include <fcntl.h>

#include "rows.h"

static void finds_by_name(void **state)
{
    (void)state;
    assert_non_null(format_find(SLICE("text")));
    assert_non_null(format_find(SLICE("csv")));
    assert_non_null(format_find(SLICE("jsonl")));
    assert_null(format_find(SLICE("xml")));
    assert_null(format_find(SLICE("")));
    assert_slice(format_name_at(0), SLICE("text"));
    assert_slice(format_name_at(1000), SLICE(""));
}

static void guesses(void **state)
{
    static const struct {
        const char *head, *format; /* NULL: a log */
    } cases[] = {
        {"", NULL},
        {"\n", NULL},
        {"Mar  7 04:12:33 mx postfix/qmgr[1]: 3Z: removed\n", NULL},
        {"sender,client_ip\n", "csv"},
        {"sender,client_ip\r\n", "csv"},
        {"\xef\xbb\xbf\"sender\",client_ip\r\na,b\r\n", "csv"},
        {"first_seen,last_seen,count,sender,client_ip,client_name,"
         "message_id\n2013",
         "csv"},
        {"sender", "csv"},
        {"sender,colour\n", NULL},
        {"sender,,client_ip\n", NULL},
        {"sender, client_ip\n", NULL},
        {"sender client_ip\n", NULL},
        {"\"sender\n", NULL},
        {"{\"sender\":\"a\"}\n", "jsonl"},
        {"{ \"sender\" : \"a\" }\n", "jsonl"},
        {"\xef\xbb\xbf{\"sender\":\"a\",\"size\":1}\r\n", "jsonl"},
        {"{\"sender\":\"a\",\"recipients\":[\"a", "jsonl"}, /* cut */
        {"{\"sender\":\"a\" broken}\n", "jsonl"},
        {"{\"sender\":\"a\",\"colour\":1}\n", NULL},
        {"{\"MESSAGE\":\"a\",\"_PID\":\"1\"}\n", NULL},
        {"{\"__CURSOR\":\"a", NULL},
        {"{}\n", NULL},
        {"{\"sender\"}\n", NULL},
        {"{", NULL},
        {"{\"", NULL},
        {"[\"sender\"]\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct format *want =
            cases[i].format == NULL ? NULL : format_named(cases[i].format);

        if (format_guess(slice_of(cases[i].head)) != want)
            fail_msg("guessed wrong: %s", cases[i].head);
    }
}

static void tells_keys(void **state)
{
    static const char *const keys[] = {
        "sender,client_ip",   "client_ip",
        "client_net",         "recipient,day,sender_domain",
        "client_name",        "message_id",
        "client_name,sender", "sender,message_id",
        "message_id,sender",
    };

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct field_list key = columns_of(keys[i]);
        struct field_list header = field_list_of_sightings(&key);
        struct field_list told;

        assert_true(format_key_of(&header, &told));
        assert_int_equal(told.count, key.count);
        assert_memory_equal(told.field, key.field,
                            key.count * sizeof key.field[0]);
    }
}

static void tells_kinds(void **state)
{
    enum kind { NEITHER, SIGHTINGS, MESSAGES };
    static const struct {
        const char *columns;
        enum kind kind;
    } cases[] = {
        {"date,sender,client_ip,client_name,helo,message_id,recipients,size,"
         "outcome,mta,mta_host,queue_id",
         MESSAGES},
        {"queue_id,mta_host,message_id,client_ip,sender,date", MESSAGES},
        {"date,sender,client_ip,message_id,mta_host", NEITHER},
        {"date,sender,client_ip,message_id,mta_host,queue_id,count", NEITHER},
        {"date,sender,client_ip,message_id,mta_host,queue_id,day", NEITHER},
        {"sender", NEITHER},
        {"", NEITHER},
        {"first_seen,last_seen,count", NEITHER},
        {"first_seen,last_seen,count,sender,client_name,message_id", SIGHTINGS},
        {"first_seen,last_seen,count,sender,message_id,client_name",
         SIGHTINGS}, /* of sender and message_id */
        {"first_seen,last_seen,sender,count,client_name,message_id", NEITHER},
        {"first_seen,last_seen,count,sender", NEITHER},
        {"first_seen,last_seen,count,sender,client_name", NEITHER},
        {"first_seen,last_seen,count,date,client_name,message_id", NEITHER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct field_list columns = columns_of(cases[i].columns);
        struct field_list key;
        bool known = format_key_of(&columns, &key);
        enum kind kind = !known          ? NEITHER
                         : key.count > 0 ? SIGHTINGS
                                         : MESSAGES;

        if (kind != cases[i].kind)
            fail_msg("told wrong: %s", cases[i].columns);
    }
}

static void write_errors_are_told(void **state)
{
    struct field_list columns = columns_of("sender");
    struct slice value = SLICE("a");
    struct row row = row_of(&columns, &value);
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct out *out = out_new(fd, "full");
    struct writer *w = writer_new(format_named("csv"), &columns, 0, out);
    struct error err;

    (void)state;
    assert_true(writer_begin(w, &err));
    assert_true(writer_row(w, &row, &err));
    assert_false(out_flush(out, &err));
    assert_false(writer_row(w, &row, &err));
    assert_int_equal(err.code, ENOSPC);
    writer_free(w);
    writer_free(NULL);
    reader_free(NULL);
    out_free(out);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_name),
        cmocka_unit_test(guesses),
        cmocka_unit_test(tells_keys),
        cmocka_unit_test(tells_kinds),
        cmocka_unit_test(write_errors_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
