/*
 * service - the rules of one program of an MTA, and which of them to try
 *
 * The first byte of a text selects a short list: the rules that can match a
 * text that begins so, in the order of the file.
 */
#ifndef PARSE_SERVICE_H
#define PARSE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "parse/rule.h"

struct rulefile;

/* The place in first[] of texts that have no first byte. */
#define SERVICE_EMPTY_TEXT 256

/* A rule to try: most others are told by the first bytes of a text. */
struct candidate {
    uint64_t head; /* of the rule's prefix, where mask has ones */
    uint64_t mask;
    const struct rule *rule; /* NULL: the list's end */
    uint32_t kinds; /* bits 1 << enum event_kind: of it and those behind it */
    bool delivers;  /* a text it may match tells of a delivery alone */
};

struct service {
    const struct rulefile *file;
    struct candidate *lists;                /* one behind the other */
    bool irrelevant;                        /* no line of it ever matters */
    uint32_t first[SERVICE_EMPTY_TEXT + 1]; /* byte: where its list begins */

    struct slice name;   /* "-": that of whole tags */
    struct rule **rules; /* all, in the file's order */
    size_t count, cap;
};

/* name and file must outlive it. */
struct service *service_new(struct slice name, const struct rulefile *file);
void service_free(struct service *s);

/* One more rule, behind the others; it stays the caller's. */
void service_add(struct service *s, struct rule *rule);

/* After the last rule: makes the lists. */
void service_prepare(struct service *s);

/* What is not wanted of a text. */
struct unwanted {
    uint32_t kinds;  /* of events, as bits */
    bool deliveries; /* if there is nothing else to it */
};

/*
 * service_match - the first rule of a service that matches text
 *
 * text as rules see it: unescaped. Where all rules left are of kinds that
 * nobody wants RULE_NO is the answer. RULE_FAILED when the engine gave up at
 * one: those behind it are not tried, for they would not be the first.
 *
 * A text that tells of a delivery, and of nothing that somebody needs who does
 * not want its recipient, is an EVENT_UNREAD, without rule, if unwanted: it is
 * known by the first bytes of rules, and by what the file says of other_id.
 */
enum rule_result service_match(const struct service *s, struct slice text,
                               struct unwanted u, struct matcher *m,
                               struct event *ev);

#endif
