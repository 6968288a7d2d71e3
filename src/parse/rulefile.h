/*
 * rulefile - one rule file, read
 *
 * What its directives and rules say, as ruleset.h describes them, and for
 * each service the rules to try for a text, by its first byte.
 */
#ifndef PARSE_RULEFILE_H
#define PARSE_RULEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "parse/queueid.h"
#include "parse/rule.h"
#include "parse/service.h"

struct names {
    struct slice *name;
    size_t count, cap;
};

struct sample_fact {
    enum fact fact;
    bool set;
    struct slice value;
    struct place place;
};

struct sample {
    struct rule *rule;
    bool match; /* "=", not "!" */
    struct slice text;
    struct place place;
    struct sample_fact *facts;
    size_t count, cap;
};

struct rulefile {
    struct arena *texts;
    const char *name; /* of the file, for messages */
    struct slice mta;
    uint8_t index; /* which MTA of the ruleset: event.mta */
    bool tag_slash;
    bool tag_other;
    bool unescape;
    bool split;
    bool doubts;           /* has events whose address a cut line may forge */
    bool queues;           /* has events that tell what is in the queue */
    struct slice other_id; /* what stands before one in a delivery; or "" */
    struct names words;
    struct names foreign;
    struct queueid ids;

    struct service **services;
    size_t service_count, service_cap;
    struct rule **rules;
    size_t rule_count, rule_cap;
    struct sample *samples;
    size_t sample_count, sample_cap;
};

/*
 * rulefile_read - from the text of a rule file
 *
 * text may go away afterwards, and so may name. Returns NULL with err set:
 * file, line and what is wrong.
 */
struct rulefile *rulefile_read(struct slice text, const char *name,
                               struct error *err);
void rulefile_free(struct rulefile *f); /* NULL is allowed */

bool names_have(const struct names *n, struct slice name);

/* NULL: the file has no such service. */
struct service *rulefile_service(const struct rulefile *f, struct slice name);

#endif
