/*
 * carried - what is in flight, in a database
 *
 * The join hands out rows (join/saved, join/rejoin); those about one message,
 * session or record make one row here, told by its digest from what it was.
 */
#include "run/carried.h"

#include <stdint.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/table.h"
#include "mail/tuple.h"
#include "run/keep_kind.h"

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

struct carried {
    struct database *d;

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
    struct database_flight *flight;
    size_t flights, flight_cap;
    struct database_host *host;
};

/* ---- stations ---- */

static struct station *find_station(struct carried *k, struct slice name)
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

static struct stored *find_stored(struct carried *k, struct slice key)
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

static struct stored *add_stored(struct carried *k, struct slice key)
{
    size_t at = k->holes > 0 ? k->hole[--k->holes] : k->stored_count++;

    if (at + 1 == k->stored_count)
        k->stored = mem_grow(k->stored, at, &k->stored_cap, sizeof *k->stored);
    k->stored[at] = (struct stored){.key = mem_text(key), .key_len = key.len};
    table_add(&k->by_key, table_hash(&k->by_key, key.ptr, key.len),
              (uint32_t)at);
    return &k->stored[at];
}

static void drop_stored(struct carried *k, size_t at)
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
    struct carried *k;
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
    struct carried *k = l->k;
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

static bool load_station(struct carried *k, size_t at, struct join *j,
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
    return false;
}

/* Those last heard of in one of the logs that are given. */
static bool load_hosts_of(struct carried *k, const struct known_log *log,
                          struct join *j, struct rejoin *r, struct error *err)
{
    for (size_t i = 0; i < k->stations; i++)
        if (!k->station[i].loaded &&
            known_same_hash(k->station[i].head, log->head) &&
            !load_station(k, i, j, r, err))
            return false;
    return true;
}

/* Tags are of no host: of one without a name. */
static bool load_tags(struct carried *k, struct join *j, struct rejoin *r,
                      struct error *err)
{
    struct station *none = find_station(k, SLICE(""));
    struct loading l = {k, (size_t)(none - k->station), j, r};

    none->loaded = true;
    return database_flights(k->d, SLICE(""), on_flight, &l, err);
}

bool carried_load(struct carried *k, const struct known *known,
                  const struct inputs *in, struct join *j, struct rejoin *r,
                  struct error *err)
{
    if (!load_tags(k, j, r, err))
        return false;
    for (size_t i = 0; i < in->count; i++) {
        struct source *s = in->input[i].source;
        const struct known_log *log = NULL;

        if (s != NULL && source_is_file(s) && source_format(s) == NULL)
            log = known_peek(known, s);
        if (log != NULL && !load_hosts_of(k, log, j, r, err))
            return false;
    }
    return true;
}

bool carried_asks(struct carried *k, struct slice host)
{
    const struct station *s = find_station(k, host);

    return !s->loaded && s->version != 0;
}

bool carried_meet(struct carried *k, struct slice host, size_t source,
                  struct join *j, struct rejoin *r, struct error *err)
{
    struct station *s = find_station(k, host);

    s->heard = true;
    s->source = source;
    return s->loaded || load_station(k, (size_t)(s - k->station), j, r, err);
}

/* ---- what has changed ---- */

/* A group of rows of the join, which is one in the database. */
struct grouping {
    struct carried *k;
    const char *kind; /* NULL: none is under way */
    size_t station;
    bool is_host;
    struct buf id, state, key;
    int64_t latest;
    int64_t opened; /* of the message before */
};

static void touch(struct carried *k, size_t station)
{
    k->station[station].touched = true;
}

static void put_flight(struct carried *k, const struct stored *s,
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
    struct carried *k = g->k;
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

void carried_gather(struct carried *k, const struct join *j,
                    const struct rejoin *r)
{
    struct grouping g = {.k = k};

    for (size_t i = 0; i < k->stations; i++)
        k->station[i].touched = false;
    arena_reset(k->fresh);
    k->flights = 0;
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

void carried_follow(struct carried *k, const struct known_log *was,
                    const struct known_log *now)
{
    if (was->offset == 0 || known_same_hash(was->head, now->head))
        return;
    for (size_t i = 0; i < k->stations; i++) {
        struct station *s = &k->station[i];

        if (s->version != 0 && known_same_hash(s->head, was->head)) {
            s->head = now->head;
            s->touched = true;
        }
    }
}

void carried_list(struct carried *k, const struct keep *keep,
                  struct database_batch *b)
{
    k->host = mem_resize(k->host, k->stations + 1, sizeof *k->host);
    b->host_count = 0;
    for (size_t i = 0; i < k->stations; i++) {
        struct station *s = &k->station[i];

        if (s->heard && s->source < keep->sources &&
            keep->log_of[s->source] != SIZE_MAX)
            s->head = keep->known.log[keep->log_of[s->source]].head;
        /* Without state it is no host of the join's: only tags are of it. */
        if (!s->touched || s->state == NULL || s->name.len > DATABASE_NAME_MAX)
            continue;
        k->host[b->host_count++] = (struct database_host){
            .name = s->name,
            .head = s->head,
            .state = slice_make(s->state, s->state_len),
            .version = s->version,
        };
    }
    b->hosts = k->host;
    b->flights = k->flight;
    b->flight_count = k->flights;
}

void carried_done(struct carried *k, const struct database_batch *b)
{
    for (size_t i = 0; i < b->host_count; i++)
        find_station(k, b->hosts[i].name)->version = b->version;
}

struct carried *carried_new(struct database *d)
{
    struct carried *k = mem_new(sizeof *k);

    k->d = d;
    k->arena = arena_new();
    k->fresh = arena_new();
    table_init(&k->by_name, 16);
    table_init(&k->by_key, 1024);
    return k;
}

bool carried_open(struct carried *k, struct error *err)
{
    return database_hosts(k->d, on_host, k, err);
}

void carried_free(struct carried *k)
{
    if (k == NULL)
        return;
    for (size_t i = 0; i < k->stations; i++)
        free(k->station[i].state);
    free(k->station);
    table_release(&k->by_name);
    for (size_t i = 0; i < k->stored_count; i++)
        free(k->stored[i].key);
    free(k->stored);
    free(k->hole);
    table_release(&k->by_key);
    free(k->flight);
    free(k->host);
    arena_free(k->arena);
    arena_free(k->fresh);
    free(k);
}
