/*
 * rule - one pattern of a rule file, ready to match
 *
 * What makes it fast is derived from the pattern: the literal it begins with
 * is compared first; a pattern that is all literal needs no more; one that is
 * simple is scanned, and only what is left needs the regex engine. The bytes a
 * match can begin with let a service try only the rules that have a chance.
 *
 * A rule matches a record, which may hold line feeds once it is unescaped: "."
 * is any byte, "$" the very end, and only named groups capture.
 */
#ifndef PARSE_RULE_H
#define PARSE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "parse/event.h"
#include "parse/regex.h"
#include "parse/ruleset.h"
#include "parse/scanner.h"

/* Longer patterns, all defines put in, are an error. */
#define RULE_PATTERN_MAX 32768

/* What a line touches comes first. */
struct rule {
    struct slice prefix;  /* every match begins with it */
    struct slice literal; /* must occur, and the prefix does not show it */
    uint8_t kind;         /* enum event_kind */
    bool whole; /* neither scanner nor regex: nothing follows the prefix */
    struct scanner *scanner; /* of a simple pattern, or NULL */
    struct regex *regex;     /* of one that is not, or NULL */
    uint8_t *facts;          /* enum fact, of each group */

    uint32_t groups;
    uint64_t head;      /* the first eight bytes of prefix, or fewer */
    uint64_t head_mask; /* which bits of head those are */
    struct place place;
    struct slice pattern;
    bool begins[256];  /* the bytes a match can begin with */
    bool may_be_empty; /* an empty text can match */
    char *texts;       /* owns pattern, prefix and literal */
};

enum rule_result {
    RULE_NO,
    RULE_YES,
    RULE_FAILED /* the engine gave up: neither yes nor no */
};

/*
 * rule_compile - from the fields of one line of a rule file, a rule
 *
 * at: where it stands, for messages; at.file must outlive the rule.
 *
 * A group whose name is no fact is an error: skipped, a slip such as
 * (?<cleint_ip>...) would cost the column on every row, in silence.
 *
 * Returns a rule for the caller to rule_free(), or NULL with err set.
 */
struct rule *rule_compile(enum event_kind kind, struct slice literal,
                          struct slice pattern, struct place at,
                          struct error *err);
void rule_free(struct rule *rule); /* NULL is allowed */

/* Makes it ready to match fast; without it a rule is slower, not wrong. */
void rule_translate(struct rule *rule);

/* Groups in the pattern, for matcher_new(). */
uint32_t rule_groups(const struct rule *rule);

/*
 * rule_match - whether text is of this rule; if so, its facts are in ev
 *
 * Of ev, kind, rule, facts and the values of the facts set are written, and
 * nothing unless it matches. Values point into text, which must have a
 * pointer even if it is empty.
 */
enum rule_result rule_match(const struct rule *rule, struct slice text,
                            struct matcher *m, struct event *ev);

#endif
