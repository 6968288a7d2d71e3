/* sightings: one row per key, whatever the order and however it was split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "collect/sightings.h"

static struct field_list key_of(const char *names)
{
    struct field_list key;
    struct slice bad;

    assert_true(field_list_parse(slice_of(names), FIELD_OF_KEY, &key, &bad));
    return key;
}

static struct stamp at(const char *text)
{
    struct stamp s;

    assert_true(stamp_parse(slice_of(text), &s));
    return s;
}

static struct message message(const char *date, const char *sender,
                              const char *ip, const char *name, const char *id)
{
    struct message m = {
        .date = at(date),
        .sender = slice_of(sender),
        .client_name = slice_of(name),
        .message_id = slice_of(id),
        .size = -1,
    };

    if (ip[0] != '\0')
        assert_true(address_parse(slice_of(ip), &m.client_ip));
    return m;
}

/* "first last count key... name id" a line. */
struct dump {
    struct buf text;
    unsigned fields;
    size_t stop_after; /* 0: never */
};

static bool add_row(void *arg, const struct sighting *s, struct error *err)
{
    struct dump *d = arg;
    char text[STAMP_SIZE];

    stamp_format(s->first_seen, text);
    buf_addf(&d->text, "%s ", text);
    stamp_format(s->last_seen, text);
    buf_addf(&d->text, "%s %u", text, (unsigned)s->count);
    for (unsigned i = 0; i < d->fields; i++)
        buf_addf(&d->text, " %.*s", (int)s->key[i].len, s->key[i].ptr);
    buf_addf(&d->text, " %.*s %.*s\n", (int)s->client_name.len,
             s->client_name.ptr, (int)s->message_id.len, s->message_id.ptr);
    return d->stop_after == 0 || --d->stop_after > 0 ||
           error_set(err, "enough");
}

static struct buf dump(struct sightings *s, const struct field_list *key,
                       uint64_t min_count, unsigned min_days)
{
    struct dump d = {.fields = key->count};
    struct error err;

    assert_true(sightings_each(s, min_count, min_days, add_row, &d, &err));
    return d.text;
}

static void assert_dump(struct sightings *s, const struct field_list *key,
                        uint64_t min_count, unsigned min_days, const char *want)
{
    struct buf got = dump(s, key, min_count, min_days);

    buf_add_byte(&got, '\0');
    assert_string_equal(got.ptr, want);
    buf_free(&got);
}

static void counts_and_sorts(void **state)
{
    struct field_list key = key_of("sender,client_ip");
    struct sightings *s = sightings_new(&key, false);
    struct message m[] = {
        message("2013-03-07T10:00:02+00:00", "b@x", "9.0.0.1", "n2", "i2"),
        message("2013-03-07T10:00:01+00:00", "B@X", "9.0.0.1", "n1", "i1"),
        message("2013-03-07T10:00:01+00:00", "b@X", "9.0.0.1", "n3", "i3"),
        message("2013-03-07T10:00:01+00:00", "b@x", "10.0.0.1", "n4", "i4"),
        message("2013-03-07T11:00:00.5+01:00", "<>", "", "", ""),
    };

    (void)state;
    for (size_t i = 0; i < sizeof m / sizeof m[0]; i++)
        sightings_add(s, &m[i]);
    assert_dump(s, &key, 0, 0,
                "2013-03-07T11:00:00.5+01:00 2013-03-07T11:00:00.5+01:00 1 "
                "<>   \n"
                "2013-03-07T10:00:01+00:00 2013-03-07T10:00:01+00:00 1 "
                "B@X 9.0.0.1 n1 i1\n"
                "2013-03-07T10:00:01+00:00 2013-03-07T10:00:02+00:00 2 "
                "b@X 9.0.0.1 n3 i3\n"
                "2013-03-07T10:00:01+00:00 2013-03-07T10:00:01+00:00 1 "
                "b@x 10.0.0.1 n4 i4\n");
    assert_dump(s, &key, 2, 0,
                "2013-03-07T10:00:01+00:00 2013-03-07T10:00:02+00:00 2 "
                "b@X 9.0.0.1 n3 i3\n");
    sightings_free(s);
    sightings_free(NULL);
}

/* Equal instants: the spelling, then name, then ID, then how it is written. */
static void earliest_is_one(void **state)
{
    static const char *const dates[] = {"2013-03-07T10:00:00+00:00",
                                        "2013-03-07T11:00:00+01:00"};
    struct field_list key = key_of("sender");
    struct message m[] = {
        message(dates[1], "a@X", "", "n", "i"),
        message(dates[1], "a@x", "", "a", "a"),
        message(dates[1], "a@X", "", "m", "z"),
        message(dates[1], "a@X", "", "m", "b"),
        message(dates[0], "a@X", "", "m", "b"),
    };

    (void)state;
    for (int forward = 0; forward < 2; forward++) {
        struct sightings *s = sightings_new(&key, false);

        for (size_t i = 0; i < 5; i++)
            sightings_add(s, &m[forward ? i : 4 - i]);
        assert_dump(s, &key, 0, 0,
                    "2013-03-07T10:00:00+00:00 2013-03-07T11:00:00+01:00 5 "
                    "a@X m b\n");
        sightings_free(s);
    }
}

static void counts_days(void **state)
{
    struct field_list key = key_of("client_ip");
    struct sightings *s = sightings_new(&key, true);
    struct message m[] = {
        message("2013-03-07T23:59:59-05:00", "", "1.1.1.1", "", "a"),
        message("2013-03-07T00:00:00-05:00", "", "1.1.1.1", "", "b"),
        message("2013-03-05T00:00:00-05:00", "", "1.1.1.1", "", "c"),
        message("2013-03-06T00:00:00-05:00", "", "1.1.1.1", "", "d"),
        message("2013-03-05T01:00:00-05:00", "", "1.1.1.1", "", "e"),
        message("2013-03-07T00:00:00-05:00", "", "2.2.2.2", "", "f"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof m / sizeof m[0]; i++)
        sightings_add(s, &m[i]);
    assert_dump(s, &key, 0, 4, "");
    assert_dump(s, &key, 0, 3,
                "2013-03-05T00:00:00-05:00 2013-03-07T23:59:59-05:00 5 "
                "1.1.1.1  c\n");
    assert_dump(s, &key, 0, 1,
                "2013-03-05T00:00:00-05:00 2013-03-07T23:59:59-05:00 5 "
                "1.1.1.1  c\n"
                "2013-03-07T00:00:00-05:00 2013-03-07T00:00:00-05:00 1 "
                "2.2.2.2  f\n");
    sightings_free(s);
}

static void counts_each_recipient(void **state)
{
    struct field_list key = key_of("recipient");
    struct sightings *s = sightings_new(&key, false);
    struct message m =
        message("2013-03-07T10:00:00+00:00", "a@x", "1.1.1.1", "n", "i");
    struct slice recipients[] = {SLICE("t@x"), SLICE("t@y")};

    (void)state;
    m.recipients = recipients;
    m.recipient_count = 2;
    sightings_add(s, &m);
    m.recipient_count = 1;
    sightings_add(s, &m);
    assert_dump(s, &key, 0, 0,
                "2013-03-07T10:00:00+00:00 2013-03-07T10:00:00+00:00 2 "
                "t@x n i\n"
                "2013-03-07T10:00:00+00:00 2013-03-07T10:00:00+00:00 1 "
                "t@y n i\n");
    sightings_free(s);
}

static void long_texts_and_great_counts(void **state)
{
    struct field_list key = key_of("sender,client_ip");
    struct sightings *s = sightings_new(&key, false);
    struct sighting row = {
        .first_seen = at("2013-03-07T10:00:00+00:00"),
        .last_seen = at("2013-03-07T10:00:00+00:00"),
        .count = UINT64_MAX - 1,
        .key = {SLICE("a@x"), SLICE("2001:db8::1")},
    };
    char *name = malloc(300000);
    struct buf got;

    (void)state;
    assert_non_null(name);
    memset(name, 'n', 300000);
    /* Each is earlier, so that a record is written over, and grows. */
    for (size_t len = 0; len < 300000; len = len * 3 + 1) {
        row.client_name = slice_make(name, len);
        row.first_seen.sec--;
        sightings_merge(s, &row);
    }
    got = dump(s, &key, INT64_MAX, 0);
    assert_true(got.len > 265720 && got.len < 265900);
    buf_free(&got);
    free(name);
    sightings_free(s);
}

static void visitor_can_stop(void **state)
{
    struct field_list key = key_of("sender");
    struct sightings *s = sightings_new(&key, false);
    struct message m[] = {
        message("2013-03-07T10:00:00+00:00", "a@x", "", "", ""),
        message("2013-03-07T10:00:00+00:00", "b@x", "", "", ""),
    };
    struct dump d = {.fields = 1, .stop_after = 1};
    struct error err;

    (void)state;
    assert_true(sightings_each(s, 0, 0, add_row, &d, &err));
    sightings_add(s, &m[0]);
    sightings_add(s, &m[1]);
    assert_false(sightings_each(s, 0, 0, add_row, &d, &err));
    assert_string_equal(err.text, "enough");
    buf_free(&d.text);
    sightings_free(s);
}

/* The property that lets any batch engine run us: shards merged are one run. */

#define MESSAGES 60
#define SHARDS 4

static const char *pick(const char *const *from, size_t count)
{
    return from[(size_t)rand() % count];
}

#define PICK(list) pick(list, sizeof(list) / sizeof(list)[0])

static struct message random_message(void)
{
    static const char *const dates[] = {
        "2013-03-07T10:00:00+00:00",   "2013-03-07T11:00:00+01:00",
        "2013-03-07T10:00:00.0+00:00", "2013-03-07T10:00:00.3+00:00",
        "2013-03-07T10:00:01+00:00",   "2013-03-07T05:00:01-05:00",
    };
    static const char *const senders[] = {"a@x", "a@X", "A@x",
                                          "<>",  "",    "b@long.example.com"};
    static const char *const ips[] = {"1.1.1.1", "10.1.1.1", "::1:2", ""};
    static const char *const names[] = {"", "n", "N", "m.example"};
    static const char *const ids[] = {"", "1", "2@x", "2@X"};

    return message(PICK(dates), PICK(senders), PICK(ips), PICK(names),
                   PICK(ids));
}

static void shuffle(struct message *m, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = (size_t)rand() % i;
        struct message swap = m[i - 1];

        m[i - 1] = m[k];
        m[k] = swap;
    }
}

static bool merge_row(void *arg, const struct sighting *s, struct error *err)
{
    (void)err;
    sightings_merge(arg, s);
    return true;
}

static struct buf sharded(const struct field_list *key, struct message *m)
{
    struct sightings *all = sightings_new(key, false);
    struct sightings *shards[SHARDS];
    struct error err;
    struct buf text;

    shuffle(m, MESSAGES);
    for (size_t i = 0; i < SHARDS; i++)
        shards[i] = sightings_new(key, false);
    for (size_t i = 0; i < MESSAGES; i++)
        sightings_add(shards[(size_t)rand() % SHARDS], &m[i]);
    for (size_t i = 0; i < SHARDS; i++) {
        assert_true(sightings_each(shards[i], 0, 0, merge_row, all, &err));
        sightings_free(shards[i]);
    }
    text = dump(all, key, 0, 0);
    sightings_free(all);
    return text;
}

static void shards_merged_are_one_run(void **state)
{
    static const char *const keys[] = {
        "sender,client_ip", "client_ip",      "client_ip,sender", "sender",
        "sender_domain",    "client_net,day", "client_name",      "message_id",
    };

    (void)state;
    srand(1);
    for (size_t round = 0; round < 400; round++) {
        struct field_list key =
            key_of(keys[round % (sizeof keys / sizeof keys[0])]);
        struct sightings *one = sightings_new(&key, false);
        struct message m[MESSAGES];
        struct buf want, got;

        for (size_t i = 0; i < MESSAGES; i++) {
            m[i] = random_message();
            sightings_add(one, &m[i]);
        }
        want = dump(one, &key, 0, 0);
        got = sharded(&key, m);
        buf_add_byte(&want, '\0');
        buf_add_byte(&got, '\0');
        assert_string_equal(got.ptr, want.ptr);
        buf_free(&want);
        buf_free(&got);
        sightings_free(one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_sorts),
        cmocka_unit_test(earliest_is_one),
        cmocka_unit_test(counts_days),
        cmocka_unit_test(counts_each_recipient),
        cmocka_unit_test(long_texts_and_great_counts),
        cmocka_unit_test(visitor_can_stop),
        cmocka_unit_test(shards_merged_are_one_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
