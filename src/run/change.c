/* change - whether a new list differs too much from the one it is to replace */
#include "run/change.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/textset.h"
#include "format/list.h"

#define SHOWN 10 /* entries of either kind */

/* The entries of a list; closes file. */
static bool read_list(FILE *file, const struct options *o,
                      struct textset *entries, struct error *err)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    bool ok;

    while ((len = getline(&line, &cap, file)) >= 0) {
        struct slice text = slice_make(line, (size_t)len), entry;

        if (slice_ends(text, SLICE("\n")))
            text.len--;
        if (list_entry(o->format, text, &entry))
            (void)textset_add(entries, entry);
    }
    ok =
        !ferror(file) || error_system(err, errno, "%s: cannot read", o->output);
    free(line);
    (void)fclose(file);
    return ok;
}

static bool read_old(const struct options *o, struct textset *entries,
                     struct error *err)
{
    FILE *file = fopen(o->output, "re");

    if (file != NULL)
        return read_list(file, o, entries, err);
    return errno == ENOENT || error_system(err, errno, "%s", o->output);
}

static bool read_new(const struct options *o, const struct target *t,
                     struct textset *entries, struct error *err)
{
    int fd = dup(replace_fd(t->file));
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

    if (file != NULL) {
        rewind(file);
        return read_list(file, o, entries, err);
    }
    if (fd >= 0)
        (void)close(fd);
    return error_system(err, errno, "%s", o->output);
}

/* How many entries of one set the other has not. */
static uint64_t missing(const struct textset *set, const struct textset *other)
{
    uint64_t count = 0;

    for (size_t i = 0; i < set->count; i++)
        count += !textset_has(other, set->texts[i]);
    return count;
}

/* The first of these entries, as a diff has them. */
static void show(const struct options *o, const struct textset *set,
                 const struct textset *other, char sign, run_complain *complain,
                 void *arg)
{
    uint64_t left = missing(set, other);
    struct error err;
    int shown = 0;

    for (size_t i = 0; i < set->count && shown < SHOWN; i++) {
        if (textset_has(other, set->texts[i]))
            continue;
        (void)error_set(&err, "%s: %c %.*s", o->output, sign,
                        (int)set->texts[i].len, set->texts[i].ptr);
        complain(arg, &err);
        shown++;
        left--;
    }
    if (left == 0)
        return;
    (void)error_set(&err, "%s: %c and %" PRIu64 " more", o->output, sign, left);
    complain(arg, &err);
}

static bool compare(const struct options *o, const struct textset *was,
                    const struct textset *is, run_complain *complain, void *arg)
{
    uint64_t added = missing(is, was), removed = missing(was, is);
    struct error err;

    if (was->count == 0 ||
        (added + removed) * 100 <= (uint64_t)o->max_change * was->count)
        return true;
    (void)error_set(&err,
                    "%s: not replaced: of %zu entries %" PRIu64
                    " would go and %" PRIu64
                    " come, which is more than --max-change %u",
                    o->output, was->count, removed, added, o->max_change);
    complain(arg, &err);
    show(o, was, is, '-', complain, arg);
    show(o, is, was, '+', complain, arg);
    return false;
}

static bool is_regular(const struct target *t)
{
    struct stat status;

    return t->file != NULL && fstat(replace_fd(t->file), &status) == 0 &&
           S_ISREG(status.st_mode);
}

bool change_is_allowed(const struct options *o, const struct target *t,
                       run_complain *complain, void *arg)
{
    struct textset was, is;
    struct error err = {.code = 0};
    bool allowed;

    if (o->max_change == MAX_CHANGE_ANY || !is_regular(t))
        return true;
    textset_init(&was);
    textset_init(&is);
    allowed = read_old(o, &was, &err) && read_new(o, t, &is, &err);
    if (allowed)
        allowed = compare(o, &was, &is, complain, arg);
    else
        complain(arg, &err);
    textset_release(&was);
    textset_release(&is);
    return allowed;
}
