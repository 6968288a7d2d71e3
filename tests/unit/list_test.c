/* list: how entries are spelled, what each format writes, and reads again. */
#include "format/list.h"
#include "rows.h"

static const char *const formats[] = {"list",    "postfix",  "sendmail",
                                      "rbldnsd", "rbldnsd6", "nftables"};

/* NULL: not carried. */
static void spells(void **state)
{
    static const struct {
        const char *sender, *list, *postfix, *sendmail;
    } cases[] = {
        {"joe@x.example", "joe@x.example", "joe@x.example", "joe@x.example"},
        {"Joe@X.Example", "Joe@x.example", "joe@x.example", "joe@x.example"},
        {"\"Joe\"@x.example.", "Joe@x.example", "joe@x.example",
         "joe@x.example"},
        {"@a,@b:joe@(c)x.example", "joe@x.example", "joe@x.example",
         "joe@x.example"},
        {"o'neil+tag=1-_@x.example", "o'neil+tag=1-_@x.example",
         "o'neil+tag=1-_@x.example", "o'neil+tag=1-_@x.example"},
        {"\"a b\"@x.example", NULL, "\"a b\"@x.example", NULL},
        {"a b@x.example", NULL, "\"a b\"@x.example", NULL},
        {"\"a\\\"b\\\\\"@x.example", NULL, "\"a\\\"b\\\\\"@x.example", NULL},
        {"\"a@b\"@x.example", NULL, "\"a@b\"@x.example", NULL},
        {"\"a..b\"@x.example", NULL, "\"a..b\"@x.example", NULL},
        {".a@x.example", NULL, "\".a\"@x.example", NULL},
        {"\"a.\"@x.example", NULL, "\"a.\"@x.example", NULL},
        {"#a@x.example", NULL, NULL, "#a@x.example"},
        {"\"# a\"@x.example", NULL, NULL, NULL},
        {"a#b@x.example", NULL, "a#b@x.example", "a#b@x.example"},
        {"*@x.example", NULL, "*@x.example", "*@x.example"},
        {"!joe@x.example", NULL, "!joe@x.example", "!joe@x.example"},
        {"$SOA@x.example", NULL, "$soa@x.example", "$soa@x.example"},
        {"\"x REJECT\tFrom:y\"@x.example", NULL, NULL, NULL},
        {"\"x\ny OK\"@x.example", NULL, NULL, NULL},
        {"x\r\ny@x.example", NULL, NULL, NULL},
        {"x\x7f@x.example", NULL, NULL, NULL},
        {"caf\xc3\xa9@\xd0\xb8.example", "caf\xc3\xa9@\xd0\xb8.example",
         "caf\xc3\xa9@\xd0\xb8.example", NULL},
        {"caf\xe9@x.example", NULL, NULL, NULL},           /* Latin-1 */
        {"a\xc2\x85@x.example", NULL, NULL, NULL},         /* a C1 control */
        {"a\xe2\x80\xae\x62@x.example", NULL, NULL, NULL}, /* turns text */
        {"joe@x y.example", NULL, NULL, NULL},
        {"joe@x_y.example", "joe@x_y.example", "joe@x_y.example",
         "joe@x_y.example"},
        {"joe@-x.example", NULL, NULL, NULL},
        {"joe@x..example", NULL, NULL, NULL},
        {"joe@[11.22.33.44]", NULL, NULL, NULL},
        {"joe@11.22.33.44", NULL, NULL, NULL},
        {"joe@localhost", "joe@localhost", "joe@localhost", "joe@localhost"},
        {"joe@x.example OK", NULL, NULL, NULL},
        {"joe@", NULL, NULL, NULL},
        {"joe", NULL, NULL, NULL},
        {"@x.example", NULL, NULL, NULL},
        {"\"\"@x.example", NULL, NULL, NULL},
        {"<>", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
        {"a@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         ".example",
         NULL, NULL, NULL}, /* a label of 64 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const want[] = {cases[i].list, cases[i].postfix,
                                    cases[i].sendmail};

        for (size_t k = 0; k < 3; k++) {
            const struct format *f = format_named(formats[k]);
            struct buf out = {0}, again = {0};
            bool spelled =
                list_spell(f, FIELD_SENDER, slice_of(cases[i].sender), &out);

            if (spelled != (want[k] != NULL))
                fail_msg("%s of '%s': %d", formats[k], cases[i].sender,
                         spelled);
            assert_slice(buf_slice(&out), slice_of(want[k]));
            /* What is spelled is spelled so again. */
            if (spelled) {
                assert_true(
                    list_spell(f, FIELD_SENDER, buf_slice(&out), &again));
                assert_slice(buf_slice(&again), buf_slice(&out));
            }
            buf_free(&out);
            buf_free(&again);
        }
    }
}

/* Whatever bytes a sender has, an entry is one line with one meaning. */
static void every_byte_is_safe(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        for (size_t k = 0; k < 3; k++) {
            const struct format *f = format_named(formats[k]);
            char sender[] = {'"', 'a', (char)c, 'b', '"', '@', 'x', '.', 'y'};
            struct buf out = {0};

            if (list_spell(f, FIELD_SENDER, slice_make(sender, sizeof sender),
                           &out)) {
                if (c == ' ' && k != 1)
                    fail_msg("%s has a blank", formats[k]);
                if (c < ' ' || c >= 0x7f)
                    fail_msg("%s has byte %u", formats[k], c);
            }
            buf_free(&out);
        }
    }
}

static void spells_domains(void **state)
{
    static const struct {
        const char *domain, *postfix, *rbldnsd;
    } cases[] = {
        {"X.Example", "x.example", "x.example"},
        {"x.example.", "x.example", "x.example"},
        {"xn--80ak6aa92e.example", "xn--80ak6aa92e.example",
         "xn--80ak6aa92e.example"},
        {"\xd0\xb8.example", "\xd0\xb8.example", NULL},
        {"example", NULL, NULL},
        {"11.22.33.44", NULL, NULL},
        {"[11.22.33.44]", NULL, NULL},
        {"*.example", NULL, NULL},
        {"!x.example", NULL, NULL},
        {"$SOA.example", NULL, NULL},
        {"x.example\n:127.0.0.9:", NULL, NULL},
        {":127.0.0.9:x.example", NULL, NULL},
        {".x.example", NULL, NULL},
        {"", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = {0};

        assert_int_equal(list_spell(format_named("postfix"),
                                    FIELD_SENDER_DOMAIN,
                                    slice_of(cases[i].domain), &out),
                         cases[i].postfix != NULL);
        assert_slice(buf_slice(&out), slice_of(cases[i].postfix));
        buf_reset(&out);
        assert_int_equal(list_spell(format_named("rbldnsd"),
                                    FIELD_SENDER_DOMAIN,
                                    slice_of(cases[i].domain), &out),
                         cases[i].rbldnsd != NULL);
        assert_slice(buf_slice(&out), slice_of(cases[i].rbldnsd));
        buf_free(&out);
    }
}

/* Of sendmail's parts, networks in between are what they are made of. */
static void carries_networks(void **state)
{
    static const struct {
        const char *format, *net, *written; /* NULL: not carried */
    } cases[] = {
        {"list", "11.22.33.44/32", "11.22.33.44\n"},
        {"list", "11.22.33.0/24", "11.22.33.0/24\n"},
        {"list", "2a00:1::/64", "2a00:1::/64\n"},
        {"rbldnsd6", "2a00:1::7/128", "2a00:1::7/128\n"},
        {"rbldnsd6", "11.22.33.44", NULL},
        {"rbldnsd", "2a00:1::7", NULL},
        {"sendmail", "11.22.33.0/24", "Connect:11.22.33\tREJECT\n"},
        {"sendmail", "11.22.0.0/16", "Connect:11.22\tREJECT\n"},
        {"sendmail", "11.22.33.254/31",
         "Connect:11.22.33.254\tREJECT\nConnect:11.22.33.255\tREJECT\n"},
        {"sendmail", "11.22.4.0/22",
         "Connect:11.22.4\tREJECT\nConnect:11.22.5\tREJECT\n"
         "Connect:11.22.6\tREJECT\nConnect:11.22.7\tREJECT\n"},
        {"sendmail", "2a00:1::/64", "Connect:IPv6:2a00:1:0:0\tREJECT\n"},
        {"sendmail", "2a00:1::b:7",
         "Connect:IPv6:2a00:1:0:0:0:0:b:7\tREJECT\n"},
        {"sendmail", "2a00:1::/65", NULL},
        {"nftables", "11.22.33.0/25",
         "add element inet spamharvest spamharvest4 {\n\t11.22.33.0/25,\n}\n"},
    };
    struct field_list columns = columns_of("client_net");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct format *f = format_named(cases[i].format);
        struct slice value = slice_of(cases[i].net);
        struct row row = row_of(&columns, &value);
        struct buf none, all;
        struct cidr net;

        assert_true(cidr_parse(value, &net));
        assert_int_equal(list_carries(f, &net), cases[i].written != NULL);
        none = rows_written(cases[i].format, &columns, 0, &row, 0);
        all = rows_written(cases[i].format, &columns, 0, &row, 1);
        assert_true(slice_starts(buf_slice(&all), buf_slice(&none)));
        assert_slice(slice_from(buf_slice(&all), none.len),
                     slice_of(cases[i].written));
        buf_free(&none);
        buf_free(&all);
    }
}

/* A row that cannot be carried is not written, whoever asks for it. */
static void writes_nothing_unsafe(void **state)
{
    struct field_list columns = columns_of("sender");
    struct slice value = SLICE("\"x\"@x.example\ny@y.example OK");
    struct row row = row_of(&columns, &value);
    struct buf text = rows_written("postfix", &columns, 0, &row, 1);

    (void)state;
    assert_int_equal(text.len, 0);
    buf_free(&text);
}

static void lists_fields(void **state)
{
    static const struct {
        const char *format;
        bool clients, senders, domains;
    } cases[] = {
        {"list", true, true, true},       {"postfix", true, true, true},
        {"sendmail", true, true, true},   {"rbldnsd", true, false, true},
        {"rbldnsd6", true, false, false}, {"nftables", true, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct format *f = format_named(cases[i].format);

        assert_true(format_is_list(f));
        assert_int_equal(format_lists(f, FIELD_CLIENT_IP), cases[i].clients);
        assert_int_equal(format_lists(f, FIELD_CLIENT_NET), cases[i].clients);
        assert_int_equal(format_lists(f, FIELD_SENDER), cases[i].senders);
        assert_int_equal(format_lists(f, FIELD_SENDER_DOMAIN),
                         cases[i].domains);
        assert_false(format_lists(f, FIELD_RECIPIENT));
    }
    assert_false(format_is_list(format_named("csv")));
}

/* As "+ENTRY\n" for each line of text that has one. */
static struct buf entries_of(const struct format *f, struct slice text)
{
    struct buf found = {0};

    while (text.len > 0) {
        size_t end = slice_find_byte(text, '\n');
        struct slice entry;

        if (list_entry(f, slice_head(text, end), &entry)) {
            buf_add_byte(&found, '+');
            buf_add(&found, entry);
            buf_add_byte(&found, '\n');
        }
        text = end == SIZE_MAX ? SLICE("") : slice_from(text, end + 1);
    }
    return found;
}

static void reads_its_own(void **state)
{
    struct field_list columns = columns_of("client_ip");
    struct slice values[] = {SLICE("11.22.33.44"), SLICE("2a00:1::7")};

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const struct format *f = format_named(formats[i]);
        struct row rows[2] = {row_of(&columns, &values[0]),
                              row_of(&columns, &values[1])};
        struct buf text = rows_written(formats[i], &columns, 0, rows, 2);
        struct buf found = entries_of(f, buf_slice(&text));
        bool v4 = strcmp(formats[i], "rbldnsd6") != 0;
        bool v6 = strcmp(formats[i], "rbldnsd") != 0;
        struct buf want = {0};

        if (v4)
            buf_addf(&want, "+11.22.33.44\n");
        if (v6)
            buf_addf(&want, "+%s\n",
                     strcmp(formats[i], "sendmail") == 0 ? "2a00:1:0:0:0:0:0:7"
                     : v4                                ? "2a00:1::7"
                                                         : "2a00:1::7/128");
        if (strcmp(formats[i], "sendmail") == 0)
            want.len -= strlen("+2a00:1:0:0:0:0:0:7\n"),
                buf_addf(&want, "+IPv6:2a00:1:0:0:0:0:0:7\n");
        assert_slice(buf_slice(&found), buf_slice(&want));
        buf_free(&text);
        buf_free(&found);
        buf_free(&want);
    }
}

static void reads_what_others_wrote(void **state)
{
    struct buf found = entries_of(format_named("postfix"),
                                  SLICE("# a comment\n"
                                        "  # another\n"
                                        "\n"
                                        "\t\n"
                                        "11.22.33.44\tOK\n"
                                        "x@x.example\tREJECT caught by a spam "
                                        "trap\n"
                                        "no end"));

    (void)state;
    assert_slice(buf_slice(&found), SLICE("+11.22.33.44\tOK\n"
                                          "+x@x.example\n"
                                          "+no end\n"));
    buf_free(&found);
}

/* A comment cannot end early, nor disturb a terminal. */
static void notes_are_comments(void **state)
{
    struct field_list columns = columns_of("client_ip");
    int fd = memfd_create("list", MFD_CLOEXEC);
    struct out *out = out_new(fd, "list");
    struct writer *w = writer_new(format_named("postfix"), &columns, 0, out);
    static const char want[] = "# one\\x0a11.22.33.44 OK\\x1b[m\n# two\n";
    char got[sizeof want];
    struct error err;

    (void)state;
    writer_note(w, SLICE("one\n11.22.33.44 OK\033[m"));
    writer_note(w, SLICE("two"));
    assert_true(writer_begin(w, &err) && writer_end(w, &err) &&
                out_flush(out, &err));
    assert_int_equal(pread(fd, got, sizeof got, 0), sizeof want - 1);
    assert_memory_equal(got, want, sizeof want - 1);
    writer_free(w);
    out_free(out);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spells),
        cmocka_unit_test(every_byte_is_safe),
        cmocka_unit_test(spells_domains),
        cmocka_unit_test(carries_networks),
        cmocka_unit_test(writes_nothing_unsafe),
        cmocka_unit_test(lists_fields),
        cmocka_unit_test(reads_its_own),
        cmocka_unit_test(reads_what_others_wrote),
        cmocka_unit_test(notes_are_comments),
    };

    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
