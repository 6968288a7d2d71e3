/*
 * option_table - every option once, with all that is to be said of it
 *
 * What options.c parses, and usage.c makes help and completions of.
 */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "options.h"

/* What a value is, as far as a shell can complete it. */
enum option_value {
    VALUE_NONE, /* takes none */
    VALUE_TEXT, /* nothing a shell knows */
    VALUE_FILE,
    VALUE_ZONE,     /* a name of the tz database */
    VALUE_FORMAT,   /* of format/format.h */
    VALUE_OUTCOMES, /* a list, or "all" */
    VALUE_KEY,      /* a list of fields that keys may have */
    VALUE_COLUMNS,  /* a list of fields that rows may have */
    VALUE_SHELL
};

enum option_group {
    GROUP_INPUT,
    GROUP_SELECTION,
    GROUP_REPUTATION,
    GROUP_OUTPUT,
    GROUP_LISTS,
    GROUP_PROGRAM,
    GROUP_TOTAL
};

/*
 * Whether a list tells on its top that the option was given. Patterns name
 * traps and those whom one spares, so their values are kept back.
 */
enum option_told { TOLD_NOT, TOLD_WHOLE, TOLD_NAME };

/* The options so far; what can be judged only at the end is kept as given. */
struct parsing {
    struct options o;
    const char *since, *until, *expire;
    const char *key, *columns, *database;
    bool listed, unlisted;
    unsigned long long year, min_count, min_days, jobs, block_size, lock_wait;
    unsigned long long dns_rate, dns_timeout;
    unsigned long long aggregate, max_change;
    struct buf told;
};

struct option_row {
    char letter;          /* 0: has only its name */
    const char *name;     /* less the "--" */
    const char *argument; /* what help calls its value; NULL: takes none */
    enum option_value value;
    enum option_group group;
    const char *help; /* one line of at most 52 bytes */

    /* Takes the value (NULL: none). False with err set: usage. */
    bool (*set)(struct parsing *p, const struct option_row *row,
                const char *value, struct error *err);
    size_t at; /* where in struct parsing the simple ones are put */
    unsigned long long least, most; /* of a number */
    bool repeatable; /* each one adds; of the others the last one holds */
    enum option_told told;
};

#define OPTION_COUNT 41

/* In the order of help; by group. */
extern const struct option_row option_table[OPTION_COUNT];

/*
 * option_next_word - cuts the next word, which may be empty, off a list with
 * commas; false: there was none left
 */
bool option_next_word(struct slice *list, struct slice *word);

#define OPTION_SPELLED 32

/* "-t" or "--year": as errors call it. Returns out. */
const char *option_spelled(const struct option_row *row,
                           char out[OPTION_SPELLED]);

/* "-f 'x': not ALLOWED"; false. */
bool option_wrong(const struct option_row *row, const char *value,
                  const char *allowed, struct error *err);

#endif
