/* messages: a union by identity, whatever the order of the inputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "collect/messages.h"

struct sample {
    const char *date, *host, *id, *sender, *ip, *helo;
    size_t recipients;
    int64_t size;
};

static const struct slice recipients[] = {{"t@x", 3}, {"u@x", 3}, {"v@x", 3}};

static struct message message(const struct sample *s)
{
    struct message m = {
        .sender = slice_of(s->sender),
        .helo = slice_of(s->helo),
        .recipients = recipients,
        .recipient_count = s->recipients,
        .size = s->size,
        .mta = SLICE("postfix"),
        .mta_host = slice_of(s->host),
        .queue_id = slice_of(s->id),
    };

    assert_true(stamp_parse(slice_of(s->date), &m.date));
    if (s->ip[0] != '\0')
        assert_true(address_parse(slice_of(s->ip), &m.client_ip));
    return m;
}

static void add(struct messages *s, const struct sample *sample, unsigned input)
{
    struct message m = message(sample);

    messages_add(s, &m, input);
}

static bool add_row(void *arg, const struct message *m, struct error *err)
{
    char date[STAMP_SIZE], ip[ADDRESS_SIZE];

    (void)err;
    stamp_format(m->date, date);
    address_format(&m->client_ip, ip);
    buf_addf(arg, "%s %.*s %.*s %.*s %s %.*s %zu %d\n", date,
             (int)m->mta_host.len, m->mta_host.ptr, (int)m->queue_id.len,
             m->queue_id.ptr, (int)m->sender.len, m->sender.ptr, ip,
             (int)m->helo.len, m->helo.ptr, m->recipient_count, (int)m->size);
    return true;
}

static struct buf dump(struct messages *s)
{
    struct buf text = {0};
    struct error err;

    assert_true(messages_each(s, add_row, &text, &err));
    buf_add_byte(&text, '\0');
    return text;
}

static void assert_union(const struct sample *samples, const unsigned *inputs,
                         size_t count, const char *want)
{
    for (int forward = 0; forward < 2; forward++) {
        struct messages *s = messages_new();
        struct buf got;

        for (size_t i = 0; i < count; i++) {
            size_t k = forward ? i : count - 1 - i;

            add(s, &samples[k], inputs[k]);
        }
        got = dump(s);
        assert_string_equal(got.ptr, want);
        buf_free(&got);
        messages_free(s);
    }
}

#define D1 "2013-03-07T10:00:00+00:00"
#define D2 "2013-03-07T10:00:01+00:00"

static void same_id_is_one(void **state)
{
    static const struct sample samples[] = {
        {D1, "mx1", "A1", "a@x", "1.1.1.1", "", 1, 10},
        {D1, "mx1", "A1", "a@x", "1.1.1.1", "", 1, 10},
        {D1, "mx2", "A1", "a@x", "1.1.1.1", "", 1, 10}, /* another host */
        {D2, "mx1", "A1", "a@x", "1.1.1.1", "", 1, 10}, /* ID used again */
    };
    static const unsigned inputs[] = {0, 1, 1, 1};

    (void)state;
    assert_union(samples, inputs, 4,
                 D1 " mx1 A1 a@x 1.1.1.1  1 10\n" D1
                    " mx2 A1 a@x 1.1.1.1  1 10\n" D2
                    " mx1 A1 a@x 1.1.1.1  1 10\n");
}

static void guessed_year_is_no_identity(void **state)
{
    static const struct sample samples[] = {
        {"2014-03-07T10:00:00+00:00", "mx", "A1", "a@x", "1.1.1.1", "", 1, 1},
        {"2013-03-07T10:00:00+00:00", "mx", "A1", "a@x", "1.1.1.1", "", 1, 1},
        {"2013-03-07T10:00:00.5+00:00", "mx", "A1", "a@x", "1.1.1.1", "", 1, 1},
        {"2013-03-07T10:00:00+02:00", "mx", "A1", "a@x", "1.1.1.1", "", 1, 1},
    };
    static const unsigned inputs[] = {0, 1, 2, 3};

    (void)state;
    assert_union(samples, inputs, 4,
                 "2013-03-07T10:00:00+02:00 mx A1 a@x 1.1.1.1  1 1\n");
}

static void fuller_one_stands(void **state)
{
    static const struct sample samples[] = {
        {D1, "mx", "A1", "a@x", "", "", 0, 10},
        {D1, "mx", "A1", "z@x", "1.1.1.1", "", 1, 10}, /* one field more */
        {D1, "mx", "A1", "b@x", "1.1.1.1", "", 1, 10}, /* then the smaller */
        {D1, "mx", "A1", "", "1.1.1.1", "h", 1, 10},
        {D1, "mx", "A2", "y@x", "", "", 2, 10}, /* more recipients */
        {D1, "mx", "A2", "a@x", "", "", 1, 10},
    };
    static const unsigned inputs[] = {0, 1, 2, 3, 4, 5};

    (void)state;
    assert_union(samples, inputs, 6,
                 D1 " mx A1  1.1.1.1 h 1 10\n" D1 " mx A2 y@x   2 10\n");
}

static void without_id_all_fields_count(void **state)
{
    static const struct sample samples[] = {
        {D1, "mx", "", "a@x", "1.1.1.1", "", 1, -1}, /* twice in one */
        {D1, "mx", "", "a@x", "1.1.1.1", "", 1, -1},
        {D1, "mx", "", "a@x", "1.1.1.1", "", 1, -1}, /* once in the other */
        {D1, "mx", "", "a@x", "1.1.1.1", "h", 1, -1},
        {D1, "mx", "", "a@x", "1.1.1.1", "", 2, -1},
        {"2014-03-07T10:00:00+00:00", "mx", "", "a@x", "1.1.1.1", "", 1, -1},
        {D1, "mx", "", "a@x", "1.1.1.1", "", 1, -1}, /* the first goes on */
    };
    static const unsigned inputs[] = {7, 7, 8, 8, 8, 8, 7};

    (void)state;
    assert_union(samples, inputs, 7,
                 D1 " mx  a@x 1.1.1.1  1 -1\n" D1 " mx  a@x 1.1.1.1  1 -1\n" D1
                    " mx  a@x 1.1.1.1  1 -1\n" D1 " mx  a@x 1.1.1.1  2 -1\n" D1
                    " mx  a@x 1.1.1.1 h 1 -1\n"
                    "2014-03-07T10:00:00+00:00 mx  a@x 1.1.1.1  1 -1\n");
}

static bool stop(void *arg, const struct message *m, struct error *err)
{
    (void)m;
    ++*(int *)arg;
    return error_set(err, "enough");
}

static void visitor_can_stop(void **state)
{
    static const struct sample sample = {D1, "mx", "", "a@x", "", "", 0, 1};
    struct messages *s = messages_new();
    struct error err;
    int visits = 0;

    (void)state;
    assert_true(messages_each(s, stop, &visits, &err));
    add(s, &sample, 0);
    add(s, &sample, 0);
    assert_false(messages_each(s, stop, &visits, &err));
    assert_int_equal(visits, 1);
    messages_free(s);
    messages_free(NULL);
}

#define SAMPLES 40

static const char *pick(const char *const *from, size_t count)
{
    return from[(size_t)rand() % count];
}

#define PICK(list) pick(list, sizeof(list) / sizeof(list)[0])

static struct sample random_sample(void)
{
    static const char *const dates[] = {D1, D2, "2014-03-07T10:00:00+00:00",
                                        "2013-03-07T10:00:00.50+00:00",
                                        "2013-03-07T11:00:00+01:00"};
    static const char *const hosts[] = {"mx1", "mx2"};
    static const char *const ids[] = {"", "A1", "A2"};
    static const char *const senders[] = {"", "a@x", "b@x"};
    static const char *const ips[] = {"", "1.1.1.1", "::2"};
    static const char *const helos[] = {"", "h"};

    return (struct sample){PICK(dates),        PICK(hosts), PICK(ids),
                           PICK(senders),      PICK(ips),   PICK(helos),
                           (size_t)rand() % 4, rand() % 2};
}

static struct buf union_of(const struct sample *samples, const unsigned *inputs,
                           const size_t *order)
{
    struct messages *s = messages_new();
    struct buf text;

    for (size_t i = 0; i < SAMPLES; i++)
        add(s, &samples[order[i]], inputs[order[i]]);
    text = dump(s);
    messages_free(s);
    return text;
}

static void order_does_not_matter(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 500; round++) {
        struct sample samples[SAMPLES];
        unsigned inputs[SAMPLES];
        size_t order[SAMPLES];
        struct buf want, got;

        for (size_t i = 0; i < SAMPLES; i++) {
            samples[i] = i % 3 == 2 ? samples[i - 1] : random_sample();
            inputs[i] = (unsigned)rand() % 4;
            order[i] = i;
        }
        want = union_of(samples, inputs, order);
        for (size_t i = SAMPLES; i > 1; i--) {
            size_t k = (size_t)rand() % i, swap = order[i - 1];

            order[i - 1] = order[k];
            order[k] = swap;
        }
        got = union_of(samples, inputs, order);
        assert_string_equal(got.ptr, want.ptr);
        buf_free(&want);
        buf_free(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_id_is_one),
        cmocka_unit_test(guessed_year_is_no_identity),
        cmocka_unit_test(fuller_one_stands),
        cmocka_unit_test(without_id_all_fields_count),
        cmocka_unit_test(visitor_can_stop),
        cmocka_unit_test(order_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
