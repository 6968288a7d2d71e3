/* rulefile: what a file says, and what is said of one that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parse/rulefile.h"

static const char good[] =
    "# a comment\n"
    "mta\ttest\r\n"
    "\n"
    "   \n"
    "tag slash\n"
    "tag word one two\n"
    "tag word three\n"
    "tag other\n"
    "foreign amavis opendkim\n"
    "queue_id [0-9A-F]{6,21}\n"
    "unescape backslash\n"
    "split ID[N]\n"
    "other_id \" as \"\n"
    "irrelevant anvil  tlsmgr\n"
    "define IP [0-9.]+\n"
    "define PEER %{IP}|unknown\n"
    "in,out client client= ^client=\\[(?<client_ip>%{PEER})\\]$\n"
    "= client=[192.0.2.7]\r\n"
    "  client_ip=192.0.2.7\n"
    "\thelo\n"
    "! client=[]\n"
    "in session_end \"x \\\"y\\\\\" x \"y\\\\\\\\\n"
    "out done - ^removed$"; /* no newline at the end */

static void reads_all_directives(void **state)
{
    struct error err;
    struct rulefile *f = rulefile_read(SLICE(good), "test.rules", &err);
    struct service *in, *out;

    (void)state;
    assert_non_null(f);
    assert_true(slice_equal(f->mta, SLICE("test")));
    assert_true(f->tag_slash && f->tag_other && f->unescape && f->split);
    assert_true(slice_equal(f->other_id, SLICE(" as ")));
    assert_int_equal(f->words.count, 3);
    assert_true(names_have(&f->words, SLICE("three")));
    assert_true(names_have(&f->foreign, SLICE("opendkim")));
    assert_int_equal(queueid_scan(&f->ids, SLICE("ABCDEF: ")), 6);
    assert_true(rulefile_service(f, SLICE("tlsmgr"))->irrelevant);
    assert_null(rulefile_service(f, SLICE("nosuch")));

    in = rulefile_service(f, SLICE("in"));
    out = rulefile_service(f, SLICE("out"));
    assert_int_equal(f->rule_count, 3);
    assert_int_equal(in->count, 2);
    assert_int_equal(out->count, 2);
    assert_ptr_equal(in->rules[0], out->rules[0]);
    assert_int_equal(in->rules[0]->place.line, 17);
    assert_string_equal(in->rules[0]->place.file, "test.rules");
    assert_true(slice_equal(in->rules[1]->literal, SLICE("x \"y\\")));
    assert_null(out->rules[1]->scanner);
    assert_null(out->rules[1]->regex);

    assert_int_equal(f->sample_count, 2);
    assert_true(f->samples[0].match);
    assert_true(slice_equal(f->samples[0].text, SLICE("client=[192.0.2.7]")));
    assert_int_equal(f->samples[0].count, 2);
    assert_true(f->samples[0].facts[0].set);
    assert_false(f->samples[0].facts[1].set);
    assert_false(f->samples[1].match);
    rulefile_free(f);
}

/* The rules of a first byte are tried in the order of the file. */
static void lists_rules_by_first_byte(void **state)
{
    static const char text[] = "mta test\n"
                               "s done - ^abc$\n"
                               "s held - b\n"
                               "s child - ^(?:a|x)\n"
                               "s same - ^$\n";
    struct error err;
    struct rulefile *f = rulefile_read(SLICE(text), "test.rules", &err);
    struct service *s;

    (void)state;
    assert_non_null(f);
    s = rulefile_service(f, SLICE("s"));
    for (unsigned byte = 0; byte <= SERVICE_EMPTY_TEXT; byte++) {
        const struct candidate *list = s->lists + s->first[byte];

        if (byte == 'a')
            assert_ptr_equal(list++->rule, f->rules[0]);
        assert_ptr_equal(list++->rule, f->rules[1]);
        if (byte == 'a' || byte == 'x')
            assert_ptr_equal(list++->rule, f->rules[2]);
        if (list->rule != NULL)
            assert_ptr_equal(list->rule, f->rules[3]);
    }
    assert_ptr_equal(s->lists[s->first[SERVICE_EMPTY_TEXT] + 1].rule,
                     f->rules[3]);
    rulefile_free(f);
}

static void refuses(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "t: \"mta NAME\" is missing"},
        {"# only this\n", "t: \"mta NAME\" is missing"},
        {"tag slash\n", "t:1: \"mta NAME\" must come first"},
        {"\n\ns done - x\n", "t:3: \"mta NAME\" must come first"},
        {"mta\n", "t:1: mta: one name is expected"},
        {"mta a b\n", "t:1: mta: one name is expected"},
        {"mta a\nmta b\n", "t:2: mta: stands once in a file"},
        {"mta a\ntags slash\n", "t:2: unknown directive \"tags\""},
        {"mta a\nnosuch\n", "t:2: unknown directive \"nosuch\""},
        {"mta a\ntag\n", "t:2: tag: slash, word or other is expected"},
        {"mta a\ntag dash\n", "t:2: tag: slash, word or other is expected"},
        {"mta a\ntag slash x\n",
         "t:2: tag: nothing is expected behind slash and other"},
        {"mta a\ntag word\n", "t:2: tag: a name is missing"},
        {"mta a\nforeign\n", "t:2: foreign: a name is missing"},
        {"mta a\nqueue_id\n",
         "t:2: queue_id: the template of a queue ID is missing"},
        {"mta a\nqueue_id [a]{1,2}[b]\n",
         "t:2: queue_id: only the last class of a queue ID may have a range"},
        {"mta a\nunescape percent\n", "t:2: unescape: backslash is expected"},
        {"mta a\nsplit\n", "t:2: split: ID[N] is expected"},
        {"mta a\nother_id\n", "t:2: other_id: one text is expected"},
        {"mta a\nother_id as\nother_id is\n",
         "t:3: other_id: stands once in a file"},
        {"mta a\nother_id as is\n", "t:2: other_id: one text is expected"},
        {"mta a\nirrelevant\n", "t:2: irrelevant: a service is missing"},
        {"mta a\ndefine X\n", "t:2: define: a name and a pattern are expected"},
        {"mta a\ndefine X x\ndefine X y\n", "t:3: define: the name is taken"},
        {"mta a\ndefine X %{X}\n", "t:2: unknown define %{X}"},
        {"mta a\ns done - %{Y}\n", "t:2: unknown define %{Y}"},
        {"mta a\ns done - %{Y\n", "t:2: unknown define %{Y"},
        {"mta a\ndefine X x\ns done - %{X", "t:3: unknown define %{X"},
        {"mta a\ns gone - x\n", "t:2: unknown event \"gone\""},
        {"mta a\ns part - x\n", "t:2: unknown event \"part\""},
        {"mta a\ns none - x\n", "t:2: unknown event \"none\""},
        {"mta a\ns done\n", "t:2: a rule is SERVICE EVENT LITERAL PATTERN"},
        {"mta a\ns done -\n", "t:2: a rule is SERVICE EVENT LITERAL PATTERN"},
        {"mta a\ns done \"x y\n", "t:2: the literal's second \" is missing"},
        {"mta a\ns,,r done - x\n", "t:2: a service without name"},
        {"mta a\ns done - ^(?<size\n", "t:2: bad pattern: "},
        {"mta a\ns done - ^(?<siez>x)\n", "t:2: unknown group \"siez\""},
        {"mta a\n= x\n", "t:2: a sample stands below a rule"},
        {"mta a\n  size=3\n", "t:2: a fact stands below a sample"},
        {"mta a\ns done - x\n=x\n", "t:3: a blank is missing behind \"=\""},
        {"mta a\ns done - x\n! y\n  size=3\n",
         "t:4: a fact stands below a \"=\" sample"},
        {"mta a\ns done - x\n= x\ns held - y\n  size=3\n",
         "t:5: a fact stands below a \"=\" sample"},
        {"mta a\ns done - x\n= x\n  sizes=3\n", "t:4: unknown fact \"sizes\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err;

        assert_null(rulefile_read(slice_of(cases[i].text), "t", &err));
        if (!slice_starts(slice_of(err.text), slice_of(cases[i].message)))
            assert_string_equal(err.text, cases[i].message);
    }
}

/* Each define twice in the next: the pattern is too long, not memory gone. */
static void bounds_defines(void **state)
{
    static const char bomb[] =
        "mta a\n"
        "define A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
        "define B %{A}%{A}%{A}%{A}%{A}%{A}%{A}%{A}%{A}%{A}%{A}%{A}%{A}\n"
        "define C %{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}%{B}\n"
        "define D %{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}%{C}\n";
    struct error err;

    (void)state;
    assert_null(rulefile_read(SLICE(bomb), "t", &err));
    assert_string_equal(err.text, "t:5: the pattern is too long");
}

#define ODD(text)                                                              \
    {                                                                          \
        text, sizeof text - 1                                                  \
    }

static void survives_odd_bytes(void **state)
{
    static const struct slice cases[] = {
        ODD("mta a\0b\n\0\n"),
        ODD("mta a\ns done - \0\n"),
        ODD("mta a\ns done \0 x\0y\n= x\0y\n"),
        ODD("mta a\n=\n"),
        ODD("mta a\ns done - x\n="),
        ODD("mta a\ns done \"\\"),
        ODD("mta a\n%{"),
        ODD("\r\n\r"),
        ODD("mta \xFF\xFE\n\x80 done - \x80\n"),
        ODD("mta a\n\t\n \n"),
        ODD("mta a\nqueue_id [\0]{1}\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err;

        rulefile_free(rulefile_read(cases[i], "t", &err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_directives),
        cmocka_unit_test(lists_rules_by_first_byte),
        cmocka_unit_test(refuses),
        cmocka_unit_test(bounds_defines),
        cmocka_unit_test(survives_odd_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
