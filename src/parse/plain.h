/*
 * plain - lines whose header has no peculiarities, which most are
 *
 * Nothing but "STAMP HOST TAG[PID]: TEXT". What stands between stamp and PID
 * is mostly what stood there a few lines before, so it is remembered.
 */
#ifndef PARSE_PLAIN_H
#define PARSE_PLAIN_H

#include <stdbool.h>

#include "base/slice.h"
#include "parse/header.h"

/*
 * plain_take - the header of such a line, as header_parse() would take it
 *
 * False: it is, or may be, of another form, and h is spoilt.
 */
bool plain_take(struct slice line, struct header_cache *cache,
                struct header *h);

#endif
