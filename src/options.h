/*
 * options - the command line into one struct
 *
 * One table, in option_table.c, yields parsing, --help, the completions and,
 * by a test, the check of the manual: an option is one row of it. usage.c
 * writes the texts.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/out.h"
#include "base/stamp.h"
#include "format/format.h"
#include "lookup/reputation.h"
#include "mail/field.h"
#include "mail/pattern.h"
#include "mail/suffix.h"
#include "store/uri.h"

enum action {
    ACTION_RUN,
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_COMPLETION /* --completion bash|zsh: writes the script */
};

#define MAX_CHANGE_ANY UINT_MAX
/* Which rows, by what DNS lists say of them. */
enum listed_wanted { LISTED_OR_NOT, LISTED_ONLY, UNLISTED_ONLY };

struct options {
    enum action action;
    const char *shell; /* of ACTION_COMPLETION */

    /* Input */
    const char **inputs; /* never empty: "-" when none was given */
    size_t input_count;
    int year;             /* 0: guess */
    const char *timezone; /* NULL: the machine's */
    const char **rules;   /* --rules FILE, in order */
    size_t rules_count;

    /* Selection */
    struct patterns *traps, *exclude, *allow;
    bool include_local;
    unsigned outcomes; /* bit 1 << enum outcome */
    struct stamp since, until;
    uint64_t min_count;
    unsigned min_days;

    /* Reputation */
    struct reputation_zone *zones; /* --dnsbl and --dnswl, in order */
    size_t zone_count;
    struct resolver_options dns;
    enum listed_wanted listed;

    /* Output */
    const struct format *format;
    bool format_given; /* --explain has forms of its own */
    bool messages;     /* -m */
    struct field_list key;
    struct field_list columns; /* -F, or those that follow from -m and -u */
    bool key_given;            /* -u: a collection has its own */
    const char *output;        /* -o; NULL: standard output */
    const char *append;        /* -a; NULL: no file is kept */
    struct uri *database;      /* -d; NULL: no database is */
    struct stamp expire;       /* rows last seen before leave; none: stay */
    unsigned lock_wait;        /* seconds */
    bool safe_csv;
    const char *unparsed;
    bool explain;

    /* Lists */
    unsigned aggregate;  /* percent; LISTING_SINGLE: no aggregates */
    unsigned max_change; /* percent; MAX_CHANGE_ANY: no limit */
    const struct suffixes *suffixes; /* the run's; NULL: none are needed */
    char *told; /* " -u client_ip -t ...": what made a list, for its top */

    /* How */
    unsigned jobs;     /* threads; 0: as many as cores */
    size_t block_size; /* 0: the usual */
    bool follow;
    bool quiet, verbose;
};

/*
 * options_parse - argv as getopt_long(3) sees it, checked as a whole
 *
 * False with err set: usage. now: for ages such as 7d. Dates without zone need
 * zone_use() first, so --timezone is applied here. o points into argv; it is
 * to be released whether this succeeds or not.
 */
bool options_parse(struct options *o, int argc, char **argv, int64_t now,
                   struct error *err);
void options_release(struct options *o);

bool options_write_help(struct out *out, struct error *err);
bool options_write_version(struct out *out, struct error *err);
bool options_write_completion(struct out *out, const char *shell,
                              struct error *err);

#endif
