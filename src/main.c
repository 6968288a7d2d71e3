/*
 * spamharvest - mail logs in, spam-trap catches out
 *
 * Status and messages; nothing else. What there is to do is in run/.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "run/run.h"

static void complain(void *arg, const struct error *err)
{
    (void)arg;
    if (err->code != EPIPE) /* the reader went away, and knows it */
        (void)fprintf(stderr, "spamharvest: %s\n", err->text);
}

/*
 * A file must not be opened as descriptor 0, 1 or 2 and then be taken for the
 * standard streams. What the caller left closed is opened so that its use
 * fails.
 */
static void occupy_standard_streams(void)
{
    int fd;

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* --help and its like. */
static enum status print(const struct options *o)
{
    struct out *out = out_new(STDOUT_FILENO, "standard output");
    struct error err = {0};
    bool done = false;

    switch (o->action) {
    case ACTION_RUN:
        break;
    case ACTION_HELP:
        done = options_write_help(out, &err);
        break;
    case ACTION_VERSION:
        done = options_write_version(out, &err);
        break;
    case ACTION_COMPLETION:
        done = options_write_completion(out, o->shell, &err);
        break;
    }
    done = done && out_flush(out, &err);
    out_free(out);
    if (done || err.code == EPIPE)
        return STATUS_DONE;
    complain(NULL, &err);
    return STATUS_TROUBLE;
}

int main(int argc, char **argv)
{
    struct options o;
    struct error err = {0};
    enum status status;

    occupy_standard_streams();
    (void)signal(SIGPIPE, SIG_IGN);
    if (!options_parse(&o, argc, argv, time(NULL), &err)) {
        complain(NULL, &err);
        (void)fputs("spamharvest: see spamharvest --help\n", stderr);
        status = STATUS_USAGE;
    } else if (o.action == ACTION_RUN) {
        status = run(&o, complain, NULL);
    } else {
        status = print(&o);
    }
    options_release(&o);
    return (int)status;
}
