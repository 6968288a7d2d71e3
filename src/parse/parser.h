/*
 * parser - lines in, events out
 *
 * Pure: what comes out depends on the line alone, so any thread may parse
 * any block. A parser (PCRE2 match data, JIT stack, the last stamp) is used by
 * one thread at a time; the ruleset is shared.
 */
#ifndef PARSE_PARSER_H
#define PARSE_PARSER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "parse/event.h"
#include "parse/ruleset.h"

/* Longer lines are counted and not read: no MTA writes them. */
#define PARSE_LINE_MAX 65536

/*
 * A line whose text is longer is no MTA's either (all cut at 8 KiB or
 * earlier), and no regex is run on it: this bounds what a pattern can cost.
 */
#define PARSE_TEXT_MAX 16384

enum parse_result {
    PARSE_EVENT,          /* a rule matched, or will if the line is read,
                             and it matters */
    PARSE_IRRELEVANT,     /* an MTA's line, of no matter */
    PARSE_NOT_UNDERSTOOD, /* an MTA's line that no rule knows */
    PARSE_FOREIGN,        /* a log line of some other program */
    PARSE_REPEATED,       /* syslog's "repeated N times" */
    PARSE_NO_LOG,         /* no stamp: not a line of a log */
    PARSE_TOO_LONG,       /* over PARSE_LINE_MAX */
    PARSE_TOTAL
};

struct parser;

struct parser *parser_new(const struct ruleset *rs);
void parser_free(struct parser *p); /* NULL is allowed */

/*
 * parser_line - one line, without its newline
 *
 * ev is filled whatever the result (kind EVENT_NONE where no rule matched;
 * what the header told is there), except that for PARSE_NO_LOG and
 * PARSE_TOO_LONG only text is: the line. Its slices point into line or into
 * the parser, and are valid until parser_reset().
 *
 * A tag that only "tag other" lets in (ev->stranger) yields PARSE_EVENT or
 * PARSE_FOREIGN: nobody can say whether its other lines are an MTA's.
 *
 * An error of the regex engine is never "no match": it is tried again
 * interpreted, and if that fails too the result is PARSE_NOT_UNDERSTOOD.
 */
enum parse_result parser_line(struct parser *p, struct slice line,
                              struct event *ev);

/*
 * parser_text - match text whose header is known: a record put together
 * from its parts, or what was left unread
 *
 * ev holds tag, queue_id, noqueue, host, when, pid, mta, stranger of the line
 * or the parts, and the length of the last; text is what followed "ID: " (still
 * escaped). It must be valid as long as ev.
 */
enum parse_result parser_text(struct parser *p, struct slice text,
                              struct event *ev);

/*
 * parser_spare - nobody is told how many lines were understood
 *
 * Then a line needs no rule that says only that it does not matter. refusals:
 * nor do refusals without a queue ID, whose rows nobody wants. Such lines are
 * said not to be understood from now on.
 */
void parser_spare(struct parser *p, bool refusals);

/*
 * parser_leave_deliveries - nobody wants recipients
 *
 * A line of a queue ID that begins as a rule for deliveries says, does not end
 * as other_id says, and could meet no rule of another kind, is an EVENT_UNREAD
 * from now on. Whether a rule takes it is not known then.
 */
void parser_leave_deliveries(struct parser *p);

/* Forgets what events of earlier lines point to. */
void parser_reset(struct parser *p);

/* Why the last line was not understood: one phrase, for --explain. */
struct slice parser_reason(const struct parser *p);

#endif
