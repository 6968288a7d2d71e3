/* answer: listed, not listed or unknown, by the table of codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lookup/answer.h"
#include "mail/address.h"

#define ADDRESSES_MAX 8

/* Addresses parted by one blank. */
static unsigned addresses_of(const char *text, uint32_t out[ADDRESSES_MAX])
{
    struct slice rest = slice_of(text);
    unsigned count = 0;

    while (rest.len > 0) {
        size_t end = slice_find_byte(rest, ' ');
        struct address a;

        assert_true(address_parse(slice_head(rest, end), &a));
        assert_true(count < ADDRESSES_MAX);
        out[count++] = (uint32_t)a.bytes[12] << 24 |
                       (uint32_t)a.bytes[13] << 16 |
                       (uint32_t)a.bytes[14] << 8 | a.bytes[15];
        rest = slice_from(rest, end == SIZE_MAX ? rest.len : end + 1);
    }
    return count;
}

static void decodes(void **state)
{
    static const struct {
        const char *zone, *addresses;
        enum answer want;
        const char *words;
    } cases[] = {
        /* Any list. */
        {"bl.example", "", ANSWER_NOT_LISTED, ""},
        {"bl.example", "127.0.0.2", ANSWER_LISTED, ""},
        {"bl.example", "127.1.2.3", ANSWER_LISTED, ""},
        {"bl.example", "127.255.254.255", ANSWER_LISTED, ""},
        {"bl.example", "127.0.0.1", ANSWER_UNKNOWN, ""},
        {"bl.example", "127.255.255.0", ANSWER_UNKNOWN, ""},
        {"bl.example", "127.255.255.252", ANSWER_UNKNOWN, ""},
        {"bl.example", "127.255.255.255", ANSWER_UNKNOWN, ""},
        {"bl.example", "192.0.2.1", ANSWER_UNKNOWN, ""},
        {"bl.example", "126.255.255.255", ANSWER_UNKNOWN, ""},
        {"bl.example", "128.0.0.2", ANSWER_UNKNOWN, ""},
        {"bl.example", "0.0.0.0", ANSWER_UNKNOWN, ""},
        /* One that means nothing spoils the others. */
        {"bl.example", "127.0.0.2 192.0.2.1", ANSWER_UNKNOWN, ""},
        {"bl.example", "127.0.0.2 127.255.255.254", ANSWER_UNKNOWN, ""},

        {"zen.spamhaus.org", "127.0.0.2", ANSWER_LISTED, "sbl"},
        {"ZEN.Spamhaus.ORG", "127.0.0.3", ANSWER_LISTED, "css"},
        {"zen.spamhaus.org", "127.0.0.4", ANSWER_LISTED, "xbl"},
        {"zen.spamhaus.org", "127.0.0.11 127.0.0.2 127.0.0.10", ANSWER_LISTED,
         "sbl pbl"},
        {"zen.spamhaus.org", "127.0.0.77", ANSWER_LISTED, ""},
        {"k3y.zen.dq.spamhaus.net", "127.0.0.9", ANSWER_LISTED, "drop"},
        {"dbl.spamhaus.org", "127.0.1.2", ANSWER_LISTED, "spam"},
        {"dbl.spamhaus.org", "127.0.1.104", ANSWER_LISTED, "abused"},
        {"dbl.spamhaus.org", "127.0.1.255", ANSWER_UNKNOWN, ""},
        {"zen.spamhaus.org", "127.255.255.254", ANSWER_UNKNOWN, ""},
        {"notspamhaus.org", "127.0.0.2", ANSWER_LISTED, ""},

        {"list.dnswl.org", "127.0.5.0", ANSWER_LISTED, "none"},
        {"list.dnswl.org", "127.0.10.3", ANSWER_LISTED, "hi"},
        {"list.dnswl.org", "127.0.0.255", ANSWER_UNKNOWN, ""},

        {"multi.uribl.com", "127.0.0.2", ANSWER_LISTED, "black"},
        {"multi.uribl.com", "127.0.0.6", ANSWER_LISTED, "black grey"},
        {"multi.uribl.com", "127.0.0.1", ANSWER_UNKNOWN, ""},
        {"multi.uribl.com", "127.0.0.3", ANSWER_UNKNOWN, ""},
        {"multi.surbl.org", "127.0.0.88", ANSWER_LISTED, "ph mw abuse"},
        {"multi.surbl.org", "127.0.0.1", ANSWER_UNKNOWN, ""},

        {"rep.mailspike.net", "127.0.0.10", ANSWER_LISTED, ""},
        {"rep.mailspike.net", "127.0.0.18", ANSWER_NOT_LISTED, ""},
        {"hostkarma.junkemailfilter.com", "127.0.0.1", ANSWER_NOT_LISTED, ""},
        {"hostkarma.junkemailfilter.com", "127.0.0.2", ANSWER_LISTED, "black"},
        {"hostkarma.junkemailfilter.com", "127.0.0.3 127.0.1.1",
         ANSWER_NOT_LISTED, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t address[ADDRESSES_MAX];
        unsigned count = addresses_of(cases[i].addresses, address);
        struct buf words = {0};

        assert_int_equal(
            answer_decode(slice_of(cases[i].zone), address, count, &words),
            cases[i].want);
        buf_add_byte(&words, '\0');
        assert_string_equal(words.ptr, cases[i].words);
        buf_free(&words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
