/* committing - a commit to a database, while the run goes on */
#include "run/committing.h"

static void *commit(void *arg)
{
    struct committing *c = arg;

    c->result = database_commit(c->database, &c->batch, &c->err);
    atomic_store(&c->at_work, false);
    return NULL;
}

void committing_begin(struct committing *c, struct database *d,
                      const struct database_batch *b)
{
    c->database = d;
    c->batch = *b;
    c->under_way = true;
    atomic_store(&c->at_work, true);
    c->has_thread = pthread_create(&c->thread, NULL, commit, c) == 0;
    if (!c->has_thread)
        (void)commit(c);
}

bool committing_is_at_work(const struct committing *c)
{
    return atomic_load(&c->at_work);
}

enum database_result committing_end(struct committing *c, struct error *err)
{
    if (!c->under_way)
        return DATABASE_DONE;
    if (c->has_thread)
        (void)pthread_join(c->thread, NULL);
    c->under_way = false;
    if (c->result != DATABASE_DONE)
        *err = c->err;
    return c->result;
}
