/*
 * out - bytes to a file descriptor, in large pieces, with every error told
 */
#include "base/out.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define OUT_SIZE ((size_t)256 * 1024)

struct out {
    int fd;
    const char *name;
    bool failed;
    struct error error; /* the first, when failed */
    size_t len;
    char bytes[OUT_SIZE];
};

struct out *out_new(int fd, const char *name)
{
    struct out *o = mem_resize(NULL, 1, sizeof *o);

    o->fd = fd;
    o->name = name;
    o->failed = false;
    o->len = 0;
    return o;
}

void out_free(struct out *o)
{
    free(o);
}

/* False when a write failed for good; a descriptor that is full is awaited. */
static bool may_retry(int fd, int code)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};

    if (code == EINTR)
        return true;
    if (code != EAGAIN && code != EWOULDBLOCK)
        return false;
    return poll(&wait, 1, -1) >= 0 || errno == EINTR;
}

static bool write_all(struct out *o, struct slice s, struct error *err)
{
    while (s.len > 0) {
        ssize_t done = write(o->fd, s.ptr, s.len);

        if (done > 0) {
            s = slice_from(s, (size_t)done);
        } else {
            int code = done == 0 ? EIO : errno;

            if (!may_retry(o->fd, code)) {
                o->failed = true;
                error_system(&o->error, code, "%s: cannot write", o->name);
                *err = o->error;
                return false;
            }
        }
    }
    return true;
}

bool out_flush(struct out *o, struct error *err)
{
    size_t len = o->len;

    if (o->failed) {
        *err = o->error;
        return false;
    }
    o->len = 0;
    return write_all(o, slice_make(o->bytes, len), err);
}

bool out_add(struct out *o, struct slice s, struct error *err)
{
    if (o->failed || OUT_SIZE - o->len < s.len) {
        if (!out_flush(o, err))
            return false;
        if (s.len >= OUT_SIZE)
            return write_all(o, s, err);
    }
    if (s.len > 0)
        memcpy(o->bytes + o->len, s.ptr, s.len);
    o->len += s.len;
    return true;
}
