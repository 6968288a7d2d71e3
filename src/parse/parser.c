/*
 * parser - lines in, events out
 *
 * A line goes through narrowing questions, each cheap: whose tag is it, is
 * there a queue ID, which rules can match a text that begins so. Few texts
 * meet more than one regex.
 */
#include "parse/parser.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "parse/dispatch.h"
#include "parse/header.h"
#include "parse/rulefile.h"
#include "parse/unescape.h"

/* Parts of a split record are numbered from 1; more than these are none. */
#define PART_DIGITS 4

/* No name is longer (RFC 1035, 2.3.4), and databases have no room for one. */
#define HOST_MAX 255

/*
 * Shorter lines are cut by no syslog, not even after a relay took their stamp
 * and host away. What a client chooses of a from= line, in bytes before they
 * were escaped, is a message-ID and, with "from=", a sender of these lengths.
 */
#define CUT_LENGTH_MIN 370
#define MESSAGE_ID_MAX 100
#define SENDER_MAX 205

/* What a host and tag seen lately are. */
struct origin {
    uint64_t number;      /* struct header's */
    uint64_t host_number; /* another host has another one */
    struct target target;
};

struct parser {
    const struct ruleset *rules;
    struct matcher *matcher;
    struct arena *texts; /* unescaped: what events point to */
    struct header_cache stamps;
    struct dispatch_cache tags;
    struct origin origins[HEADER_ORIGINS];
    uint64_t hosts; /* how many have been numbered */
    struct {        /* of the line before, since parser_reset() */
        uint64_t second;
        uint64_t host_number;
        struct slice host;
    } last;
    uint32_t spared;         /* kinds of events that nobody wants, as bits */
    uint32_t spared_noqueue; /* the same, without queue ID */
    bool leaves;             /* deliveries unread */
    struct slice reason;
};

struct parser *parser_new(const struct ruleset *rs)
{
    struct parser *p = mem_new(sizeof *p);

    p->rules = rs;
    p->matcher = matcher_new(ruleset_groups(rs));
    p->texts = arena_new();
    return p;
}

void parser_free(struct parser *p)
{
    if (p == NULL)
        return;
    matcher_free(p->matcher);
    arena_free(p->texts);
    free(p);
}

/* The next line is not to be compared with the one before. */
static void forget_last(struct parser *p)
{
    p->last.second = 0;
    p->last.host_number = 0;
}

void parser_reset(struct parser *p)
{
    arena_reset(p->texts);
    forget_last(p);
}

void parser_spare(struct parser *p, bool refusals)
{
    p->spared = UINT32_C(1) << EVENT_IRRELEVANT;
    p->spared_noqueue = p->spared;
    if (refusals)
        p->spared_noqueue |= UINT32_C(1) << EVENT_REFUSED_RECIPIENT |
                             UINT32_C(1) << EVENT_REFUSED_TRANSACTION |
                             UINT32_C(1) << EVENT_REFUSED_MESSAGE;
}

void parser_leave_deliveries(struct parser *p)
{
    p->leaves = true;
}

struct slice parser_reason(const struct parser *p)
{
    return p->reason;
}

static enum parse_result not_understood(struct parser *p, struct slice reason)
{
    p->reason = reason;
    return PARSE_NOT_UNDERSTOOD;
}

/* "[12]: " behind a queue ID: its length and number; 0: it is none. */
static size_t read_part(struct slice s, uint32_t *number)
{
    uint32_t n = 0;
    size_t i = 1;

    if (s.len == 0 || s.ptr[0] != '[')
        return 0;
    while (i < s.len && i <= PART_DIGITS && s.ptr[i] >= '0' && s.ptr[i] <= '9')
        n = n * 10 + (uint32_t)(s.ptr[i++] - '0');
    if (n == 0 || !slice_starts(slice_from(s, i), SLICE("]: ")))
        return 0;
    *number = n;
    return i + 3;
}

/*
 * Takes the queue ID off a line's text, or "NOQUEUE", and what is behind it:
 * ": ", or the number of a part. A part may have neither before it.
 */
static void take_queue_id(const struct rulefile *f, struct slice text,
                          struct event *ev)
{
    static const char noqueue[] = "NOQUEUE";
    bool none = slice_starts(text, SLICE(noqueue));
    size_t len = none ? sizeof noqueue - 1 : queueid_scan(&f->ids, text);
    struct slice rest = slice_from(text, len);
    size_t behind = 0;

    if (len > 0 && slice_starts(rest, SLICE(": ")))
        behind = 2;
    else if (f->split)
        behind = read_part(rest, &ev->number);
    if (behind == 0) {
        ev->text = text;
        return;
    }
    ev->noqueue = none;
    if (!none)
        ev->queue_id = slice_head(text, len);
    ev->text = slice_from(rest, behind);
}

/* The text as rules see it. */
static struct slice readable(struct parser *p, const struct rulefile *f,
                             struct slice text)
{
    char *out;

    if (!f->unescape || !unescape_needed(text))
        return text;
    out = arena_text(p->texts, text.len);
    return slice_make(out, unescape(text, out));
}

/* The verdict on a tag's line that no rule took. */
static enum parse_result unmatched(struct parser *p, const struct service *s,
                                   const struct event *ev, struct slice reason)
{
    if (ev->stranger)
        return PARSE_FOREIGN;
    if (s->irrelevant)
        return PARSE_IRRELEVANT;
    return not_understood(p, reason);
}

/* Whether fact, if it is there, begins so near to the text's end. */
static bool is_near(const struct event *ev, enum fact fact, struct slice text,
                    size_t most)
{
    return event_has(ev, fact) &&
           (size_t)(text.ptr + text.len - ev->value[fact].ptr) <= most;
}

/*
 * Whether the address that ends an envelope may be what a client wrote in its
 * message-ID or sender, because the line was cut there. text has what the
 * facts point to.
 */
static bool may_be_cut(const struct event *ev, struct slice text)
{
    if (ev->length < CUT_LENGTH_MIN)
        return false;
    if (event_has(ev, FACT_MESSAGE_ID)) {
        if (is_near(ev, FACT_MESSAGE_ID, text, MESSAGE_ID_MAX) ||
            ev->value[FACT_MESSAGE_ID].len > MESSAGE_ID_MAX)
            return true; /* or they are longer here than is known */
    } else if (!event_has(ev, FACT_SENDER)) {
        return true; /* nobody knows where they are */
    }
    return is_near(ev, FACT_SENDER, text, SENDER_MAX);
}

/* Where an address may be in doubt each line that matters counts: see length
 * in event.h. */
static inline struct unwanted unwanted(const struct parser *p,
                                       const struct service *s,
                                       const struct event *ev)
{
    bool refused = ev->noqueue && !s->file->doubts;

    return (struct unwanted){.kinds = refused ? p->spared_noqueue : p->spared,
                             .deliveries = p->leaves && ev->queue_id.len > 0};
}

static enum parse_result match(struct parser *p, const struct service *s,
                               struct event *ev)
{
    struct slice text;

    if (ev->text.len > PARSE_TEXT_MAX)
        return unmatched(p, s, ev, SLICE("the text is too long"));
    text = readable(p, s->file, ev->text);
    switch (service_match(s, text, unwanted(p, s, ev), p->matcher, ev)) {
    case RULE_YES:
        if (ev->kind == EVENT_ENVELOPE || ev->kind == EVENT_TAKEN)
            ev->doubtful = may_be_cut(ev, text);
        if (ev->kind != EVENT_IRRELEVANT)
            return PARSE_EVENT;
        return ev->stranger ? PARSE_FOREIGN : PARSE_IRRELEVANT;
    case RULE_FAILED:
        return unmatched(p, s, ev, matcher_reason(p->matcher));
    default:
        return unmatched(p, s, ev, SLICE("no rule matches"));
    }
}

/* What an event has of no line before it; values count by their bit. */
static void clear(struct event *ev)
{
    ev->kind = EVENT_NONE;
    ev->mta = 0;
    ev->noqueue = false;
    ev->stranger = false;
    ev->same_second = false;
    ev->same_host = false;
    ev->doubtful = false;
    ev->length = 0;
    ev->facts = 0;
    ev->number = 0;
    ev->rule = NULL;
    ev->queue_id = SLICE("");
}

/* Looks at host and tag; o is what they are. */
static void learn_origin(struct parser *p, const struct header *h,
                         struct origin *o)
{
    bool again = p->last.host_number != 0 && slice_equal(h->host, p->last.host);

    o->number = h->origin;
    o->host_number = again ? p->last.host_number : ++p->hosts;
    o->target = dispatch_cached(p->rules, &p->tags, h->tag);
}

/* What a line's tag is, mostly without looking at it; and what is as in the
 * line before. */
static inline struct target target_of(struct parser *p, struct event *ev)
{
    const struct header *h = &ev->head;
    struct origin *o = &p->origins[h->origin % HEADER_ORIGINS];

    if (h->origin == 0 || o->number != h->origin)
        learn_origin(p, h, o);
    ev->same_second = p->stamps.outer.second == p->last.second;
    ev->same_host = o->host_number == p->last.host_number;
    p->last.second = p->stamps.outer.second;
    if (!ev->same_host) {
        p->last.host_number = o->host_number;
        p->last.host = h->host;
    }
    return o->target;
}

/* A line whose tag says that no rule is for it. */
static enum parse_result dismiss(struct parser *p, enum tag_kind kind,
                                 struct event *ev)
{
    ev->text = ev->head.text;
    if (kind == TAG_FOREIGN)
        return PARSE_FOREIGN;
    if (kind == TAG_UNKNOWN)
        return not_understood(p, SLICE("no rule knows this service"));
    ev->kind = EVENT_IRRELEVANT;
    return PARSE_IRRELEVANT;
}

static enum parse_result dispatch(struct parser *p, struct target t,
                                  struct event *ev)
{
    ev->mta = t.mta;
    if (t.kind != TAG_KNOWN && t.kind != TAG_STRANGER)
        return dismiss(p, t.kind, ev);
    ev->stranger = t.kind == TAG_STRANGER;
    if (!t.service->file->doubts)
        ev->length = 0;
    take_queue_id(t.service->file, ev->head.text, ev);
    if (ev->number == 0)
        return match(p, t.service, ev);
    if (ev->text.len > PARSE_TEXT_MAX)
        return unmatched(p, t.service, ev, SLICE("the text is too long"));
    ev->kind = EVENT_PART;
    return PARSE_EVENT;
}

enum parse_result parser_line(struct parser *p, struct slice line,
                              struct event *ev)
{
    enum header_result result;

    p->reason = SLICE("");
    clear(ev);
    ev->text = line;
    if (line.len > PARSE_LINE_MAX)
        return PARSE_TOO_LONG;
    ev->length = (uint32_t)line.len;
    result = header_parse(line, &p->stamps, &ev->head);
    if (result == HEADER_NO_STAMP)
        return PARSE_NO_LOG;

    if (ev->head.host.len > HOST_MAX)
        ev->head.host.len = HOST_MAX;
    if (result != HEADER_OK) {
        ev->head.tag = SLICE("");
        ev->head.pid = 0;
        forget_last(p);
        return result == HEADER_REPEATED ? PARSE_REPEATED : PARSE_FOREIGN;
    }
    return dispatch(p, target_of(p, ev), ev);
}

enum parse_result parser_text(struct parser *p, struct slice text,
                              struct event *ev)
{
    struct target t = dispatch_cached(p->rules, &p->tags, ev->head.tag);

    p->reason = SLICE("");
    ev->kind = EVENT_NONE;
    ev->doubtful = false;
    ev->facts = 0;
    ev->number = 0;
    ev->rule = NULL;
    ev->text = text;
    if (t.service == NULL)
        return PARSE_FOREIGN;
    return match(p, t.service, ev);
}
