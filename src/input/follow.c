/*
 * follow - a log under its name, as it grows and is rotated
 *
 * Each look goes by what is there, never by what an event said: events only
 * end the waiting, so one lost costs time and nothing else.
 */
#include "input/follow.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "input/siblings.h"

#define LOOK_MS 1000      /* at the latest, whatever inotify says */
#define BLIND_LOOK_MS 200 /* without inotify */

struct follow {
    const char *path;
    int wake_fd;
    atomic_bool reopen;

    int inotify; /* -1: there is none */
    bool blind;  /* the file itself is not watched */
    int wd[2];   /* on the file that had the name before, and that has it */
    struct stat watched;

    struct stat left; /* a file not to be opened again; st_ino 0: none */
    char *copy_name;
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void watch_folder(struct follow *w)
{
    const char *slash = strrchr(w->path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - w->path) + 1;
    char *folder = mem_text(len == 0 ? SLICE(".") : slice_make(w->path, len));

    (void)inotify_add_watch(w->inotify, folder, IN_CREATE | IN_MOVED_TO);
    free(folder);
}

struct follow *follow_new(const char *path, int wake_fd)
{
    struct follow *w = mem_new(sizeof *w);

    w->path = path;
    w->wake_fd = wake_fd;
    w->wd[0] = w->wd[1] = -1;
    w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    w->blind = w->inotify < 0;
    if (!w->blind)
        watch_folder(w);
    return w;
}

void follow_free(struct follow *w)
{
    if (w == NULL)
        return;
    if (w->inotify >= 0)
        close(w->inotify);
    free(w->copy_name);
    free(w);
}

/* Watches the file that has the name now; the one before it may still grow. */
static void watch_file(struct follow *w, const struct stat *file)
{
    int wd = inotify_add_watch(w->inotify, w->path, IN_MODIFY | IN_ATTRIB);

    w->watched = *file;
    w->blind = wd < 0;
    if (wd < 0 || wd == w->wd[1])
        return;
    if (w->wd[0] >= 0 && w->wd[0] != wd)
        (void)inotify_rm_watch(w->inotify, w->wd[0]);
    w->wd[0] = w->wd[1];
    w->wd[1] = wd;
}

/* What has the name, watched before it is looked at. */
static bool stat_name(struct follow *w, struct stat *file)
{
    bool there = stat(w->path, file) == 0;

    while (there && w->inotify >= 0 && !same_file(file, &w->watched)) {
        watch_file(w, file);
        there = stat(w->path, file) == 0;
    }
    return there;
}

/*
 * Whether the last bytes that were read are still where they were, and
 * something behind them. Both at once, since nothing else tells a log that
 * was truncated and has grown again.
 */
static enum follow_news compare(struct source *s, const struct known_track *t,
                                struct error *err)
{
    char then[KNOWN_SPAN], now[KNOWN_SPAN + 1];
    size_t size = known_tail(t, then, sizeof then), got;

    if (!source_read_at(s, t->offset - size, now, size + 1, &got, err))
        return FOLLOW_FAILED;
    if (got < size || memcmp(then, now, size) != 0)
        return FOLLOW_TRUNCATED;
    return got > size ? FOLLOW_GROWN : FOLLOW_SAME;
}

enum follow_news follow_look(struct follow *w, struct source *s,
                             const struct known_track *t, struct error *err)
{
    bool reopen = atomic_exchange(&w->reopen, false);
    struct stat file;
    /* Before the comparison: what is written later is not to the old file. */
    bool there = stat_name(w, &file);
    bool other = there && S_ISREG(file.st_mode) && !source_is(s, &file) &&
                 (file.st_size > 0 || reopen);
    enum follow_news news = compare(s, t, err);

    if (reopen && (!there || (other && news == FOLLOW_GROWN)))
        atomic_store(&w->reopen, true);
    return news == FOLLOW_SAME && other ? FOLLOW_REPLACED : news;
}

int64_t follow_until(int milliseconds)
{
    return milliseconds < 0 ? INT64_MAX : clock_ms() + milliseconds;
}

static void forget_events(struct follow *w)
{
    char events[4096];

    while (w->inotify >= 0 && read(w->inotify, events, sizeof events) > 0)
        ;
}

bool follow_wait(struct follow *w, int64_t until)
{
    struct pollfd wait[] = {
        {.fd = w->inotify, .events = POLLIN},
        {.fd = w->wake_fd, .events = POLLIN},
    };
    int64_t most = w->blind ? BLIND_LOOK_MS : LOOK_MS;
    int64_t left = until - clock_ms();

    if (left <= 0)
        return false;
    (void)poll(wait, 2, (int)(left < most ? left : most));
    forget_events(w);
    return true;
}

static bool is_left(const struct follow *w, const struct stat *file)
{
    return same_file(file, &w->left) && file->st_size == w->left.st_size &&
           file->st_mtim.tv_sec == w->left.st_mtim.tv_sec &&
           file->st_mtim.tv_nsec == w->left.st_mtim.tv_nsec;
}

bool follow_open(struct follow *w, struct source **s, struct error *err)
{
    struct stat file;

    *s = NULL;
    if (!stat_name(w, &file) || !S_ISREG(file.st_mode) || file.st_size == 0 ||
        is_left(w, &file))
        return true;
    *s = source_open(w->path, err);
    return *s != NULL || err->code == ENOENT;
}

/* Whether the source is that log, and has more of it. */
static bool goes_on(struct source *s, const struct known_log *log)
{
    struct known_log one = *log;
    struct known known = {.log = &one, .count = 1, .cap = 1};
    struct known_track track = {.offset = 0};
    struct error unused;
    size_t got = 0;
    char next;

    return source_is_file(s) && source_format(s) == NULL &&
           known_resume(&known, s, &track, &unused) && track.offset > 0 &&
           source_read(s, &next, 1, &got, &unused) && got > 0 &&
           source_rewind(s, &unused);
}

struct source *follow_copy(struct follow *w, const struct known_log *log)
{
    char **list;
    size_t count = siblings_list(w->path, &list);
    struct source *s = NULL;
    struct error unused;

    for (size_t i = 0; s == NULL && i < count; i++) {
        s = source_open(list[i], &unused);
        if (s != NULL && goes_on(s, log)) {
            free(w->copy_name);
            w->copy_name = list[i];
            list[i] = NULL;
        } else {
            source_free(s);
            s = NULL;
        }
    }
    siblings_free(list, count);
    return s;
}

bool follow_names(const struct follow *w, const struct source *s)
{
    return source_is_file(s) && strcmp(source_name(s), w->path) == 0;
}

void follow_leave(struct follow *w, const struct source *s)
{
    struct stat file;

    if (stat(w->path, &file) == 0 && source_is(s, &file))
        w->left = file;
}

void follow_reopen(struct follow *w)
{
    atomic_store(&w->reopen, true);
}
