/* uri: which database is meant, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/uri.h"

static const char *text(const char *s)
{
    return s == NULL ? "-" : s;
}

/* All that a URI says, in one line. */
static void tell(const struct uri *u, char *to, size_t size)
{
    if (u->kind == URI_SQLITE)
        (void)snprintf(to, size, "sqlite %s", u->path);
    else
        (void)snprintf(to, size, "%s@%s:%u/%s %s %s %s %s%s%s", text(u->user),
                       text(u->host), u->port, text(u->database),
                       text(u->socket), text(u->ssl_ca), text(u->ssl_cert),
                       text(u->ssl_key), u->ssl ? " ssl" : "",
                       u->ssl_anyone ? " anyone" : "");
}

static void good(void **state)
{
    static const struct {
        const char *uri, *told, *name;
    } cases[] = {
        {"harvest.db", "sqlite harvest.db", "harvest.db"},
        {"sqlite:harvest.db", "sqlite harvest.db", "harvest.db"},
        {"sqlite:/a b%20?c", "sqlite /a b%20?c", "/a b%20?c"},
        {"http://x/y", "sqlite http://x/y", "http://x/y"},
        {"mysql:///spam", "-@-:0/spam - - - -", "mysql:///spam"},
        {"mysql://db/spam", "-@db:0/spam - - - -", "mysql://db/spam"},
        {"mysql://joe@db:3307/spam", "joe@db:3307/spam - - - -",
         "mysql://joe@db:3307/spam"},
        {"mysql://a@b@db/spam", "a@b@db:0/spam - - - -", "mysql://a@b@db/spam"},
        {"mysql://[::1]/s", "-@::1:0/s - - - -", "mysql://[::1]/s"},
        {"mysql://[::1]:33/s", "-@::1:33/s - - - -", "mysql://[::1]:33/s"},
        {"mysql:///s?socket=/run/a.sock", "-@-:0/s /run/a.sock - - -",
         "mysql:///s"},
        {"mysql:///a%2fb?socket=%2Fx%26y", "-@-:0/a/b /x&y - - -",
         "mysql:///a%2fb"},
        {"mysql://d/s?ssl-ca=a&ssl-cert=b&ssl-key=c", "-@d:0/s - a b c ssl",
         "mysql://d/s"},
        {"mysql://d/s?ssl-verify=yes", "-@d:0/s - - - - ssl", "mysql://d/s"},
        {"mysql://d/s?ssl-verify=no", "-@d:0/s - - - - ssl anyone",
         "mysql://d/s"},
    };
    char told[512];
    struct error err;
    struct uri given, u;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(uri_parse(cases[i].uri, &given, &err));
        u = uri_copy(&given);
        uri_release(&given);
        tell(&u, told, sizeof told);
        assert_string_equal(told, cases[i].told);
        assert_string_equal(u.name, cases[i].name);
        uri_release(&u);
    }
}

static void bad(void **state)
{
    static const char *const cases[] = {
        "sqlite:",
        "mysql:",
        "mysql:spam",
        "mysql:/spam",
        "mysql://",
        "mysql://db",
        "mysql://db/",
        "mysql://@db/spam",
        "mysql://db:/spam",
        "mysql://db:x/spam",
        "mysql://db:0/spam",
        "mysql://db:65536/spam",
        "mysql://[::1/spam",
        "mysql://[::1]x/spam",
        "mysql://db/spam?socket",
        "mysql://db/spam?socket=",
        "mysql://db/spam?password=x",
        "mysql://db/spam?ssl-verify=maybe",
        "mysql://db/a%",
        "mysql://db/a%2",
        "mysql://db/a%zz",
        "mysql://db/a%00b",
    };
    struct error err;
    struct uri u;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err.text[0] = '\0';
        if (uri_parse(cases[i], &u, &err))
            fail_msg("taken: %s", cases[i]);
        assert_string_not_equal(err.text, "");
        uri_release(&u);
    }
}

/* It would be in every list of processes; nor may an error show it. */
static void password(void **state)
{
    static const char *const cases[] = {
        "mysql://joe:secret@db/spam",
        "mysql://joe:secret@db:3306/spam?socket=/x",
        "mysql://:secret@db/spam",
        "mysql://joe:sec@ret@db/spam",
    };
    struct error err;
    struct uri u;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(uri_parse(cases[i], &u, &err));
        assert_non_null(strstr(err.text, "MYSQL_PWD"));
        assert_null(strstr(err.text, "sec"));
        uri_release(&u);
    }
}

static void which_inputs(void **state)
{
    (void)state;
    assert_true(uri_is_one("mysql://db/spam"));
    assert_true(uri_is_one("mysql:nonsense"));
    assert_true(uri_is_one("sqlite:x"));
    assert_false(uri_is_one("mysql"));
    assert_false(uri_is_one("-"));
    assert_false(uri_is_one("/var/log/maillog"));
    assert_false(uri_is_one("harvest.db"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),
        cmocka_unit_test(bad),
        cmocka_unit_test(password),
        cmocka_unit_test(which_inputs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
