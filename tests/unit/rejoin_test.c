/* rejoin: parts of one record, in order, mixed, missing, hostile */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "join/rejoin.h"
#include "parse/parser.h"

static struct event part(const char *id, uint32_t number, const char *text)
{
    return (struct event){
        .kind = EVENT_PART,
        .head.pid = 7,
        .number = number,
        .queue_id = slice_of(id),
        .head.tag = SLICE("sendmail"),
        .head.host = SLICE("mx1"),
        .text = slice_of(text),
    };
}

/* The record that the part completes, or NULL. */
static const char *add(struct rejoin *r, const char *id, uint32_t number,
                       const char *text)
{
    static char whole[256];
    struct event ev = part(id, number, text);
    struct stamp first, at = {.sec = number};
    struct slice s;

    if (!rejoin_add(r, &ev, at, &s, &first))
        return NULL;
    assert_int_equal(first.sec, 1);
    assert_true(s.len < sizeof whole);
    memcpy(whole, s.ptr, s.len);
    whole[s.len] = '\0';
    return whole;
}

static void parts_mixed_with_others_join(void **state)
{
    struct rejoin *r = rejoin_new();

    (void)state;
    assert_null(add(r, "A", 1, "from=<a>, ..."));
    assert_null(add(r, "B", 1, "from=<b>, ..."));
    assert_null(add(r, "A", 2, "size=1, ..."));
    assert_string_equal(add(r, "B", 2, "size=2"), "from=<b>,size=2");
    assert_string_equal(add(r, "A", 3, "relay=x"), "from=<a>,size=1,relay=x");
    assert_int_equal(rejoin_dropped(r), 0);
    rejoin_free(r);
}

static void a_missing_part_drops_the_record(void **state)
{
    struct rejoin *r = rejoin_new();

    (void)state;
    assert_null(add(r, "A", 1, "from=<a>, ..."));
    assert_null(add(r, "A", 3, "relay=[203.0.113.9]"));
    assert_int_equal(rejoin_dropped(r), 2);
    assert_null(add(r, "A", 2, "relay=[203.0.113.9]"));
    assert_int_equal(rejoin_dropped(r), 3);
    rejoin_free(r);
}

static void a_record_begun_anew_forgets_the_old(void **state)
{
    struct rejoin *r = rejoin_new();

    (void)state;
    assert_null(add(r, "A", 1, "from=<old>, ..."));
    assert_null(add(r, "A", 1, "from=<new>, ..."));
    assert_string_equal(add(r, "A", 2, "x"), "from=<new>,x");
    assert_int_equal(rejoin_dropped(r), 1);
    rejoin_free(r);
}

static void endless_parts_are_bounded(void **state)
{
    struct rejoin *r = rejoin_new();
    char text[1024];

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 5, " ...", 5);
    for (uint32_t n = 1; n < 10000; n++)
        assert_null(add(r, "A", n, text));
    assert_true(rejoin_dropped(r) > 9000);
    rejoin_free(r);
}

static void many_records_push_out_the_oldest(void **state)
{
    struct rejoin *r = rejoin_new();
    char id[16];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(id, sizeof id, "ID%d", i);
        assert_null(add(r, id, 1, "from=<a>, ..."));
    }
    assert_null(add(r, "ID0", 2, "x"));
    assert_string_equal(add(r, "ID999", 2, "x"), "from=<a>,x");
    rejoin_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_mixed_with_others_join),
        cmocka_unit_test(a_missing_part_drops_the_record),
        cmocka_unit_test(a_record_begun_anew_forgets_the_old),
        cmocka_unit_test(endless_parts_are_bounded),
        cmocka_unit_test(many_records_push_out_the_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
