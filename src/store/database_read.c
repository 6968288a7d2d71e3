/*
 * database_read - what a database has, back: state, and rows
 *
 * Where a row holds what is not of its column's form somebody else was at it,
 * and nothing is made of it.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/row.h"
#include "store/database.h"
#include "store/database_inside.h"

static bool bad_row(const struct database *d, const char *table,
                    struct error *err)
{
    return error_set(err, "%s: %s has a row that cannot be read", d->uri.name,
                     table);
}

static bool take_number(struct slice text, int64_t least, int64_t most,
                        int64_t *number)
{
    bool negative = slice_starts(text, SLICE("-"));
    unsigned long long digits;

    if (!slice_number(slice_from(text, negative ? 1 : 0), &digits) ||
        digits > INT64_MAX)
        return false;
    *number = negative ? -(int64_t)digits : (int64_t)digits;
    return *number >= least && *number <= most;
}

/* ---- logs ---- */

struct log_reading {
    struct database *d;
    database_log *sink;
    void *arg;
};

static bool take_stamp(struct slice text, struct stamp *s)
{
    *s = STAMP_NONE;
    return text.len == 0 || stamp_parse(text, s);
}

static bool take_log(const struct slice *field, struct known_log *log,
                     int64_t *place, int64_t *version)
{
    int64_t head, offset, tail;

    if (!db_hash_take(field[0], &log->head) ||
        !take_number(field[1], 0, KNOWN_SPAN, &head) ||
        !take_number(field[2], 0, INT64_MAX, &offset) ||
        !db_hash_take(field[3], &log->tail) ||
        !take_number(field[4], 0, KNOWN_SPAN, &tail) || tail > offset ||
        !take_stamp(field[6], &log->first) ||
        !take_stamp(field[7], &log->last) ||
        !take_number(field[8], 0, INT64_MAX, place) ||
        !take_number(field[9], 0, INT64_MAX, version))
        return false;
    log->head_size = (uint32_t)head;
    log->offset = (uint64_t)offset;
    log->tail_size = (uint32_t)tail;
    return true;
}

static bool on_log(void *arg, const struct slice *field, struct error *err)
{
    struct log_reading *r = arg;
    struct known_log log = {.name = NULL};
    int64_t place, version;

    if (!take_log(field, &log, &place, &version))
        return bad_row(r->d, "logs", err);
    if (field[5].len > 0)
        log.name = mem_text(field[5]);
    r->sink(r->arg, &log, place, version);
    free(log.name);
    return true;
}

enum db_result database_read_logs(struct database *d, database_log *sink,
                                  void *arg, struct error *err)
{
    struct log_reading r = {d, sink, arg};

    return d->driver->select(d->c, "SELECT * FROM logs ORDER BY place", NULL, 0,
                             10, on_log, &r, err);
}

static bool on_version(void *arg, const struct slice *field, struct error *err)
{
    struct database *d = arg;

    return take_number(field[0], 0, INT64_MAX, &d->logs_version) ||
           bad_row(d, "spamharvest", err);
}

struct numbers {
    int64_t place, version;
};

/* What is read in one go must not be seen half: so first all, then the sink. */
struct log_list {
    struct known_log *log;
    struct numbers *numbers;
    size_t count, cap, numbers_cap;
};

static void list_log(void *arg, const struct known_log *log, int64_t place,
                     int64_t version)
{
    struct log_list *l = arg;

    l->log = mem_grow(l->log, l->count, &l->cap, sizeof *l->log);
    l->numbers =
        mem_grow(l->numbers, l->count, &l->numbers_cap, sizeof *l->numbers);
    l->log[l->count] = *log;
    l->log[l->count].name =
        log->name == NULL ? NULL : mem_text(slice_of(log->name));
    l->numbers[l->count++] = (struct numbers){place, version};
}

static void list_empty(struct log_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->log[i].name);
    l->count = 0;
}

/* The version first: if a log comes in between, the next commit looks. */
static enum db_result read_logs(struct database *d, void *arg,
                                struct error *err)
{
    enum db_result result;

    list_empty(arg);
    result = d->driver->select(d->c, "SELECT logs_version FROM spamharvest",
                               NULL, 0, 1, on_version, d, err);
    return result == DB_DONE ? database_read_logs(d, list_log, arg, err)
                             : result;
}

bool database_logs(struct database *d, database_log *sink, void *arg,
                   struct error *err)
{
    struct log_list list = {.log = NULL};
    bool ok = database_do(d, read_logs, &list, err);

    for (size_t i = 0; i < list.count && ok; i++)
        sink(arg, &list.log[i], list.numbers[i].place, list.numbers[i].version);
    list_empty(&list);
    free(list.log);
    free(list.numbers);
    return ok;
}

/* ---- hosts, and what is in flight ---- */

/* Rows of a table, kept so that a reading that broke off leaves nothing. */
struct row_list {
    const char *sql;
    struct db_value value;
    size_t values, fields;
    struct arena *arena;
    struct slice *field;
    size_t count, cap; /* fields */
};

static bool list_row(void *arg, const struct slice *field, struct error *err)
{
    struct row_list *l = arg;

    (void)err;
    for (size_t i = 0; i < l->fields; i++) {
        l->field = mem_grow(l->field, l->count, &l->cap, sizeof *l->field);
        l->field[l->count++] =
            field[i].ptr == NULL ? field[i] : arena_copy(l->arena, field[i]);
    }
    return true;
}

static enum db_result read_rows(struct database *d, void *arg,
                                struct error *err)
{
    struct row_list *l = arg;

    arena_reset(l->arena);
    l->count = 0;
    return d->driver->select(d->c, l->sql, &l->value, l->values, l->fields,
                             list_row, l, err);
}

static bool list_rows(struct database *d, struct row_list *l, struct error *err)
{
    l->arena = arena_new();
    return database_do(d, read_rows, l, err);
}

static void list_release(struct row_list *l)
{
    arena_free(l->arena);
    free(l->field);
}

bool database_hosts(struct database *d, database_host_sink *sink, void *arg,
                    struct error *err)
{
    struct row_list l = {
        .sql = "SELECT mta_host, head, state, version FROM hosts", .fields = 4};
    bool ok = list_rows(d, &l, err);

    for (size_t i = 0; i < l.count && ok; i += 4) {
        const struct slice *field = l.field + i;
        struct database_host h = {.name = field[0], .state = field[2]};

        ok = (db_hash_take(field[1], &h.head) &&
              take_number(field[3], 1, INT64_MAX, &h.version)) ||
             bad_row(d, "hosts", err);
        if (ok)
            sink(arg, &h);
    }
    list_release(&l);
    return ok;
}

bool database_flights(struct database *d, struct slice host,
                      database_flight_sink *sink, void *arg, struct error *err)
{
    struct row_list l = {.sql = "SELECT kind, id, opened, latest, state"
                                " FROM in_flight WHERE mta_host = ?"
                                " ORDER BY kind, opened",
                         .value = db_text(host),
                         .values = 1,
                         .fields = 5};
    bool ok = list_rows(d, &l, err);

    for (size_t i = 0; i < l.count && ok; i += 5) {
        const struct slice *field = l.field + i;
        struct database_flight f = {.host = host,
                                    .kind = field[0],
                                    .id = field[1],
                                    .latest = INT64_MIN,
                                    .state = field[4]};

        ok = take_number(field[2], 0, INT64_MAX, &f.opened) &&
             (field[3].ptr == NULL ||
              take_number(field[3], INT64_MIN, INT64_MAX, &f.latest));
        ok = (ok && sink(arg, &f, err)) || bad_row(d, "in_flight", err);
    }
    list_release(&l);
    return ok;
}

/* ---- messages ---- */

/* Fields of message rows in the order in which they are selected. */
static const enum field selected[] = {
    FIELD_MTA_HOST,  FIELD_QUEUE_ID,    FIELD_DATE, FIELD_SENDER,
    FIELD_CLIENT_IP, FIELD_CLIENT_NAME, FIELD_HELO, FIELD_MESSAGE_ID,
    FIELD_SIZE,      FIELD_OUTCOME,     FIELD_MTA,
};

#define SELECTED (sizeof selected / sizeof selected[0])
#define RECIPIENT (1 + SELECTED) /* id in front, this behind */

struct row_reading {
    struct database *d;
    bool recipients;
    row_sink *sink;
    void *arg;
    struct field_list columns;
    struct row row; /* of a message whose recipients are yet to come */
    bool under_way;
    struct arena *arena; /* its texts */
    struct buf id;
    struct slice *list;
    size_t count, cap;
};

static void fill_row(struct row_reading *r, const struct slice *field)
{
    arena_reset(r->arena);
    r->row = (struct row){.present = UINT32_C(1) << FIELD_RECIPIENTS};
    for (size_t i = 0; i < SELECTED; i++) {
        r->row.value[selected[i]] = arena_copy(r->arena, field[1 + i]);
        r->row.present |= UINT32_C(1) << selected[i];
    }
    buf_reset(&r->id);
    buf_add(&r->id, field[0]);
    r->count = 0;
    r->under_way = true;
}

static bool hand_on(struct row_reading *r, struct error *err)
{
    if (!r->under_way)
        return true;
    r->under_way = false;
    r->row.recipients = r->list;
    r->row.recipient_count = r->count;
    return r->sink(r->arg, &r->row, &r->columns, 0, err);
}

static bool hand_on_as_it_is(struct row_reading *r, const struct slice *field,
                             struct error *err)
{
    r->row.present = 0;
    for (size_t i = 0; i < SELECTED; i++) {
        r->row.value[selected[i]] = field[1 + i];
        r->row.present |= UINT32_C(1) << selected[i];
    }
    return r->sink(r->arg, &r->row, &r->columns, 0, err);
}

static bool on_message(void *arg, const struct slice *field, struct error *err)
{
    struct row_reading *r = arg;

    if (!r->recipients)
        return hand_on_as_it_is(r, field, err);
    if (!r->under_way || !slice_equal(buf_slice(&r->id), field[0])) {
        if (!hand_on(r, err))
            return false;
        fill_row(r, field);
    }
    if (field[RECIPIENT].ptr != NULL) {
        r->list = mem_grow(r->list, r->count, &r->cap, sizeof *r->list);
        r->list[r->count++] = arena_copy(r->arena, field[RECIPIENT]);
    }
    return true;
}

/* What SQL can leave out; what is left is looked at again. */
static void add_selection(struct buf *sql, const struct database_selection *s)
{
    char day[STAMP_SIZE];
    const char *word = " WHERE";

    if (s->outcomes != (1u << OUTCOME_TOTAL) - 1) {
        buf_addf(sql, "%s outcome IN (''", word);
        for (unsigned i = 0; i < OUTCOME_TOTAL; i++)
            if (s->outcomes >> i & 1)
                buf_addf(sql, ", '%s'", outcome_name((enum outcome)i).ptr);
        buf_add_byte(sql, ')');
        word = " AND";
    }
    /* The day is as logged, in whatever zone. */
    if (!stamp_is_none(s->since)) {
        size_t len = stamp_format_day(
            (struct stamp){.sec = s->since.sec - STAMP_DAY}, day);

        buf_addf(sql, "%s day >= '%.*s' AND instant >= %lld", word, (int)len,
                 day, (long long)s->since.sec);
        word = " AND";
    }
    if (!stamp_is_none(s->until)) {
        size_t len = stamp_format_day(
            (struct stamp){.sec = s->until.sec + STAMP_DAY}, day);

        buf_addf(sql, "%s day <= '%.*s' AND instant <= %lld", word, (int)len,
                 day, (long long)s->until.sec);
    }
}

static void make_query(struct buf *sql, const struct database_selection *s)
{
    buf_addf(sql, "SELECT messages.id");
    for (size_t i = 0; i < SELECTED; i++)
        buf_addf(sql, ", %s", field_name(selected[i]).ptr);
    if (s->recipients)
        buf_addf(sql, ", recipient");
    buf_addf(sql, " FROM messages");
    if (s->recipients)
        buf_addf(sql, " LEFT JOIN recipients USING (id)");
    add_selection(sql, s);
    if (s->recipients)
        buf_addf(sql, " ORDER BY messages.id, position");
    buf_add_byte(sql, '\0');
}

bool database_rows(struct database *d, const struct database_selection *s,
                   row_sink *sink, void *arg, struct error *err)
{
    struct row_reading r = {.d = d,
                            .recipients = s->recipients,
                            .sink = sink,
                            .arg = arg,
                            .columns = field_list_of_messages(),
                            .arena = arena_new()};
    struct buf sql = {0};
    bool ok;

    make_query(&sql, s);
    ok = d->driver->select(d->c, sql.ptr, NULL, 0,
                           RECIPIENT + (s->recipients ? 1 : 0), on_message, &r,
                           err) == DB_DONE &&
         hand_on(&r, err);
    buf_free(&sql);
    buf_free(&r.id);
    arena_free(r.arena);
    free(r.list);
    return ok;
}
