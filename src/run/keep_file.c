/* keep_file - what lasts from run to run, in a file of rows */
#include "run/keep_kind.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/tuple.h"
#include "store/collection.h"
#include "store/imprint.h"

/* Beyond these, the logs whose last line is oldest are forgotten. */
#define LOGS_MAX 16384

struct keep_file {
    struct keep keep;
    const char *path;
    struct collection *collection;
    bool begun; /* rows for the next commit */
    /* As committed last, to see whether it changed. */
    struct buf state;       /* all but the cache */
    uint64_t cache_changes; /* of that */
};

static struct keep_file *file_of(struct keep *k)
{
    return (struct keep_file *)k;
}

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

static bool take_log(struct keep_file *k, const struct slice *field,
                     size_t count)
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
    k->keep.known.log = mem_grow(k->keep.known.log, k->keep.known.count,
                                 &k->keep.known.cap, sizeof *k->keep.known.log);
    k->keep.known.log[k->keep.known.count++] = log;
    return true;
}

/* A row's bytes, so that two states can be compared. */
static void note_row(void *arg, const struct slice *field, size_t count)
{
    tuple_pack(arg, field, count);
}

static bool is_log(struct slice kind)
{
    return slice_equal(kind, SLICE("log"));
}

static bool take_state(void *arg, const struct slice *field, size_t count,
                       struct error *err)
{
    struct keep_file *k = arg;

    if (cache_owns(field, count)) {
        cache_load(k->keep.cache, field, count);
        return true;
    }
    note_row(&k->state, field, count);
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

static struct keep *give_up(struct keep_file *k)
{
    keep_free(&k->keep);
    return NULL;
}

/* What fits no state is taken as it stands. */
static void warn_of_it(const struct keep_file *k, run_complain *complain,
                       void *arg)
{
    struct error warning;

    (void)error_at(&warning, (struct place){k->path, 0},
                   "fits no state of a run before: taken as it stands, "
                   "and logs are read from their beginning");
    complain(arg, &warning);
}

static void release(struct keep *keep)
{
    struct keep_file *k = file_of(keep);

    collection_free(k->collection);
    buf_free(&k->state);
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

static bool load(struct keep *keep, const struct inputs *in, struct join *j,
                 struct rejoin *r, struct error *err)
{
    struct loading l = {j, r};

    (void)in;
    if (keep->is_new || keep->is_foreign)
        return true;
    return collection_state(file_of(keep)->collection, load_row, &l, err);
}

/* ---- rows, and the commit ---- */

bool keep_read(struct keep *k, row_sink *sink, void *arg, struct error *err)
{
    return k->is_new || collection_rows(file_of(k)->collection, sink, arg, err);
}

struct out *keep_rows(struct keep *keep, bool append, struct error *err)
{
    struct keep_file *k = file_of(keep);
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
static void put_logs(const struct keep_file *k, tuple_sink *put, void *arg)
{
    const struct known_log **list =
        mem_array(k->keep.known.count + 1, sizeof(const struct known_log *));
    size_t count = 0;

    for (size_t i = 0; i < k->keep.known.count; i++)
        if (k->keep.known.log[i].offset != 0)
            list[count++] = &k->keep.known.log[i];
    if (count > LOGS_MAX) {
        qsort(list, count, sizeof(const struct known_log *), by_last);
        count = LOGS_MAX;
    }
    for (size_t i = 0; i < count; i++)
        put_log(list[i], put, arg);
    free(list);
}

static void put_state(const struct keep_file *k, const struct join *j,
                      const struct rejoin *r, tuple_sink *put, void *arg)
{
    put_logs(k, put, arg);
    join_save(j, put, arg);
    rejoin_save(r, put, arg);
}

static bool is_changed(const struct keep_file *k, struct slice state)
{
    return k->begun || k->cache_changes != cache_changes(k->keep.cache) ||
           !slice_equal(state, buf_slice(&k->state));
}

static void put_row(void *arg, const struct slice *field, size_t count)
{
    ledger_put(arg, field, count);
}

static bool commit(struct keep *keep, const struct join *j,
                   const struct rejoin *r, bool goes_on, struct error *err)
{
    struct keep_file *k = file_of(keep);
    struct buf state = {0};
    struct ledger *ledger;
    bool ok;

    put_state(k, j, r, note_row, &state);
    if (!is_changed(k, buf_slice(&state))) {
        buf_free(&state);
        return true;
    }
    (void)goes_on;
    ledger = ledger_new();
    put_state(k, j, r, put_row, ledger);
    cache_save(keep->cache, (int64_t)time(NULL), put_row, ledger);
    ok = collection_commit(k->collection, ledger, err);
    ledger_free(ledger);
    keep->read_count = 0;
    if (ok) {
        buf_free(&k->state);
        k->state = state;
        k->cache_changes = cache_changes(keep->cache);
        keep->is_new &= !k->begun;
    } else {
        buf_free(&state);
    }
    k->begun = false;
    return ok;
}

static const struct keep_kind kind = {load, commit, release};

struct keep *keep_open_file(struct options *o, enum status *status,
                            run_complain *complain, void *arg,
                            struct error *err)
{
    struct keep_file *k = mem_new(sizeof *k);
    const struct collection_form *form;

    *status = STATUS_REFUSED;
    k->keep.kind = &kind;
    k->keep.cache = cache_new(CACHE_MAX);
    k->path = o->append;
    k->collection = collection_open(o->append, o->lock_wait, err);
    if (k->collection == NULL)
        return give_up(k);
    form = collection_form(k->collection);
    k->keep.is_new = collection_kind(k->collection) == COLLECTION_NEW;
    k->keep.is_foreign =
        collection_kind(k->collection) == COLLECTION_FOREIGN_STATE;
    if (k->keep.is_new) {
        if (!o->format_given)
            o->format = form->format;
        return &k->keep;
    }
    *status = STATUS_USAGE;
    if (!suits(form, o, err))
        return give_up(k);
    adopt(o, form);
    *status = STATUS_REFUSED;
    if (k->keep.is_foreign)
        warn_of_it(k, complain, arg);
    else if (!collection_state(k->collection, take_state, k, err))
        return give_up(k);
    return &k->keep;
}
