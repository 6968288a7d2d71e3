/*
 * imprint - what a file is known again by, without reading it whole
 *
 * Its size and the hashes (XXH3-128) of its first and last up to 4 KiB, as
 * logs are known by. Two files may have one imprint and differ between: where
 * that matters, imprint_hash() takes in all.
 */
#ifndef STORE_IMPRINT_H
#define STORE_IMPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/slice.h"

#define IMPRINT_SPAN 4096 /* bytes of head and tail that are hashed */
#define IMPRINT_FIELDS 5  /* as text: sizes in decimal, hashes in hexadecimal */

struct imprint {
    uint64_t size;
    uint32_t head_size, tail_size;
    XXH128_hash_t head, tail;
};

/* One of the files that a content lies in. */
struct part {
    int fd;
    uint64_t size;
    const char *name; /* for messages */
};

/* Exactly size bytes from an offset on; false with err set, also at its end. */
bool part_read(const struct part *p, uint64_t from, char *to, size_t size,
               struct error *err);

/* Of the content of all parts, one behind the other. */
bool imprint_take(const struct part *part, size_t parts, struct imprint *print,
                  struct error *err);

/* *fits: whether the file begins with what print was taken of. */
bool imprint_begins(const struct imprint *print, const struct part *file,
                    bool *fits, struct error *err);

/* Of size bytes from an offset on. */
bool imprint_hash(const struct part *p, uint64_t from, uint64_t size,
                  XXH128_hash_t *hash, struct error *err);

/* ---- as text, and back ---- */

/* Room for the fields' text. */
struct imprint_text {
    char text[IMPRINT_FIELDS][40];
};

void imprint_fields(const struct imprint *print, struct imprint_text *room,
                    struct slice field[IMPRINT_FIELDS]);
bool imprint_parse(const struct slice field[IMPRINT_FIELDS],
                   struct imprint *print);

/* 32 hexadecimal digits. */
struct slice hash_text(XXH128_hash_t hash, char text[40]);
bool hash_parse(struct slice text, XXH128_hash_t *hash);

#endif
