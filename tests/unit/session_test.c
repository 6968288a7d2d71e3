/* session: found by host and pid, ended, pushed out when there are too many */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "join/session.h"

static void host_and_pid_name_a_session(void **state)
{
    struct sessions *ss = sessions_new();
    const struct session *a = sessions_find(ss, 0, 7, true);
    const struct session *b = sessions_find(ss, 1, 7, true);

    (void)state;
    assert_ptr_not_equal(a, b);
    assert_ptr_equal(sessions_find(ss, 0, 7, false), a);
    assert_null(sessions_find(ss, 0, 8, false));
    assert_ptr_equal(sessions_find(ss, 1, 7, false), b);
    sessions_free(ss);
}

static void kept_texts_last_until_cleared(void **state)
{
    struct sessions *ss = sessions_new();
    struct session *s = sessions_find(ss, 0, 7, true);
    char text[] = "joe@x.example";

    (void)state;
    s->sender = session_keep(s, slice_of(text));
    text[0] = '?';
    assert_true(slice_equal(s->sender, SLICE("joe@x.example")));
    session_clear(s);
    assert_int_equal(s->sender.len, 0);
    sessions_free(ss);
}

static void the_longest_unused_makes_room(void **state)
{
    struct sessions *ss = sessions_new();

    (void)state;
    sessions_find(ss, 1, 1, true);
    for (uint32_t pid = 1; pid <= 70000; pid++) {
        sessions_find(ss, 0, pid, true);
        assert_non_null(sessions_find(ss, 1, 1, false));
    }
    assert_null(sessions_find(ss, 0, 1, false));
    assert_non_null(sessions_find(ss, 0, 70000, false));
    sessions_free(ss);
}

static void one_that_ended_makes_room_first(void **state)
{
    struct sessions *ss = sessions_new();
    struct session *s = sessions_find(ss, 0, 7, true);

    (void)state;
    s->verdict = true;
    s->sender = session_keep(s, SLICE("a@b.example"));
    sessions_end(ss, s);
    assert_null(sessions_find(ss, 0, 7, false));
    assert_ptr_equal(sessions_find(ss, 0, 8, true), s);
    assert_false(s->verdict);
    assert_int_equal(s->entry, ENTRY_NONE);
    assert_non_null(sessions_find(ss, 0, 9, true));
    assert_ptr_equal(sessions_find(ss, 0, 8, false), s);
    sessions_free(ss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_pid_name_a_session),
        cmocka_unit_test(kept_texts_last_until_cleared),
        cmocka_unit_test(the_longest_unused_makes_room),
        cmocka_unit_test(one_that_ended_makes_room_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
