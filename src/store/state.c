/*
 * state - FILE.state: what a run remembers, and of which FILE
 */
#include "store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/out.h"

#define COLLECTION SLICE("collection")
#define APPENDED_TO SLICE("appended-to")

#define PIECE ((size_t)64 << 10) /* bytes read at a time */

void state_release(struct state *s)
{
    buf_free(&s->bytes);
    *s = (struct state){.valid = false};
}

void state_set(struct state *s, struct slice bytes, const struct binding *b)
{
    buf_reset(&s->bytes);
    buf_add(&s->bytes, bytes);
    s->binding = *b;
    s->valid = true;
}

static bool is_own(struct slice kind)
{
    return slice_equal(kind, COLLECTION) || slice_equal(kind, APPENDED_TO);
}

/* ---- reading ---- */

/* Until its end, which is not asked for before: it may be a device. */
static bool read_all(int fd, const char *name, struct buf *to,
                     struct error *err)
{
    for (;;) {
        ssize_t got = read(fd, buf_reserve(to, PIECE), PIECE);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(err, errno, "%s: cannot read", name);
        if (got == 0)
            return true;
        to->len += (size_t)got;
    }
}

struct search {
    struct binding *binding;
    bool found;
};

static bool take_collection(const struct slice *field, size_t count,
                            struct binding *b)
{
    unsigned long long fresh;

    if (count != IMPRINT_FIELDS + 3 || !imprint_parse(field + 1, &b->now) ||
        !slice_number(field[IMPRINT_FIELDS + 1], &fresh) ||
        !hash_parse(field[IMPRINT_FIELDS + 2], &b->fresh_hash))
        return false;
    b->fresh = fresh;
    return b->fresh <= b->now.size;
}

static bool look_at_row(void *arg, const struct slice *field, size_t count,
                        struct error *err)
{
    struct search *s = arg;

    if (slice_equal(field[0], COLLECTION)) {
        if (!take_collection(field, count, s->binding))
            return error_set(err, "a malformed row");
        s->found = true;
    } else if (slice_equal(field[0], APPENDED_TO)) {
        if (count != IMPRINT_FIELDS + 1 ||
            !imprint_parse(field + 1, &s->binding->before))
            return error_set(err, "a malformed row");
        s->binding->appends = true;
    }
    return true;
}

bool state_read(struct state *s, const struct beside *at,
                const struct sibling *file, struct error *err)
{
    struct search search = {.binding = &s->binding};
    struct error unused;
    int fd = beside_open(at, file->base, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
    bool good;

    if (fd < 0)
        return errno == ENOENT || error_system(err, errno, "%s", file->path);
    good = read_all(fd, file->path, &s->bytes, err);
    close(fd);
    if (good && ledger_is_foreign(buf_slice(&s->bytes)))
        return error_set(err, "%s: written by another version of spamharvest",
                         file->path);
    s->valid = good &&
               ledger_read(buf_slice(&s->bytes), file->path, look_at_row,
                           &search, &unused) &&
               search.found;
    return good;
}

struct filter {
    ledger_row *visit;
    void *arg;
};

static bool pass_on(void *arg, const struct slice *field, size_t count,
                    struct error *err)
{
    const struct filter *f = arg;

    return is_own(field[0]) || f->visit(f->arg, field, count, err);
}

bool state_rows(const struct state *s, const char *name, ledger_row *visit,
                void *arg, struct error *err)
{
    struct filter filter = {visit, arg};

    return !s->valid ||
           ledger_read(buf_slice(&s->bytes), name, pass_on, &filter, err);
}

bool state_fits(const struct state *s, const struct part *file, bool *fits,
                struct error *err)
{
    *fits = s->valid && s->binding.now.size == file->size;
    return !*fits || imprint_begins(&s->binding.now, file, fits, err);
}

bool state_fits_wholly(const struct state *s, const struct part *file,
                       bool *fits, struct error *err)
{
    const struct binding *b = &s->binding;
    XXH128_hash_t hash;

    if (!state_fits(s, file, fits, err))
        return false;
    if (!*fits)
        return true;
    if (!imprint_hash(file, file->size - b->fresh, b->fresh, &hash, err))
        return false;
    *fits = XXH128_isEqual(hash, b->fresh_hash) != 0;
    return true;
}

/* ---- writing ---- */

void state_bind(struct ledger *l, const struct binding *b)
{
    struct slice field[IMPRINT_FIELDS + 3] = {COLLECTION};
    struct imprint_text room;
    char fresh[24], hash[40];
    int len = snprintf(fresh, sizeof fresh, "%" PRIu64, b->fresh);

    imprint_fields(&b->now, &room, field + 1);
    field[IMPRINT_FIELDS + 1] = slice_make(fresh, (size_t)len);
    field[IMPRINT_FIELDS + 2] = hash_text(b->fresh_hash, hash);
    ledger_put(l, field, IMPRINT_FIELDS + 3);
    if (!b->appends)
        return;
    field[0] = APPENDED_TO;
    imprint_fields(&b->before, &room, field + 1);
    ledger_put(l, field, IMPRINT_FIELDS + 1);
}

static bool fill(int fd, const char *name, struct slice bytes,
                 struct error *err)
{
    struct out *out = out_new(fd, name);
    bool good = out_add(out, bytes, err) && out_flush(out, err);

    out_free(out);
    return good && beside_sync(fd, name, err);
}

bool state_write(const struct beside *at, const struct sibling *file,
                 const struct stat *old, struct slice bytes, struct error *err)
{
    int fd;
    bool good;

    beside_remove(at, file->base);
    fd = beside_create(at, file->base, old);
    if (fd < 0)
        return error_system(err, errno, "%s: cannot create", file->path);
    good = fill(fd, file->path, bytes, err);
    if (good)
        good = beside_close(fd, file->path, err);
    else
        close(fd);
    if (!good)
        beside_remove(at, file->base);
    return good;
}
