/* pattern: what each kind matches, what is none, and files of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mail/pattern.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct patterns *patterns_of(const char *argument)
{
    struct patterns *p = patterns_new();
    struct error err;

    assert_true(patterns_empty(p));
    if (!patterns_add(p, argument, PATTERN_ANY, &err))
        fail_msg("%s: %s", argument, err.text);
    assert_false(patterns_empty(p));
    return p;
}

static void matches_mail(void **state)
{
    static const struct {
        const char *pattern, *address;
        bool match;
    } cases[] = {
        {"Joe@Example.com", "Joe@eXAMPLE.COM", true},
        {"joe@example.com", "Joe@example.com", false},
        {"joe@example.com", "joe@mail.example.com", false},
        {"joe@example.com", "xjoe@example.com", false},
        {"\"a b\"@example.com", "\"a b\"@example.com", true},
        {"a#b@example.com", "a#b@example.com", true},
        {"joe@[192.0.2.7]", "joe@[192.0.2.7]", true},
        {".joe@example.com", ".joe@example.com", true},
        {"@Example.com", "anyone@eXAMPLE.com", true},
        {"@example.com", "\"x@y\"@example.com", true},
        {"@example.com", "anyone@mail.example.com", false},
        {"@example.com", "anyone@badexample.com", false},
        {"@example.com", "example.com", false},
        {"@example.com", "", false},
        {"root@t.example", "@t.example:\"ro\\ot\" @ (x)T.example.", true},
        {"@t.example", "@t.example:\"ro\\ot\" @ (x)T.example.", true},
        {"\"root\"@t.example", "root@t.example", true},
        {"\"a b\"@t.example", "a b@t.example", true},
        {"@t.example", "root@x.example(@t.example", true},
        {"@t.example", "\"root@t.example\"@x.example", false},
        {"<>", "<>", true},
        {"<>", "", false},
        {"<>", "a@b", false},
        {"@example.com", "<>", false},
        {"192.0.2.7", "192.0.2.7", false},
        {".example.com", "a@mail.example.com", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct patterns *p = patterns_of(cases[i].pattern);

        if (patterns_match_mail(p, slice_of(cases[i].address)) !=
            cases[i].match)
            fail_msg("%s, %s", cases[i].pattern, cases[i].address);
        patterns_free(p);
    }
}

static void matches_clients(void **state)
{
    static const struct {
        const char *pattern, *ip, *name;
        bool match;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.7", "", true},
        {"192.0.2.0/24", "192.0.3.7", "", false},
        {"192.0.2.0/24", "::c000:207", "", false},
        {"192.0.2.7", "192.0.2.7", "", true},
        {"192.0.2.7", "192.0.2.8", "", false},
        {"0.0.0.0/0", "192.0.2.8", "", true},
        {"0.0.0.0/0", "2001:db8::1", "", false},
        {"::/0", "2001:db8::1", "", true},
        {"::/0", "192.0.2.8", "", false},
        {"0.0.0.0/0", "", "", false},
        {"::/0", "", "", false},
        {"2001:db8::/32", "2001:db8:5::1", "", true},
        {"::ffff:192.0.2.0/120", "192.0.2.7", "", true},
        {".example.com", "192.0.2.7", "mail.example.com", true},
        {".Example.com", "192.0.2.7", "a.b.eXAMPLE.com", true},
        {".example.com", "192.0.2.7", "example.com", true},
        {".example.com", "192.0.2.7", "badexample.com", false},
        {".example.com", "192.0.2.7", "example.com.evil.example", false},
        {".example.com", "192.0.2.7", "example.com (may be forged)", false},
        {".example.com", "192.0.2.7", "com", false},
        {".example.com", "192.0.2.7", "", false},
        {".com", "", "mail.example.com", true},
        {".example.com", "192.0.2.7", "..", false},
        {"a@b.example", "192.0.2.7", "b.example", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct patterns *p = patterns_of(cases[i].pattern);
        struct address ip = {{0}};

        address_parse(slice_of(cases[i].ip), &ip);
        if (patterns_match_client(p, &ip, slice_of(cases[i].name)) !=
            cases[i].match)
            fail_msg("%s, %s, %s", cases[i].pattern, cases[i].ip,
                     cases[i].name);
        patterns_free(p);
    }
}

static void bears_long_texts(void **state)
{
    static char text[70000];
    struct patterns *p = patterns_of(".example.com");
    struct address none = {{0}};
    struct error err;
    size_t len = sizeof text - strlen("@mail.example.com") - 1;

    (void)state;
    assert_true(patterns_add(p, "@mail.example.com", PATTERN_ANY, &err));
    assert_true(patterns_add(p, "a@b.example", PATTERN_ANY, &err));
    memset(text, 'a', len);
    strcpy(text + len, "@mail.example.com");
    assert_true(patterns_match_mail(p, slice_of(text)));
    assert_true(patterns_match_client(p, &none, slice_of(text)));
    memset(text, 'x', len);
    text[0] = '(';
    memcpy(text + len - 2, ")a@b.example", sizeof ")a@b.example");
    assert_true(patterns_match_mail(p, slice_of(text)));
    strcpy(text + len, "@mail.example.com");
    text[sizeof text - 2] = 'x';
    assert_false(patterns_match_mail(p, slice_of(text)));
    assert_false(patterns_match_client(p, &none, slice_of(text)));
    memset(text, '.', sizeof text - 1);
    assert_false(patterns_match_client(p, &none, slice_of(text)));
    text[0] = '@';
    assert_false(patterns_match_mail(p, slice_of(text)));
    assert_false(patterns_add(p, text, PATTERN_ANY, &err));
    patterns_free(p);
}

static void refuses(void **state)
{
    static const struct {
        const char *pattern;
        unsigned kinds;
        const char *text;
    } cases[] = {
        {"example.com", PATTERN_MAIL,
         "\"example.com\" where ADDRESS, @DOMAIN or <> is expected"},
        {"192.0.2.0/24", PATTERN_MAIL,
         "\"192.0.2.0/24\" where ADDRESS, @DOMAIN or <> is expected"},
        {".example.com", PATTERN_MAIL,
         "\".example.com\" where ADDRESS, @DOMAIN or <> is expected"},
        {"@example.com", PATTERN_CLIENT,
         "\"@example.com\" where CIDR or .NAME-SUFFIX is expected"},
        {"<>", PATTERN_CLIENT, "\"<>\" where CIDR or .NAME-SUFFIX is expected"},
        {"", PATTERN_ANY,
         "\"\" where ADDRESS, @DOMAIN, <>, CIDR or .NAME-SUFFIX is expected"},
        {"192.0.2.1/24", PATTERN_ANY,
         "\"192.0.2.1/24\" is not a network: the prefix is too long, or bits "
         "of the host are set"},
        {"/nonexistent/traps", PATTERN_ANY,
         "/nonexistent/traps: cannot open: No such file or directory"},
        {"@", PATTERN_ANY, NULL},
        {".", PATTERN_ANY, NULL},
        {"..example.com", PATTERN_ANY, NULL},
        {".example..com", PATTERN_ANY, NULL},
        {".example.com.", PATTERN_ANY, NULL},
        {"a@", PATTERN_ANY, NULL},
        {"a@b c", PATTERN_ANY, NULL},
        {"a b@c", PATTERN_ANY, NULL},
        {"<a@b>", PATTERN_ANY, NULL},
        {"a@b,c@d", PATTERN_ANY, NULL},
        {"\"a@b", PATTERN_ANY, NULL},
        {"\"a@b.example", PATTERN_ANY, NULL},
        {"a@[x]", PATTERN_ANY, NULL},
        {"a\nb@c", PATTERN_ANY, NULL},
        {"1.2.3.256", PATTERN_ANY, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct patterns *p = patterns_new();
        struct error err;

        if (patterns_add(p, cases[i].pattern, cases[i].kinds, &err))
            fail_msg("%s", cases[i].pattern);
        if (cases[i].text != NULL)
            assert_string_equal(err.text, cases[i].text);
        assert_true(patterns_empty(p));
        patterns_free(p);
    }
    patterns_free(NULL);
}

/* Adds the patterns of a file with this text; *path is its name. */
static bool add_file(struct patterns *p, struct slice text, unsigned kinds,
                     char path[32], struct error *err)
{
    int fd;
    bool ok;

    strcpy(path, "./pattern-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.ptr, text.len), text.len);
    close(fd);
    ok = patterns_add(p, path, kinds, err);
    unlink(path);
    return ok;
}

static void reads_files(void **state)
{
    static const char text[] = "# traps\n"
                               "\n"
                               "  a@one.example  # why\r\n"
                               "\t@two.example\n"
                               "#@three.example\n"
                               "a#b@four.example\n"
                               "\"c #d\"@four.example\n"
                               "e/f@four.example\n"
                               "192.0.2.0/24\n"
                               "<>";
    static const char *const matches[] = {
        "a@one.example",         "x@two.example",    "a#b@four.example",
        "\"c #d\"@four.example", "e/f@four.example", "<>",
    };
    struct patterns *p = patterns_new();
    struct address ip;
    struct error err;
    char path[32];

    (void)state;
    assert_true(add_file(p, slice_of(text), PATTERN_ANY, path, &err));
    for (size_t i = 0; i < COUNT(matches); i++)
        assert_true(patterns_match_mail(p, slice_of(matches[i])));
    assert_false(patterns_match_mail(p, SLICE("x@three.example")));
    address_parse(SLICE("192.0.2.9"), &ip);
    assert_true(patterns_match_client(p, &ip, SLICE("")));
    patterns_free(p);
}

static void names_the_line(void **state)
{
    static const struct {
        struct slice text;
        unsigned kinds;
        const char *reason;
    } cases[] = {
#define S(literal) {literal, sizeof literal - 1}
        {S("\n# x\nnobody\n"), PATTERN_MAIL,
         ":3: \"nobody\" where ADDRESS, @DOMAIN or <> is expected"},
        {S("192.0.2.0/24\n"), PATTERN_MAIL,
         ":1: \"192.0.2.0/24\" where ADDRESS, @DOMAIN or <> is expected"},
        {S("a@b.example\0\n"), PATTERN_MAIL,
         ":1: \"a@b.example\" where ADDRESS, @DOMAIN or <> is expected"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct patterns *p = patterns_new();
        struct error err;
        char path[32];

        assert_false(add_file(p, cases[i].text, cases[i].kinds, path, &err));
        assert_memory_equal(err.text, path, strlen(path));
        assert_string_equal(err.text + strlen(path), cases[i].reason);
        patterns_free(p);
    }
}

static void refuses_a_directory(void **state)
{
    struct patterns *p = patterns_new();
    struct error err;

    (void)state;
    assert_false(patterns_add(p, "/", PATTERN_ANY, &err));
    assert_string_equal(err.text, "/: cannot read: Is a directory");
    assert_int_equal(err.code, EISDIR);
    patterns_free(p);
}

static void holds_many(void **state)
{
    struct patterns *p = patterns_new();
    struct error err;
    char text[64];

    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3000; i++) {
            snprintf(text, sizeof text, "a%d@b%d.example", i, i);
            assert_true(patterns_add(p, text, PATTERN_ANY, &err));
            snprintf(text, sizeof text, "10.%d.%d.0/24", i >> 8, i & 255);
            assert_true(patterns_add(p, text, PATTERN_ANY, &err));
        }
    for (int i = 0; i < 3300; i++) {
        struct address ip;

        snprintf(text, sizeof text, "a%d@b%d.example", i, i);
        assert_int_equal(patterns_match_mail(p, slice_of(text)), i < 3000);
        snprintf(text, sizeof text, "10.%d.%d.77", i >> 8, i & 255);
        assert_true(address_parse(slice_of(text), &ip));
        assert_int_equal(patterns_match_client(p, &ip, SLICE("")), i < 3000);
    }
    patterns_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_mail),
        cmocka_unit_test(matches_clients),
        cmocka_unit_test(bears_long_texts),
        cmocka_unit_test(refuses),
        cmocka_unit_test(reads_files),
        cmocka_unit_test(names_the_line),
        cmocka_unit_test(refuses_a_directory),
        cmocka_unit_test(holds_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
