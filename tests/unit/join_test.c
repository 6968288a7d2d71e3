/* join: what becomes of the events of a message, told by lines of text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "join/join.h"
#include "parse/parser.h"

/* Lines of one log go through parser and join; rows come back as text. */
struct bench {
    struct ruleset *rules;
    struct parser *parser;
    struct join *join;
    struct buf rows;
};

static bool take(void *arg, const struct message *m, struct error *err)
{
    struct buf *rows = arg;
    struct slice outcome = outcome_name(m->outcome);
    char ip[ADDRESS_SIZE];

    (void)err;
    address_format(&m->client_ip, ip);
    buf_addf(rows, "%.*s %.*s %s %.*s %.*s", (int)m->queue_id.len,
             m->queue_id.ptr, (int)outcome.len, outcome.ptr,
             ip[0] == '\0' ? "-" : ip, (int)m->sender.len, m->sender.ptr,
             (int)m->message_id.len, m->message_id.ptr);
    for (size_t i = 0; i < m->recipient_count; i++)
        buf_addf(rows, " %.*s", (int)m->recipients[i].len,
                 m->recipients[i].ptr);
    buf_addf(rows, "%s\n", m->local ? " local" : "");
    return true;
}

static void bench_open(struct bench *b, size_t max_entries)
{
    struct error err;

    *b = (struct bench){.rules = ruleset_new()};
    assert_true(ruleset_add_builtin(b->rules, &err));
    ruleset_finish(b->rules);
    b->parser = parser_new(b->rules);
    b->join = join_new(b->rules, max_entries, take, &b->rows);
}

static void bench_close(struct bench *b)
{
    join_free(b->join);
    parser_free(b->parser);
    ruleset_free(b->rules);
    buf_free(&b->rows);
}

/* One line, said at that second; program is the tag and its PID. */
static void say_as(struct bench *b, int64_t at, const char *program,
                   const char *text)
{
    struct buf line = {0};
    struct event ev = {.same_host = false};
    struct error err;

    buf_addf(&line, "Mar  7 04:12:33 mx1 %s: %s", program, text);
    if (parser_line(b->parser, buf_slice(&line), &ev) == PARSE_EVENT)
        assert_true(join_add(b->join, &ev, (struct stamp){.sec = at}, &err));
    parser_reset(b->parser);
    buf_free(&line);
}

/* The same; program is the service of Postfix. */
static void say(struct bench *b, int64_t at, const char *program,
                const char *text)
{
    struct buf tag = {0};

    buf_addf(&tag, "postfix/%s", program);
    buf_add_byte(&tag, '\0');
    say_as(b, at, tag.ptr, text);
    buf_free(&tag);
}

static void expect(struct bench *b, const char *rows)
{
    buf_add_byte(&b->rows, '\0');
    assert_string_equal(b->rows.ptr, rows);
    buf_reset(&b->rows);
}

static void finish(struct bench *b)
{
    struct error err;

    assert_true(join_finish(b->join, &err));
}

static void message_in(struct bench *b, int64_t at, const char *id,
                       const char *ip)
{
    struct buf text = {0};

    buf_addf(&text, "%s: client=h.example[%s]", id, ip);
    buf_add_byte(&text, '\0');
    say(b, at, "smtpd[1]", text.ptr);
    buf_reset(&text);
    buf_addf(&text, "%s: message-id=<m@h.example>", id);
    buf_add_byte(&text, '\0');
    say(b, at, "cleanup[2]", text.ptr);
    buf_reset(&text);
    buf_addf(&text, "%s: from=<s@h.example>, size=9, nrcpt=1 (queue active)",
             id);
    buf_add_byte(&text, '\0');
    say(b, at, "qmgr[3]", text.ptr);
    buf_free(&text);
}

#define ROW(id, ip) id " accepted " ip " s@h.example m@h.example\n"

static void late_lines_within_the_grace_still_join(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 100);
    say(&b, 100, "qmgr[3]", "3F1A2B4C5D: removed");
    expect(&b, "");
    message_in(&b, 100, "3F1A2B4C5D", "192.0.2.7");
    say(&b, 100, "qmgr[3]", "3F1A2B4C5D: removed");
    say(&b, 104, "local[4]",
        "3F1A2B4C5D: to=<t@x.example>, relay=local, delay=0, delays=0/0/0/0, "
        "dsn=2.0.0, status=sent (ok)");
    expect(&b, "");
    say(&b, 105, "smtpd[9]", "disconnect from x[192.0.2.1]");
    expect(&b, "3F1A2B4C5D accepted 192.0.2.7 s@h.example m@h.example "
               "t@x.example\n");
    finish(&b);
    expect(&b, "");
    bench_close(&b);
}

static void silent_for_a_day_ends(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 100);
    message_in(&b, 100, "3F1A2B4C5D", "192.0.2.7");
    say(&b, 100 + JOIN_IDLE, "smtpd[9]", "disconnect from x[192.0.2.1]");
    expect(&b, "");
    say(&b, 101 + JOIN_IDLE, "smtpd[9]", "disconnect from x[192.0.2.1]");
    expect(&b, ROW("3F1A2B4C5D", "192.0.2.7"));
    bench_close(&b);
}

static void a_line_a_day_keeps_it_in_flight(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 100);
    message_in(&b, 0, "3F1A2B4C5D", "192.0.2.7");
    for (int day = 1; day <= 5; day++)
        say(&b, day * (int64_t)JOIN_IDLE, "smtp[4]",
            "3F1A2B4C5D: to=<t@x.example>, relay=none, delay=9, "
            "delays=9/0/0/0, dsn=4.4.1, status=deferred (no)");
    expect(&b, "");
    finish(&b);
    expect(&b, "3F1A2B4C5D accepted 192.0.2.7 s@h.example m@h.example "
               "t@x.example\n");
    bench_close(&b);
}

static void a_full_table_hands_on_its_oldest(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 2);
    message_in(&b, 1, "AAAAA11111", "192.0.2.1");
    message_in(&b, 1, "AAAAA22222", "192.0.2.2");
    expect(&b, "");
    message_in(&b, 1, "AAAAA33333", "192.0.2.3");
    expect(&b, ROW("AAAAA11111", "192.0.2.1"));
    finish(&b);
    expect(&b, ROW("AAAAA22222", "192.0.2.2") ROW("AAAAA33333", "192.0.2.3"));
    bench_close(&b);
}

/* The message goes to make room for the one it was queued again as. */
static void a_full_table_mistakes_no_inner_message(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 2);
    message_in(&b, 1, "AAAAA11111", "192.0.2.1");
    message_in(&b, 1, "AAAAA22222", "192.0.2.2");
    say(&b, 2, "smtp[9]",
        "AAAAA11111: to=<t@x.example>, relay=127.0.0.1[127.0.0.1]:10025, "
        "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: "
        "queued as AAAAA33333)");
    expect(&b, "AAAAA11111 accepted 192.0.2.1 s@h.example m@h.example "
               "t@x.example\n");
    say(&b, 3, "smtpd[8]", "AAAAA33333: client=localhost[127.0.0.1]");
    say(&b, 3, "cleanup[7]", "AAAAA33333: message-id=<m@h.example>");
    say(&b, 3, "qmgr[6]",
        "AAAAA33333: from=<s@h.example>, size=9, nrcpt=1 (queue active)");
    finish(&b);
    expect(&b, ROW("AAAAA22222", "192.0.2.2"));
    bench_close(&b);
}

static void a_queue_id_used_again_is_another_message(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 100);
    message_in(&b, 100, "3F1A2B4C5D", "192.0.2.1");
    message_in(&b, 200, "3F1A2B4C5D", "192.0.2.2");
    expect(&b, ROW("3F1A2B4C5D", "192.0.2.1"));
    finish(&b);
    expect(&b, ROW("3F1A2B4C5D", "192.0.2.2"));
    bench_close(&b);
}

static void a_remote_cannot_hide_another_message(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 100);
    message_in(&b, 100, "3F1A2B4C5D", "192.0.2.1");
    message_in(&b, 100, "AAAAA22222", "198.51.100.2");
    /* The relay is private, but that other message came from outside. */
    say(&b, 101, "smtp[4]",
        "AAAAA22222: to=<t@x.example>, relay=in[10.0.0.1]:25, delay=0, "
        "delays=0/0/0/0, dsn=2.0.0, status=sent (250 queued as 3F1A2B4C5D)");
    finish(&b);
    expect(&b,
           ROW("3F1A2B4C5D", "192.0.2.1") "AAAAA22222 accepted 198.51.100.2 "
                                          "s@h.example m@h.example "
                                          "t@x.example\n");
    bench_close(&b);
}

static void the_clock_ends_what_has_its_end_mark(void **state)
{
    struct bench b;
    struct error err;

    (void)state;
    bench_open(&b, 100);
    message_in(&b, 100, "3F1A2B4C5D", "192.0.2.7");
    message_in(&b, 100, "AAAAA22222", "192.0.2.2");
    say(&b, 100, "qmgr[3]", "3F1A2B4C5D: removed");
    assert_true(join_tick(b.join, 104, &err));
    expect(&b, "");
    assert_true(join_tick(b.join, 105, &err));
    expect(&b, ROW("3F1A2B4C5D", "192.0.2.7"));
    bench_close(&b);
}

static void fragments_are_counted_not_reported(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 100);
    say(&b, 1, "cleanup[2]", "3F1A2B4C5D: message-id=<m@h.example>");
    finish(&b);
    expect(&b, "");
    assert_int_equal(join_counts(b.join).fragments, 1);
    assert_int_equal(join_counts(b.join).messages, 0);
    bench_close(&b);
}

/* Rows that join_save() put, kept until join_load() takes them. */
struct saved {
    struct join *to;
};

static void load_row(void *arg, const struct slice *field, size_t count)
{
    struct saved *s = arg;
    struct error err;

    if (!join_load(s->to, field, count, &err))
        fail_msg("%s", err.text);
}

/* The join as another run finds it: saved, and loaded into a new one. */
static void pass_on(struct bench *b)
{
    struct saved s = {join_new(b->rules, 100, take, &b->rows)};

    join_save(b->join, load_row, &s);
    join_free(b->join);
    b->join = s.to;
}

static const char *const day[][2] = {
    {"smtpd[1]", "NOQUEUE: discard: RCPT from h.example[192.0.2.7]: "
                 "<t@x.example>: Recipient address triggers DISCARD action; "
                 "from=<s@h.example> to=<t@x.example> proto=SMTP helo=<h>"},
    {"smtpd[1]", "3F1A2B4C5D: client=h.example[192.0.2.7]"},
    {"smtpd[2]", "AAAAA22222: client=i.example[192.0.2.8]"},
    {"cleanup[3]", "AAAAA22222: message-id=<2@i.example>"},
    {"qmgr[4]", "AAAAA22222: from=<s@i.example>, size=9, nrcpt=1 (queue "
                "active)"},
    {"cleanup[3]", "3F1A2B4C5D: message-id=<1@h.example>"},
    {"smtp[5]", "AAAAA22222: to=<t@y.example>, orig_to=<\"t, u\"@x.example>, "
                "relay=f[127.0.0.1]:10026, delay=0, delays=0/0/0/0, "
                "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as BBBBB33333)"},
    {"smtpd[6]", "BBBBB33333: client=localhost[127.0.0.1]"},
    {"smtpd[2]", "NOQUEUE: client=j.example[192.0.2.9]"},
    {"qmgr[4]", "BBBBB33333: from=<s@i.example>, size=9, nrcpt=1 (queue "
                "active)"},
    {"qmgr[4]", "AAAAA22222: removed"},
    {"smtpd[2]", "proxy-reject: END-OF-MESSAGE: 550 no; from=<s@j.example> "
                 "to=<t@x.example> proto=SMTP helo=<h>"},
    {"smtpd[1]", "disconnect from h.example[192.0.2.7]"},
    {"qmgr[4]", "BBBBB33333: removed"},
};

static void what_is_in_flight_survives_a_run(void **state)
{
    const size_t lines = sizeof day / sizeof day[0];

    (void)state;
    for (size_t cut = 0; cut <= lines; cut++) {
        struct bench b;

        bench_open(&b, 100);
        for (size_t i = 0; i < lines; i++) {
            if (i == cut)
                pass_on(&b);
            say(&b, 100 + (int64_t)i, day[i][0], day[i][1]);
        }
        finish(&b);
        expect(&b, " rejected 192.0.2.9 s@j.example  t@x.example\n"
                   "3F1A2B4C5D accepted 192.0.2.7 s@h.example 1@h.example "
                   "t@x.example\n"
                   "AAAAA22222 accepted 192.0.2.8 s@i.example 2@i.example "
                   "\"t, u\"@x.example\n");
        bench_close(&b);
    }
}

/* Several daemons write: the part's lines came first, so it is older. */
static void a_part_older_than_its_message_survives_a_run(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, 100);
    say_as(&b, 100, "sm-mta[1]",
           "r273CXab000472: to=<t@x.example>, delay=00:00:01, mailer=local, "
           "pri=30000, dsn=2.0.0, stat=Sent");
    say_as(&b, 101, "sm-mta[1]",
           "r273CXab000471: split: count=1, "
           "ids=r273CXab000472");
    pass_on(&b);
    say_as(&b, 102, "sm-mta[1]",
           "r273CXab000472: to=<u@x.example>, delay=00:00:02, mailer=local, "
           "pri=30000, dsn=2.0.0, stat=Sent");
    say_as(&b, 102, "sm-mta[1]",
           "r273CXab000471: from=<s@h.example>, size=9, class=0, nrcpts=3, "
           "msgid=<m@h.example>, proto=SMTP, daemon=MTA, "
           "relay=h.example [192.0.2.7]");
    finish(&b);
    expect(&b, "r273CXab000471 accepted 192.0.2.7 s@h.example m@h.example "
               "t@x.example u@x.example\n");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_lines_within_the_grace_still_join),
        cmocka_unit_test(silent_for_a_day_ends),
        cmocka_unit_test(a_line_a_day_keeps_it_in_flight),
        cmocka_unit_test(a_full_table_hands_on_its_oldest),
        cmocka_unit_test(a_full_table_mistakes_no_inner_message),
        cmocka_unit_test(a_queue_id_used_again_is_another_message),
        cmocka_unit_test(a_remote_cannot_hide_another_message),
        cmocka_unit_test(the_clock_ends_what_has_its_end_mark),
        cmocka_unit_test(fragments_are_counted_not_reported),
        cmocka_unit_test(what_is_in_flight_survives_a_run),
        cmocka_unit_test(a_part_older_than_its_message_survives_a_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
