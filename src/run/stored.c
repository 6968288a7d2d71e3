/* stored - the logs known, as a database has them */
#include "run/stored.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "run/forget.h"

/* Blanks and line ends would not come back. */
static void find_machine(char *to, size_t size)
{
    if (gethostname(to, size) != 0)
        *to = '\0';
    to[size - 1] = '\0';
    for (; *to != '\0'; to++)
        if (*to == ' ' || *to == '\n')
            *to = '_';
}

void stored_init(struct stored *s, struct known *known)
{
    *s = (struct stored){.known = known};
    find_machine(s->machine, sizeof s->machine);
}

void stored_release(struct stored *s)
{
    known_release(&s->was);
    free(s->mark);
    free(s->forgotten);
}

/* ---- names ---- */

/* Takes the first of the lines off. */
static struct slice next_name(struct slice *names)
{
    struct slice line = slice_head(*names, slice_find_byte(*names, '\n'));

    *names = slice_from(*names, line.len + (line.len < names->len));
    return line;
}

/* The path, if the name is one of ours. */
static bool is_ours(const struct stored *s, struct slice line,
                    struct slice *path)
{
    struct slice machine = slice_of(s->machine);

    if (line.len <= machine.len || line.ptr[machine.len] != ' ' ||
        !slice_starts(line, machine))
        return false;
    *path = slice_from(line, machine.len + 1);
    return true;
}

/* Ours among the names, or "". */
static struct slice own_name(const struct stored *s, struct slice names)
{
    struct slice path;

    while (names.len > 0)
        if (is_ours(s, next_name(&names), &path))
            return path;
    return SLICE("");
}

/* The names with ours in place of the first that is: each machine knows by its
 * own which log it has to look for when that was rotated away. */
static char *renamed(const struct stored *s, struct slice names,
                     struct slice own)
{
    struct buf b = {0};
    struct slice path;
    bool found = false;
    char *text;

    while (names.len > 0) {
        struct slice line = next_name(&names);

        if (!found && is_ours(s, line, &path)) {
            found = true;
            continue;
        }
        buf_add(&b, line);
        buf_add_byte(&b, '\n');
    }
    if (own.len > 0 && slice_find_byte(own, '\n') == SIZE_MAX) {
        buf_addf(&b, "%s ", s->machine);
        buf_add(&b, own);
        buf_add_byte(&b, '\n');
    }
    text = mem_text(buf_slice(&b));
    buf_free(&b);
    return text;
}

/* ---- what the database has ---- */

/* Room for one more, in was and mark. */
static void make_room(struct stored *s)
{
    struct known *was = &s->was;

    was->log = mem_grow(was->log, was->count, &was->cap, sizeof *was->log);
    s->mark = mem_grow(s->mark, was->count, &s->mark_cap, sizeof *s->mark);
}

void stored_take(void *arg, const struct known_log *log, int64_t place,
                 int64_t version)
{
    struct stored *s = arg;
    struct known *known = s->known, *was = &s->was;
    struct slice own = own_name(s, slice_of(log->name));

    make_room(s);
    known->log =
        mem_grow(known->log, known->count, &known->cap, sizeof *known->log);
    s->mark[was->count] = (struct stored_mark){place, version};
    if (place > s->place)
        s->place = place;
    was->log[was->count] = *log;
    was->log[was->count++].name =
        mem_text(log->name == NULL ? SLICE("") : slice_of(log->name));
    known->log[known->count] = *log;
    known->log[known->count++].name = own.len == 0 ? NULL : mem_text(own);
}

void stored_forget(struct stored *s, struct stamp before)
{
    struct known *known = s->known, *was = &s->was;
    bool *goes = forget_which(was, before);
    size_t kept = 0;

    s->forgotten = mem_array(was->count + 1, sizeof *s->forgotten);
    for (size_t i = 0; i < was->count; i++) {
        if (goes[i]) {
            s->forgotten[s->forgotten_count++] = (struct database_move){
                .was = was->log[i], .version = s->mark[i].version};
            free(was->log[i].name);
            free(known->log[i].name);
            continue;
        }
        was->log[kept] = was->log[i];
        known->log[kept] = known->log[i];
        s->mark[kept++] = s->mark[i];
    }
    was->count = known->count = kept;
    free(goes);
}

/* ---- what has changed ---- */

bool stored_is_changed(const struct stored *s, size_t i)
{
    const struct known_log *log = &s->known->log[i];
    const struct known_log *was = &s->was.log[i];

    return log->offset != was->offset || log->head_size != was->head_size ||
           !known_same_hash(log->head, was->head) ||
           !known_same_hash(log->tail, was->tail) ||
           !slice_equal(slice_of(log->name), own_name(s, slice_of(was->name)));
}

static bool is_stored(const struct stored *s, size_t i)
{
    return i < s->was.count && s->was.log[i].offset != 0;
}

static struct database_move move_of(const struct stored *s, size_t i)
{
    const struct known_log *log = &s->known->log[i];
    struct database_move m = {.now = *log, .log = i};
    struct slice names = SLICE("");

    if (is_stored(s, i)) {
        m.was = s->was.log[i];
        m.version = s->mark[i].version;
        names = slice_of(m.was.name);
    }
    m.place = i < s->was.count ? s->mark[i].place
                               : s->place + 1 + (int64_t)(i - s->was.count);
    m.now.name = renamed(s, names, slice_of(log->name));
    return m;
}

struct database_move *stored_moves(struct stored *s, const size_t *logs,
                                   size_t count, size_t *moves)
{
    struct database_move *list = mem_array(count + 1, sizeof *list);

    *moves = 0;
    for (size_t n = 0; n < count; n++)
        if (!is_stored(s, logs[n]) || stored_is_changed(s, logs[n]))
            list[(*moves)++] = move_of(s, logs[n]);
    return list;
}

void stored_free_moves(struct database_move *moves, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(moves[i].now.name);
    free(moves);
}

void stored_moved(struct stored *s, const struct database_move *moves,
                  size_t count, int64_t version)
{
    struct known *was = &s->was;

    s->forgotten_count = 0;
    while (was->count < s->known->count) {
        make_room(s);
        was->log[was->count] = (struct known_log){.first = STAMP_NONE};
        s->mark[was->count++] = (struct stored_mark){++s->place, 0};
    }
    for (size_t i = 0; i < count; i++) {
        struct known_log *log = &was->log[moves[i].log];

        free(log->name);
        *log = moves[i].now;
        log->name = mem_text(slice_of(log->name));
        s->mark[moves[i].log].version = version;
    }
}
