/*
 * commit - rows and state become the collection's, as one
 *
 * Nothing here trusts the order in which a disk writes: what a step needs is
 * durable, file and folder, before the step is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/form.h"
#include "store/inside.h"

#define PIECE ((size_t)256 << 10) /* bytes appended at a time */

/* FILE as it is now, whose mode others get; NULL: there is none. */
static const struct stat *file_now(const struct collection *c, struct stat *st)
{
    return c->fd >= 0 && fstat(c->fd, st) == 0 ? st : NULL;
}

/* ---- rows to come ---- */

static bool is_usable(const struct collection *c, struct error *err)
{
    return !c->broken ||
           error_set(err,
                     "%s: a commit broke off half-way; the next run mends it",
                     c->at.name);
}

/* A file without a name, for rows that will be copied. */
static int open_unnamed(struct collection *c)
{
    int fd = beside_open(&c->at, ".", O_RDWR | O_TMPFILE, 0600);

    /* Not every file system has such files. */
    if (fd < 0) {
        fd = beside_create(&c->at, c->rows.base, NULL);
        if (fd >= 0)
            beside_remove(&c->at, c->rows.base);
    }
    return fd;
}

struct out *collection_begin(struct collection *c, bool append,
                             struct error *err)
{
    struct stat st;

    collection_drop(c);
    if (!is_usable(c, err))
        return NULL;
    c->append = append && !collection_is_empty(c);
    beside_remove(&c->at, c->rows.base);
    c->fresh = c->append
                   ? open_unnamed(c)
                   : beside_create(&c->at, c->rows.base, file_now(c, &st));
    if (c->fresh < 0) {
        error_system(err, errno, "%s: cannot create", c->rows.path);
        return NULL;
    }
    c->out = out_new(c->fresh, c->rows.path);
    return c->out;
}

static bool fresh_part(const struct collection *c, struct part *part,
                       struct error *err)
{
    struct stat st;

    *part = (struct part){.fd = c->fresh, .name = c->rows.path};
    if (c->fresh < 0)
        return true;
    if (fstat(c->fresh, &st) < 0)
        return error_system(err, errno, "%s", c->rows.path);
    part->size = (uint64_t)st.st_size;
    return true;
}

/* The form of a FILE that is replaced is what was written to it. */
static bool find_fresh_form(const struct collection *c,
                            struct collection_form *form, struct error *err)
{
    struct part part;

    *form = c->form;
    if (c->fresh < 0 || c->append)
        return true;
    if (!fresh_part(c, &part, err))
        return false;
    return part.size == 0 || form_find(&part, form, err);
}

/* ---- while FILE and FILE.state are as they were ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Who edits FILE meanwhile does not take the lock, and must lose nothing. */
static bool is_untouched(const struct collection *c, struct error *err)
{
    struct stat now = {.st_size = 0};

    if (fstatat(c->at.folder, c->at.base, &now, AT_SYMLINK_NOFOLLOW) < 0 &&
        errno != ENOENT)
        return error_system(err, errno, "%s", c->at.name);
    return same_file(&now, &c->seen) ||
           error_set(err, "%s: somebody else changed it meanwhile", c->at.name);
}

/* What FILE will be. */
static bool describe(const struct collection *c, struct binding *b,
                     struct error *err)
{
    struct part part[2] = {collection_file(c)};
    size_t first = c->fresh >= 0 && !c->append ? 1 : 0;

    if (!fresh_part(c, &part[1], err))
        return false;
    b->fresh = part[1].size;
    b->appends = c->append && c->fresh >= 0;
    return imprint_take(part + first, 2 - first, &b->now, err) &&
           imprint_hash(&part[1], 0, b->fresh, &b->fresh_hash, err) &&
           (!b->appends || imprint_take(part, 1, &b->before, err));
}

static bool write_next(const struct collection *c, struct ledger *state,
                       const struct binding *b, struct error *err)
{
    struct stat st;

    state_bind(state, b);
    if (!state_write(&c->at, &c->next, file_now(c, &st), ledger_bytes(state),
                     err))
        return false;
    if (beside_sync_folder(&c->at, err))
        return true;
    beside_remove(&c->at, c->next.base);
    return false;
}

static bool prepare(struct collection *c, struct ledger *state,
                    struct binding *b, struct collection_form *form,
                    struct error *err)
{
    if (!is_usable(c, err))
        return false;
    if (c->fd < 0 && c->fresh < 0)
        return error_set(err, "%s: there is no such file", c->at.name);
    if (c->out != NULL && !out_flush(c->out, err))
        return false;
    if (c->fresh >= 0 && !c->append &&
        !beside_sync(c->fresh, c->rows.path, err))
        return false;
    return find_fresh_form(c, form, err) && describe(c, b, err) &&
           is_untouched(c, err) && write_next(c, state, b, err);
}

/* ---- the change ---- */

static bool write_at(int fd, const char *name, const char *bytes, size_t len,
                     uint64_t to, struct error *err)
{
    while (len > 0) {
        ssize_t done = pwrite(fd, bytes, len, (off_t)to);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return error_system(err, done == 0 ? EIO : errno,
                                "%s: cannot write", name);
        bytes += done;
        len -= (size_t)done;
        to += (uint64_t)done;
    }
    return true;
}

static bool append_rows(const struct collection *c, struct error *err)
{
    uint64_t end = (uint64_t)c->seen.st_size;
    char *piece = mem_new(PIECE);
    struct part fresh;
    bool good = fresh_part(c, &fresh, err);

    for (uint64_t from = 0; good && from < fresh.size; from += PIECE) {
        uint64_t left = fresh.size - from;
        size_t len = left < PIECE ? (size_t)left : PIECE;

        good = part_read(&fresh, from, piece, len, err) &&
               write_at(c->fd, c->at.name, piece, len, end + from, err);
    }
    free(piece);
    return good && beside_sync(c->fd, c->at.name, err);
}

static bool replace_rows(struct collection *c, struct error *err)
{
    if (renameat(c->at.folder, c->rows.base, c->at.folder, c->at.base) < 0)
        return error_system(err, errno, "%s: cannot replace it", c->at.name);

    /* There is no way back: the old FILE is gone. */
    c->broken = true;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = c->fresh;
    c->fresh = -1;
    return beside_sync_folder(&c->at, err);
}

static bool place_rows(struct collection *c, struct error *err)
{
    if (c->fresh < 0)
        return true;
    return c->append ? append_rows(c, err) : replace_rows(c, err);
}

/* FILE as it was; what cannot be done now, the next run will do. */
static void take_back(struct collection *c, const struct binding *b)
{
    struct error unused;

    if (b->appends && !collection_cut(c, b->before.size, &unused))
        c->broken = true;
    else
        beside_remove(&c->at, c->next.base);
}

static bool put_in_place(struct collection *c, const struct binding *b,
                         struct error *err)
{
    bool renamed = false;

    if (place_rows(c, err) && collection_take_next(c, &renamed, err) &&
        collection_look(c, err)) {
        c->broken = false;
        return true;
    }
    if (renamed)
        c->broken = true;
    if (!c->broken)
        take_back(c, b);
    return false;
}

bool collection_commit(struct collection *c, struct ledger *state,
                       struct error *err)
{
    struct binding b = {.appends = false};
    struct collection_form form;
    bool good = prepare(c, state, &b, &form, err) && put_in_place(c, &b, err);

    if (good) {
        c->form = form;
        c->kind = COLLECTION_KNOWN;
        state_set(&c->known, ledger_bytes(state), &b);
    }
    collection_drop(c);
    return good;
}
