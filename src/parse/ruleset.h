/*
 * ruleset - the grammar: rule files, read, checked and made ready to match
 *
 * A rule file is text (spamharvest-rules(5)); those of Postfix and sendmail
 * are built in and go through this loader like any other. Once loaded a
 * ruleset is constant and shared by all threads.
 *
 * One directive or rule a line; a line that begins with # is a comment.
 *
 *   mta NAME                 which MTA the file is for; first, once. A later
 *                            file of the same NAME replaces the earlier.
 *   tag slash                lines whose tag is SYSLOG_NAME/SERVICE, for the
 *                            services that rules or "irrelevant" name
 *   tag word NAME...         lines whose whole tag is NAME; service "-"
 *   tag other                any other tag without a slash, for lines that a
 *                            rule of the event "envelope" matches, and after
 *                            that for the tag: event.stranger
 *   foreign NAME...          tags that are never this MTA's
 *   queue_id TEMPLATE        [class]{n}[class]{m,n}: how an ID looks; more
 *                            lines are alternatives. Only the last class may
 *                            have a range. "ID: " goes before the text.
 *   unescape backslash       the text's \\ \t \n \r \ooo are undone before
 *                            rules see it (sendmail's str2prt)
 *   split ID[N]              records come in parts "ID[1]: text ..."
 *   irrelevant SERVICE...    services whose lines matter only if a rule says so
 *   define NAME PATTERN      %{NAME} in later patterns stands for (?:PATTERN)
 *   SERVICE[,SERVICE...] EVENT LITERAL PATTERN
 *                            a rule: for lines of these services, an event of
 *                            event.h, text that must occur in the line (may
 *                            be "quoted", with \" and \\; - for none), and a
 *                            PCRE2 pattern, to the end of the line, for what
 *                            follows "ID: ", "NOQUEUE: " or nothing.
 *                            Named groups are facts of event.h; a name may
 *                            stand in more than one alternative. The first
 *                            rule of a service that matches wins.
 *   = TEXT                   below a rule: a sample that it must match, and
 *                            that no rule before it takes
 *   ! TEXT                   below a rule: a sample that it must not match
 *     NAME=VALUE             below a = sample, indented: a fact's value
 *                            (without =VALUE: the fact must not be set)
 *
 * Patterns are bytes: "." is any byte, also a line feed, "$" the very end,
 * and only named groups capture. A pattern that backtracks without end is
 * stopped by limits, and its line is not understood.
 *
 * A tag is looked for as word, then as SYSLOG_NAME/SERVICE, then as other;
 * the file read last comes first. Where the file has "tag slash", a tag that
 * begins with NAME of "mta" and has a service nobody knows is the MTA's, and
 * not understood; any other tag is foreign.
 *
 * What makes matching fast is derived here, not written there: a pattern that
 * begins with ^literal is dispatched on it, and LITERAL then costs nothing if
 * it is part of that; one that is all literal needs no regex, nor does a simple
 * one (parse/scanner.h says what that is); services and first bytes select the
 * few rules to try. A run that tells nobody which lines were understood leaves
 * rules out that can yield nothing it wants (parser_spare()).
 */
#ifndef PARSE_RULESET_H
#define PARSE_RULESET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"
#include "parse/event.h"

struct ruleset;
struct rule;

struct ruleset *ruleset_new(void);
void ruleset_free(struct ruleset *rs); /* NULL is allowed */

/* Adds the files that are built in. */
bool ruleset_add_builtin(struct ruleset *rs, struct error *err);

/*
 * ruleset_add - read one rule file
 *
 * text may go away afterwards; name is for messages. A mistake is an error
 * with file, line and reason, and the ruleset is then of no use.
 */
bool ruleset_add(struct ruleset *rs, struct slice text, const char *name,
                 struct error *err);

/* After the last file: makes it ready for parser_new(). */
void ruleset_finish(struct ruleset *rs);

/*
 * ruleset_check - run every sample of every rule
 *
 * False with the first that fails: file, line, what was expected and read.
 * samples: how many were run.
 */
bool ruleset_check(const struct ruleset *rs, size_t *samples,
                   struct error *err);

struct slice ruleset_mta_name(const struct ruleset *rs, unsigned mta);

/* Where a rule stands, for --explain: "postfix.rules:42". */
struct place rule_place(const struct rule *rule);

#endif
