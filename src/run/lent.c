/* lent - the cache of a collection that is only read */
#include "run/lent.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/beside.h"
#include "store/collection.h"
#include "store/state.h"

struct lent {
    const char *path; /* of the collection */
    struct cache *cache;
};

/* Whether its state is there, and may be read, or written, too. */
static bool has_state(const char *path, int how)
{
    struct buf name = {0};
    bool has;

    buf_addf(&name, "%s.state", path);
    buf_add_byte(&name, '\0');
    has = access(name.ptr, how) == 0;
    buf_free(&name);
    return has;
}

static bool load_row(void *arg, const struct slice *field, size_t count,
                     struct error *err)
{
    (void)err;
    if (cache_owns(field, count))
        cache_load(arg, field, count);
    return true;
}

/*
 * Without a lock, since a state is replaced whole: so also what another run
 * has, or what is on a medium that nobody can write to.
 */
static struct cache *read_cache(const char *path)
{
    struct beside at = {.folder = -1};
    struct sibling name = {.path = NULL};
    struct state state = {.valid = false};
    struct cache *cache = NULL;
    struct error ignored;

    if (has_state(path, R_OK) && beside_find(&at, path, &ignored)) {
        name = beside_sibling(&at, ".state");
        if (state_read(&state, &at, &name, &ignored) && state.valid) {
            cache = cache_new(CACHE_MAX);
            (void)state_rows(&state, path, load_row, cache, &ignored);
        }
    }
    state_release(&state);
    sibling_release(&name);
    beside_release(&at);
    return cache;
}

struct lent *lent_open(const struct options *o)
{
    struct lent *l = mem_new(sizeof *l);

    for (size_t i = 0; i < o->input_count && l->cache == NULL; i++) {
        l->path = o->inputs[i];
        l->cache = read_cache(l->path);
    }
    return l;
}

void lent_free(struct lent *l)
{
    if (l == NULL)
        return;
    cache_free(l->cache);
    free(l);
}

struct cache *lent_cache(struct lent *l)
{
    return l->cache;
}

/* ---- back ---- */

/* NULL: not now. */
static struct collection *open_known(const char *path)
{
    struct error ignored;
    struct collection *c = has_state(path, R_OK | W_OK)
                               ? collection_open(path, 0, &ignored)
                               : NULL;

    if (c != NULL && collection_kind(c) != COLLECTION_KNOWN) {
        collection_free(c);
        return NULL;
    }
    return c;
}

/* That we may not is no failure. */
static bool is_not_ours(const struct error *err)
{
    return err->code == EACCES || err->code == EPERM || err->code == EROFS;
}

/* The state as it is now, of which only the cache's rows are renewed. */
struct renewal {
    struct ledger *ledger;
    struct cache *cache;
};

static bool keep_row(void *arg, const struct slice *field, size_t count,
                     struct error *err)
{
    struct renewal *r = arg;

    (void)err;
    if (cache_owns(field, count))
        cache_load(r->cache, field, count);
    else
        ledger_put(r->ledger, field, count);
    return true;
}

static void put_row(void *arg, const struct slice *field, size_t count)
{
    ledger_put(arg, field, count);
}

bool lent_put_back(struct lent *l, struct error *err)
{
    struct renewal r = {NULL, l->cache};
    struct collection *c;
    bool done;

    if (l->cache == NULL || cache_changes(l->cache) == 0)
        return true;
    c = open_known(l->path);
    if (c == NULL)
        return true;
    r.ledger = ledger_new();
    done = collection_state(c, keep_row, &r, err);
    if (done) {
        cache_save(l->cache, (int64_t)time(NULL), put_row, r.ledger);
        done = collection_commit(c, r.ledger, err) || is_not_ours(err);
    }
    ledger_free(r.ledger);
    collection_free(c);
    return done;
}
