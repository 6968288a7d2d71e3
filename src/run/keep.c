/* keep - what lasts from run to run */
#include "run/keep.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/tuple.h"
#include "store/collection.h"
#include "store/imprint.h"

/* Beyond these, the logs whose last line is oldest are forgotten. */
#define LOGS_MAX 1024

struct keep {
    const char *path;
    struct collection *collection;
    struct known known;
    struct cache *cache;
    bool is_new;
    bool begun;       /* rows for the next commit */
    struct buf state; /* as committed last, to see whether it changed */
};

/* ---- rows of the state ---- */

static void put_hash(struct tuple *t, const struct known_hash *hash)
{
    XXH128_hash_t both = {.low64 = hash->low, .high64 = hash->high};

    tuple_put_text(t, hash_text(both, t->text[t->count]));
}

static struct known_hash take_hash(struct tuple_reader *r)
{
    XXH128_hash_t both = {.low64 = 0};

    if (!hash_parse(tuple_take_text(r), &both))
        r->bad = true;
    return (struct known_hash){.low = both.low64, .high = both.high64};
}

static void put_log(const struct known_log *log, tuple_sink *put, void *arg)
{
    struct tuple t;

    tuple_begin(&t, "log");
    tuple_put_text(&t, slice_of(log->name));
    tuple_put_number(&t, log->head_size);
    put_hash(&t, &log->head);
    tuple_put_number(&t, (int64_t)log->offset);
    tuple_put_number(&t, log->tail_size);
    put_hash(&t, &log->tail);
    tuple_put_stamp(&t, log->first);
    tuple_put_stamp(&t, log->last);
    put(arg, t.field, t.count);
}

static bool take_log(struct keep *k, const struct slice *field, size_t count)
{
    struct tuple_reader r = tuple_reader(field, count);
    struct known_log log;
    struct slice name;
    int64_t offset;

    (void)tuple_take_text(&r);
    name = tuple_take_text(&r);
    log.head_size = tuple_take_small(&r);
    log.head = take_hash(&r);
    offset = tuple_take_number(&r);
    log.offset = (uint64_t)offset;
    log.tail_size = tuple_take_small(&r);
    log.tail = take_hash(&r);
    log.first = tuple_take_stamp(&r);
    log.last = tuple_take_stamp(&r);
    if (!tuple_is_whole(&r) || log.head_size > KNOWN_SPAN ||
        log.tail_size > KNOWN_SPAN || offset < 0 || log.tail_size > log.offset)
        return false;
    log.name = name.len == 0 ? NULL : mem_text(name);
    k->known.log = mem_grow(k->known.log, k->known.count, &k->known.cap,
                            sizeof *k->known.log);
    k->known.log[k->known.count++] = log;
    return true;
}

/* A row's bytes, so that two states can be compared. */
static void note_row(void *arg, const struct slice *field, size_t count)
{
    struct buf *state = arg;

    for (size_t i = 0; i < count; i++) {
        buf_addf(state, "%zu:", field[i].len);
        buf_add(state, field[i]);
    }
    buf_add_byte(state, '\n');
}

static bool is_log(struct slice kind)
{
    return slice_equal(kind, SLICE("log"));
}

static bool take_state(void *arg, const struct slice *field, size_t count,
                       struct error *err)
{
    struct keep *k = arg;

    note_row(&k->state, field, count);
    if (cache_owns(field, count)) {
        cache_load(k->cache, field, count);
        return true;
    }
    if (count == 0 || !is_log(field[0]) || take_log(k, field, count))
        return true;
    return error_at(err, (struct place){k->path, 0},
                    "its state has a log that cannot be read");
}

/* ---- opening ---- */

/* JSON Lines without a row: what they are to be is still open. */
static bool is_bare(const struct collection_form *form)
{
    return !form->messages && form->key.count == 0;
}

/* What was asked for in so many words must be what the collection has. */
static bool suits(const struct collection_form *form, const struct options *o,
                  struct error *err)
{
    struct place at = {o->append, 0};

    if (is_bare(form))
        return true;
    if (o->messages && !form->messages)
        return error_at(err, at, "is a collection of sightings: no -m");
    if (o->key_given && form->messages)
        return error_at(err, at, "is a collection of messages: no -u");
    if (o->key_given && !field_list_equal(&o->key, &form->key))
        return error_at(err, at, "is a collection with another key than -u");
    if (o->format_given && o->format != form->format)
        return error_at(err, at, "is a collection of another form than -f");
    return true;
}

static void adopt(struct options *o, const struct collection_form *form)
{
    o->format = form->format;
    if (is_bare(form))
        return;
    o->messages = form->messages;
    if (form->messages) {
        o->columns = field_list_of_messages();
        return;
    }
    o->key = form->key;
    o->columns = field_list_of_sightings(&form->key);
}

struct keep *keep_open(struct options *o, enum status *status,
                       run_complain *complain, void *arg, struct error *err)
{
    struct keep *k = mem_new(sizeof *k);
    const struct collection_form *form;

    *status = STATUS_REFUSED;
    k->path = o->append;
    k->cache = cache_new();
    k->collection = collection_open(o->append, o->lock_wait, err);
    if (k->collection == NULL)
        goto fail;
    form = collection_form(k->collection);
    k->is_new = collection_kind(k->collection) == COLLECTION_NEW;
    if (k->is_new) {
        if (!o->format_given)
            o->format = form->format;
        return k;
    }
    *status = STATUS_USAGE;
    if (!suits(form, o, err))
        goto fail;
    adopt(o, form);
    *status = STATUS_REFUSED;
    if (keep_is_foreign(k)) {
        struct error warning;

        (void)error_at(&warning, (struct place){k->path, 0},
                       "fits no state of a run before: taken as it stands, "
                       "and logs are read from their beginning");
        complain(arg, &warning);
        return k;
    }
    if (collection_state(k->collection, take_state, k, err))
        return k;

fail:
    keep_free(k);
    return NULL;
}

void keep_free(struct keep *k)
{
    if (k == NULL)
        return;
    collection_free(k->collection);
    known_release(&k->known);
    cache_free(k->cache);
    buf_free(&k->state);
    free(k);
}

struct known *keep_known(struct keep *k)
{
    return &k->known;
}

struct cache *keep_cache(struct keep *k)
{
    return k->cache;
}

bool keep_is_new(const struct keep *k)
{
    return k->is_new;
}

bool keep_is_foreign(const struct keep *k)
{
    return collection_kind(k->collection) == COLLECTION_FOREIGN_STATE;
}

/* ---- what was in flight ---- */

struct loading {
    struct join *j;
    struct rejoin *r;
};

static bool load_row(void *arg, const struct slice *field, size_t count,
                     struct error *err)
{
    struct loading *l = arg;

    if (count == 0 || is_log(field[0]) || cache_owns(field, count))
        return true;
    return rejoin_load(l->r, field, count) ||
           join_load(l->j, field, count, err);
}

bool keep_load(struct keep *k, struct join *j, struct rejoin *r,
               struct error *err)
{
    struct loading l = {j, r};

    if (k->is_new || keep_is_foreign(k))
        return true;
    return collection_state(k->collection, load_row, &l, err);
}

/* ---- logs ---- */

void keep_log(struct keep *k, const struct known_log *from,
              const struct known_log *log)
{
    struct known_log *entry = known_put(&k->known, from, log);

    if (entry == NULL)
        return;
    free(entry->name);
    entry->name = log->name == NULL ? NULL : mem_text(slice_of(log->name));
    entry->first = log->first;
    entry->last = log->last;
}

/* ---- rows, and the commit ---- */

bool keep_read(struct keep *k, row_sink *sink, void *arg, struct error *err)
{
    return k->is_new || collection_rows(k->collection, sink, arg, err);
}

struct out *keep_rows(struct keep *k, bool append, struct error *err)
{
    struct out *out = collection_begin(k->collection, append, err);

    k->begun = out != NULL;
    return out;
}

static int by_last(const void *a, const void *b)
{
    const struct known_log *const *x = a, *const *y = b;

    return stamp_compare((*y)->last, (*x)->last);
}

/* The logs that go into the state: the youngest LOGS_MAX that were read. */
static void put_logs(const struct keep *k, tuple_sink *put, void *arg)
{
    const struct known_log **list =
        mem_array(k->known.count + 1, sizeof(const struct known_log *));
    size_t count = 0;

    for (size_t i = 0; i < k->known.count; i++)
        if (k->known.log[i].offset != 0)
            list[count++] = &k->known.log[i];
    if (count > LOGS_MAX) {
        qsort(list, count, sizeof(const struct known_log *), by_last);
        count = LOGS_MAX;
    }
    for (size_t i = 0; i < count; i++)
        put_log(list[i], put, arg);
    free(list);
}

static void put_state(const struct keep *k, const struct join *j,
                      const struct rejoin *r, tuple_sink *put, void *arg)
{
    put_logs(k, put, arg);
    join_save(j, put, arg);
    rejoin_save(r, put, arg);
    cache_save(k->cache, (int64_t)time(NULL), put, arg);
}

static void put_row(void *arg, const struct slice *field, size_t count)
{
    ledger_put(arg, field, count);
}

bool keep_commit(struct keep *k, const struct join *j, const struct rejoin *r,
                 struct error *err)
{
    struct buf state = {0};
    struct ledger *ledger;
    bool ok;

    put_state(k, j, r, note_row, &state);
    if (!k->begun && slice_equal(buf_slice(&state), buf_slice(&k->state))) {
        buf_free(&state);
        return true;
    }
    ledger = ledger_new();
    put_state(k, j, r, put_row, ledger);
    ok = collection_commit(k->collection, ledger, err);
    ledger_free(ledger);
    if (ok) {
        buf_free(&k->state);
        k->state = state;
        k->is_new &= !k->begun;
    } else {
        buf_free(&state);
    }
    k->begun = false;
    return ok;
}
