/*
 * The command line: what is taken, what is refused, and in which words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/zone.h"
#include "mail/message.h"
#include "option_table.h"
#include "options.h"

#define NOW 1362625953 /* 2013-03-07T03:12:33Z */
#define WORDS_MAX 32

/* Splits a command line at blanks; argv[0] is there already. */
static int split(char *line, char *argv[WORDS_MAX])
{
    int argc = 1;

    argv[0] = (char *)(uintptr_t) "spamharvest";
    for (char *word = strtok(line, " "); word != NULL;
         word = strtok(NULL, " ")) {
        assert_true(argc < WORDS_MAX - 1);
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    return argc;
}

struct line {
    struct options o;
    struct error err;
    char text[512];
    char *argv[WORDS_MAX];
    bool done;
};

static void parse(struct line *l, const char *text)
{
    int argc;

    memset(l, 0, sizeof *l);
    (void)snprintf(l->text, sizeof l->text, "%s", text);
    argc = split(l->text, l->argv);
    l->done = options_parse(&l->o, argc, l->argv, NOW, &l->err);
}

static void must_parse(struct line *l, const char *text)
{
    parse(l, text);
    if (!l->done)
        fail_msg("'%s': %s", text, l->err.text);
}

static void refuses(void **state)
{
    static const struct {
        const char *line, *error;
    } cases[] = {
        {"--nonsense", "there is no option --nonsense, or more than one"},
        {"--min 3", "there is no option --min, or more than one"},
        {"-Z", "there is no option -Z"},
        {"-f", "-f needs a value: FORMAT"},
        {"--year", "--year needs a value: YYYY"},
        {"--messages=yes", "--messages takes no value"},
        {"--year=", "--year '': not YYYY"},
        {"--year 1969", "--year '1969': not a number from 1970 to 9999"},
        {"--year 20x3", "--year '20x3': not a number from 1970 to 9999"},
        {"--year 10000", "--year '10000': not a number from 1970 to 9999"},
        {"--year +2013", "--year '+2013': not a number from 1970 to 9999"},
        {"-j 0", "-j '0': not a number from 1 to 1024"},
        {"-j -1", "-j '-1': not a number from 1 to 1024"},
        {"-j 99999999999999999999999",
         "-j '99999999999999999999999': not a number from 1 to 1024"},
        {"--min-count 0", "--min-count '0': not a number from 1 to 4294967295"},
        {"-f yaml", "-f 'yaml': not one of text, csv, jsonl, list, postfix, "
                    "sendmail, rbldnsd, rbldnsd6, nftables"},
        {"-f CSV", "-f 'CSV': not one of text, csv, jsonl, list, postfix, "
                   "sendmail, rbldnsd, rbldnsd6, nftables"},
        {"--completion fish", "--completion 'fish': not one of bash, zsh"},
        {"--outcome spam",
         "--outcome 'spam': not a list of accepted, rejected, aborted, or "
         "all"},
        {"--outcome accepted,",
         "--outcome 'accepted,': not a list of accepted, rejected, aborted, "
         "or all"},
        {"-u sender -m",
         "-u 'sender' does not go with -m: message rows have no key"},
        {"-m --min-count 2", "--min-count does not go with -m: message rows "
                             "have no key to count by"},
        {"-m --min-days 2", "--min-days does not go with -m: message rows "
                            "have no key to count by"},
        {"-u client_name,message_id",
         "-u 'client_name,message_id': its header would be that of a shorter "
         "key; put client_name first, and without message_id"},
        {"-u sender,client_name",
         "-u 'sender,client_name': its header would be that of a shorter key; "
         "put client_name first, and without message_id"},
        {"-u sender,sender", "-u 'sender,sender': sender stands in it twice"},
        {"-F count,count", "-F 'count,count': count stands in it twice"},
        {"-F helo", "-F 'helo': 'helo' is none of first_seen, last_seen, "
                    "count, sender, client_ip, client_name, message_id"},
        {"-m -F count",
         "-F 'count': 'count' is none of date, sender, client_ip, "
         "client_name, helo, message_id, recipients, size, outcome, mta, "
         "mta_host, queue_id"},
        {"-u day -F sender",
         "-F 'sender': 'sender' is none of first_seen, last_seen, count, "
         "day, client_name, message_id"},
        {"-F ,count", "-F ',count': '' is none of first_seen, last_seen, "
                      "count, sender, client_ip, client_name, message_id"},
        {"--explain -f csv", "--explain writes text or jsonl, not csv"},
        {"--since yesterday",
         "--since 'yesterday': not a date (2013-03-07), date and time "
         "(2013-03-07T04:12:33) or age (7d, 36h, 90m, 2w)"},
        {"--until 2013-02-29",
         "--until '2013-02-29': not a date (2013-03-07), date and time "
         "(2013-03-07T04:12:33) or age (7d, 36h, 90m, 2w)"},
        {"--since 2013-03-08 --until 2013-03-07",
         "--since '2013-03-08' is after --until '2013-03-07'"},
        {"-f list -F count", "-F does not go with -f list: it is a list"},
        {"-f list -m", "-m does not go with -f list: it is a list"},
        {"-f list -u day", "-u 'day': -f list cannot list that"},
        {"-f nftables -u sender", "-u 'sender': -f nftables cannot list that"},
        {"--allow 11.0.0.1", "--allow needs a list format (-f)"},
        {"--aggregate 20 -f csv", "--aggregate needs a list format (-f)"},
        {"--max-change 5 -o x", "--max-change needs a list format (-f)"},
        {"--max-change 5 -f list -o -",
         "--max-change needs a file to compare with (-o)"},
        {"--aggregate 20 -f list -u client_net",
         "--aggregate needs a list of client_ip"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line l;

        parse(&l, cases[i].line);
        assert_false(l.done);
        assert_string_equal(l.err.text, cases[i].error);
        options_release(&l.o);
    }
}

/* Errors of other modules come with the option before them. */
static void refuses_patterns(void **state)
{
    static const struct {
        const char *line, *begin;
    } cases[] = {
        {"-t 192.0.2.0/24", "-t: "},
        {"--trap /does/not/exist", "-t: "},
        {"-x 300.0.2.0/24", "-x: "},
        {"--timezone Nowhere/Land", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line l;

        parse(&l, cases[i].line);
        assert_false(l.done);
        assert_memory_equal(l.err.text, cases[i].begin, strlen(cases[i].begin));
        assert_true(strlen(l.err.text) > strlen(cases[i].begin) + 4);
        options_release(&l.o);
    }
}

static void names_of(const struct field_list *list, char out[512])
{
    size_t len = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < list->count; i++) {
        struct slice name = field_name(list->field[i]);

        len += (size_t)snprintf(out + len, 512 - len, "%s%.*s",
                                i > 0 ? "," : "", (int)name.len, name.ptr);
    }
}

static void columns_follow(void **state)
{
    static const struct {
        const char *line, *key, *columns;
    } cases[] = {
        {"", "sender,client_ip",
         "first_seen,last_seen,count,sender,client_ip,client_name,message_id"},
        {"-u client_net", "client_net",
         "first_seen,last_seen,count,client_net,client_name,message_id"},
        {"-u client_name,sender", "client_name,sender",
         "first_seen,last_seen,count,client_name,sender,message_id"},
        {"-m", "",
         "date,sender,client_ip,client_name,helo,message_id,recipients,size,"
         "outcome,mta,mta_host,queue_id"},
        {"-F sender -u sender", "sender", "sender"},
        {"-m -F queue_id,date", "", "queue_id,date"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line l;
        char names[512];

        must_parse(&l, cases[i].line);
        names_of(&l.o.key, names);
        assert_string_equal(names, cases[i].key);
        names_of(&l.o.columns, names);
        assert_string_equal(names, cases[i].columns);
        options_release(&l.o);
    }
}

static void defaults(void **state)
{
    struct line l;

    (void)state;
    must_parse(&l, "");
    assert_int_equal(l.o.action, ACTION_RUN);
    assert_int_equal(l.o.input_count, 1);
    assert_string_equal(l.o.inputs[0], "-");
    assert_int_equal(l.o.outcomes, 1u << OUTCOME_ACCEPTED);
    assert_true(stamp_is_none(l.o.since) && stamp_is_none(l.o.until));
    assert_true(l.o.format == format_find(SLICE("text")));
    assert_false(l.o.format_given);
    assert_true(patterns_empty(l.o.traps) && patterns_empty(l.o.exclude));
    assert_int_equal(l.o.year, 0);
    assert_int_equal(l.o.jobs, 0);
    assert_null(l.o.output);
    options_release(&l.o);
}

static void everything_is_taken(void **state)
{
    struct line l;

    (void)state;
    must_parse(&l, "a -f csv --year 2013 -j8 -t @spampot.example "
                   "--outcome rejected,aborted -o out --rules r b");
    assert_int_equal(l.o.input_count, 2);
    assert_string_equal(l.o.inputs[0], "a");
    assert_string_equal(l.o.inputs[1], "b");
    assert_true(l.o.format == format_find(SLICE("csv")));
    assert_true(l.o.format_given);
    assert_int_equal(l.o.year, 2013);
    assert_int_equal(l.o.jobs, 8);
    assert_true(patterns_match_mail(l.o.traps, SLICE("x@spampot.example")));
    assert_int_equal(l.o.outcomes,
                     1u << OUTCOME_REJECTED | 1u << OUTCOME_ABORTED);
    assert_string_equal(l.o.output, "out");
    assert_int_equal(l.o.rules_count, 1);
    assert_string_equal(l.o.rules[0], "r");
    options_release(&l.o);

    must_parse(&l, "--include-local --safe-csv --explain --unparsed u "
                   "--min-count 3 --min-days 2 --block-size 7 -x .example");
    assert_true(l.o.include_local && l.o.safe_csv && l.o.explain);
    assert_string_equal(l.o.unparsed, "u");
    assert_int_equal(l.o.min_count, 3);
    assert_int_equal(l.o.min_days, 2);
    assert_int_equal(l.o.block_size, 7);
    options_release(&l.o);

    must_parse(&l, "-qv --outcome all -o - -- -m");
    assert_true(l.o.quiet && !l.o.verbose);
    assert_int_equal(l.o.outcomes, (1u << OUTCOME_TOTAL) - 1);
    assert_null(l.o.output);
    assert_false(l.o.messages);
    assert_string_equal(l.o.inputs[0], "-m");
    options_release(&l.o);
}

/* What a list tells of them on its top: of patterns only that there are. */
static void lists_tell_options(void **state)
{
    struct line l;

    (void)state;
    must_parse(&l, "-f postfix -t @trap.example -x 11.0.0.1 --allow=@a.example "
                   "--min-count 3 --since 2013-03-07 -q -j 2 -o out");
    assert_string_equal(l.o.told, " -f postfix -t ... -x ... --allow ... "
                                  "--min-count 3 --since 2013-03-07");
    assert_int_equal(l.o.key.count, 1);
    assert_int_equal(l.o.key.field[0], FIELD_CLIENT_IP);
    assert_false(patterns_empty(l.o.allow));
    options_release(&l.o);
}

/* What ends the run is not held up by what follows. */
static void actions(void **state)
{
    struct line l;

    (void)state;
    must_parse(&l, "--help --nonsense");
    assert_int_equal(l.o.action, ACTION_HELP);
    options_release(&l.o);
    must_parse(&l, "-m -u sender --version");
    assert_int_equal(l.o.action, ACTION_VERSION);
    options_release(&l.o);
    must_parse(&l, "--completion zsh");
    assert_int_equal(l.o.action, ACTION_COMPLETION);
    assert_string_equal(l.o.shell, "zsh");
    options_release(&l.o);
}

/* Help and the completions are made for this width. */
static void table_is_sound(void **state)
{
    (void)state;
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_table[i];

        assert_non_null(row->name);
        assert_non_null(row->set);
        assert_true(strlen(row->help) <= 52);
        assert_true((row->argument == NULL) == (row->value == VALUE_NONE));
        assert_true(i == 0 || row->group >= option_table[i - 1].group);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_patterns),
        cmocka_unit_test(columns_follow),
        cmocka_unit_test(defaults),
        cmocka_unit_test(everything_is_taken),
        cmocka_unit_test(lists_tell_options),
        cmocka_unit_test(actions),
        cmocka_unit_test(table_is_sound),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
