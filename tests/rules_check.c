/*
 * rules_check - runs the samples of the built-in rules, and of rule files
 *
 *   rules_check [FILE]...
 *
 * A FILE with the "mta NAME" of a built-in one replaces it, so that a rule
 * file can be tested before it is built in. Exit status 0: all pass; 1: the
 * first that does not is printed.
 *
 * make check runs it. Without a build, from the top of the tree:
 *   awk -f src/parse/embed-rules.awk src/parse/rules/[a-z]*.rules \
 *       > rules_builtin.c
 *   cc -std=gnu17 -D_GNU_SOURCE -Isrc -o rules_check tests/rules_check.c \
 *       rules_builtin.c src/parse/[a-z]*.c src/base/[a-z]*.c -lpcre2-8
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "parse/ruleset.h"

static bool read_file(const char *path, struct buf *text, struct error *err)
{
    FILE *file = fopen(path, "rb");
    size_t got;

    if (file == NULL)
        return error_set(err, "%s: cannot be read", path);
    do {
        got = fread(buf_reserve(text, 4096), 1, 4096, file);
        text->len += got;
    } while (got > 0);
    (void)fclose(file);
    return true;
}

static bool add_file(struct ruleset *rs, const char *path, struct error *err)
{
    struct buf text = {0};
    bool good = read_file(path, &text, err) &&
                ruleset_add(rs, buf_slice(&text), path, err);

    buf_free(&text);
    return good;
}

static bool check(struct ruleset *rs, int count, char **paths,
                  struct error *err)
{
    size_t samples;

    if (!ruleset_add_builtin(rs, err))
        return false;
    for (int i = 0; i < count; i++)
        if (!add_file(rs, paths[i], err))
            return false;
    ruleset_finish(rs);
    if (!ruleset_check(rs, &samples, err))
        return false;
    (void)printf("%zu samples pass\n", samples);
    return true;
}

int main(int argc, char **argv)
{
    struct ruleset *rs = ruleset_new();
    struct error err;
    bool good = check(rs, argc - 1, argv + 1, &err);

    if (!good)
        (void)fprintf(stderr, "%s\n", err.text);
    ruleset_free(rs);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
