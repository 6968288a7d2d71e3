#include "option_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "collect/listing.h"
#include "lookup/dnsname.h"
#include "mail/message.h"

#define JOBS_MAX 1024
#define BLOCK_SIZE_MAX (64u << 20)
#define MAX_CHANGE_MAX 1000 /* ten times as many entries */
#define DNS_RATE_MAX 1000000
#define DNS_TIMEOUT_MAX 60

const char *option_spelled(const struct option_row *row,
                           char out[OPTION_SPELLED])
{
    if (row->letter != 0)
        (void)snprintf(out, OPTION_SPELLED, "-%c", row->letter);
    else
        (void)snprintf(out, OPTION_SPELLED, "--%s", row->name);
    return out;
}

bool option_wrong(const struct option_row *row, const char *value,
                  const char *allowed, struct error *err)
{
    char name[OPTION_SPELLED];

    return error_set(err, "%s '%s': not %s", option_spelled(row, name), value,
                     allowed);
}

bool option_next_word(struct slice *list, struct slice *word)
{
    if (list->ptr == NULL)
        return false;
    *word = slice_head(*list, slice_find_byte(*list, ','));
    if (word->len == list->len)
        list->ptr = NULL;
    else
        *list = slice_from(*list, word->len + 1);
    return true;
}

/* Most options only put what they are given into its place. */

static bool set_flag(struct parsing *p, const struct option_row *row,
                     const char *value, struct error *err)
{
    (void)value, (void)err;
    *(bool *)((char *)p + row->at) = true;
    return true;
}

static bool set_text(struct parsing *p, const struct option_row *row,
                     const char *value, struct error *err)
{
    (void)err;
    *(const char **)((char *)p + row->at) = value;
    return true;
}

static bool set_number(struct parsing *p, const struct option_row *row,
                       const char *value, struct error *err)
{
    unsigned long long *number = (unsigned long long *)((char *)p + row->at);
    char name[OPTION_SPELLED];

    if (slice_number(slice_of(value), number) && *number >= row->least &&
        *number <= row->most)
        return true;
    return error_set(err, "%s '%s': not a number from %llu to %llu",
                     option_spelled(row, name), value, row->least, row->most);
}

static bool add_rules(struct parsing *p, const struct option_row *row,
                      const char *value, struct error *err)
{
    struct options *o = &p->o;

    (void)row, (void)err;
    o->rules =
        mem_resize((void *)o->rules, o->rules_count + 1, sizeof *o->rules);
    o->rules[o->rules_count++] = value;
    return true;
}

static bool is_zone_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            !(c >= '0' && c <= '9') && (i == 0 || strchr("._-", c) == NULL))
            return false;
    }
    return name.len > 0 && name.len < 64;
}

/* Verdicts are words that must tell by which zone they are. */
static bool is_name_taken(const struct options *o, struct slice name)
{
    for (size_t i = 0; i < o->zone_count; i++)
        if (slice_equal(o->zones[i].name, name))
            return true;
    return false;
}

/* [@]ZONE[=NAME] */
static bool add_zone(struct parsing *p, const struct option_row *row,
                     const char *value, struct error *err)
{
    struct options *o = &p->o;
    struct slice text = slice_of(value);
    size_t end = slice_find_byte(text, '=');
    struct reputation_zone z = {
        .zone = slice_head(text, end),
        .of_domains = value[0] == '@',
        .allows = slice_equal(slice_of(row->name), SLICE("dnswl")),
    };

    if (z.of_domains)
        z.zone = slice_from(z.zone, 1);
    if (slice_ends(z.zone, SLICE(".")))
        z.zone.len--;
    z.name =
        end == SIZE_MAX ? slice_head(z.zone, 63) : slice_from(text, end + 1);
    if (!dnsname_is_zone(z.zone) || !is_zone_name(z.name))
        return option_wrong(row, value, "a ZONE or @ZONE, or one with =NAME",
                            err);
    if (is_name_taken(o, z.name))
        return error_set(err, "--%s '%s': another zone has that name",
                         row->name, value);
    if (o->zone_count == REPUTATION_ZONES_MAX)
        return error_set(err, "--%s: more than %d zones", row->name,
                         REPUTATION_ZONES_MAX);
    o->zones = mem_resize(o->zones, o->zone_count + 1, sizeof *o->zones);
    o->zones[o->zone_count++] = z;
    return true;
}

static bool set_dns_server(struct parsing *p, const struct option_row *row,
                           const char *value, struct error *err)
{
    return server_parse(slice_of(value), &p->o.dns.server) ||
           option_wrong(row, value, "an address, or one with :PORT", err);
}

static bool add_pattern(struct parsing *p, const struct option_row *row,
                        const char *value, struct error *err)
{
    struct patterns *patterns = *(struct patterns **)((char *)p + row->at);
    struct error inner = {0};
    char name[OPTION_SPELLED];

    if (patterns_add(patterns, value,
                     patterns == p->o.traps ? PATTERN_MAIL : PATTERN_ANY,
                     &inner))
        return true;
    return error_set(err, "%s: %s", option_spelled(row, name), inner.text);
}

static bool set_outcome(struct parsing *p, const struct option_row *row,
                        const char *value, struct error *err)
{
    struct slice rest = slice_of(value), word;
    unsigned outcomes = 0;
    enum outcome outcome;

    while (option_next_word(&rest, &word)) {
        if (slice_equal(word, SLICE("all")))
            outcomes |= (1u << OUTCOME_TOTAL) - 1;
        else if (outcome_find(word, &outcome))
            outcomes |= 1u << outcome;
        else
            return option_wrong(row, value,
                                "a list of accepted, rejected, aborted, or "
                                "all",
                                err);
    }
    p->o.outcomes = outcomes;
    return true;
}

static bool set_format(struct parsing *p, const struct option_row *row,
                       const char *value, struct error *err)
{
    struct buf names = {0};
    unsigned i;

    p->o.format = format_find(slice_of(value));
    p->o.format_given = true;
    if (p->o.format != NULL)
        return true;
    buf_addf(&names, "one of");
    for (i = 0; format_name_at(i).len > 0; i++)
        buf_addf(&names, "%s %.*s", i > 0 ? "," : "",
                 (int)format_name_at(i).len, format_name_at(i).ptr);
    buf_add_byte(&names, '\0');
    (void)option_wrong(row, value, names.ptr, err);
    buf_free(&names);
    return false;
}

static bool set_help(struct parsing *p, const struct option_row *row,
                     const char *value, struct error *err)
{
    (void)row, (void)value, (void)err;
    p->o.action = ACTION_HELP;
    return true;
}

static bool set_version(struct parsing *p, const struct option_row *row,
                        const char *value, struct error *err)
{
    (void)row, (void)value, (void)err;
    p->o.action = ACTION_VERSION;
    return true;
}

static bool set_completion(struct parsing *p, const struct option_row *row,
                           const char *value, struct error *err)
{
    if (strcmp(value, "bash") != 0 && strcmp(value, "zsh") != 0)
        return option_wrong(row, value, "one of bash, zsh", err);
    p->o.action = ACTION_COMPLETION;
    p->o.shell = value;
    return true;
}

/* How a row ends: what takes the value, and where to. */
#define FLAG(member) .set = set_flag, .at = offsetof(struct parsing, member)
#define TEXT(member) .set = set_text, .at = offsetof(struct parsing, member)
#define NUMBER(member, from, to)                                               \
    .set = set_number, .at = offsetof(struct parsing, member),                 \
    .least = (from), .most = (to)
#define PATTERN(member)                                                        \
    .set = add_pattern, .at = offsetof(struct parsing, member),                \
    .repeatable = true, .told = TOLD_NAME

const struct option_row option_table[OPTION_COUNT] = {
    {0, "year", "YYYY", VALUE_TEXT, GROUP_INPUT,
     "year of a log's first line, for stamps without one",
     NUMBER(year, 1970, 9999), .told = TOLD_WHOLE},
    {0, "timezone", "ZONE", VALUE_ZONE, GROUP_INPUT,
     "zone of stamps without one (default: the local one)", TEXT(o.timezone),
     .told = TOLD_WHOLE},
    {0, "since", "WHEN", VALUE_TEXT, GROUP_INPUT,
     "nothing older: 2013-03-07, 2013-03-07T04:12, 7d, 36h", TEXT(since),
     .told = TOLD_WHOLE},
    {0, "until", "WHEN", VALUE_TEXT, GROUP_INPUT,
     "nothing younger; a date means to its end", TEXT(until),
     .told = TOLD_WHOLE},
    {0, "follow", NULL, VALUE_NONE, GROUP_INPUT,
     "go on as the log grows and is rotated", FLAG(o.follow)},
    {0, "rules", "FILE", VALUE_FILE, GROUP_INPUT,
     "a grammar to read lines by: spamharvest-rules(5)", .set = add_rules,
     .repeatable = true, .told = TOLD_NAME},

    {'t', "trap", "PATTERN", VALUE_FILE, GROUP_SELECTION,
     "only mail to ADDRESS, @DOMAIN, or a /PATH of such", PATTERN(o.traps)},
    {'x', "exclude", "PATTERN", VALUE_FILE, GROUP_SELECTION,
     "never ADDRESS, @DOMAIN, CIDR, .NAME-SUFFIX, /PATH", PATTERN(o.exclude)},
    {0, "include-local", NULL, VALUE_NONE, GROUP_SELECTION,
     "also mail without network client, or from loopback",
     FLAG(o.include_local), .told = TOLD_WHOLE},
    {0, "outcome", "LIST", VALUE_OUTCOMES, GROUP_SELECTION,
     "of accepted (default), rejected, aborted; or all", .set = set_outcome,
     .told = TOLD_WHOLE},
    {0, "min-count", "N", VALUE_TEXT, GROUP_SELECTION,
     "only keys seen N times or more", NUMBER(min_count, 1, UINT32_MAX),
     .told = TOLD_WHOLE},
    {0, "min-days", "N", VALUE_TEXT, GROUP_SELECTION,
     "only keys seen on N distinct days or more",
     NUMBER(min_days, 1, UINT32_MAX), .told = TOLD_WHOLE},

    {0, "dnsbl", "ZONE", VALUE_TEXT, GROUP_REPUTATION,
     "which clients a DNS list has; @ZONE: which domains", .set = add_zone,
     .repeatable = true, .told = TOLD_NAME},
    {0, "dnswl", "ZONE", VALUE_TEXT, GROUP_REPUTATION,
     "the same of a list of the good", .set = add_zone, .repeatable = true,
     .told = TOLD_NAME},
    {0, "listed", NULL, VALUE_NONE, GROUP_REPUTATION,
     "only what some --dnsbl lists", FLAG(listed), .told = TOLD_WHOLE},
    {0, "unlisted", NULL, VALUE_NONE, GROUP_REPUTATION,
     "only what none is known to list", FLAG(unlisted), .told = TOLD_WHOLE},
    {0, "dns-server", "ADDR", VALUE_TEXT, GROUP_REPUTATION,
     "whom to ask: also ADDR:PORT or [ADDR]:PORT", .set = set_dns_server},
    {0, "dns-rate", "N", VALUE_TEXT, GROUP_REPUTATION,
     "ask N times a second at most", NUMBER(dns_rate, 1, DNS_RATE_MAX)},
    {0, "dns-timeout", "SECS", VALUE_TEXT, GROUP_REPUTATION,
     "how long to wait for an answer (5)",
     NUMBER(dns_timeout, 1, DNS_TIMEOUT_MAX)},

    {'f', "format", "FORMAT", VALUE_FORMAT, GROUP_OUTPUT,
     "text (default), csv, jsonl; or a list: see below", .set = set_format,
     .told = TOLD_WHOLE},
    {'u', "unique", "LIST", VALUE_KEY, GROUP_OUTPUT,
     "a row for each of these (default: sender,client_ip)", TEXT(key),
     .told = TOLD_WHOLE},
    {'m', "messages", NULL, VALUE_NONE, GROUP_OUTPUT, "a row for each message",
     FLAG(o.messages)},
    {'F', "fields", "LIST", VALUE_COLUMNS, GROUP_OUTPUT,
     "which columns, in which order", TEXT(columns)},
    {'o', "output", "FILE", VALUE_FILE, GROUP_OUTPUT,
     "write FILE, which is replaced whole or not at all", TEXT(o.output)},
    {'a', "append", "FILE", VALUE_FILE, GROUP_OUTPUT,
     "keep a collection: what is new goes into FILE", TEXT(o.append)},
    {'d', "database", "URI", VALUE_FILE, GROUP_OUTPUT,
     "keep messages in SQLite's FILE, or mysql://HOST/NAME", TEXT(database)},
    {0, "expire", "AGE", VALUE_TEXT, GROUP_OUTPUT,
     "with -a, -d: rows last seen longer ago leave", TEXT(expire)},
    {0, "lock-wait", "SECONDS", VALUE_TEXT, GROUP_OUTPUT,
     "with -a, -d: how long to wait for other runs (60)",
     NUMBER(lock_wait, 0, UINT32_MAX)},
    {0, "safe-csv", NULL, VALUE_NONE, GROUP_OUTPUT,
     "defuse cells that a spreadsheet would run", FLAG(o.safe_csv)},
    {0, "unparsed", "FILE", VALUE_FILE, GROUP_OUTPUT,
     "keep the MTA's lines that were not understood", TEXT(o.unparsed)},
    {0, "explain", NULL, VALUE_NONE, GROUP_OUTPUT,
     "no rows, but how each line was read", FLAG(o.explain)},

    {0, "allow", "PATTERN", VALUE_FILE, GROUP_LISTS,
     "never list these; PATTERN as with -x", PATTERN(o.allow)},
    {0, "aggregate", "PERCENT", VALUE_TEXT, GROUP_LISTS,
     "a /24 or /64 for its addresses above that density",
     NUMBER(aggregate, 0, LISTING_SINGLE), .told = TOLD_WHOLE},
    {0, "max-change", "PERCENT", VALUE_TEXT, GROUP_LISTS,
     "with -o: refuse an update that changes more of it",
     NUMBER(max_change, 0, MAX_CHANGE_MAX)},

    {'j', "jobs", "N", VALUE_TEXT, GROUP_PROGRAM,
     "threads (default: one for each core)", NUMBER(jobs, 1, JOBS_MAX)},
    {0, "block-size", "BYTES", VALUE_TEXT, GROUP_PROGRAM,
     "how much to read at once (for tests and tuning)",
     NUMBER(block_size, 1, BLOCK_SIZE_MAX)},
    {'q', "quiet", NULL, VALUE_NONE, GROUP_PROGRAM,
     "no progress, no closing line, even on a terminal", FLAG(o.quiet)},
    {'v', "verbose", NULL, VALUE_NONE, GROUP_PROGRAM,
     "both, even where there is no terminal", FLAG(o.verbose)},
    {0, "help", NULL, VALUE_NONE, GROUP_PROGRAM, "print this", .set = set_help},
    {0, "version", NULL, VALUE_NONE, GROUP_PROGRAM,
     "print the version, and those of the libraries", .set = set_version},
    {0, "completion", "SHELL", VALUE_SHELL, GROUP_PROGRAM,
     "print the completion script of bash or zsh", .set = set_completion},
};
