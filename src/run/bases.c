/* bases - INPUTs that are databases */
#include "run/bases.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/database.h"

static bool same_text(const char *a, const char *b)
{
    return slice_equal(slice_of(a), slice_of(b));
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Whether it is the one that the run writes to. */
static bool is_kept(const struct options *o, const struct uri *u)
{
    const struct uri *kept = o->database;

    if (kept == NULL || kept->kind != u->kind)
        return false;
    if (u->kind == URI_SQLITE)
        return same_file(kept->path, u->path);
    return same_text(kept->database, u->database) &&
           same_text(kept->host, u->host) && kept->port == u->port &&
           same_text(kept->socket, u->socket);
}

static bool add(struct bases *b, const struct options *o, const char *name,
                struct error *err)
{
    struct uri u;

    if (!uri_parse(name, &u, err)) {
        uri_release(&u);
        return false;
    }
    if (is_kept(o, &u)) {
        uri_release(&u);
        return error_set(err, "%s: is the database that is written to (-d)",
                         name);
    }
    b->uri = mem_resize(b->uri, b->count + 1, sizeof *b->uri);
    b->uri[b->count++] = u;
    return true;
}

/* Whether a source is a database that can be read as a file. */
static bool is_readable(const struct source *s, struct error *err)
{
    return s == NULL || (source_is_file(s) && !source_is_packed(s)) ||
           error_set(err,
                     "%s: a database is read from a file, and not from a pipe "
                     "or packed",
                     source_name(s));
}

/*
 * The source is closed before SQLite opens the file, whose locks would end
 * with any descriptor of it (fcntl(2)); so the one that is written to, which
 * is open already, is not even looked at.
 */
enum base bases_take(struct bases *b, const struct options *o, const char *name,
                     struct source **s, struct error *err)
{
    bool is_one = uri_is_one(name) ||
                  (o->database != NULL && o->database->kind == URI_SQLITE &&
                   same_file(o->database->path, name));
    bool good;

    *s = NULL;
    if (!is_one) {
        *s = source_open(name, err);
        is_one = *s != NULL && database_is_file(source_head(*s));
    }
    if (!is_one)
        return BASE_NONE;
    good = is_readable(*s, err);
    source_free(*s);
    *s = NULL;
    return good && add(b, o, name, err) ? BASE_TAKEN : BASE_BAD;
}

void bases_release(struct bases *b)
{
    for (size_t i = 0; i < b->count; i++)
        uri_release(&b->uri[i]);
    free(b->uri);
}

bool bases_read(const struct uri *u, const struct options *o, bool recipients,
                row_sink *sink, void *arg, struct error *err)
{
    const struct database_selection s = {
        .outcomes = o->outcomes,
        .since = o->since,
        .until = o->until,
        .recipients = recipients,
    };
    struct database *d = database_open(u, false, o->lock_wait, err);
    bool ok = d != NULL && database_rows(d, &s, sink, arg, err);

    database_close(d);
    return ok;
}
