/* window - how many lookups may be in flight */
#include "lookup/window.h"

#define HOLD_NS INT64_C(2000000000)
#define SECOND_NS 1e9
#define WORTH 1.6 /* so much faster it must be with twice the size */
#define ROUNDS 4  /* rates jump about: so many are measured as one */

static void begin(struct window *w, enum window_phase phase, int64_t now)
{
    w->phase = phase;
    w->round = phase == WINDOW_GROWS ? w->size : ROUNDS * w->size;
    w->answered = 0;
    w->began = now;
}

static void hold(struct window *w, size_t size, int64_t now)
{
    w->size = size < WINDOW_LEAST ? WINDOW_LEAST : size;
    w->until = now + HOLD_NS;
    begin(w, WINDOW_HOLDS, now);
}

void window_init(struct window *w, int64_t now)
{
    *w = (struct window){
        .size = WINDOW_LEAST, .steady = WINDOW_LEAST, .idle = now};
    begin(w, WINDOW_MEASURES, now);
}

uint64_t window_send(struct window *w, int64_t now)
{
    if (w->in_flight++ == 0)
        w->began += now - w->idle;
    return w->sent++;
}

/* As many answers as the window is wide have come. */
static void judge(struct window *w, int64_t now)
{
    int64_t took = now > w->began ? now - w->began : 1;
    double rate = (double)w->answered * SECOND_NS / (double)took;

    switch (w->phase) {
    case WINDOW_GROWS:
        begin(w, WINDOW_MEASURES, now);
        return;
    case WINDOW_MEASURES:
        if (rate < w->best * WORTH) {
            hold(w, w->steady, now);
            return;
        }
        break;
    case WINDOW_HOLDS:
        if (now < w->until) {
            begin(w, WINDOW_HOLDS, now);
            return;
        }
        break;
    }
    w->best = rate;
    w->steady = w->size;
    begin(w, WINDOW_GROWS, now);
}

void window_end(struct window *w, uint64_t number, bool lost, int64_t now)
{
    if (--w->in_flight == 0)
        w->idle = now;
    if (lost) {
        if (number < w->recovered)
            return;
        w->recovered = w->sent;
        hold(w, w->size / 2, now);
        return;
    }
    if (w->phase == WINDOW_GROWS && w->size < WINDOW_MOST)
        w->size++;
    if (++w->answered >= w->round)
        judge(w, now);
}
