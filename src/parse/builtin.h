/*
 * builtin - the rule files that are part of the program
 *
 * The build makes rules_builtin.c from rules/ with embed-rules.awk; a file
 * given by --rules goes through the same loader.
 */
#ifndef PARSE_BUILTIN_H
#define PARSE_BUILTIN_H

#include <stddef.h>

struct builtin_rules {
    const char *name;
    const char *text;
    size_t len;
};

/* Ends with a name that is NULL. */
extern const struct builtin_rules builtin_rules[];

#endif
