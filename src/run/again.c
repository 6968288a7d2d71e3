/* again - a run that another one has voided begins anew */
#include "run/again.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Ends for all to see what another run has voided as often as it was begun. */
static void give_up(const struct options *o, const char *pipe,
                    run_complain *complain, void *arg)
{
    struct error err;

    if (pipe != NULL)
        (void)error_set(&err,
                        "%s: other runs go on with the same logs, and '%s' "
                        "cannot be read again",
                        o->database->name, pipe);
    else
        (void)error_set(&err,
                        "%s: other runs go on with the same logs (tried for "
                        "%u second%s)",
                        o->database->name, o->lock_wait,
                        o->lock_wait == 1 ? "" : "s");
    complain(arg, &err);
}

/* An input that cannot be begun anew: standard input, another pipe; or NULL. */
static const char *find_pipe(const struct options *o)
{
    struct stat info;

    for (size_t i = 0; i < o->input_count; i++)
        if (strcmp(o->inputs[i], "-") == 0 ||
            (stat(o->inputs[i], &info) == 0 && !S_ISREG(info.st_mode)))
            return o->inputs[i];
    return NULL;
}

/* Other runs may do the same at the same time: then one begins anew. */
enum status again_until_done(const struct options *o, again_once *once,
                             const void *with, run_complain *complain,
                             void *arg)
{
    int64_t end = INT64_MAX, now;
    enum attempt how;

    for (;;) {
        enum status status = once(o, with, &how, complain, arg);

        if (how == ATTEMPT_OVER)
            return status;
        now = (int64_t)time(NULL);
        if (end == INT64_MAX || how == ATTEMPT_GOT_ON)
            end = now + o->lock_wait;
        if (now > end || find_pipe(o) != NULL) {
            give_up(o, find_pipe(o), complain, arg);
            return status;
        }
    }
}
