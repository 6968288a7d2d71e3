/*
 * regex - PCRE2, with what a rule asks of it
 *
 * Texts are bytes, not UTF-8. A text may hold line feeds: "." is any byte, "$"
 * the very end, and only named groups capture. Patterns run as machine code
 * (JIT), under limits: no text can stall one that backtracks.
 */
#ifndef PARSE_REGEX_H
#define PARSE_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct regex;

enum regex_result {
    REGEX_NO,
    REGEX_YES,
    REGEX_FAILED /* the engine gave up: neither yes nor no */
};

/* at: where the pattern stands, for messages. NULL with err set: a bad one. */
struct regex *regex_new(struct slice pattern, struct place at,
                        struct error *err);
void regex_free(struct regex *re); /* NULL is allowed */

/* Translates to machine code; without it a regex is slower, not wrong. */
void regex_translate(struct regex *re);

/* Groups are numbered from 0, by their opening brackets; all have a name. */
uint32_t regex_group_count(const struct regex *re);
struct slice regex_group_name(const struct regex *re, uint32_t group);

/*
 * matcher - what a thread needs to match: PCRE2's match data, stack, limits
 *
 * Nothing is made before it is needed. groups: the most any regex has.
 */
struct matcher;

struct matcher *matcher_new(uint32_t groups);
void matcher_free(struct matcher *m); /* NULL is allowed */

enum regex_result regex_match(const struct regex *re, struct slice text,
                              struct matcher *m);

/*
 * regex_match_once - the same for a pattern that is rarely needed as a regex;
 * it must be a good one
 */
enum regex_result regex_match_once(struct slice pattern, struct place at,
                                   struct slice text, struct matcher *m);

/* Of the last match that was one; false: the group is not set. */
bool matcher_group(const struct matcher *m, uint32_t group, size_t *begin,
                   size_t *end);

/* Why the last match that failed did so. */
struct slice matcher_reason(const struct matcher *m);

#endif
