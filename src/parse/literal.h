/*
 * literal - what a pattern says in plain text
 */
#ifndef PARSE_LITERAL_H
#define PARSE_LITERAL_H

#include <stdbool.h>

#include "base/slice.h"

struct literal {
    struct slice prefix; /* every match begins with it; "" when unknown */
    bool anchored;       /* the pattern is "^" and one branch */
    bool complete;       /* nothing but the prefix is asked for ... */
    bool whole;          /* ... and "$" behind it */
};

/*
 * literal_of - the literal text a pattern begins with
 *
 * out has room for pattern.len bytes and holds the prefix. In doubt less is
 * said: what is said is true of every match.
 */
struct literal literal_of(struct slice pattern, char *out);

#endif
