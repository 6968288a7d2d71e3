/*
 * siblings - where rotation may have put a log
 */
#include "input/siblings.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/slice.h"

#define TURNS_DIGITS 5 /* more are a date */

static bool is_one_of(struct slice word, const char *const *words)
{
    for (; *words != NULL; words++)
        if (slice_equal(word, slice_of(*words)))
            return true;
    return false;
}

/* A word that rotation adds to a name, as a whole. */
static bool is_rotation(struct slice word)
{
    static const char *const words[] = {"old", "bak", "prev", "gz", "bz2",
                                        "xz",  "zst", "lz4",  NULL};

    return word.len > 0 && ((word.ptr[0] >= '0' && word.ptr[0] <= '9') ||
                            is_one_of(word, words));
}

/* Whether rest is one or more words, each behind a "." or "-". */
static bool is_rotated(struct slice rest)
{
    if (rest.len == 0)
        return false;
    while (rest.len > 0) {
        size_t len = 1;

        if (rest.ptr[0] != '.' && rest.ptr[0] != '-')
            return false;
        while (len < rest.len && rest.ptr[len] != '.' && rest.ptr[len] != '-')
            len++;
        if (!is_rotation(slice_make(rest.ptr + 1, len - 1)))
            return false;
        rest = slice_from(rest, len);
    }
    return true;
}

static bool takes_off(struct slice *text, struct slice prefix)
{
    if (!slice_starts(*text, prefix))
        return false;
    *text = slice_from(*text, prefix.len);
    return true;
}

/* The same with the log's extension between the words: mail-2013.log.gz. */
static bool is_rotated_before(struct slice rest, struct slice extension)
{
    for (size_t at = 1; at + extension.len <= rest.len; at++) {
        struct slice behind = slice_from(rest, at);

        if (takes_off(&behind, extension) && is_rotated(slice_head(rest, at)))
            return behind.len == 0 || is_rotated(behind);
    }
    return false;
}

static bool is_sibling(struct slice name, struct slice log)
{
    size_t dot = slice_find_last(log, SLICE("."));
    struct slice rest = name;

    if (takes_off(&rest, log))
        return is_rotated(rest);
    return dot != SIZE_MAX && dot > 0 &&
           takes_off(&rest, slice_head(log, dot)) &&
           is_rotated_before(rest, slice_from(log, dot));
}

static bool is_regular(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/*
 * How often a name says it was rotated: 3 for maillog.3.gz; a date in its
 * place, which has more digits, or nothing counts as 0.
 */
static unsigned long long turns_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct slice name = slice_of(slash == NULL ? path : slash + 1);
    unsigned long long turns = 0;

    for (size_t i = 0; i + 1 < name.len; i++) {
        struct slice digits = slice_make(name.ptr + i + 1, 0);

        if (name.ptr[i] != '.')
            continue;
        while (digits.ptr + digits.len < name.ptr + name.len &&
               digits.ptr[digits.len] >= '0' && digits.ptr[digits.len] <= '9')
            digits.len++;
        if (digits.len > 0 && digits.len <= TURNS_DIGITS &&
            slice_number(digits, &turns))
            return turns;
    }
    return 0;
}

/* Oldest first: the higher number, else the earlier date. */
static int by_age(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    unsigned long long x_turns = turns_of(x), y_turns = turns_of(y);

    if (x_turns != y_turns)
        return x_turns > y_turns ? -1 : 1;
    return strcmp(x, y);
}

/* folder: with its slash, or empty. */
static char *join_path(struct slice folder, const char *name)
{
    struct buf path = {0};

    buf_add(&path, folder);
    buf_add(&path, slice_of(name));
    buf_add_byte(&path, '\0');
    return path.ptr;
}

size_t siblings_list(const char *path, char ***list)
{
    const char *slash = strrchr(path, '/');
    struct slice folder =
        slice_make(path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
    struct slice log = slice_of(path + folder.len);
    char *where = join_path(folder, folder.len == 0 ? "." : "");
    DIR *dir = opendir(where);
    const struct dirent *entry;
    size_t count = 0, cap = 0;

    *list = NULL;
    free(where);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char *sibling;

        if (!is_sibling(slice_of(entry->d_name), log))
            continue;
        sibling = join_path(folder, entry->d_name);
        if (!is_regular(sibling)) {
            free(sibling);
            continue;
        }
        *list = mem_grow(*list, count, &cap, sizeof(char *));
        (*list)[count++] = sibling;
    }
    if (dir != NULL)
        (void)closedir(dir);
    if (count > 0)
        qsort(*list, count, sizeof(char *), by_age);
    return count;
}

void siblings_free(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}
