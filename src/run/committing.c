/* committing - a commit to a database, while the run goes on */
#include "run/committing.h"

static void *commit(void *arg)
{
    struct committing *c = arg;

    c->result = database_commit(c->database, &c->batch, &c->err);
    return NULL;
}

void committing_begin(struct committing *c, struct database *d,
                      const struct database_batch *b)
{
    c->database = d;
    c->batch = *b;
    c->under_way = true;
    c->has_thread = pthread_create(&c->thread, NULL, commit, c) == 0;
    if (!c->has_thread)
        (void)commit(c);
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
