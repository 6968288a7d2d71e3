/*
 * collection - a file of rows kept across runs, and the state beside it
 *
 * FILE.state.next is the mark of a commit that was under way. Who opens the
 * collection and finds it there decides by the bytes of FILE alone how far
 * that commit came.
 */
#include "store/collection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/slice.h"
#include "store/form.h"
#include "store/inside.h"
#include "store/lock.h"

bool collection_look(struct collection *c, struct error *err)
{
    return fstat(c->fd, &c->seen) == 0 ||
           error_system(err, errno, "%s", c->at.name);
}

bool collection_cut(struct collection *c, uint64_t size, struct error *err)
{
    int result;

    do
        result = ftruncate(c->fd, (off_t)size);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return error_system(err, errno, "%s: cannot cut it back", c->at.name);
    return beside_sync(c->fd, c->at.name, err) && collection_look(c, err);
}

bool collection_take_next(struct collection *c, bool *renamed,
                          struct error *err)
{
    *renamed =
        renameat(c->at.folder, c->next.base, c->at.folder, c->state.base) == 0;
    if (!*renamed)
        return error_system(err, errno, "%s: cannot replace it", c->state.path);
    return beside_sync_folder(&c->at, err);
}

void collection_drop(struct collection *c)
{
    out_free(c->out);
    c->out = NULL;
    if (c->fresh < 0)
        return;
    close(c->fresh);
    c->fresh = -1;
    if (!c->append)
        beside_remove(&c->at, c->rows.base);
}

/* ---- mending what a crash left ---- */

/* What is in FILE need not be on the disk yet. */
static bool go_forward(struct collection *c, struct error *err)
{
    bool renamed;

    return beside_sync(c->fd, c->at.name, err) &&
           beside_sync_folder(&c->at, err) &&
           collection_take_next(c, &renamed, err);
}

/* An append that broke off left FILE longer than it was before. */
static bool go_back(struct collection *c, const struct binding *b,
                    struct error *err)
{
    struct part file = collection_file(c);
    bool fits;

    if (!b->appends || file.size <= b->before.size || file.size > b->now.size)
        return true;
    if (!imprint_begins(&b->before, &file, &fits, err))
        return false;
    return !fits || collection_cut(c, b->before.size, err);
}

static bool mend_with(struct collection *c, const struct state *next,
                      struct error *err)
{
    struct part file = collection_file(c);
    bool fits;

    if (!next->valid)
        return true;
    if (!state_fits_wholly(next, &file, &fits, err))
        return false;
    return fits ? go_forward(c, err) : go_back(c, &next->binding, err);
}

/* Afterwards FILE.state, if it fits, is FILE's. */
static bool mend(struct collection *c, struct error *err)
{
    struct state next = {.valid = false};
    bool good = c->fd < 0 || (state_read(&next, &c->at, &c->next, err) &&
                              mend_with(c, &next, err));

    state_release(&next);
    return good;
}

/* ---- opening ---- */

/* For writing too, so that a file which may not be written to is refused. */
static bool open_file(struct collection *c, struct error *err)
{
    c->fd = beside_open(&c->at, c->at.base,
                        O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0);
    if (c->fd < 0)
        return errno == ENOENT || error_system(err, errno, "%s", c->at.name);
    if (!collection_look(c, err))
        return false;
    return S_ISREG(c->seen.st_mode) ||
           error_set(err, "%s: not a regular file", c->at.name);
}

static const struct format *format_by_name(const struct collection *c)
{
    return slice_ends(slice_of(c->at.name), SLICE(".jsonl"))
               ? format_find(SLICE("jsonl"))
               : format_find(SLICE("csv"));
}

static bool find_form(struct collection *c, struct error *err)
{
    struct part file = collection_file(c);

    if (!collection_is_empty(c))
        return form_find(&file, &c->form, err);
    c->form = (struct collection_form){.format = format_by_name(c)};
    return true;
}

/* Which state FILE has, if any; only without one FILE is read. */
static bool find_state(struct collection *c, struct error *err)
{
    struct part file = collection_file(c);
    bool fits = false;

    c->kind = COLLECTION_NEW;
    if (c->fd < 0)
        return true;
    if (!state_read(&c->known, &c->at, &c->state, err) ||
        !state_fits(&c->known, &file, &fits, err))
        return false;
    if (fits) {
        c->kind = COLLECTION_KNOWN;
        return true;
    }
    state_release(&c->known);
    if (collection_is_empty(c))
        return true;
    c->kind = COLLECTION_FOREIGN_STATE;
    return form_check(&file, &c->form, err);
}

static bool open_all(struct collection *c, const char *path,
                     unsigned lock_seconds, struct error *err)
{
    if (!beside_find(&c->at, path, err))
        return false;
    c->state = beside_sibling(&c->at, ".state");
    c->next = beside_sibling(&c->at, ".state.next");
    c->rows = beside_sibling(&c->at, ".next");
    c->lock = lock_take(c->at.target, lock_seconds, err);
    if (c->lock == NULL || !open_file(c, err) || !mend(c, err) ||
        !find_form(c, err) || !find_state(c, err))
        return false;

    /* Only now it is sure to be ours to tidy up. */
    beside_remove(&c->at, c->next.base);
    beside_remove(&c->at, c->rows.base);
    return true;
}

struct collection *collection_open(const char *path, unsigned lock_seconds,
                                   struct error *err)
{
    struct collection *c = mem_new(sizeof *c);

    c->at.folder = -1;
    c->fd = -1;
    c->fresh = -1;
    if (open_all(c, path, lock_seconds, err))
        return c;
    collection_free(c);
    return NULL;
}

void collection_free(struct collection *c)
{
    if (c == NULL)
        return;
    collection_drop(c);
    if (c->fd >= 0)
        close(c->fd);
    state_release(&c->known);
    sibling_release(&c->state);
    sibling_release(&c->next);
    sibling_release(&c->rows);
    beside_release(&c->at);
    lock_release(c->lock);
    free(c);
}

/* ---- reading ---- */

enum collection_kind collection_kind(const struct collection *c)
{
    return c->kind;
}

const struct collection_form *collection_form(const struct collection *c)
{
    return &c->form;
}

bool collection_rows(struct collection *c, row_sink *sink, void *arg,
                     struct error *err)
{
    struct part file = collection_file(c);

    return collection_is_empty(c) || form_rows(&file, &c->form, sink, arg, err);
}

bool collection_state(struct collection *c, ledger_row *visit, void *arg,
                      struct error *err)
{
    return state_rows(&c->known, c->state.path, visit, arg, err);
}
