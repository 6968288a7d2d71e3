/* signals - what ends a run that follows a log */
#include "run/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

#define LOOK_NS 200000000 /* how often the end of the run is looked for */

struct signals {
    struct feed *feed;
    sigset_t set, before;
    pthread_t thread;
    atomic_bool over;
};

static void *watch(void *arg)
{
    struct signals *s = arg;
    const struct timespec look = {.tv_nsec = LOOK_NS};

    while (!atomic_load(&s->over)) {
        int number = sigtimedwait(&s->set, NULL, &look);

        if (number == SIGHUP)
            feed_reopen(s->feed);
        else if (number > 0)
            feed_stop(s->feed);
    }
    return NULL;
}

struct signals *signals_watch(struct feed *feed)
{
    struct signals *s = mem_new(sizeof *s);

    s->feed = feed;
    (void)sigemptyset(&s->set);
    (void)sigaddset(&s->set, SIGTERM);
    (void)sigaddset(&s->set, SIGINT);
    (void)sigaddset(&s->set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &s->set, &s->before);
    if (pthread_create(&s->thread, NULL, watch, s) == 0)
        return s;
    (void)pthread_sigmask(SIG_SETMASK, &s->before, NULL);
    free(s);
    return NULL;
}

void signals_end(struct signals *s)
{
    if (s == NULL)
        return;
    atomic_store(&s->over, true);
    (void)pthread_join(s->thread, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &s->before, NULL);
    free(s);
}
