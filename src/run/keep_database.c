/*
 * keep_database - what lasts from run to run, in a database
 *
 * Others may write to it while this run reads, so all that is taken from it
 * has its version, and is given back with it (store/database). Only what has
 * changed since is written: a log, a host, and what is in flight of it.
 *
 * Of what is in flight only that of hosts is loaded which this run hears of:
 * those last heard of in one of its logs, and others when their first line
 * comes. Else it would end messages that another machine's run is at.
 */
#include "run/keep_kind.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/table.h"
#include "mail/tuple.h"
#include "store/database.h"

/* So many messages make a transaction that is worth its while. */
#define MESSAGES_DUE 20000

/* Kinds of what is in flight. */
#define KIND_MESSAGE "message"
#define KIND_SESSION "session"
#define KIND_RECORD "record" /* a split one, under way */
#define KIND_TAG "tag"       /* of no host */

/* An MTA host, in the database or met in this run. */
struct station {
    struct slice name;
    struct known_hash head; /* of the log it was last heard of in */
    char *state;
    size_t state_len;
    int64_t version; /* 0: not in the database */
    bool loaded;     /* what is in flight of it is in the join */
    bool touched;    /* it goes into the commit that is being made */
    bool heard;      /* in this run: */
    size_t source;
};

/* Something in flight, as it is in the database. */
struct stored {
    char *key; /* station and kind, then ID; NULL: a free place */
    size_t key_len;
    size_t station;
    const char *kind;
    XXH128_hash_t state;
    int64_t opened;
    uint32_t round; /* when it was last seen */
};

/* How often a message without queue ID came so far. */
struct copies {
    struct table table;
    struct {
        uint64_t digest;
        uint32_t count;
    } * entry;
    size_t count, cap;
};

struct keep_database {
    struct keep keep;
    struct database *d;
    struct stamp expire; /* none: nothing does, or it is done */
    char machine[256];

    /* Of each log known, by the same index: as it is in the database. */
    struct known was;
    struct mark {
        int64_t place, version;
    } * mark;
    size_t mark_cap;
    int64_t place; /* the greatest */

    struct arena *arena; /* names of stations */
    struct station *station;
    size_t stations, station_cap;
    struct table by_name;

    struct stored *stored;
    size_t stored_count, stored_cap;
    size_t *hole; /* free places */
    size_t holes, hole_cap;
    struct table by_key;
    int64_t opened; /* the last number given */
    uint32_t round;

    /* For the next commit. */
    struct arena *fresh;
    struct database_message *message;
    size_t messages, message_cap;
    struct copies of_logs, of_rows;
    unsigned rows_of; /* which input of_rows is of */
    struct database_flight *flight;
    size_t flights, flight_cap;
};

static struct keep_database *database_of(struct keep *k)
{
    return (struct keep_database *)k;
}

/* ---- stations ---- */

static struct station *find_station(struct keep_database *k, struct slice name)
{
    uint64_t hash = table_hash(&k->by_name, name.ptr, name.len);
    struct table_probe probe = table_probe(&k->by_name, hash);
    uint32_t index;

    while (table_next(&k->by_name, &probe, &index))
        if (slice_equal(k->station[index].name, name))
            return &k->station[index];
    k->station =
        mem_grow(k->station, k->stations, &k->station_cap, sizeof *k->station);
    k->station[k->stations] =
        (struct station){.name = arena_copy(k->arena, name)};
    table_add(&k->by_name, hash, (uint32_t)k->stations);
    return &k->station[k->stations++];
}

static void set_state(struct station *s, struct slice state)
{
    free(s->state);
    s->state = mem_text(state);
    s->state_len = state.len;
}

static void on_host(void *arg, const struct database_host *h)
{
    struct station *s = find_station(arg, h->name);

    s->head = h->head;
    s->version = h->version;
    set_state(s, h->state);
}

/* ---- what is stored in flight ---- */

static void make_key(struct buf *key, size_t station, const char *kind,
                     struct slice id)
{
    buf_reset(key);
    buf_addf(key, "%zu %s ", station, kind);
    buf_add(key, id);
}

static struct stored *find_stored(struct keep_database *k, struct slice key)
{
    uint64_t hash = table_hash(&k->by_key, key.ptr, key.len);
    struct table_probe probe = table_probe(&k->by_key, hash);
    uint32_t index;

    while (table_next(&k->by_key, &probe, &index)) {
        struct stored *s = &k->stored[index];

        if (slice_equal(slice_make(s->key, s->key_len), key))
            return s;
    }
    return NULL;
}

static struct stored *add_stored(struct keep_database *k, struct slice key)
{
    size_t at = k->holes > 0 ? k->hole[--k->holes] : k->stored_count++;

    if (at + 1 == k->stored_count)
        k->stored = mem_grow(k->stored, at, &k->stored_cap, sizeof *k->stored);
    k->stored[at] = (struct stored){.key = mem_text(key), .key_len = key.len};
    table_add(&k->by_key, table_hash(&k->by_key, key.ptr, key.len),
              (uint32_t)at);
    return &k->stored[at];
}

static void drop_stored(struct keep_database *k, size_t at)
{
    struct stored *s = &k->stored[at];

    table_remove(&k->by_key, table_hash(&k->by_key, s->key, s->key_len),
                 (uint32_t)at);
    free(s->key);
    s->key = NULL;
    k->hole = mem_grow(k->hole, k->holes, &k->hole_cap, sizeof *k->hole);
    k->hole[k->holes++] = at;
}

/* ---- loading ---- */

struct loading {
    struct keep_database *k;
    size_t station;
    struct join *j;
    struct rejoin *r;
};

static bool load_rows(const struct loading *l, struct slice packed,
                      struct error *err)
{
    struct slice field[TUPLE_MAX];
    size_t count;

    while (packed.len > 0) {
        if (!tuple_unpack(&packed, field, &count) || count == 0)
            return error_set(err, "the state has a row that cannot be read");
        if (!rejoin_load(l->r, field, count) &&
            !join_load(l->j, field, count, err))
            return false;
    }
    return true;
}

static const char *kind_of(struct slice name)
{
    static const char *const kinds[] = {KIND_MESSAGE, KIND_SESSION, KIND_RECORD,
                                        KIND_TAG};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (slice_equal(name, slice_of(kinds[i])))
            return kinds[i];
    return NULL;
}

static bool on_flight(void *arg, const struct database_flight *f,
                      struct error *err)
{
    const struct loading *l = arg;
    struct keep_database *k = l->k;
    const char *kind = kind_of(f->kind);
    struct buf key = {0};
    struct stored *s;

    if (kind == NULL || f->state.len == 0)
        return error_set(err, "the state has a row that cannot be read");
    make_key(&key, l->station, kind, f->id);
    s = find_stored(k, buf_slice(&key));
    if (s == NULL)
        s = add_stored(k, buf_slice(&key));
    buf_free(&key);
    s->station = l->station;
    s->kind = kind;
    s->state = XXH3_128bits(f->state.ptr, f->state.len);
    s->opened = f->opened;
    if (f->opened > k->opened)
        k->opened = f->opened;
    return load_rows(l, f->state, err);
}

static bool load_station(struct keep_database *k, size_t at, struct join *j,
                         struct rejoin *r, struct error *err)
{
    struct station *s = &k->station[at];
    struct loading l = {k, at, j, r};

    s->loaded = true;
    if (s->version == 0)
        return true;
    if (load_rows(&l, slice_make(s->state, s->state_len), err) &&
        database_flights(k->d, s->name, on_flight, &l, err))
        return true;
    k->keep.verdict = KEEP_REFUSED;
    return false;
}

static bool same_hash(struct known_hash a, struct known_hash b)
{
    return a.low == b.low && a.high == b.high;
}

/* Those last heard of in one of the logs that are given. */
static bool load_hosts_of(struct keep_database *k, const struct known_log *log,
                          struct join *j, struct rejoin *r, struct error *err)
{
    for (size_t i = 0; i < k->stations; i++)
        if (!k->station[i].loaded && same_hash(k->station[i].head, log->head) &&
            !load_station(k, i, j, r, err))
            return false;
    return true;
}

static bool load(struct keep *keep, const struct inputs *in, struct join *j,
                 struct rejoin *r, struct error *err)
{
    struct keep_database *k = database_of(keep);
    /* Tags are of no host: of one without a name. */
    struct station *none = find_station(k, SLICE(""));
    struct loading l = {k, (size_t)(none - k->station), j, r};

    if (!database_flights(k->d, SLICE(""), on_flight, &l, err)) {
        keep->verdict = KEEP_REFUSED;
        return false;
    }
    none->loaded = true;
    for (size_t i = 0; i < in->count; i++) {
        struct source *s = in->input[i].source;
        const struct known_log *log = NULL;

        if (s != NULL && source_is_file(s) && source_format(s) == NULL)
            log = known_peek(&keep->known, s);
        if (log != NULL && !load_hosts_of(k, log, j, r, err))
            return false;
    }
    return true;
}

bool keep_meet(struct keep *keep, struct slice host, size_t source,
               struct join *j, struct rejoin *r, struct error *err)
{
    struct keep_database *k = database_of(keep);
    struct station *s = find_station(k, host);

    s->heard = true;
    s->source = source;
    return s->loaded || load_station(k, (size_t)(s - k->station), j, r, err);
}

/* ---- messages ---- */

/* How many like it came before. */
static uint32_t count_copy(struct copies *c, const struct message *m)
{
    uint64_t digest = database_digest(m), hash;
    struct table_probe probe;
    uint32_t index;

    if (c->table.slots == NULL)
        table_init(&c->table, 256);
    hash = table_hash(&c->table, &digest, sizeof digest);
    for (probe = table_probe(&c->table, hash);
         table_next(&c->table, &probe, &index);)
        if (c->entry[index].digest == digest)
            return ++c->entry[index].count;
    c->entry = mem_grow(c->entry, c->count, &c->cap, sizeof *c->entry);
    c->entry[c->count].digest = digest;
    c->entry[c->count].count = 0;
    table_add(&c->table, hash, (uint32_t)c->count++);
    return 0;
}

static void forget_copies(struct copies *c)
{
    if (c->table.slots != NULL)
        table_release(&c->table);
    free(c->entry);
    *c = (struct copies){.entry = NULL};
}

static struct slice name_copy(struct arena *a, struct slice name)
{
    return arena_copy(a, slice_head(name, DATABASE_NAME_MAX));
}

static void copy_message(struct arena *a, struct message *m)
{
    struct slice *list =
        arena_alloc(a, m->recipient_count * sizeof *m->recipients);

    for (size_t i = 0; i < m->recipient_count; i++)
        list[i] = arena_copy(a, m->recipients[i]);
    m->recipients = list;
    m->sender = arena_copy(a, m->sender);
    m->client_name = arena_copy(a, m->client_name);
    m->helo = arena_copy(a, m->helo);
    m->message_id = arena_copy(a, m->message_id);
    m->mta = name_copy(a, m->mta);
    m->mta_host = name_copy(a, m->mta_host);
    m->queue_id = name_copy(a, m->queue_id);
}

void keep_add(struct keep *keep, const struct message *m, unsigned rows_of)
{
    struct keep_database *k = database_of(keep);
    struct database_message *new;

    k->message =
        mem_grow(k->message, k->messages, &k->message_cap, sizeof *k->message);
    new = &k->message[k->messages++];
    *new = (struct database_message){.message = *m, .as_read = rows_of == 0};
    copy_message(k->fresh, &new->message);
    if (m->queue_id.len > 0)
        return;
    if (rows_of != k->rows_of) {
        forget_copies(&k->of_rows);
        k->rows_of = rows_of;
    }
    new->copy = count_copy(rows_of == 0 ? &k->of_logs : &k->of_rows, m);
}

bool keep_is_due(const struct keep *keep)
{
    return keep->is_database &&
           ((const struct keep_database *)keep)->messages >= MESSAGES_DUE;
}

/* ---- the commit: logs ---- */

/*
 * The names of a log, "MACHINE PATH" a line: each machine knows by its own one
 * which log it has to look for when that was rotated away.
 */
static struct slice own_name(const struct keep_database *k, struct slice names)
{
    struct slice machine = slice_of(k->machine);

    while (names.len > 0) {
        struct slice line = slice_head(names, slice_find_byte(names, '\n'));

        if (line.len > machine.len && line.ptr[machine.len] == ' ' &&
            slice_starts(line, machine))
            return slice_from(line, machine.len + 1);
        names =
            slice_from(names, line.len < names.len ? line.len + 1 : line.len);
    }
    return SLICE("");
}

/* The names with ours in place of what it was. */
static char *renamed(struct keep_database *k, struct slice names,
                     struct slice own)
{
    struct slice before = own_name(k, names);
    struct buf b = {0};
    struct slice text;

    while (names.len > 0) {
        struct slice line = slice_head(names, slice_find_byte(names, '\n'));

        if (before.ptr == NULL || before.ptr < line.ptr ||
            before.ptr >= line.ptr + line.len || before.len == 0) {
            buf_add(&b, line);
            buf_add_byte(&b, '\n');
        }
        names =
            slice_from(names, line.len < names.len ? line.len + 1 : line.len);
    }
    if (own.len > 0 && slice_find_byte(own, '\n') == SIZE_MAX) {
        buf_addf(&b, "%s ", k->machine);
        buf_add(&b, own);
        buf_add_byte(&b, '\n');
    }
    text = arena_copy(k->fresh, buf_slice(&b));
    buf_free(&b);
    return mem_text(text);
}

static void on_log(void *arg, const struct known_log *log, int64_t place,
                   int64_t version)
{
    struct keep_database *k = arg;
    struct known *known = &k->keep.known, *was = &k->was;
    struct slice own = own_name(k, slice_of(log->name));

    was->log = mem_grow(was->log, was->count, &was->cap, sizeof *was->log);
    k->mark = mem_grow(k->mark, was->count, &k->mark_cap, sizeof *k->mark);
    known->log =
        mem_grow(known->log, known->count, &known->cap, sizeof *known->log);
    k->mark[was->count] = (struct mark){place, version};
    if (place > k->place)
        k->place = place;
    was->log[was->count] = *log;
    was->log[was->count++].name =
        mem_text(log->name == NULL ? SLICE("") : slice_of(log->name));
    known->log[known->count] = *log;
    known->log[known->count++].name = own.len == 0 ? NULL : mem_text(own);
}

static bool is_changed(const struct keep_database *k, size_t i)
{
    const struct known_log *log = &k->keep.known.log[i];
    const struct known_log *was = &k->was.log[i];

    return log->offset != was->offset || log->head_size != was->head_size ||
           !same_hash(log->head, was->head) ||
           !same_hash(log->tail, was->tail) ||
           !slice_equal(slice_of(log->name), own_name(k, slice_of(was->name)));
}

static struct database_move *list_moves(struct keep_database *k, size_t *count)
{
    const struct known *known = &k->keep.known;
    struct database_move *moves = mem_array(known->count + 1, sizeof *moves);

    *count = 0;
    for (size_t i = 0; i < known->count; i++) {
        bool stored = i < k->was.count && k->was.log[i].offset != 0;
        struct database_move *m = &moves[*count];

        if (known->log[i].offset == 0 || (stored && !is_changed(k, i)))
            continue;
        m->now = known->log[i];
        m->now.name =
            renamed(k, stored ? slice_of(k->was.log[i].name) : SLICE(""),
                    slice_of(known->log[i].name));
        if (stored) {
            m->was = k->was.log[i];
            m->version = k->mark[i].version;
            m->place = k->mark[i].place;
        } else {
            m->place = i < k->was.count
                           ? k->mark[i].place
                           : k->place + 1 + (int64_t)(i - k->was.count);
        }
        ++*count;
    }
    return moves;
}

/* A short log's head grows with it: hosts heard of in it are told. */
static void follow_heads(struct keep_database *k,
                         const struct database_move *moves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (moves[i].was.offset == 0 ||
            same_hash(moves[i].was.head, moves[i].now.head))
            continue;
        for (size_t j = 0; j < k->stations; j++) {
            struct station *s = &k->station[j];

            if (s->version != 0 && same_hash(s->head, moves[i].was.head)) {
                s->head = moves[i].now.head;
                s->touched = true;
            }
        }
    }
}

/* What was moved is known, from now on, as it is. */
static void moved(struct keep_database *k, const struct database_move *moves,
                  size_t count, int64_t version)
{
    const struct known *known = &k->keep.known;
    struct known *was = &k->was;
    size_t at = 0;

    while (was->count < known->count) {
        was->log = mem_grow(was->log, was->count, &was->cap, sizeof *was->log);
        k->mark = mem_grow(k->mark, was->count, &k->mark_cap, sizeof *k->mark);
        was->log[was->count] = (struct known_log){.first = STAMP_NONE};
        k->mark[was->count++] = (struct mark){++k->place, 0};
    }
    for (size_t i = 0; i < known->count && at < count; i++) {
        struct known_log *log = &was->log[i];

        if (known->log[i].offset != moves[at].now.offset ||
            !same_hash(known->log[i].head, moves[at].now.head) ||
            !same_hash(known->log[i].tail, moves[at].now.tail))
            continue;
        free(log->name);
        *log = moves[at++].now;
        log->name = mem_text(slice_of(log->name));
        k->mark[i].version = version;
    }
}

/* ---- the commit: what is in flight ---- */

/* A group of rows of the join, which is one in the database. */
struct grouping {
    struct keep_database *k;
    const char *kind; /* NULL: none is under way */
    size_t station;
    bool is_host;
    struct buf id, state, key;
    int64_t latest;
    int64_t opened; /* of the message before */
};

static void touch(struct keep_database *k, size_t station)
{
    k->station[station].touched = true;
}

static void put_flight(struct keep_database *k, const struct stored *s,
                       struct slice id, int64_t latest, struct slice state)
{
    k->flight =
        mem_grow(k->flight, k->flights, &k->flight_cap, sizeof *k->flight);
    k->flight[k->flights++] = (struct database_flight){
        .host = k->station[s->station].name,
        .kind = slice_of(s->kind),
        .id = arena_copy(k->fresh, id),
        .opened = s->opened,
        .latest = latest,
        .state = state.ptr == NULL ? state : arena_copy(k->fresh, state),
    };
}

static void end_host(struct grouping *g)
{
    struct station *s = &g->k->station[g->station];

    if (s->version != 0 &&
        slice_equal(slice_make(s->state, s->state_len), buf_slice(&g->state)))
        return;
    set_state(s, buf_slice(&g->state));
    s->touched = true;
}

/* Entries come in the order in which they were opened, and keep it. */
static bool is_out_of_order(const struct grouping *g, const struct stored *s)
{
    return g->kind == kind_of(SLICE(KIND_MESSAGE)) && s->opened <= g->opened;
}

static void end_group(struct grouping *g)
{
    struct keep_database *k = g->k;
    XXH128_hash_t hash;
    struct stored *s;

    if (g->is_host)
        end_host(g);
    if (g->kind == NULL)
        return;
    make_key(&g->key, g->station, g->kind, buf_slice(&g->id));
    hash = XXH3_128bits(g->state.ptr, g->state.len);
    s = find_stored(k, buf_slice(&g->key));
    if (s == NULL) {
        s = add_stored(k, buf_slice(&g->key));
        s->station = g->station;
        s->kind = g->kind;
        s->opened = -1;
    }
    s->round = k->round;
    if (s->opened < 0 || is_out_of_order(g, s) ||
        !XXH128_isEqual(s->state, hash)) {
        if (s->opened < 0 || is_out_of_order(g, s))
            s->opened = ++k->opened;
        s->state = hash;
        put_flight(k, s, buf_slice(&g->id), g->latest, buf_slice(&g->state));
        touch(k, g->station);
    }
    if (g->kind == kind_of(SLICE(KIND_MESSAGE)))
        g->opened = s->opened;
}

static void begin_group(struct grouping *g, const char *kind, struct slice host,
                        struct slice id)
{
    struct station *s = find_station(g->k, host);

    g->kind = kind == NULL ? NULL : kind_of(slice_of(kind));
    g->station = (size_t)(s - g->k->station);
    g->is_host = false;
    g->latest = INT64_MIN;
    buf_reset(&g->id);
    buf_add(&g->id, id);
    buf_reset(&g->state);
}

/* What a split record is known by is long, and any bytes. */
static void begin_record(struct grouping *g, const struct slice *field)
{
    struct slice host = slice_head(field[1], slice_find_byte(field[1], '\0'));

    begin_group(g, KIND_RECORD, host, SLICE(""));
    buf_addf(&g->id, "%.*s %016llx", (int)field[2].len, field[2].ptr,
             (unsigned long long)XXH3_64bits(field[1].ptr, field[1].len));
}

/* Rows as join/saved and join/rejoin make them. */
static void on_row(void *arg, const struct slice *field, size_t count)
{
    struct grouping *g = arg;
    struct tuple_reader latest;
    struct slice kind = field[0];

    if (slice_equal(kind, SLICE("join-text")) ||
        slice_equal(kind, SLICE("join-verdict"))) {
        tuple_pack(&g->state, field, count);
        return;
    }
    end_group(g);
    if (slice_equal(kind, SLICE("join-host"))) {
        begin_group(g, NULL, field[1], SLICE(""));
        g->is_host = true;
    } else if (slice_equal(kind, SLICE("join-tag"))) {
        begin_group(g, KIND_TAG, SLICE(""), slice_head(field[1], 200));
    } else if (slice_equal(kind, SLICE("join-entry"))) {
        begin_group(g, KIND_MESSAGE, field[1], field[2]);
        latest = tuple_reader(field + 6, 1);
        g->latest = tuple_take_number(&latest);
    } else if (slice_equal(kind, SLICE("join-session"))) {
        begin_group(g, KIND_SESSION, field[1], field[2]);
    } else {
        begin_record(g, field);
    }
    tuple_pack(&g->state, field, count);
}

/* The ID is behind the second blank of a key. */
static struct slice id_of(const struct stored *s)
{
    struct slice key = slice_make(s->key, s->key_len);

    for (int i = 0; i < 2; i++)
        key = slice_from(key, slice_find_byte(key, ' ') + 1);
    return key;
}

static void gather_flight(struct keep_database *k, const struct join *j,
                          const struct rejoin *r)
{
    struct grouping g = {.k = k};

    k->round++;
    join_save(j, on_row, &g);
    rejoin_save(r, on_row, &g);
    end_group(&g);
    buf_free(&g.id);
    buf_free(&g.state);
    buf_free(&g.key);
    for (size_t i = 0; i < k->stored_count; i++) {
        const struct stored *s = &k->stored[i];

        if (s->key == NULL || s->round == k->round)
            continue;
        put_flight(k, s, id_of(s), INT64_MIN, slice_make(NULL, 0));
        touch(k, s->station);
        drop_stored(k, i);
    }
}

/* Those whose lines this run has read, or whose messages it has handed on. */
static struct database_host *list_hosts(struct keep_database *k, size_t *count)
{
    struct database_host *hosts = mem_array(k->stations + 1, sizeof *hosts);

    *count = 0;
    for (size_t i = 0; i < k->stations; i++) {
        struct station *s = &k->station[i];

        if (s->heard && s->source < k->keep.sources &&
            k->keep.log_of[s->source] != SIZE_MAX)
            s->head = k->keep.known.log[k->keep.log_of[s->source]].head;
        /* Without state it is no host of the join's: only tags are of it. */
        if (!s->touched || s->state == NULL || s->name.len > DATABASE_NAME_MAX)
            continue;
        hosts[(*count)++] = (struct database_host){
            .name = s->name,
            .head = s->head,
            .state = slice_make(s->state, s->state_len),
            .version = s->version,
        };
    }
    return hosts;
}

/* ---- the commit ---- */

static bool settle(struct keep_database *k, enum database_result result)
{
    if (result == DATABASE_MOVED)
        k->keep.verdict = KEEP_MOVED;
    if (result == DATABASE_FAILED)
        k->keep.verdict = KEEP_REFUSED;
    return result == DATABASE_DONE;
}

static bool commit_batch(struct keep_database *k, struct database_batch *b,
                         struct error *err)
{
    if (b->move_count == 0 && b->host_count == 0 && b->flight_count == 0 &&
        b->message_count == 0)
        return true;
    b->version = database_new_version();
    if (!settle(k, database_commit(k->d, b, err)))
        return false;
    moved(k, b->moves, b->move_count, b->version);
    for (size_t i = 0; i < b->host_count; i++)
        find_station(k, b->hosts[i].name)->version = b->version;
    return true;
}

static bool expire(struct keep_database *k, struct error *err)
{
    struct stamp before = k->expire;

    k->expire = STAMP_NONE;
    return stamp_is_none(before) ||
           settle(k, database_expire(k->d, before, err) ? DATABASE_DONE
                                                        : DATABASE_FAILED);
}

static bool commit(struct keep *keep, const struct join *j,
                   const struct rejoin *r, struct error *err)
{
    struct keep_database *k = database_of(keep);
    struct database_batch b = {.loaded = &k->was,
                               .messages = k->message,
                               .message_count = k->messages};
    struct database_move *moves;
    struct database_host *hosts;
    bool ok;

    for (size_t i = 0; i < k->stations; i++)
        k->station[i].touched = false;
    k->flights = 0;
    gather_flight(k, j, r);
    b.moves = moves = list_moves(k, &b.move_count);
    follow_heads(k, moves, b.move_count);
    b.hosts = hosts = list_hosts(k, &b.host_count);
    b.flights = k->flight;
    b.flight_count = k->flights;
    ok = commit_batch(k, &b, err) && expire(k, err);
    for (size_t i = 0; i < b.move_count; i++)
        free(moves[i].now.name);
    free(moves);
    free(hosts);
    forget_copies(&k->of_logs);
    k->messages = 0;
    arena_reset(k->fresh);
    return ok;
}

/* ---- opening ---- */

static void release(struct keep *keep)
{
    struct keep_database *k = database_of(keep);

    database_close(k->d);
    known_release(&k->was);
    free(k->mark);
    for (size_t i = 0; i < k->stations; i++)
        free(k->station[i].state);
    free(k->station);
    table_release(&k->by_name);
    for (size_t i = 0; i < k->stored_count; i++)
        free(k->stored[i].key);
    free(k->stored);
    free(k->hole);
    table_release(&k->by_key);
    free(k->message);
    free(k->flight);
    forget_copies(&k->of_logs);
    forget_copies(&k->of_rows);
    arena_free(k->arena);
    arena_free(k->fresh);
}

static const struct keep_kind kind = {load, commit, release};

/* Blanks and line ends would not come back. */
static void find_machine(char *to, size_t size)
{
    if (gethostname(to, size) != 0)
        *to = '\0';
    to[size - 1] = '\0';
    for (; *to != '\0'; to++)
        if (*to == ' ' || *to == '\n')
            *to = '_';
}

struct keep *keep_open_database(struct options *o, enum status *status,
                                struct error *err)
{
    struct keep_database *k = mem_new(sizeof *k);

    *status = STATUS_REFUSED;
    k->keep.kind = &kind;
    k->keep.is_database = true;
    k->arena = arena_new();
    k->fresh = arena_new();
    k->expire = o->expire;
    find_machine(k->machine, sizeof k->machine);
    table_init(&k->by_name, 16);
    table_init(&k->by_key, 1024);
    k->d = database_open(o->database, true, o->lock_wait, err);
    if (k->d != NULL && database_logs(k->d, on_log, k, err) &&
        database_hosts(k->d, on_host, k, err))
        return &k->keep;
    keep_free(&k->keep);
    return NULL;
}
