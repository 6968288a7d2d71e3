/*
 * spool - a stretch of a pipe's content, kept in an unlinked file
 */
#include "input/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

struct spool {
    int fd;
    uint64_t from, to; /* of the content */
};

static const char what[] = "temporary file";

static int open_unlinked(const char *folder)
{
    struct buf path = {0};
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;

    /* Not all file systems have files without a name. */
    buf_addf(&path, "%s/spamharvest.XXXXXX", folder);
    buf_add_byte(&path, '\0');
    fd = mkostemp(path.ptr, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path.ptr);
    buf_free(&path);
    return fd;
}

struct spool *spool_new(uint64_t offset, struct error *err)
{
    struct spool *s = mem_new(sizeof *s);
    const char *folder = secure_getenv("TMPDIR");

    s->from = s->to = offset;
    s->fd = open_unlinked(folder != NULL ? folder : "/var/tmp");
    if (s->fd < 0) {
        (void)error_system(err, errno, what);
        free(s);
        return NULL;
    }
    return s;
}

void spool_free(struct spool *s)
{
    if (s == NULL)
        return;
    close(s->fd);
    free(s);
}

bool spool_add(struct spool *s, struct slice bytes, struct error *err)
{
    while (bytes.len > 0) {
        ssize_t len = write(s->fd, bytes.ptr, bytes.len);

        if (len < 0 && errno != EINTR)
            return error_system(err, errno, what);
        if (len > 0) {
            bytes = slice_from(bytes, (size_t)len);
            s->to += (uint64_t)len;
        }
    }
    return true;
}

bool spool_has(const struct spool *s, uint64_t offset)
{
    return offset >= s->from && offset < s->to;
}

bool spool_read(struct spool *s, uint64_t offset, char *buf, size_t size,
                size_t *got, struct error *err)
{
    ssize_t len;

    *got = 0;
    do
        len = pread(s->fd, buf, size, (off_t)(offset - s->from));
    while (len < 0 && errno == EINTR);
    if (len < 0)
        return error_system(err, errno, what);
    *got = (size_t)len;
    return true;
}
