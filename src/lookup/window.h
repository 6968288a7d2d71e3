/*
 * window - how many lookups may be in flight
 *
 * Lists far away want thousands, as each takes its time. A server nearby is
 * not faster with thousands than with a hundred: what it cannot take waits in
 * its socket's buffer, which holds some hundreds, and what does not fit there
 * is lost, at the cost of a time-out. So the window opens as long as that
 * pays: it doubles, one for each answer, and stays so if answers then come
 * faster by far; if not, it goes back, and tries again after a while. A
 * loss halves it, one loss for all that were under way together.
 *
 * Times are of any clock that only goes on, in nanoseconds.
 */
#ifndef LOOKUP_WINDOW_H
#define LOOKUP_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_LEAST 64
#define WINDOW_MOST 4096

enum window_phase {
    WINDOW_MEASURES, /* is it faster with this size? */
    WINDOW_GROWS,
    WINDOW_HOLDS /* it is not, for now */
};

struct window {
    size_t size;
    size_t in_flight;
    enum window_phase phase;
    size_t steady;   /* the size that paid last, */
    double best;     /* and the answers a second with it */
    size_t round;    /* answers to wait for in this phase, */
    size_t answered; /* how many have come, */
    int64_t began;   /* and since when */
    int64_t idle;    /* since when none was under way, if none is */
    int64_t until;   /* when WINDOW_HOLDS ends */
    uint64_t sent;
    uint64_t recovered; /* what was sent before this one has been counted */
};

void window_init(struct window *w, int64_t now);

static inline bool window_is_open(const struct window *w)
{
    return w->in_flight < w->size;
}

/*
 * One goes out. Returns its number, to be given back. Time in which none was
 * under way does not count.
 */
uint64_t window_send(struct window *w, int64_t now);

/* That one has ended, and lost says whether it, or a try of it, was lost. */
void window_end(struct window *w, uint64_t number, bool lost, int64_t now);

#endif
