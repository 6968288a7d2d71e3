/*
 * fuzz - what the fuzz targets share
 *
 * Each target defines LLVMFuzzerTestOneInput() and is linked either with
 * libFuzzer (configure --enable-fuzzing; tests/fuzz/run) or with replay.c,
 * which feeds it the files it is given ("make check" replays the seeds).
 * Beside the crashes that sanitizers see, a target holds that the same bytes
 * give the same result however they are cut: CHECK.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/slice.h"
#include "parse/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__,      \
                          __LINE__, #condition);                               \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* The next line of *rest, without its newline; false: there is none. */
static inline bool fuzz_line(struct slice *rest, struct slice *line)
{
    size_t end = slice_find_byte(*rest, '\n');

    if (rest->len == 0)
        return false;
    *line = slice_head(*rest, end);
    *rest = slice_from(*rest, end == SIZE_MAX ? rest->len : end + 1);
    return true;
}

/* Reads every byte, so that a sanitizer sees a slice that is none. */
static inline uint64_t fuzz_hash(uint64_t hash, struct slice s)
{
    hash = (hash ^ s.len) * 0x100000001b3;
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (uint8_t)s.ptr[i]) * 0x100000001b3;
    return hash;
}

/* The built-in rules, read once: for the life of the process. */
static inline const struct ruleset *fuzz_rules(void)
{
    static struct ruleset *rs;
    struct error err;

    if (rs == NULL) {
        rs = ruleset_new();
        CHECK(ruleset_add_builtin(rs, &err));
        ruleset_finish(rs);
    }
    return rs;
}

#endif
