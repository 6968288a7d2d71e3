/* parser: from lines to events, with a small grammar of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "parse/parser.h"

static const char slashes[] =
    "mta postfix\n"
    "tag slash\n"
    "queue_id [0-9A-F]{6,21}\n"
    "irrelevant anvil scache\n"
    "scache done - ^done$\n"
    "smtpd client client= "
    "^client=(?<client_name>[^[]+)\\[(?<client_ip>[^]]+)\\]$\n"
    "smtpd refused_recipient - ^reject: RCPT from (?<client_name>\\S+)$\n"
    "smtpd irrelevant - ^connect from \n"
    "smtpd session_end - ^(a+)+$\n"
    "smtpd held - ^a\n"
    "qmgr done - ^removed$\n";

static const char words[] =
    "mta sendmail\n"
    "tag word sm-mta\n"
    "tag other\n"
    "foreign amavis\n"
    "queue_id [0-9A-Za-x]{8}[0-9]{5,10}\n"
    "unescape backslash\n"
    "split ID[N]\n"
    "- envelope from= ^from=<(?<sender>[^>]*)>(?:, size=\\d+)?"
    "(?:, msgid=(?<message_id><[^>]*>))?(?:, size=\\d+)?"
    ", relay=(?<client_name>\\S+)$\n"
    "- envelope relay= ^relay=(?<client_name>\\S+)$\n"
    "- done - ^done$\n"
    "- irrelevant - ^noise$\n";

struct fixture {
    struct ruleset *rules;
    struct parser *parser;
    struct event ev;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct error err;

    f.rules = ruleset_new();
    if (!ruleset_add(f.rules, SLICE(slashes), "slashes", &err) ||
        !ruleset_add(f.rules, SLICE(words), "words", &err))
        return -1;
    ruleset_finish(f.rules);
    f.parser = parser_new(f.rules);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    parser_free(f->parser);
    ruleset_free(f->rules);
    return 0;
}

static void assert_slice(struct slice got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    if (got.len > 0)
        assert_memory_equal(got.ptr, want, got.len);
}

#define P(service) "Mar  7 04:12:33 mx1 postfix/" service "[471]: "
#define S(tag) "Mar  7 04:12:33 mx1 " tag "[471]: "
#define ID "3F1A2B4C5D"
#define SID "r274BXaa012345"

static void reads_lines(void **state)
{
    static const struct {
        const char *line;
        enum parse_result result;
        enum event_kind kind;
        const char *queue_id, *text, *reason;
        bool noqueue;
    } cases[] = {
        {P("smtpd") ID ": client=h.example[192.0.2.7]", PARSE_EVENT,
         EVENT_CLIENT, ID, "client=h.example[192.0.2.7]", "", false},
        {P("smtpd") "NOQUEUE: reject: RCPT from x", PARSE_EVENT,
         EVENT_REFUSED_RECIPIENT, "", "reject: RCPT from x", "", true},
        {P("smtpd") "connect from x", PARSE_IRRELEVANT, EVENT_IRRELEVANT, "",
         "connect from x", "", false},
        {P("qmgr") ID ": removed", PARSE_EVENT, EVENT_DONE, ID, "removed", "",
         false},
        {P("qmgr") ID ": removed ", PARSE_NOT_UNDERSTOOD, EVENT_NONE, ID,
         "removed ", "no rule matches", false},
        {P("qmgr") ID ":removed", PARSE_NOT_UNDERSTOOD, EVENT_NONE, "",
         ID ":removed", "no rule matches", false},
        {P("qmgr") "3F1A2: removed", PARSE_NOT_UNDERSTOOD, EVENT_NONE, "",
         "3F1A2: removed", "no rule matches", false},
        {P("qmgr") ID "[1]: removed", PARSE_NOT_UNDERSTOOD, EVENT_NONE, "",
         ID "[1]: removed", "no rule matches", false},
        {P("qmgr"), PARSE_NOT_UNDERSTOOD, EVENT_NONE, "", "", "no rule matches",
         false},
        {P("anvil") ID ": x", PARSE_IRRELEVANT, EVENT_IRRELEVANT, "", ID ": x",
         "", false},
        {P("scache") "done", PARSE_EVENT, EVENT_DONE, "", "done", "", false},
        {P("scache") "x", PARSE_IRRELEVANT, EVENT_NONE, "", "x", "", false},
        {P("news") "x", PARSE_NOT_UNDERSTOOD, EVENT_NONE, "", "x",
         "no rule knows this service", false},
        {S("in/smtpd") ID ": client=h[::1]", PARSE_EVENT, EVENT_CLIENT, ID,
         "client=h[::1]", "", false},
        {S("a/b") "x", PARSE_FOREIGN, EVENT_NONE, "", "x", "", false},
        {S("sm-mta") SID ": from=<a@b>, relay=h", PARSE_EVENT, EVENT_ENVELOPE,
         SID, "from=<a@b>, relay=h", "", false},
        {S("sm-mta") SID ": x", PARSE_NOT_UNDERSTOOD, EVENT_NONE, SID, "x",
         "no rule matches", false},
        {S("sm-mta") "noise", PARSE_IRRELEVANT, EVENT_IRRELEVANT, "", "noise",
         "", false},
        {S("label") SID ": from=<a@b>, relay=h", PARSE_EVENT, EVENT_ENVELOPE,
         SID, "from=<a@b>, relay=h", "", false},
        {S("label") SID ": done", PARSE_EVENT, EVENT_DONE, SID, "done", "",
         false},
        {S("label") SID ": x", PARSE_FOREIGN, EVENT_NONE, SID, "x", "", false},
        {S("label") "noise", PARSE_FOREIGN, EVENT_IRRELEVANT, "", "noise", "",
         false},
        {S("amavis") SID ": from=<a@b>, relay=h", PARSE_FOREIGN, EVENT_NONE, "",
         SID ": from=<a@b>, relay=h", "", false},
        {S("sm-mta") "message repeated 2 times: [ x]", PARSE_REPEATED,
         EVENT_NONE, "", NULL, "", false},
        {"no stamp at all", PARSE_NO_LOG, EVENT_NONE, "", "no stamp at all", "",
         false},
        {"", PARSE_NO_LOG, EVENT_NONE, "", "", "", false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        size_t n = i % (sizeof cases / sizeof cases[0]);
        enum parse_result got =
            parser_line(f->parser, slice_of(cases[n].line), &f->ev);

        if (got != cases[n].result)
            fail_msg("%s: %d, not %d", cases[n].line, got, cases[n].result);
        assert_int_equal(f->ev.kind, cases[n].kind);
        assert_slice(f->ev.queue_id, cases[n].queue_id);
        if (cases[n].text != NULL)
            assert_slice(f->ev.text, cases[n].text);
        assert_slice(parser_reason(f->parser), cases[n].reason);
        assert_int_equal(f->ev.noqueue, cases[n].noqueue);
    }
}

static void fills_events(void **state)
{
    struct fixture *f = *state;
    const struct event *ev = &f->ev;

    assert_int_equal(
        parser_line(f->parser,
                    SLICE(P("smtpd") ID ": client=h.example[192.0.2.7]"),
                    &f->ev),
        PARSE_EVENT);
    assert_slice(event_fact(ev, FACT_CLIENT_NAME), "h.example");
    assert_slice(event_fact(ev, FACT_CLIENT_IP), "192.0.2.7");
    assert_int_equal(ev->facts, 1U << FACT_CLIENT_NAME | 1U << FACT_CLIENT_IP);
    assert_slice(ev->head.host, "mx1");
    assert_slice(ev->head.tag, "postfix/smtpd");
    assert_int_equal(ev->head.pid, 471);
    assert_int_equal(ev->head.when.second, 33);
    assert_slice(ruleset_mta_name(f->rules, ev->mta), "postfix");
    assert_int_equal(rule_place(ev->rule).line, 6);
    assert_false(ev->stranger);

    /* The next line starts afresh. */
    assert_int_equal(parser_line(f->parser, SLICE("x"), &f->ev), PARSE_NO_LOG);
    assert_null(ev->rule);
    assert_int_equal(ev->facts, 0);

    (void)parser_line(f->parser, SLICE(S("label") SID ": from=<a@b>, relay=h"),
                      &f->ev);
    assert_true(ev->stranger);
    assert_slice(ruleset_mta_name(f->rules, ev->mta), "sendmail");
}

/* What a client wrote stays as logged in text, and is undone in values. */
static void undoes_escapes(void **state)
{
    static const char first[] =
        S("sm-mta") SID ": from=<a\\303\\251\\\\@b>, relay=h";
    static const char second[] = S("sm-mta") SID ": from=<\\t>, relay=h";
    struct fixture *f = *state;
    struct event other;

    assert_int_equal(parser_line(f->parser, SLICE(first), &f->ev), PARSE_EVENT);
    assert_int_equal(parser_line(f->parser, SLICE(second), &other),
                     PARSE_EVENT);
    assert_slice(f->ev.text, "from=<a\\303\\251\\\\@b>, relay=h");
    assert_slice(event_fact(&f->ev, FACT_SENDER), "a\303\251\\@b");
    assert_slice(event_fact(&other, FACT_SENDER), "\t");
    parser_reset(f->parser);
}

static void hands_on_parts(void **state)
{
    static const struct {
        const char *line, *text;
        uint32_t number; /* 0: no part */
        const char *queue_id;
    } cases[] = {
        {S("sm-mta") SID "[1]: from=<a@b>, ...", "from=<a@b>, ...", 1, SID},
        {S("sm-mta") SID "[12]: from=\\303", "from=\\303", 12, SID},
        {S("sm-mta") SID "[2]: ", "", 2, SID},
        {S("label") SID "[1]: x", "x", 1, SID},
        {S("sm-mta") "NOQUEUE[1]: x ...", "x ...", 1, ""},
        {S("sm-mta") "[2]: x", "x", 2, ""},
        {S("sm-mta") SID "[0]: x", SID "[0]: x", 0, ""},
        {S("sm-mta") SID "[]: x", SID "[]: x", 0, ""},
        {S("sm-mta") SID "[1] x", SID "[1] x", 0, ""},
        {S("sm-mta") SID "[1x]: x", SID "[1x]: x", 0, ""},
        {S("sm-mta") SID "[99999]: x", SID "[99999]: x", 0, ""},
        {S("sm-mta") SID "[", SID "[", 0, ""},
        {S("sm-mta") "NOQUEUE[0]: x", "NOQUEUE[0]: x", 0, ""},
        {S("sm-mta") "NOQUEUE: [1]: x", "[1]: x", 0, ""},
        {S("sm-mta") "NOQUEUE", "NOQUEUE", 0, ""},
        {S("sm-mta") "[192.0.2.7]: x", "[192.0.2.7]: x", 0, ""},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum parse_result got =
            parser_line(f->parser, slice_of(cases[i].line), &f->ev);
        bool part = cases[i].number > 0;

        assert_int_equal(got, part ? PARSE_EVENT : PARSE_NOT_UNDERSTOOD);
        assert_int_equal(f->ev.kind, part ? EVENT_PART : EVENT_NONE);
        assert_int_equal(f->ev.number, cases[i].number);
        assert_slice(f->ev.text, cases[i].text);
        assert_slice(f->ev.queue_id, cases[i].queue_id);
        if (part)
            assert_int_equal(f->ev.noqueue,
                             strstr(cases[i].line, "NOQUEUE") != NULL);
    }
}

static void matches_rejoined_records(void **state)
{
    static const char whole[] = "from=<a\\\\@b>, relay=h";
    struct fixture *f = *state;

    (void)parser_line(f->parser, SLICE(S("label") SID "[1]: from= ..."),
                      &f->ev);
    assert_int_equal(parser_text(f->parser, SLICE(whole), &f->ev), PARSE_EVENT);
    assert_int_equal(f->ev.kind, EVENT_ENVELOPE);
    assert_int_equal(f->ev.number, 0);
    assert_true(f->ev.stranger);
    assert_slice(f->ev.queue_id, SID);
    assert_slice(f->ev.head.host, "mx1");
    assert_slice(f->ev.text, whole);
    assert_slice(event_fact(&f->ev, FACT_SENDER), "a\\@b");

    assert_int_equal(parser_text(f->parser, SLICE("x"), &f->ev), PARSE_FOREIGN);
    f->ev.head.tag = SLICE("sm-mta");
    f->ev.stranger = false;
    assert_int_equal(parser_text(f->parser, SLICE("x"), &f->ev),
                     PARSE_NOT_UNDERSTOOD);
    f->ev.head.tag = SLICE("no/thing");
    assert_int_equal(parser_text(f->parser, SLICE("x"), &f->ev), PARSE_FOREIGN);

    (void)parser_line(f->parser, SLICE(S("sm-mta") "NOQUEUE[1]: do ..."),
                      &f->ev);
    assert_int_equal(parser_text(f->parser, SLICE("done"), &f->ev),
                     PARSE_EVENT);
    assert_true(f->ev.noqueue);
    assert_slice(f->ev.queue_id, "");
}

/* What stands in a line before its text: a stamp, a host of any length, ... */
static size_t put_front(char *line, size_t host)
{
    static const char stamp[] = "Mar  7 04:12:33 ";
    static const char tag[] = " sm-mta[471]: " SID ": ";
    size_t len = sizeof stamp - 1;

    memcpy(line, stamp, len);
    memset(line + len, 'h', host);
    len += host;
    memcpy(line + len, tag, sizeof tag - 1);
    return len + sizeof tag - 1;
}

/*
 * doubts_lines_that_may_be_cut - whose address may be the client's own text
 *
 * fill bytes go to sender or message-ID, before their last; host makes the
 * line as long as it must be to have been cut.
 */
static void doubts_lines_that_may_be_cut(void **state)
{
    static const struct {
        const char *before, *after;
        size_t fill, length;
        bool doubtful;
    } cases[] = {
        /* The shortest line that is ever cut. */
        {"from=<a@b>, msgid=<", ">, relay=h", 1, 370, true},
        {"from=<a@b>, msgid=<", ">, relay=h", 1, 369, false},
        {"from=<a@b>, msgid=<", ">, relay=h", 1, 1024, true},
        /* A hundred bytes from the message-ID on, or one more; the sender must
           be as far away as it can be. */
        {"from=<a@b>, size=1111111111111111111111111111111111111111111111111"
         "11111111111111111111111111111111111111111111111111111111111111111"
         "1111, msgid=<",
         ">, relay=h", 89, 500, true},
        {"from=<a@b>, size=1111111111111111111111111111111111111111111111111"
         "11111111111111111111111111111111111111111111111111111111111111111"
         "1111, msgid=<",
         ">, relay=h", 90, 500, false},
        /* Longer than sendmail's message-IDs are known to be. */
        {"from=<a@b>, size=1111111111111111111111111111111111111111111111111"
         "11111111111111111111111111111111111111111111111111111111111111111"
         "1111, msgid=<",
         ">, relay=h", 99, 500, true},
        /* The same of the sender. */
        {"from=<", ">, relay=h", 195, 500, true},
        {"from=<", ">, relay=h", 196, 500, false},
        {"from=<",
         ">, msgid=<a@b>, size=11111111111111111111111111111111111"
         "11111111111111111111111111111111111111111111111111111111"
         "1111, relay=h",
         60, 500, true},
        /* Escaped bytes count as what they were. */
        {"from=<\\303\\251\\303\\251", ">, relay=h", 191, 500, true},
        {"from=<\\303\\251\\303\\251", ">, relay=h", 192, 500, false},
        /* Where nothing tells where they are. */
        {"relay=", "h", 400, 500, true},
        {"relay=", "h", 100, 300, false},
    };
    struct fixture *f = *state;
    char line[2048], text[1024];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t before = strlen(cases[i].before), len;
        size_t rest = strlen(cases[i].after);

        memcpy(text, cases[i].before, before);
        memset(text + before, 'x', cases[i].fill);
        memcpy(text + before + cases[i].fill, cases[i].after, rest);
        rest += before + cases[i].fill;
        len = put_front(line, 0) + rest;
        assert_in_range(cases[i].length, len + 1, sizeof line);
        len = put_front(line, cases[i].length - len);
        memcpy(line + len, text, rest);
        assert_int_equal(
            parser_line(f->parser, slice_make(line, len + rest), &f->ev),
            PARSE_EVENT);
        assert_int_equal(f->ev.kind, EVENT_ENVELOPE);
        assert_int_equal(f->ev.length, cases[i].length);
        if (f->ev.doubtful != cases[i].doubtful)
            fail_msg("%zu: %s...%s", i, cases[i].before, cases[i].after);

        /* The same text, put together: of the length of its last part. */
        f->ev.doubtful = !cases[i].doubtful;
        assert_int_equal(parser_text(f->parser, slice_make(text, rest), &f->ev),
                         PARSE_EVENT);
        assert_int_equal(f->ev.length, cases[i].length);
        assert_int_equal(f->ev.doubtful, cases[i].doubtful);
    }
    parser_reset(f->parser);
}

/* The join skips what it did for the line before, on these words alone. */
static void tells_what_is_as_in_the_line_before(void **state)
{
    static const struct {
        const char *line;
        bool second, host;
    } cases[] = {
        {"Mar  7 04:12:33 mx1 postfix/smtpd[1]: connect from x", false, false},
        {"Mar  7 04:12:33 mx1 postfix/smtpd[2]: connect from x", true, true},
        {"Mar  7 04:12:33 mx1 postfix/qmgr[3]: ABCDEF: removed", true, true},
        {"Mar  7 04:12:34 mx1 postfix/qmgr[3]: ABCDEF: removed", false, true},
        {"Mar  7 04:12:34 mx2 postfix/qmgr[3]: ABCDEF: removed", true, false},
        {"Mar  7 04:12:34 mx1 postfix/smtpd[2]: connect from x", true, false},
        {"no log", false, false},
        {"Mar  7 04:12:34 mx1 postfix/smtpd[2]: connect from x", true, true},
        {"Mar  7 04:12:34 mx2 -- MARK --", false, false},
        {"Mar  7 04:12:34 mx1 postfix/smtpd[2]: connect from x", false, false},
        {"2013-03-07T04:12:34.100000+01:00 mx1 postfix/qmgr[3]: removed", false,
         true},
        {"2013-03-07T04:12:34.200000+01:00 mx1 postfix/qmgr[3]: removed", true,
         true},
        {"2013-03-07T04:12:34.200000+02:00 mx1 postfix/qmgr[3]: removed", false,
         true},
        {"Mar  7 04:12:34 mx1 postfix/smtpd[2]: connect from x", false, true},
    };
    struct fixture *f = *state;

    parser_reset(f->parser);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)parser_line(f->parser, slice_of(cases[i].line), &f->ev);
        if (f->ev.same_second != cases[i].second ||
            f->ev.same_host != cases[i].host)
            fail_msg("case %zu: %s", i, cases[i].line);
    }
    parser_reset(f->parser);
    (void)parser_line(f->parser, slice_of(cases[13].line), &f->ev);
    assert_false(f->ev.same_second || f->ev.same_host);
}

static void spares_what_nobody_wants(void **state)
{
    static const struct {
        const char *line;
        enum parse_result all, some, few; /* results, the more is spared */
    } cases[] = {
        {P("smtpd") "connect from x[192.0.2.1]", PARSE_IRRELEVANT,
         PARSE_NOT_UNDERSTOOD, PARSE_NOT_UNDERSTOOD},
        {P("smtpd") "ABCDEF: client=x[192.0.2.1]", PARSE_EVENT, PARSE_EVENT,
         PARSE_EVENT},
        {P("smtpd") "NOQUEUE: reject: RCPT from x", PARSE_EVENT, PARSE_EVENT,
         PARSE_NOT_UNDERSTOOD},
        {P("smtpd") "ABCDEF: reject: RCPT from x", PARSE_EVENT, PARSE_EVENT,
         PARSE_EVENT},
        {S("sm-mta") "noise", PARSE_IRRELEVANT, PARSE_NOT_UNDERSTOOD,
         PARSE_NOT_UNDERSTOOD},
        {S("sm-mta") "NOQUEUE: done", PARSE_EVENT, PARSE_EVENT, PARSE_EVENT},
    };
    const struct fixture *f = *state;
    struct parser *some = parser_new(f->rules), *few = parser_new(f->rules);
    struct event ev;

    parser_spare(some, false);
    parser_spare(few, true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice line = slice_of(cases[i].line);

        assert_int_equal(parser_line(f->parser, line, &ev), cases[i].all);
        assert_int_equal(parser_line(some, line, &ev), cases[i].some);
        assert_int_equal(parser_line(few, line, &ev), cases[i].few);
    }
    parser_free(some);
    parser_free(few);
}

static void bounds_length(void **state)
{
    static char line[PARSE_LINE_MAX + 1];
    static const char front[] = P("smtpd");
    size_t most = sizeof front - 1 + PARSE_TEXT_MAX;
    struct fixture *f = *state;

    memset(line, 'b', sizeof line);
    memcpy(line, front, sizeof front - 1);
    assert_int_equal(parser_line(f->parser, slice_make(line, most), &f->ev),
                     PARSE_NOT_UNDERSTOOD);
    assert_slice(parser_reason(f->parser), "no rule matches");
    assert_int_equal(parser_line(f->parser, slice_make(line, most + 1), &f->ev),
                     PARSE_NOT_UNDERSTOOD);
    assert_slice(parser_reason(f->parser), "the text is too long");
    assert_int_equal(
        parser_line(f->parser, slice_make(line, PARSE_LINE_MAX), &f->ev),
        PARSE_NOT_UNDERSTOOD);
    assert_int_equal(
        parser_line(f->parser, slice_make(line, sizeof line), &f->ev),
        PARSE_TOO_LONG);
    assert_int_equal(f->ev.text.len, sizeof line);
}

/* A rule given up hides those behind it: they would not be the first. */
static void reports_an_engine_that_gave_up(void **state)
{
    static char line[PARSE_TEXT_MAX];
    static const char front[] = P("smtpd");
    struct fixture *f = *state;
    clock_t start = clock();

    memset(line, 'a', sizeof line);
    memcpy(line, front, sizeof front - 1);
    line[sizeof line - 1] = '!';
    assert_int_equal(
        parser_line(f->parser, slice_make(line, sizeof line), &f->ev),
        PARSE_NOT_UNDERSTOOD);
    assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
    assert_slice(parser_reason(f->parser), "the regex engine gave up at the "
                                           "rule slashes:9: match limit "
                                           "exceeded");
    assert_int_equal(f->ev.kind, EVENT_NONE);
    assert_null(f->ev.rule);
    assert_int_equal(parser_line(f->parser, SLICE(P("smtpd") "aaa"), &f->ev),
                     PARSE_EVENT);
    assert_int_equal(f->ev.kind, EVENT_SESSION_END);
}

/* Any cut of a good line, and any byte changed, is some result. */
static void survives_damage(void **state)
{
    static const char good[] =
        S("sm-mta") SID "[1]: from=<a\\303\\251@b>, relay=h";
    char line[sizeof good];
    struct fixture *f = *state;

    for (size_t len = 0; len < sizeof good; len++) {
        (void)parser_line(f->parser, slice_make(good, len), &f->ev);
        for (unsigned c = 0; c < 256 && len < sizeof good - 1; c += 17) {
            memcpy(line, good, sizeof good);
            line[len] = (char)c;
            (void)parser_line(f->parser, slice_make(line, sizeof good - 1),
                              &f->ev);
        }
    }
    parser_reset(f->parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(fills_events),
        cmocka_unit_test(undoes_escapes),
        cmocka_unit_test(hands_on_parts),
        cmocka_unit_test(matches_rejoined_records),
        cmocka_unit_test(doubts_lines_that_may_be_cut),
        cmocka_unit_test(tells_what_is_as_in_the_line_before),
        cmocka_unit_test(spares_what_nobody_wants),
        cmocka_unit_test(bounds_length),
        cmocka_unit_test(reports_an_engine_that_gave_up),
        cmocka_unit_test(survives_damage),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
