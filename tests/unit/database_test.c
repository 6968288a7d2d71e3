/* database: rows and state are one, and whoever comes second is told. */
#include "folder.h"

#include <stdbool.h>

#include "base/arena.h"
#include "base/mem.h"
#include "store/database.h"

static struct database *opened(bool writes)
{
    struct error err = {.text = ""};
    struct uri u;
    struct database *d;

    assert_true(uri_parse("kept.db", &u, &err));
    d = database_open(&u, writes, 0, &err);
    uri_release(&u);
    if (d == NULL)
        fail_msg("%s", err.text);
    return d;
}

/* ---- what a run knows of logs ---- */

static struct known_log a_log(uint64_t head, uint32_t size, uint64_t offset)
{
    static char names[] = "mx maillog\n";

    return (struct known_log){
        .head_size = size,
        .head = {head, head},
        .offset = offset,
        .tail_size = size,
        .tail = {offset, offset},
        .name = names,
        .first = {.sec = 1362629553, .offset = 60},
        .last = {.sec = 1362629554, .offset = 60},
    };
}

struct loaded {
    struct known known;
    int64_t version[8], place[8];
};

static void on_log(void *arg, const struct known_log *log, int64_t place,
                   int64_t version)
{
    struct loaded *l = arg;
    struct known *k = &l->known;

    k->log = mem_grow(k->log, k->count, &k->cap, sizeof *k->log);
    k->log[k->count] = *log;
    k->log[k->count].name = mem_text(slice_of(log->name));
    l->place[k->count] = place;
    l->version[k->count++] = version;
}

static struct loaded load(struct database *d)
{
    struct loaded l = {.known = {.count = 0}};
    struct error err = {.text = ""};

    if (!database_logs(d, on_log, &l, &err))
        fail_msg("%s", err.text);
    return l;
}

/* ---- commits ---- */

static struct message a_message(const char *queue_id)
{
    static const struct slice recipients[] = {{"t@trap.example", 14},
                                              {"u v@trap.example", 16}};

    return (struct message){
        .date = {.sec = 1362629553,
                 .nsec = 500000000,
                 .offset = 60,
                 .digits = 1},
        .sender = SLICE("Joe@A.Example"),
        .client_ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}},
        .client_name = SLICE("a.example"),
        .helo = SLICE(""),
        .message_id = SLICE("1@a.example"),
        .recipients = recipients,
        .recipient_count = 2,
        .size = -1,
        .outcome = OUTCOME_ACCEPTED,
        .mta = SLICE("postfix"),
        .mta_host = SLICE("mx1"),
        .queue_id = slice_of(queue_id),
    };
}

static enum database_result commit(struct database *d,
                                   const struct loaded *loaded,
                                   const struct database_move *move,
                                   const struct database_message *messages,
                                   size_t count)
{
    struct error err = {.text = ""};
    struct arena *arena = arena_new();
    struct database_message *ready = mem_array(count + 1, sizeof *ready);
    struct database_arrival *arrivals;
    struct database_batch b = {
        .loaded = &loaded->known,
        .moves = move,
        .move_count = move == NULL ? 0 : 1,
        .arrival_count = count,
        .version = database_new_version(),
    };
    enum database_result result;

    for (size_t i = 0; i < count; i++) {
        ready[i] = messages[i];
        database_prepare(&ready[i], arena);
    }
    b.arrivals = arrivals = database_in_order(ready, count);
    result = database_commit(d, &b, &err);
    free(arrivals);
    free(ready);
    arena_free(arena);
    if (result == DATABASE_FAILED)
        fail_msg("%s", err.text);
    if (result == DATABASE_MOVED)
        assert_string_equal(err.text,
                            "kept.db: another run goes on with the same logs");
    return result;
}

static enum database_result put_in(struct database *d,
                                   const struct database_message *messages,
                                   size_t count)
{
    static const struct loaded none;

    return commit(d, &none, NULL, messages, count);
}

struct rows {
    size_t count;
    struct buf text;
};

static bool on_row(void *arg, const struct row *row,
                   const struct field_list *columns, uint64_t line,
                   struct error *err)
{
    struct rows *r = arg;

    (void)line, (void)err;
    for (unsigned i = 0; i < columns->count; i++) {
        enum field f = columns->field[i];

        if (f != FIELD_RECIPIENTS) {
            buf_add(&r->text, row_value(row, f));
            buf_add_byte(&r->text, '|');
        }
    }
    for (size_t i = 0; i < row->recipient_count; i++) {
        buf_add(&r->text, row->recipients[i]);
        buf_add_byte(&r->text, '|');
    }
    r->count++;
    return true;
}

/* How many messages there are; their rows to text unless it is NULL. */
static size_t count_rows(struct database *d, struct buf *text)
{
    struct database_selection s = {.outcomes = (1u << OUTCOME_TOTAL) - 1,
                                   .since = STAMP_NONE,
                                   .until = STAMP_NONE,
                                   .recipients = true};
    struct rows r = {.count = 0};
    struct error err = {.text = ""};

    if (!database_rows(d, &s, on_row, &r, &err))
        fail_msg("%s", err.text);
    if (text != NULL)
        *text = r.text;
    else
        buf_free(&r.text);
    return r.count;
}

/* ---- the tests ---- */

static void what_is_put_comes_back(void **state)
{
    struct database *d = opened(true);
    struct database_message m = {.message = a_message("3F"), .as_read = true};
    struct buf text = {0};

    (void)state;
    assert_int_equal(put_in(d, &m, 1), DATABASE_DONE);
    database_close(d);
    d = opened(false);
    assert_int_equal(count_rows(d, &text), 1);
    buf_add_byte(&text, '\0');
    assert_string_equal(
        text.ptr,
        "2013-03-07T05:12:33.5+01:00|Joe@A.Example|192.0.2.1|a.example||"
        "1@a.example||accepted|postfix|mx1|3F|t@trap.example|"
        "u v@trap.example|");
    buf_free(&text);
    database_close(d);
}

static void one_with_queue_id_enters_once(void **state)
{
    struct database *d = opened(true);
    struct database_message m[] = {{.message = a_message("3F")},
                                   {.message = a_message("3F")},
                                   {.message = a_message("4F")}};
    struct buf text = {0};

    (void)state;
    /* Another year, as it may be guessed, and one recipient more or less. */
    m[1].message.date.sec += 365 * 86400;
    m[1].message.recipient_count = 1;
    m[1].message.sender = SLICE("else");
    assert_int_equal(put_in(d, m, 3), DATABASE_DONE);
    assert_int_equal(put_in(d, m, 3), DATABASE_DONE);
    assert_int_equal(count_rows(d, &text), 2);
    buf_add_byte(&text, '\0');
    assert_null(strstr(text.ptr, "else"));
    buf_free(&text);
    database_close(d);
}

static void one_without_enters_as_often_as_it_is_read(void **state)
{
    struct database *d = opened(true);
    struct database_message m[] = {
        {.message = a_message(""), .as_read = true, .copy = 0},
        {.message = a_message(""), .as_read = true, .copy = 1},
        {.message = a_message(""), .as_read = true, .copy = 2}};

    (void)state;
    assert_int_equal(put_in(d, m, 2), DATABASE_DONE);
    assert_int_equal(count_rows(d, NULL), 2);
    assert_int_equal(put_in(d, m, 1), DATABASE_DONE);
    assert_int_equal(count_rows(d, NULL), 3);
    /* Out of a file of rows: as many as it has, less those there. */
    for (int i = 0; i < 3; i++)
        m[i].as_read = false;
    assert_int_equal(put_in(d, m, 3), DATABASE_DONE);
    assert_int_equal(count_rows(d, NULL), 3);
    m[2].copy = 3;
    assert_int_equal(put_in(d, m + 2, 1), DATABASE_DONE);
    assert_int_equal(count_rows(d, NULL), 4);
    database_close(d);
}

static void any_byte_survives(void **state)
{
    struct database *d = opened(true);
    struct database_message m = {.message = a_message("3F")};
    struct buf text = {0};

    (void)state;
    m.message.sender = SLICE("a\0b'\"\n\\@\xf0\x9f\x92\xa9.example");
    m.message.helo = SLICE("\xff\xfe\x80");
    m.message.mta_host = SLICE("mx\xe4");
    assert_int_equal(put_in(d, &m, 1), DATABASE_DONE);
    assert_int_equal(put_in(d, &m, 1), DATABASE_DONE);
    assert_int_equal(count_rows(d, &text), 1);
    assert_true(slice_find(buf_slice(&text), m.message.sender) != SIZE_MAX);
    assert_true(slice_find(buf_slice(&text), m.message.helo) != SIZE_MAX);
    assert_true(slice_find(buf_slice(&text), m.message.mta_host) != SIZE_MAX);
    buf_free(&text);
    database_close(d);
}

/* Reads on in the only log there is. */
static enum database_result read_on(struct database *d, struct loaded *l,
                                    uint64_t to)
{
    struct database_message m = {.message = a_message(""), .as_read = true};
    struct database_move move = {.was = l->known.log[0],
                                 .version = l->version[0],
                                 .now = a_log(7, KNOWN_SPAN, to)};

    return commit(d, l, &move, &m, 1);
}

static void the_second_is_told(void **state)
{
    struct database *one = opened(true), *two = opened(true);
    struct loaded first = load(one), second;
    struct database_move add = {.now = a_log(7, KNOWN_SPAN, 5000)};

    (void)state;
    assert_int_equal(first.known.count, 0);
    assert_int_equal(commit(one, &first, &add, NULL, 0), DATABASE_DONE);
    first = load(one);
    second = load(two);
    assert_int_equal(first.known.count, 1);
    assert_string_equal(first.known.log[0].name, "mx maillog\n");
    assert_int_equal(first.known.log[0].last.offset, 60);
    assert_int_equal(read_on(one, &first, 6000), DATABASE_DONE);
    /* To the same place or another one: nothing of it is taken. */
    assert_int_equal(read_on(two, &second, 6000), DATABASE_MOVED);
    assert_int_equal(read_on(two, &second, 7000), DATABASE_MOVED);
    assert_int_equal(count_rows(two, NULL), 1);
    known_release(&second.known);
    second = load(two);
    assert_int_equal(second.known.log[0].offset, 6000);
    assert_int_equal(read_on(two, &second, 7000), DATABASE_DONE);
    assert_int_equal(count_rows(one, NULL), 2);
    known_release(&first.known);
    known_release(&second.known);
    database_close(one);
    database_close(two);
}

/* Two meet a log for the first time: it has no row to collide on. */
static void two_newcomers(void **state)
{
    static const struct {
        struct {
            uint64_t head;
            uint32_t size;
            uint64_t offset;
        } a, b;
        enum database_result result;
    } cases[] = {
        {{1, KNOWN_SPAN, 5000}, {1, KNOWN_SPAN, 5000}, DATABASE_MOVED},
        {{2, KNOWN_SPAN, 5000}, {2, KNOWN_SPAN, 9000}, DATABASE_MOVED},
        {{3, KNOWN_SPAN, 5000}, {4, KNOWN_SPAN, 5000}, DATABASE_DONE},
        {{5, 100, 100}, {5, 100, 100}, DATABASE_MOVED},
        {{6, 100, 100}, {7, 100, 100}, DATABASE_DONE},
        /* The one may be the beginning of the other. */
        {{8, 100, 100}, {9, KNOWN_SPAN, 5000}, DATABASE_MOVED},
        {{10, KNOWN_SPAN, 5000}, {11, 200, 200}, DATABASE_MOVED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct database *one = opened(true), *two = opened(true);
        struct loaded a = load(one), b = load(two);
        struct database_move move[] = {
            {.now = a_log(cases[i].a.head, cases[i].a.size, cases[i].a.offset)},
            {.now =
                 a_log(cases[i].b.head, cases[i].b.size, cases[i].b.offset)}};

        assert_int_equal(commit(one, &a, &move[0], NULL, 0), DATABASE_DONE);
        assert_int_equal(commit(two, &b, &move[1], NULL, 0), cases[i].result);
        /* Having looked, it may. */
        known_release(&b.known);
        b = load(two);
        move[1].now.offset++;
        move[1].now.tail.low++;
        assert_int_equal(commit(two, &b, &move[1], NULL, 0), DATABASE_DONE);
        known_release(&a.known);
        known_release(&b.known);
        database_close(one);
        database_close(two);
        assert_int_equal(remove("kept.db"), 0);
    }
}

static void on_host(void *arg, const struct database_host *h)
{
    *(int64_t *)arg = h->version;
    assert_true(slice_equal(h->name, SLICE("mx1")));
    assert_true(slice_equal(h->state, SLICE("a\0b")));
}

static bool on_flight(void *arg, const struct database_flight *f,
                      struct error *err)
{
    struct buf *text = arg;

    (void)err;
    buf_addf(text, "%.*s %.*s %d;", (int)f->kind.len, f->kind.ptr,
             (int)f->id.len, f->id.ptr, (int)f->opened);
    return true;
}

static void hosts_and_flight(void **state)
{
    struct database *d = opened(true);
    struct database_host host = {.name = SLICE("mx1"), .state = SLICE("a\0b")};
    struct database_flight flights[] = {
        {SLICE("mx1"), SLICE("message"), SLICE("B"), 2, 5, SLICE("x")},
        {SLICE("mx1"), SLICE("message"), SLICE("A"), 3, 5, SLICE("y")},
        {SLICE("mx1"), SLICE("session"), SLICE("9"), 1, INT64_MIN, SLICE("z")},
        {SLICE("mx2"), SLICE("message"), SLICE("C"), 1, 5, SLICE("x")},
        {SLICE("mx1"), SLICE("message"), SLICE("B"), 2, 5, {NULL, 0}},
    };
    struct database_batch b = {.hosts = &host,
                               .host_count = 1,
                               .flights = flights,
                               .flight_count = 4,
                               .version = 11};
    struct buf text = {0};
    struct error err = {.text = ""};
    int64_t version = 0;

    (void)state;
    assert_int_equal(database_commit(d, &b, &err), DATABASE_DONE);
    /* Not there in what was loaded: somebody else has made it. */
    assert_int_equal(database_commit(d, &b, &err), DATABASE_MOVED);
    assert_true(database_hosts(d, on_host, &version, &err));
    assert_int_equal(version, 11);
    b.flights = &flights[4];
    b.flight_count = 1;
    b.version = 12;
    host.version = 10;
    assert_int_equal(database_commit(d, &b, &err), DATABASE_MOVED);
    host.version = 11;
    assert_int_equal(database_commit(d, &b, &err), DATABASE_DONE);
    assert_true(database_flights(d, SLICE("mx1"), on_flight, &text, &err));
    buf_add_byte(&text, '\0');
    assert_string_equal(text.ptr, "message A 3;session 9 1;");
    buf_free(&text);
    database_close(d);
}

static void expire(void **state)
{
    struct database *d = opened(true);
    struct database_message m[] = {{.message = a_message("3F")},
                                   {.message = a_message("4F")}};
    struct stamp before = {.sec = m[0].message.date.sec + 1};
    struct error err = {.text = ""};

    (void)state;
    m[1].message.date.sec++;
    assert_int_equal(put_in(d, m, 2), DATABASE_DONE);
    assert_true(database_expire(d, before, &err));
    assert_int_equal(count_rows(d, NULL), 1);
    /* Its recipients went with it, else they would be those of this one. */
    m[0].message.recipient_count = 0;
    assert_int_equal(put_in(d, m, 1), DATABASE_DONE);
    assert_int_equal(count_rows(d, NULL), 2);
    before.sec++;
    assert_true(database_expire(d, before, &err));
    assert_int_equal(count_rows(d, NULL), 0);
    database_close(d);
}

static void selection(void **state)
{
    struct database *d = opened(true);
    struct database_message m[] = {{.message = a_message("3F")},
                                   {.message = a_message("4F")},
                                   {.message = a_message("5F")}};
    struct database_selection s = {.outcomes = 1u << OUTCOME_ACCEPTED,
                                   .since = STAMP_NONE,
                                   .until = STAMP_NONE};
    struct rows r = {.count = 0};
    struct error err = {.text = ""};

    (void)state;
    m[1].message.outcome = OUTCOME_REJECTED;
    m[2].message.date.sec += 86400;
    assert_int_equal(put_in(d, m, 3), DATABASE_DONE);
    assert_true(database_rows(d, &s, on_row, &r, &err));
    assert_int_equal(r.count, 2);
    s.since = m[2].message.date;
    assert_true(database_rows(d, &s, on_row, &r, &err));
    assert_int_equal(r.count, 3);
    s.since = STAMP_NONE;
    s.until = m[0].message.date;
    s.outcomes |= 1u << OUTCOME_REJECTED;
    assert_true(database_rows(d, &s, on_row, &r, &err));
    assert_int_equal(r.count, 5);
    buf_free(&r.text);
    database_close(d);
}

static void is_file(void **state)
{
    (void)state;
    assert_true(database_is_file(SLICE("SQLite format 3\0...")));
    assert_false(database_is_file(SLICE("SQLite format 3")));
    assert_false(database_is_file(SLICE("Mar  7 04:12:33 mx1 x: y")));
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, enter_memory, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_put_comes_back),
        TEST(one_with_queue_id_enters_once),
        TEST(one_without_enters_as_often_as_it_is_read),
        TEST(any_byte_survives),
        TEST(the_second_is_told),
        TEST(two_newcomers),
        TEST(hosts_and_flight),
        TEST(expire),
        TEST(selection),
        TEST(is_file),
    };
    char text[80];

    /* A build without SQLite has nothing to be tested here. */
    if (strstr(database_library(0, text), "SQLite 3") == NULL) {
        (void)puts("1..0 # SKIP built without SQLite");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
