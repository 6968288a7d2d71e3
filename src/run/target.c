/* target - where rows go: a descriptor, or a file that is replaced whole */
#include "run/target.h"

#include <limits.h>
#include <unistd.h>

/* The descriptor that a path is another name of, or -1. */
static int descriptor_of(const char *path)
{
    unsigned long long number;
    struct slice name = slice_of(path), folder = SLICE("/dev/fd/");

    if (path == NULL || slice_equal(name, SLICE("/dev/stdout")))
        return STDOUT_FILENO;
    if (slice_equal(name, SLICE("/dev/stderr")))
        return STDERR_FILENO;
    if (slice_starts(name, folder) &&
        slice_number(slice_from(name, folder.len), &number) &&
        number <= INT_MAX)
        return (int)number;
    return -1;
}

bool target_open(struct target *t, const char *path, struct error *err)
{
    int fd = descriptor_of(path);

    *t = (struct target){.file = NULL};
    if (fd >= 0) {
        t->out = out_new(fd, path == NULL ? "standard output" : path);
        return true;
    }
    t->file = replace_open(path, err);
    if (t->file == NULL)
        return false;
    t->out = out_new(replace_fd(t->file), path);
    return true;
}

bool target_flush(struct target *t, struct error *err)
{
    return out_flush(t->out, err);
}

bool target_commit(struct target *t, struct error *err)
{
    struct replace *file = t->file;

    if (!target_flush(t, err))
        return false;
    t->file = NULL;
    return file == NULL || replace_commit(file, err);
}

void target_close(struct target *t)
{
    out_free(t->out);
    replace_abandon(t->file);
}
