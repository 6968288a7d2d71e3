/* lent - the cache of a collection that is only read */
#include "run/lent.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/collection.h"

struct lent {
    const char *path; /* of the collection */
    struct cache *cache;
};

/* Whether its state is there, and may be written. */
static bool has_state(const char *path)
{
    struct buf name = {0};
    bool has;

    buf_addf(&name, "%s.state", path);
    buf_add_byte(&name, '\0');
    has = access(name.ptr, R_OK | W_OK) == 0;
    buf_free(&name);
    return has;
}

/* NULL: not now. */
static struct collection *open_known(const char *path)
{
    struct error ignored;
    struct collection *c =
        has_state(path) ? collection_open(path, 0, &ignored) : NULL;

    if (c != NULL && collection_kind(c) != COLLECTION_KNOWN) {
        collection_free(c);
        return NULL;
    }
    return c;
}

static bool load_row(void *arg, const struct slice *field, size_t count,
                     struct error *err)
{
    (void)err;
    if (cache_owns(field, count))
        cache_load(arg, field, count);
    return true;
}

struct lent *lent_open(const struct options *o)
{
    struct lent *l = mem_new(sizeof *l);

    for (size_t i = 0; i < o->input_count && l->cache == NULL; i++) {
        struct collection *c = open_known(o->inputs[i]);
        struct error ignored;

        if (c == NULL)
            continue;
        l->path = o->inputs[i];
        l->cache = cache_new(CACHE_MAX);
        (void)collection_state(c, load_row, l->cache, &ignored);
        collection_free(c);
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
        done = collection_commit(c, r.ledger, err);
    }
    ledger_free(r.ledger);
    collection_free(c);
    return done;
}
