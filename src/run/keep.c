/* keep - what lasts from run to run */
#include "run/keep.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "run/keep_kind.h"

struct keep *keep_open(struct options *o, enum status *status,
                       run_complain *complain, void *arg, struct error *err)
{
    if (o->database != NULL)
        return keep_open_database(o, status, err);
    return keep_open_file(o, status, complain, arg, err);
}

void keep_free(struct keep *k)
{
    if (k == NULL)
        return;
    k->kind->release(k);
    known_release(&k->known);
    cache_free(k->cache);
    free(k->log_of);
    free(k->read);
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
    return k->is_foreign;
}

bool keep_is_database(const struct keep *k)
{
    return k->is_database;
}

enum keep_verdict keep_verdict(const struct keep *k)
{
    return k->verdict;
}

bool keep_got_on(const struct keep *k)
{
    return k->got_on;
}

bool keep_load(struct keep *k, const struct inputs *in, struct join *j,
               struct rejoin *r, struct error *err)
{
    return k->kind->load(k, in, j, r, err);
}

/* Which log a source is now. */
static void note_source(struct keep *k, size_t source, size_t log)
{
    if (source >= k->sources) {
        k->log_of = mem_resize(k->log_of, source + 1, sizeof *k->log_of);
        while (k->sources <= source)
            k->log_of[k->sources++] = SIZE_MAX;
    }
    k->log_of[source] = log;
}

void keep_note(struct keep *k, size_t log)
{
    if (k->read_count > 0 && k->read[k->read_count - 1] == log)
        return;
    k->read = mem_grow(k->read, k->read_count, &k->read_cap, sizeof *k->read);
    k->read[k->read_count++] = log;
}

void keep_log(struct keep *k, size_t source, const struct known_log *from,
              const struct known_log *log)
{
    struct known_log *entry = known_put(&k->known, from, log);

    if (entry == NULL)
        return;
    free(entry->name);
    entry->name = log->name == NULL ? NULL : mem_text(slice_of(log->name));
    entry->first = log->first;
    entry->last = log->last;
    note_source(k, source, (size_t)(entry - k->known.log));
    keep_note(k, (size_t)(entry - k->known.log));
}

bool keep_commit(struct keep *k, const struct join *j, const struct rejoin *r,
                 bool goes_on, struct error *err)
{
    return k->kind->commit(k, j, r, goes_on, err);
}
