/*
 * hosts - the MTA hosts whose messages are in flight
 *
 * Two hosts may use the same queue ID, and each has a clock of its own: log
 * time is that of the latest line it wrote.
 */
#ifndef JOIN_HOSTS_H
#define JOIN_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/table.h"
#include "join/entry.h"

struct host {
    char *name;
    size_t len;
    int64_t now;   /* stamp of its latest line, INT64_MIN: none: its log time */
    int64_t heard; /* the clock when that was written */

    /*
     * Whoever cuts lines cuts them at one length, so a line shorter than the
     * longest was not cut: only as long as none is longer, a doubtful address
     * (event.h) is not reported.
     */
    uint32_t longest;         /* of its lines, bytes */
    struct entry_ends age;    /* its entries, by their latest line */
    struct entry_ends ending; /* those with their end mark, by when due */
};

struct hosts {
    struct host *host;
    size_t count, cap;
    struct table table;
    uint32_t last; /* found: most lines are of the host of the one before */
};

void hosts_init(struct hosts *hs);
void hosts_release(struct hosts *hs);

/* Whether one of that name is known; *host is its index. */
bool hosts_find(struct hosts *hs, struct slice name, uint32_t *host);

/* The index of one; the first sight of it adds it. */
uint32_t hosts_add(struct hosts *hs, struct slice name);

static inline struct slice host_name(const struct host *h)
{
    return slice_make(h->name, h->len);
}

/* A line of so many bytes was read. */
static inline void host_length(struct host *h, uint32_t length)
{
    if (length > h->longest)
        h->longest = length;
}

#endif
