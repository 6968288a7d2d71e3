/* field: the names are the contract, and lists are read strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mail/field.h"
#include "mail/sighting.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void names_each_field(void **state)
{
    enum field f;

    (void)state;
    for (unsigned i = 0; i < FIELD_TOTAL; i++) {
        assert_true(field_find(field_name((enum field)i), &f));
        assert_int_equal(f, i);
        assert_int_not_equal(field_uses(f), 0);
    }
    assert_false(field_find(SLICE(""), &f));
    assert_false(field_find(SLICE("Sender"), &f));
    assert_false(field_find(SLICE("sender "), &f));
    assert_false(field_find(SLICE("sende"), &f));
    assert_false(field_find(SLICE("sender\0"), &f));
}

/* As a header of CSV. */
static void assert_list(const struct field_list *list, const char *text)
{
    struct slice rest = slice_of(text);

    for (unsigned i = 0; i < list->count; i++) {
        struct slice name = field_name(list->field[i]);

        assert_true(slice_starts(rest, name));
        rest = slice_from(rest, name.len);
        if (i + 1 < list->count) {
            assert_true(slice_starts(rest, SLICE(",")));
            rest = slice_from(rest, 1);
        }
    }
    assert_int_equal(rest.len, 0);
}

static void lists_columns(void **state)
{
    static const struct {
        const char *key, *columns;
    } cases[] = {
        {"sender,client_ip", "first_seen,last_seen,count,sender,client_ip,"
                             "client_name,message_id"},
        {"client_name", "first_seen,last_seen,count,client_name,message_id"},
        {"message_id,client_name,day",
         "first_seen,last_seen,count,message_id,client_name,day"},
    };
    struct field_list list = field_list_of_messages();
    struct slice bad;

    (void)state;
    assert_list(&list, "date,sender,client_ip,client_name,helo,message_id,"
                       "recipients,size,outcome,mta,mta_host,queue_id");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct field_list key;

        assert_true(
            field_list_parse(slice_of(cases[i].key), FIELD_OF_KEY, &key, &bad));
        list = field_list_of_sightings(&key);
        assert_list(&list, cases[i].columns);
    }
}

static void reads_lists(void **state)
{
    enum { M = FIELD_OF_MESSAGE, S = FIELD_OF_SIGHTING, K = FIELD_OF_KEY };
    static const struct {
        const char *text;
        unsigned use;
        const char *bad; /* NULL: none */
    } cases[] = {
        {"sender", K, NULL},
        {"sender_domain,client_net,recipient,day", K, NULL},
        {"recipients", M, NULL},
        {"count,sender", S | K, NULL},
        {"recipients", K, "recipients"},
        {"date", K, "date"},
        {"count", M, "count"},
        {"recipient", M, "recipient"},
        {"sender", S, "sender"},
        {"sender,sender", K, "sender"},
        {"sender,nobody", K, "nobody"},
        {"", K, ""},
        {"sender,", K, ""},
        {",sender", K, ""},
        {"sender, helo", K, " helo"},
        {"sender,client_ip,client_name,helo,message_id,size,outcome,mta", K,
         NULL},
        {"sender,client_ip,client_name,helo,message_id,size,outcome,mta,"
         "mta_host,queue_id",
         K, "mta_host"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct field_list list;
        struct slice bad;
        bool valid = field_list_parse(slice_of(cases[i].text), cases[i].use,
                                      &list, &bad);

        assert_int_equal(valid, cases[i].bad == NULL);
        if (valid)
            assert_list(&list, cases[i].text);
        else
            assert_true(slice_equal(bad, slice_of(cases[i].bad)));
    }
}

static void tells_what_it_has(void **state)
{
    struct field_list list = field_list_of_messages();

    (void)state;
    assert_true(field_list_has(&list, FIELD_QUEUE_ID));
    assert_false(field_list_has(&list, FIELD_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_each_field),
        cmocka_unit_test(lists_columns),
        cmocka_unit_test(reads_lists),
        cmocka_unit_test(tells_what_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
