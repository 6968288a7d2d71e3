/* selection: what a run wants of messages and of sightings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/selection.h"

static struct stamp at(const char *text)
{
    struct stamp s = STAMP_NONE;

    if (text != NULL)
        assert_true(stamp_parse(slice_of(text), &s));
    return s;
}

static struct address ip(const char *text)
{
    struct address a = {{0}};

    if (text[0] != '\0')
        assert_true(address_parse(slice_of(text), &a));
    return a;
}

/* patterns: parted by one blank. */
static struct patterns *patterns_of(const char *list)
{
    struct patterns *p = patterns_new();
    char copy[200], *save, *word;
    struct error err;

    assert_true(strlen(list) < sizeof copy);
    memcpy(copy, list, strlen(list) + 1);
    for (word = strtok_r(copy, " ", &save); word != NULL;
         word = strtok_r(NULL, " ", &save))
        assert_true(patterns_add(p, word, PATTERN_ANY, &err));
    return p;
}

static void judges_messages(void **state)
{
    static const struct {
        const char *traps, *exclude, *since, *until;
        unsigned outcomes;
        bool include_local;
        enum selected want;
    } cases[] = {
        {"", "", NULL, NULL, 1, false, SELECTED},
        {"", "", NULL, NULL, 2, false, SELECTED_NOT},
        {"", "", NULL, NULL, 7, false, SELECTED},
        {"@trap.example", "", NULL, NULL, 1, false, SELECTED},
        {"t@trap.example", "", NULL, NULL, 1, false, SELECTED},
        {"@x.example", "", NULL, NULL, 1, false, SELECTED_NOT},
        {"", "@x.example", NULL, NULL, 1, false, SELECTED_NOT},
        {"", "@trap.example", NULL, NULL, 1, false, SELECTED},
        {"", "192.0.2.0/24", NULL, NULL, 1, false, SELECTED_NOT},
        {"", "198.51.100.0/24", NULL, NULL, 1, false, SELECTED},
        {"", ".client.example", NULL, NULL, 1, false, SELECTED_NOT},
        {"", "", "2013-03-07T10:00:00+00:00", NULL, 1, false, SELECTED},
        {"", "", "2013-03-07T10:00:01+00:00", NULL, 1, false, SELECTED_NOT},
        {"", "", NULL, "2013-03-07T10:00:00+00:00", 1, false, SELECTED},
        {"", "", NULL, "2013-03-07T09:59:59+00:00", 1, false, SELECTED_NOT},
    };
    const struct slice recipients[] = {SLICE("u@other.example"),
                                       SLICE("t@trap.example")};
    const struct message m = {
        .date = at("2013-03-07T11:00:00+01:00"),
        .sender = SLICE("s@x.example"),
        .client_ip = ip("192.0.2.7"),
        .client_name = SLICE("a.client.example"),
        .recipients = recipients,
        .recipient_count = 2,
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct patterns *traps = patterns_of(cases[i].traps);
        struct patterns *exclude = patterns_of(cases[i].exclude);
        struct selection sel = {
            .traps = traps,
            .exclude = exclude,
            .include_local = cases[i].include_local,
            .outcomes = cases[i].outcomes,
            .since = at(cases[i].since),
            .until = at(cases[i].until),
        };

        if (selection_message(&sel, &m, true) != cases[i].want)
            fail_msg("case %zu", i);
        assert_int_equal(selection_needs_messages(&sel),
                         cases[i].traps[0] != '\0');
        patterns_free(traps);
        patterns_free(exclude);
    }
}

static void leaves_out_local(void **state)
{
    static const struct {
        const char *ip;
        bool local, include, judge;
        enum selected want;
    } cases[] = {
        {"192.0.2.7", false, false, true, SELECTED},
        {"192.0.2.7", true, false, true, SELECTED_NOT_LOCAL},
        {"127.0.0.1", false, false, true, SELECTED_NOT_LOCAL},
        {"::1", false, false, true, SELECTED_NOT_LOCAL},
        {"10.0.0.1", false, false, true, SELECTED},
        {"", false, false, true, SELECTED},
        {"127.0.0.1", true, true, true, SELECTED},
        {"127.0.0.1", false, false, false, SELECTED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct selection sel = {
            .include_local = cases[i].include,
            .outcomes = 1,
            .since = STAMP_NONE,
            .until = STAMP_NONE,
        };
        struct message m = {
            .date = at("2013-03-07T11:00:00+01:00"),
            .client_ip = ip(cases[i].ip),
            .local = cases[i].local,
        };

        if (selection_message(&sel, &m, cases[i].judge) != cases[i].want)
            fail_msg("case %zu", i);
    }
}

/* Who may choose the name must not choose to be excluded. */
static void forged_name_excludes_nobody(void **state)
{
    struct patterns *exclude = patterns_of(".client.example");
    struct selection sel = {
        .exclude = exclude,
        .outcomes = 1,
        .since = STAMP_NONE,
        .until = STAMP_NONE,
    };
    struct message m = {
        .date = at("2013-03-07T11:00:00+01:00"),
        .client_ip = ip("192.0.2.7"),
        .client_name = SLICE("a.client.example (may be forged)"),
    };

    (void)state;
    assert_int_equal(selection_message(&sel, &m, true), SELECTED);
    patterns_free(exclude);
}

static void judges_sightings(void **state)
{
    static const struct {
        const char *key, *value, *name, *exclude, *since, *until;
        bool want;
    } cases[] = {
        {"sender", "s@x.example", "", "", NULL, NULL, true},
        {"sender", "s@x.example", "", "@x.example", NULL, NULL, false},
        {"sender", "<>", "", "<>", NULL, NULL, false},
        {"sender", "s@x.example", "n.y.example", ".y.example", NULL, NULL,
         true},
        {"sender_domain", "x.example", "", "@X.example", NULL, NULL, false},
        {"sender_domain", "x.example", "", "@y.example", NULL, NULL, true},
        {"client_ip", "192.0.2.7", "", "192.0.2.0/24", NULL, NULL, false},
        {"client_ip", "192.0.2.7", "n.y.example", ".y.example", NULL, NULL,
         false},
        {"client_ip", "", "", "192.0.2.0/24", NULL, NULL, true},
        {"client_net", "192.0.2.0/24", "", "192.0.2.0/24", NULL, NULL, false},
        {"client_net", "192.0.2.0/24", "", "192.0.0.0/16", NULL, NULL, false},
        {"client_net", "192.0.2.0/24", "", "192.0.2.0", NULL, NULL, true},
        {"client_net", "", "", "192.0.2.0", NULL, NULL, true},
        {"client_name", "n.y.example", "", ".y.example", NULL, NULL, false},
        {"day", "2013-03-07", "", "@x.example", NULL, NULL, true},
        {"sender", "a@x", "", "", "2013-03-09T00:00:00+00:00", NULL, true},
        {"sender", "a@x", "", "", "2013-03-09T00:00:01+00:00", NULL, false},
        {"sender", "a@x", "", "", NULL, "2013-03-07T00:00:00+00:00", true},
        {"sender", "a@x", "", "", NULL, "2013-03-06T23:59:59+00:00", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct patterns *exclude = patterns_of(cases[i].exclude);
        struct selection sel = {
            .exclude = exclude,
            .since = at(cases[i].since),
            .until = at(cases[i].until),
        };
        struct sighting s = {
            .first_seen = at("2013-03-07T00:00:00+00:00"),
            .last_seen = at("2013-03-09T00:00:00+00:00"),
            .count = 2,
            .key = {slice_of(cases[i].value)},
            .client_name = slice_of(cases[i].name),
        };
        struct field_list key = {.count = 1};

        assert_true(field_find(slice_of(cases[i].key), &key.field[0]));
        if (selection_sighting(&sel, &key, &s) != cases[i].want)
            fail_msg("case %zu", i);
        patterns_free(exclude);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_messages),
        cmocka_unit_test(leaves_out_local),
        cmocka_unit_test(forged_name_excludes_nobody),
        cmocka_unit_test(judges_sightings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
