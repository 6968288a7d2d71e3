/*
 * dispatch - from a line's tag to the rules for it
 *
 * What a tag means is decided in this order: a word that some rule file
 * lists; SYSLOG_NAME/SERVICE with a service that one knows; and, for tags
 * without slash, any other word, which may be an MTA's all the same. Of
 * several files the one read last comes first, and a name it calls foreign
 * is foreign to that file only.
 */
#ifndef PARSE_DISPATCH_H
#define PARSE_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "parse/ruleset.h"
#include "parse/service.h"

struct ruleset {
    struct rulefile **files;
    size_t count, cap;
};

enum tag_kind {
    TAG_FOREIGN,    /* no MTA's: service is NULL */
    TAG_UNKNOWN,    /* MTANAME.../SERVICE, but no rule knows that service */
    TAG_IRRELEVANT, /* a service whose lines never matter */
    TAG_KNOWN,
    TAG_STRANGER /* "tag other": it may be one */
};

struct target {
    const struct service *service;
    enum tag_kind kind;
    uint8_t mta; /* of TAG_UNKNOWN too */
};

struct target dispatch_find(const struct ruleset *rs, struct slice tag);

/*
 * dispatch_cache - the answers for tags seen lately; zero-initialise
 *
 * A log has some dozen tags, line by line in another order.
 */
#define DISPATCH_CACHE_SLOTS 256
#define DISPATCH_CACHE_TAG 31

struct dispatch_slot {
    char tag[DISPATCH_CACHE_TAG];
    uint8_t len; /* 0: free */
    struct target target;
};

struct dispatch_cache {
    struct dispatch_slot slots[DISPATCH_CACHE_SLOTS];
};

struct target dispatch_cached(const struct ruleset *rs,
                              struct dispatch_cache *cache, struct slice tag);

/* Groups of the rule that has most, for matcher_new(). */
uint32_t ruleset_groups(const struct ruleset *rs);

#endif
