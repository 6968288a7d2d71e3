#include "options.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/when.h"
#include "base/zone.h"
#include "collect/listing.h"
#include "format/list.h"
#include "mail/sighting.h"
#include "option_table.h"

/* What an option yields to getopt_long(): its row, behind all letters. */
#define LONG_BASE (UCHAR_MAX + 1)
#define LOCK_WAIT 60  /* seconds */
#define DNS_TIMEOUT 5 /* seconds */

/* What getopt_long(3) wants to know, made of the table. */
struct getopt_input {
    char letters[3 * OPTION_COUNT + 2];
    struct option names[OPTION_COUNT + 1];
};

static void getopt_fill(struct getopt_input *in)
{
    char *at = in->letters;
    unsigned i;

    *at++ = ':'; /* tell a missing value from an unknown option */
    for (i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_table[i];

        in->names[i] = (struct option){
            .name = row->name,
            .has_arg = row->argument == NULL ? no_argument : required_argument,
            .val = LONG_BASE + (int)i,
        };
        if (row->letter == 0)
            continue;
        *at++ = row->letter;
        if (row->argument != NULL)
            *at++ = ':';
    }
    *at = '\0';
    in->names[OPTION_COUNT] = (struct option){0};
}

static const struct option_row *find_row(int code)
{
    unsigned i;

    if (code >= LONG_BASE && code < LONG_BASE + (int)OPTION_COUNT)
        return &option_table[code - LONG_BASE];
    for (i = 0; i < OPTION_COUNT; i++)
        if (code != 0 && option_table[i].letter == code)
            return &option_table[i];
    return NULL;
}

/* Why getopt_long() did not take what stands at argv[optind - 1]. */
static bool not_taken(int code, char **argv, struct error *err)
{
    const struct option_row *row = find_row(optopt);
    char name[OPTION_SPELLED];

    if (code == ':' && row != NULL)
        return error_set(err, "%s needs a value: %s", option_spelled(row, name),
                         row->argument);
    if (row != NULL)
        return error_set(err, "--%s takes no value", row->name);
    if (optopt != 0)
        return error_set(err, "there is no option -%c", optopt);
    return error_set(err, "there is no option %s, or more than one",
                     argv[optind - 1]);
}

/* Notes an option for the top of a list. */
static void tell(struct parsing *p, const struct option_row *row,
                 const char *value)
{
    char name[OPTION_SPELLED];

    if (row->told == TOLD_NOT)
        return;
    buf_addf(&p->told, " %s", option_spelled(row, name));
    if (value != NULL)
        buf_addf(&p->told, " %s", row->told == TOLD_NAME ? "..." : value);
}

static void add_input(struct options *o, const char *name)
{
    o->inputs =
        mem_resize((void *)o->inputs, o->input_count + 1, sizeof *o->inputs);
    o->inputs[o->input_count++] = name;
}

/* Goes through argv; stops at what ends the run, such as --help. */
static bool take_all(struct parsing *p, int argc, char **argv,
                     struct error *err)
{
    struct getopt_input in = {0};
    int code;

    getopt_fill(&in);
    opterr = 0;
    optind = 0; /* GNU: start anew */
    while (p->o.action == ACTION_RUN &&
           (code = getopt_long(argc, argv, in.letters, in.names, NULL)) != -1) {
        const struct option_row *row = find_row(code);

        if (row == NULL)
            return not_taken(code, argv, err);
        if (row->argument != NULL && *optarg == '\0')
            return option_wrong(row, optarg, row->argument, err);
        if (!row->set(p, row, optarg, err))
            return false;
        tell(p, row, row->argument == NULL ? NULL : optarg);
    }
    for (; optind < argc; optind++)
        add_input(&p->o, argv[optind]);
    if (p->o.input_count == 0)
        add_input(&p->o, "-");
    return true;
}

/*
 * What an option was given while others were yet to come
 */

static bool finish_times(struct parsing *p, int64_t now, struct error *err)
{
    static const char allowed[] =
        "not a date (2013-03-07), date and time (2013-03-07T04:12:33) or "
        "age (7d, 36h, 90m, 2w)";
    struct options *o = &p->o;

    if (!zone_use(o->timezone, err))
        return false;
    if (p->since != NULL &&
        !when_parse(slice_of(p->since), WHEN_FIRST, now, &o->since))
        return error_set(err, "--since '%s': %s", p->since, allowed);
    if (p->until != NULL &&
        !when_parse(slice_of(p->until), WHEN_LAST, now, &o->until))
        return error_set(err, "--until '%s': %s", p->until, allowed);
    if (p->expire != NULL &&
        !when_parse(slice_of(p->expire), WHEN_FIRST, now, &o->expire))
        return error_set(err, "--expire '%s': %s", p->expire, allowed);
    if (p->since != NULL && p->until != NULL &&
        stamp_compare(o->since, o->until) > 0)
        return error_set(err, "--since '%s' is after --until '%s'", p->since,
                         p->until);
    return true;
}

/* What is wrong with a list of fields; allowed: those that it may have. */
static bool wrong_field(const char *option, const char *value, struct slice bad,
                        const struct field_list *allowed, struct error *err)
{
    struct buf names = {0};
    enum field field;
    unsigned i;

    if (field_find(bad, &field) && field_list_has(allowed, field))
        return error_set(err, "%s '%s': %.*s stands in it twice", option, value,
                         (int)bad.len, bad.ptr);
    for (i = 0; i < allowed->count; i++) {
        buf_add(&names, SLICE(", "));
        buf_add(&names, field_name(allowed->field[i]));
    }
    buf_add_byte(&names, '\0');
    (void)error_set(err, "%s '%s': '%.*s' is none of %s", option, value,
                    (int)bad.len, bad.ptr, names.ptr + 2);
    buf_free(&names);
    return false;
}

/* A list of fields that are all allowed, each once. */
static bool take_fields(const char *option, const char *value,
                        const struct field_list *allowed,
                        struct field_list *list, struct error *err)
{
    struct slice rest = slice_of(value), word;
    enum field field;

    while (option_next_word(&rest, &word)) {
        if (!field_find(word, &field) || !field_list_has(allowed, field) ||
            field_list_has(list, field))
            return wrong_field(option, value, word, allowed, err);
        list->field[list->count++] = field;
    }
    return true;
}

/* Whether the header of such rows, when they are input, tells this key. */
static bool tells_key(const struct field_list *key)
{
    struct field_list columns = field_list_of_sightings(key), told;

    return format_key_of(&columns, &told) && told.count == key->count &&
           memcmp(told.field, key->field, key->count * sizeof key->field[0]) ==
               0;
}

static bool finish_key(struct parsing *p, struct error *err)
{
    const char *usual =
        format_is_list(p->o.format) ? "client_ip" : "sender,client_ip";
    const char *text = p->key == NULL ? usual : p->key;
    struct field_list *key = &p->o.key;
    struct field_list allowed = {.count = 0};
    unsigned i;

    if (p->o.messages) {
        if (p->key == NULL)
            return true;
        return error_set(err,
                         "-u '%s' does not go with -m: message rows "
                         "have no key",
                         p->key);
    }
    for (i = 0; i < FIELD_TOTAL; i++)
        if ((field_uses((enum field)i) & FIELD_OF_KEY) != 0)
            allowed.field[allowed.count++] = (enum field)i;
    if (!take_fields("-u", text, &allowed, key, err))
        return false;
    if (key->count > KEY_FIELDS_MAX)
        return error_set(err, "-u '%s': more than %d fields", text,
                         KEY_FIELDS_MAX);
    if (!tells_key(key))
        return error_set(err,
                         "-u '%s': its header would be that of a shorter key; "
                         "put client_name first, and without message_id",
                         text);
    return true;
}

static bool finish_columns(struct parsing *p, struct error *err)
{
    struct options *o = &p->o;
    struct field_list allowed = o->messages ? field_list_of_messages()
                                            : field_list_of_sightings(&o->key);

    if (o->zone_count > 0 && o->append == NULL)
        allowed.field[allowed.count++] = FIELD_LISTED;
    if (p->columns != NULL)
        return take_fields("-F", p->columns, &allowed, &o->columns, err);
    o->columns = allowed;
    return true;
}

/* Whether a row tells of whom this zone is to be asked. */
static bool has_subject(const struct options *o,
                        const struct reputation_zone *z)
{
    if (o->messages || o->append != NULL)
        return true;
    return z->of_domains ? field_list_has(&o->key, FIELD_SENDER) ||
                               field_list_has(&o->key, FIELD_SENDER_DOMAIN)
                         : field_list_has(&o->key, FIELD_CLIENT_IP);
}

static bool finish_reputation(struct parsing *p, struct error *err)
{
    struct options *o = &p->o;
    bool asks_blocks = false;

    for (size_t i = 0; i < o->zone_count; i++) {
        const struct reputation_zone *z = &o->zones[i];

        asks_blocks |= !z->allows;
        if (!has_subject(o, z))
            return error_set(err,
                             "--dns%cl '%s%.*s': rows of this key have no %s",
                             z->allows ? 'w' : 'b', z->of_domains ? "@" : "",
                             (int)z->zone.len, z->zone.ptr,
                             z->of_domains ? "sender" : "client_ip");
    }
    if ((p->listed || p->unlisted) && !asks_blocks)
        return error_set(err, "--%slisted needs a --dnsbl",
                         p->listed ? "" : "un");
    if (p->listed && p->unlisted)
        return error_set(err, "--listed does not go with --unlisted");
    if (o->zone_count > 0 && o->explain)
        return error_set(err, "--explain asks no DNS lists");
    o->listed = p->listed     ? LISTED_ONLY
                : p->unlisted ? UNLISTED_ONLY
                              : LISTED_OR_NOT;
    o->dns.rate = (unsigned)p->dns_rate;
    o->dns.timeout = (unsigned)p->dns_timeout;
    return true;
}

/* A database is of messages, whatever was said. */
static bool finish_database(struct parsing *p, struct error *err)
{
    struct options *o = &p->o;

    if (p->database == NULL)
        return true;
    if (o->append != NULL)
        return error_set(err, "-a and -d exclude each other");
    if (slice_equal(slice_of(p->database), SLICE("-")))
        return error_set(err, "-d needs a file, not standard output");
    if (p->key != NULL)
        return error_set(err, "-u does not go with -d: a database keeps "
                              "messages");
    if (o->format_given)
        return error_set(err, "-f does not go with -d: a database has a form "
                              "of its own");
    if (o->zone_count > 0)
        return error_set(err, "--dnsbl and --dnswl do not go with -d: what is "
                              "listed is true for a while only");
    o->messages = true;
    o->database = mem_new(sizeof *o->database);
    return uri_parse(p->database, o->database, err);
}

/* Options that a collection leaves no room for, or that want one. */
static bool finish_collection(struct parsing *p, struct error *err)
{
    struct options *o = &p->o;
    const struct {
        bool given;
        const char *name;
    } not_with[] = {
        {p->columns != NULL, "-F"},      {p->min_count > 0, "--min-count"},
        {p->min_days > 0, "--min-days"}, {o->output != NULL, "-o"},
        {o->safe_csv, "--safe-csv"},     {o->explain, "--explain"},
        {p->listed, "--listed"},         {p->unlisted, "--unlisted"},
    };

    o->lock_wait = (unsigned)p->lock_wait;
    o->key_given = p->key != NULL;
    if (o->append == NULL && o->database == NULL) {
        if (p->expire != NULL)
            return error_set(err, "--expire needs a collection (-a, -d)");
        return true;
    }
    if (o->append != NULL && slice_equal(slice_of(o->append), SLICE("-")))
        return error_set(err, "-a needs a file, not standard output");
    for (size_t i = 0; i < sizeof not_with / sizeof not_with[0]; i++)
        if (not_with[i].given)
            return error_set(err,
                             "%s does not go with %s: a collection is "
                             "kept as it is",
                             not_with[i].name, o->append != NULL ? "-a" : "-d");
    if (o->format_given && o->format == format_find(SLICE("text")))
        return error_set(err, "-f text does not go with -a: text cannot be "
                              "read back");
    return true;
}

/* Options that say what a list's entries are leave none of these a meaning. */
static bool finish_list(struct parsing *p, struct error *err)
{
    struct options *o = &p->o;
    struct slice format = format_name(o->format);
    const struct {
        bool given;
        const char *name;
    } not_with[] = {
        {o->messages, "-m"},       {p->columns != NULL, "-F"},
        {o->append != NULL, "-a"}, {o->safe_csv, "--safe-csv"},
        {o->explain, "--explain"},
    };

    for (size_t i = 0; i < sizeof not_with / sizeof not_with[0]; i++)
        if (not_with[i].given)
            return error_set(err, "%s does not go with -f %s: it is a list",
                             not_with[i].name, format.ptr);
    if (o->key.count != 1 || !format_lists(o->format, o->key.field[0]))
        return error_set(err, "-u '%s': -f %s cannot list that", p->key,
                         format.ptr);
    if (o->max_change != MAX_CHANGE_ANY && o->output == NULL)
        return error_set(err, "--max-change needs a file to compare with (-o)");
    if (p->aggregate < LISTING_SINGLE && o->key.field[0] != FIELD_CLIENT_IP)
        return error_set(err, "--aggregate needs a list of client_ip");
    o->columns = o->key;
    return true;
}

static bool finish_lists(struct parsing *p, struct error *err)
{
    struct options *o = &p->o;

    buf_add_byte(&p->told, '\0');
    o->told = p->told.ptr;
    o->aggregate = (unsigned)p->aggregate;
    o->max_change = (unsigned)p->max_change;
    if (format_is_list(o->format))
        return finish_list(p, err);
    if (!patterns_empty(o->allow))
        return error_set(err, "--allow needs a list format (-f)");
    if (p->aggregate < LISTING_SINGLE)
        return error_set(err, "--aggregate needs a list format (-f)");
    if (o->max_change != MAX_CHANGE_ANY)
        return error_set(err, "--max-change needs a list format (-f)");
    return true;
}

static bool finish_rest(struct parsing *p, struct error *err)
{
    struct options *o = &p->o;

    if (o->messages && (p->min_count > 0 || p->min_days > 0))
        return error_set(err,
                         "%s does not go with -m: message rows have no "
                         "key to count by",
                         p->min_count > 0 ? "--min-count" : "--min-days");
    if (o->explain && o->format_given && o->format == format_find(SLICE("csv")))
        return error_set(err, "--explain writes text or jsonl, not csv");

    if (o->follow &&
        slice_equal(slice_of(o->inputs[o->input_count - 1]), SLICE("-")))
        return error_set(err, "--follow needs a log by name as last INPUT");

    o->year = (int)p->year;
    o->min_count = p->min_count;
    o->min_days = (unsigned)p->min_days;
    o->jobs = (unsigned)p->jobs;
    o->block_size = (size_t)p->block_size;
    if (o->quiet)
        o->verbose = false;
    return true;
}

bool options_parse(struct options *o, int argc, char **argv, int64_t now,
                   struct error *err)
{
    struct parsing p = {
        .o =
            {
                .traps = patterns_new(),
                .exclude = patterns_new(),
                .allow = patterns_new(),
                .outcomes = 1u << OUTCOME_ACCEPTED,
                .since = STAMP_NONE,
                .until = STAMP_NONE,
                .expire = STAMP_NONE,
                .format = format_find(SLICE("text")),
            },
        .lock_wait = LOCK_WAIT,
        .aggregate = LISTING_SINGLE,
        .max_change = MAX_CHANGE_ANY,
        .dns_timeout = DNS_TIMEOUT,
    };
    bool done = take_all(&p, argc, argv, err);

    if (p.o.output != NULL && slice_equal(slice_of(p.o.output), SLICE("-")))
        p.o.output = NULL;
    if (done && p.o.action == ACTION_RUN)
        done = finish_times(&p, now, err) && finish_database(&p, err) &&
               finish_key(&p, err) && finish_columns(&p, err) &&
               finish_lists(&p, err) && finish_collection(&p, err) &&
               finish_reputation(&p, err) && finish_rest(&p, err);
    if (p.o.told == NULL)
        buf_free(&p.told);
    *o = p.o;
    return done;
}

void options_release(struct options *o)
{
    patterns_free(o->traps);
    patterns_free(o->exclude);
    patterns_free(o->allow);
    free(o->told);
    free((void *)o->inputs);
    free((void *)o->rules);
    free(o->zones);
    if (o->database != NULL)
        uri_release(o->database);
    free(o->database);
    *o = (struct options){0};
}
