/*
 * schema - the tables of a database, in the dialect that it speaks
 *
 * What differs is written as @word or @word(text): the table below has what it
 * is in each dialect, with % for the text.
 */
#include "store/schema.h"

#include <stdint.h>

#include "base/slice.h"

static const struct {
    const char *word;
    const char *as[2]; /* by enum dialect */
} words[] = {
    {"@int", {"INTEGER", "BIGINT"}},
    {"@name", {"TEXT", "VARBINARY(255)"}},
    {"@text", {"TEXT", "MEDIUMBLOB"}},
    {"@word",
     {"TEXT", "VARCHAR(64) CHARACTER SET ascii COLLATE "
              "ascii_bin"}},
    {"@address", {"BLOB", "VARBINARY(16)"}},
    {"@hash", {"BLOB", "BINARY(16)"}},
    {"@bytes", {"BLOB", "LONGBLOB"}},
    /* In the order of the key, without another one: that of a number is so
     * by itself. */
    {"@table", {"WITHOUT ROWID", "ENGINE=InnoDB ROW_FORMAT=DYNAMIC"}},
    {"@numbered", {"", "ENGINE=InnoDB ROW_FORMAT=DYNAMIC"}},
    {"@view", {"CREATE VIEW IF NOT EXISTS", "CREATE OR REPLACE VIEW"}},
    /* MySQL makes several indexes at once. */
    {"@sqlite", {"%", NULL}},
    {"@mysql", {NULL, "%"}},
    /* A row that is there stays. */
    {"@once", {"ON CONFLICT DO NOTHING", "ON DUPLICATE KEY UPDATE one = one"}},
    /* For eyes: bytes that are no UTF-8 become '?'. */
    {"@shown", {"%", "CONVERT(% USING utf8mb4) COLLATE utf8mb4_bin"}},
    {"@raw", {"CAST(% AS BLOB)", "%"}},
};

/*
 * The sightings of a sender are those of one local part and one domain in
 * whatever case. sender_domain, in lower case, is as long as the one that the
 * sender ends in.
 */
#define LOCAL_PART                                                             \
    "SUBSTR(@raw(sender), 1, "                                                 \
    "LENGTH(@raw(sender)) - LENGTH(@raw(sender_domain)))"

#define FIRST                                                                  \
    "ORDER BY instant, fraction, sender, client_ip, client_name, "             \
    "message_id, mta_host, queue_id, wall, nth"
#define LAST "ORDER BY instant DESC, fraction DESC, date DESC"

/* Before all: the mark of a database that is ours, and what is shared. */
static const char *const mark[] = {
    "CREATE TABLE IF NOT EXISTS spamharvest ("
    " one @int NOT NULL,"
    " schema_version @int NOT NULL,"
    " logs_version @int NOT NULL,"
    " PRIMARY KEY (one)"
    ") @table",
    "INSERT INTO spamharvest VALUES (1, 0, 0) @once",
    NULL,
};

static const char *const from_0_to_1[] = {
    "CREATE TABLE IF NOT EXISTS messages ("
    " id @int NOT NULL,"
    " wall @int NOT NULL,"
    " mta_host @name NOT NULL,"
    " queue_id @name NOT NULL,"
    " nth @int NOT NULL,"
    " day @word NOT NULL,"
    " date @word NOT NULL,"
    " instant @int NOT NULL,"
    " fraction @int NOT NULL,"
    " sender @text NOT NULL,"
    " sender_domain @text NOT NULL,"
    " client_ip @word NOT NULL,"
    " client_addr @address NOT NULL,"
    " client_net @word NOT NULL,"
    " client_name @text NOT NULL,"
    " helo @text NOT NULL,"
    " message_id @text NOT NULL,"
    " size @int,"
    " outcome @word NOT NULL,"
    " mta @name NOT NULL,"
    " PRIMARY KEY (id)"
    ") @numbered",

    "CREATE TABLE IF NOT EXISTS recipients ("
    " id @int NOT NULL,"
    " position @int NOT NULL,"
    " recipient @text NOT NULL,"
    " PRIMARY KEY (id, position)"
    ") @table",

    /* ---- the state ---- */
    "CREATE TABLE IF NOT EXISTS logs ("
    " head @hash NOT NULL,"
    " head_size @int NOT NULL,"
    " read_to @int NOT NULL,"
    " tail @hash NOT NULL,"
    " tail_size @int NOT NULL,"
    " name @text NOT NULL,"
    " first_line @word NOT NULL,"
    " last_line @word NOT NULL,"
    " place @int NOT NULL,"
    " version @int NOT NULL,"
    " PRIMARY KEY (head, read_to, tail)"
    ") @table",

    "CREATE TABLE IF NOT EXISTS hosts ("
    " mta_host @name NOT NULL,"
    " head @hash NOT NULL,"
    " state @bytes NOT NULL,"
    " version @int NOT NULL,"
    " PRIMARY KEY (mta_host)"
    ") @table",

    "CREATE TABLE IF NOT EXISTS in_flight ("
    " mta_host @name NOT NULL,"
    " kind @word NOT NULL,"
    " id @name NOT NULL,"
    " opened @int NOT NULL,"
    " latest @int,"
    " state @bytes NOT NULL,"
    " PRIMARY KEY (mta_host, kind, id)"
    ") @table",

    /* ---- for eyes ---- */
    "@view sightings AS"
    " SELECT first_seen, last_seen, count, sender, client_ip, client_name,"
    " message_id FROM ("
    "SELECT date AS first_seen,"
    " FIRST_VALUE(date) OVER (PARTITION BY " LOCAL_PART
    ", sender_domain, client_ip " LAST ") AS last_seen,"
    " COUNT(*) OVER (PARTITION BY " LOCAL_PART
    ", sender_domain, client_ip) AS count,"
    " @shown(sender) AS sender, client_ip,"
    " @shown(client_name) AS client_name,"
    " @shown(message_id) AS message_id,"
    " ROW_NUMBER() OVER (PARTITION BY " LOCAL_PART
    ", sender_domain, client_ip " FIRST ") AS place"
    " FROM messages WHERE outcome = 'accepted') AS each_one WHERE place = 1",

    "@view senders AS"
    " SELECT @shown(MIN(sender)) AS sender,"
    " MIN(day) AS first_day, MAX(day) AS last_day,"
    " SUM(outcome = 'accepted') AS accepted,"
    " SUM(outcome = 'rejected') AS rejected,"
    " SUM(outcome = 'aborted') AS aborted,"
    " COUNT(DISTINCT client_ip) AS clients"
    " FROM messages WHERE sender <> ''"
    " GROUP BY " LOCAL_PART ", sender_domain",

    "@view clients AS"
    " SELECT client_ip, client_net, @shown(MAX(client_name)) AS client_name,"
    " MIN(day) AS first_day, MAX(day) AS last_day,"
    " SUM(outcome = 'accepted') AS accepted,"
    " SUM(outcome = 'rejected') AS rejected,"
    " SUM(outcome = 'aborted') AS aborted,"
    " COUNT(DISTINCT sender) AS senders"
    " FROM messages WHERE client_ip <> '' GROUP BY client_ip, client_net",

    "@view daily AS"
    " SELECT day, SUM(outcome = 'accepted') AS accepted,"
    " SUM(outcome = 'rejected') AS rejected,"
    " SUM(outcome = 'aborted') AS aborted,"
    " COUNT(DISTINCT sender) AS senders,"
    " COUNT(DISTINCT client_ip) AS clients,"
    " SUM(size) AS size"
    " FROM messages GROUP BY day",
    NULL,
};

static const char *const *const steps[] = {mark, from_0_to_1};

static const char *const indexes[] = {
    "@sqlite(CREATE INDEX IF NOT EXISTS messages_client"
    " ON messages (client_ip))",
    "@sqlite(CREATE INDEX IF NOT EXISTS messages_sender"
    " ON messages (sender))",
    "@sqlite(CREATE INDEX IF NOT EXISTS messages_day ON messages (day))",
    "@mysql(ALTER TABLE messages ADD KEY messages_client (client_ip),"
    " ADD KEY messages_sender (sender(64)), ADD KEY messages_day (day))",
    NULL,
};

const char *const schema_index_names[SCHEMA_INDEXES] = {
    "messages_client", "messages_sender", "messages_day"};

/* The end of the parenthesis that text begins with, behind it. */
static struct slice take_argument(struct slice *text)
{
    size_t depth = 0, at = 0;
    struct slice argument;

    do {
        depth += text->ptr[at] == '(';
        depth -= text->ptr[at] == ')';
        at++;
    } while (depth > 0);
    argument = slice_make(text->ptr + 1, at - 2);
    *text = slice_from(*text, at);
    return argument;
}

static void expand(struct slice text, enum dialect dialect, struct buf *out);

static void replace_word(size_t word, struct slice *text, enum dialect dialect,
                         struct buf *out)
{
    const char *as = words[word].as[dialect];
    struct slice argument = SLICE(""), rest = slice_of(as);
    size_t hole;

    *text = slice_from(*text, strlen(words[word].word));
    if (text->len > 0 && text->ptr[0] == '(')
        argument = take_argument(text);
    hole = slice_find_byte(rest, '%');
    buf_add(out, slice_head(rest, hole));
    if (hole == SIZE_MAX)
        return;
    expand(argument, dialect, out);
    buf_add(out, slice_from(rest, hole + 1));
}

static void expand(struct slice text, enum dialect dialect, struct buf *out)
{
    while (text.len > 0) {
        size_t at = slice_find_byte(text, '@'), word = 0;

        buf_add(out, slice_head(text, at));
        if (at == SIZE_MAX)
            return;
        text = slice_from(text, at);
        while (!slice_starts(text, slice_of(words[word].word)))
            word++;
        replace_word(word, &text, dialect, out);
    }
}

/* The number-th of those that are any in that dialect. */
static bool find_statement(const char *const *list, unsigned number,
                           enum dialect dialect, struct buf *out)
{
    unsigned i = 0;

    buf_reset(out);
    for (const char *const *s = list; *s != NULL; s++) {
        buf_reset(out);
        expand(slice_of(*s), dialect, out);
        /* What the other dialect has alone is none of this one. */
        if (out->len > 0 && i++ == number) {
            buf_add_byte(out, '\0');
            out->len--;
            return true;
        }
    }
    return false;
}

bool schema_statement(unsigned step, unsigned number, enum dialect dialect,
                      struct buf *out)
{
    return find_statement(steps[step], number, dialect, out);
}

bool schema_index(unsigned number, enum dialect dialect, struct buf *out)
{
    return find_statement(indexes, number, dialect, out);
}
