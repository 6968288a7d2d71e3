/*
 * scanner - simple patterns, matched without the regex engine
 *
 * Most patterns of a rule file are pieces of plain text with classes of bytes
 * between them, of which nothing is given back once taken. Such a pattern is
 * made into a list of steps that go through a text many bytes at a time. A
 * step that fails goes back to the choice made last; a possessive group takes
 * back the choices made in it, so there are few.
 *
 * A pattern is simple if it begins with "^" and holds, below that, only
 *
 *     plain bytes, \ and punctuation, ".", "$" (the very end)
 *     [classes] with ranges, \d \w \s, [:alpha:] and the like
 *     (...) (?:...) (?<name>...) (?>...) and "|"
 *     (?=...) (?!...) (?<=[class]) (?<!.{n})
 *     ? * + {n} {n,m} {n,}, as they are, lazy or possessive
 *
 * and if no group that repeats captures or can be empty. It then means what it
 * means to PCRE2 under the options of a rule: whatever the text, the result
 * and the groups are the same. What is not certain to be so is not simple.
 */
#ifndef PARSE_SCANNER_H
#define PARSE_SCANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define SCANNER_GROUPS 24

struct scanner;

enum scanner_result {
    SCANNER_NO,
    SCANNER_YES,
    SCANNER_FAILED /* too many choices: another engine may know */
};

/* Where the groups of a match stand: those whose bit is set. */
struct scanner_groups {
    uint32_t set;
    struct {
        const char *begin, *end;
    } at[SCANNER_GROUPS];
};

/* NULL: the pattern is not simple. pattern must outlive it. */
struct scanner *scanner_new(struct slice pattern);
void scanner_free(struct scanner *s); /* NULL is allowed */

/* Groups are numbered from 0, by their opening brackets. */
unsigned scanner_group_count(const struct scanner *s);
struct slice scanner_group_name(const struct scanner *s, unsigned group);

/* Marks the bytes a match can begin with; false: an empty text may match. */
bool scanner_begins(const struct scanner *s, bool begins[256]);

/* text must have a pointer, if it is empty too. */
enum scanner_result scanner_match(const struct scanner *s, struct slice text,
                                  struct scanner_groups *groups);

#endif
