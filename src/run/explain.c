/* explain - what each line was read as, and by which rule */
#include "run/explain.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "format/escape.h"

struct explain {
    bool json;
    struct out *out;
    struct buf buf;
};

struct explain *explain_new(bool json, struct out *out)
{
    struct explain *x = mem_new(sizeof *x);

    x->json = json;
    x->out = out;
    return x;
}

void explain_free(struct explain *x)
{
    if (x == NULL)
        return;
    buf_free(&x->buf);
    free(x);
}

/* Why there is no event: one phrase for each way to have none. */
static struct slice reason_of(const struct batch_line *line)
{
    switch (line->result) {
    case PARSE_EVENT:
    case PARSE_IRRELEVANT:
        return SLICE("");
    case PARSE_NOT_UNDERSTOOD:
        return line->reason;
    case PARSE_FOREIGN:
        return SLICE("no line of an MTA that the rules know");
    case PARSE_REPEATED:
        return SLICE("a repetition that syslog counted");
    case PARSE_NO_LOG:
        return SLICE("no stamp: not a line of a log");
    case PARSE_TOO_LONG:
        return SLICE("longer than any line of a log");
    case PARSE_TOTAL:
        break;
    }
    return SLICE("");
}

static void add_rule(struct buf *b, const struct event *ev)
{
    struct place at;

    if (ev->rule == NULL)
        return;
    at = rule_place(ev->rule);
    buf_addf(b, "%s:%llu", at.file, (unsigned long long)at.line);
}

static void json_member(struct buf *b, const char *key, struct slice value)
{
    buf_addf(b, ",\"%s\":\"", key);
    escape_json(b, value);
    buf_add_byte(b, '"');
}

static void add_json(struct explain *x, struct place where,
                     const struct batch_line *line, const struct event *ev,
                     struct stamp at, const struct event *shown)
{
    struct buf *b = &x->buf, rule = {0};
    char text[STAMP_SIZE];
    bool known = shown->rule != NULL;

    buf_add(b, SLICE("{\"file\":\""));
    escape_json(b, slice_of(where.file));
    buf_addf(b, "\",\"line\":%llu", (unsigned long long)where.line);
    json_member(b, "stamp", slice_make(text, stamp_format(at, text)));
    json_member(b, "host", ev->head.host);
    json_member(b, "tag", ev->head.tag);
    json_member(b, "queue_id", ev->queue_id);
    add_rule(&rule, shown);
    json_member(b, "rule", buf_slice(&rule));
    buf_free(&rule);
    json_member(b, "event",
                known || shown->kind == EVENT_PART ? event_name(shown->kind)
                                                   : SLICE(""));
    buf_add(b, SLICE(",\"fields\":{"));
    for (unsigned f = 0, n = 0; f < FACT_TOTAL && known; f++) {
        if (!event_has(shown, f))
            continue;
        buf_addf(b, "%s\"%s\":\"", n++ == 0 ? "" : ",", fact_name(f).ptr);
        escape_json(b, shown->value[f]);
        buf_add_byte(b, '"');
    }
    buf_add_byte(b, '}');
    json_member(b, "reason", reason_of(line));
    buf_add(b, SLICE("}\n"));
}

static void add_text(struct explain *x, struct place where,
                     const struct batch_line *line, const struct event *shown)
{
    struct buf *b = &x->buf;
    struct slice reason = reason_of(line);

    buf_addf(b, "%s:%llu: ", where.file, (unsigned long long)where.line);
    escape_text(b, line->text);
    buf_add(b, SLICE("\n    "));
    if (reason.len != 0) {
        escape_text(b, reason);
    } else if (shown->rule == NULL) {
        buf_add(b, event_name(shown->kind));
    } else {
        buf_add(b, event_name(shown->kind));
        buf_add(b, SLICE(" by "));
        add_rule(b, shown);
        for (unsigned f = 0; f < FACT_TOTAL; f++) {
            if (!event_has(shown, f))
                continue;
            buf_add(b, SLICE("\n        "));
            buf_add(b, fact_name(f));
            buf_add_byte(b, '=');
            escape_text(b, shown->value[f]);
        }
    }
    buf_add_byte(b, '\n');
}

bool explain_line(struct explain *x, struct place where,
                  const struct batch_line *line, const struct event *ev,
                  struct stamp at, const struct event *joined,
                  struct error *err)
{
    const struct event *shown = joined != NULL ? joined : ev;
    struct event bare = {.kind = EVENT_NONE};

    /* Of these the parser has filled in nothing but the text. */
    if (line->result == PARSE_NO_LOG || line->result == PARSE_TOO_LONG)
        shown = ev = &bare;
    buf_reset(&x->buf);
    if (x->json)
        add_json(x, where, line, ev, at, shown);
    else
        add_text(x, where, line, shown);
    return out_add(x->out, buf_slice(&x->buf), err);
}
