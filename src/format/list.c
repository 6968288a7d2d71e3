/*
 * list - lists that mail systems and firewalls load
 *
 * What each of them reads is told by its manual: access(5), cidr_table(5) and
 * postmap(1) of Postfix 3.7; cf/README of sendmail 8.17, "Using the access
 * database", and makemap(8); rbldnsd(8); nft(8).
 */
#include "format/list.h"

#include "format/formats.h"
#include "format/spell.h"

/* How a network is written. */
enum net_form {
    NET_CIDR,     /* 11.22.33.0/24; an address alone */
    NET_PREFIXED, /* 2a00:1::/64, 2a00:1::7/128 */
    NET_PARTS     /* whole octets or groups: 11.22.33, 2a00:1:0:0 */
};

/* What is listed of one kind. after NULL: the format cannot list it. */
struct list_part {
    const char *preamble;       /* also where there are no entries */
    const char *open, *close;   /* around entries, if there are any */
    const char *before, *after; /* around each entry */
};

struct list_syntax {
    const char *leader;   /* before each line of a comment */
    const char *preamble; /* of all kinds */
    enum net_form nets;
    struct spelling spelling; /* of senders */
    struct list_part v4, v6, sender, domain;
};

#define CAUGHT "caught by a spam trap"

/* What a list served by DNS answers, and its test entries: RFC 5782, 5. */
#define ANSWER ":127.0.0.2:$ was " CAUGHT "\n"

#define NFT_SET(set, type)                                                     \
    "add set inet spamharvest " set " { type " type "; flags interval; }\n"    \
    "flush set inet spamharvest " set "\n"
#define NFT_PART(set)                                                          \
    {                                                                          \
        .open = "add element inet spamharvest " set " {\n", .close = "}\n",    \
        .before = "\t", .after = ",\n",                                        \
    }

/* ---- the table ---- */

/*
 * Readers of plain lists take # and ; for comments, ! for "not", and /, *, ?,
 * | and others for patterns.
 */
static const struct list_syntax plain = {
    .leader = "# ",
    .spelling = {.utf8 = true, .barred = "#;!/*?|^$~`{}&%"},
    .v4 = {.after = "\n"},
    .v6 = {.after = "\n"},
    .sender = {.after = "\n"},
    .domain = {.after = "\n"},
};

/*
 * A cidr table for clients. Keys of senders are in lower case, as postmap
 * makes them: else two would be one. Postfix asks for the quoted form.
 */
static const struct list_syntax postfix = {
    .leader = "# ",
    .spelling = {.folds = true, .quotes = true, .utf8 = true, .first = "#"},
    .v4 = {.after = "\tREJECT " CAUGHT "\n"},
    .v6 = {.after = "\tREJECT " CAUGHT "\n"},
    .sender = {.after = "\tREJECT " CAUGHT "\n"},
    .domain = {.after = "\tREJECT " CAUGHT "\n"},
};

/* sendmail asks without quotes, so what needs them is never found. */
static const struct list_syntax sendmail = {
    .leader = "# ",
    .nets = NET_PARTS,
    .spelling = {.folds = true},
    .v4 = {.before = "Connect:", .after = "\tREJECT\n"},
    .v6 = {.before = "Connect:IPv6:", .after = "\tREJECT\n"},
    .sender = {.before = "From:", .after = "\tREJECT\n"},
    .domain = {.before = "From:", .after = "\tREJECT\n"},
};

static const struct list_syntax rbldnsd = {
    .leader = "# ",
    .v4 = {.preamble = ANSWER "127.0.0.2\n", .after = "\n"},
    .domain = {.preamble = ANSWER "test\n", .after = "\n"},
};

static const struct list_syntax rbldnsd6 = {
    .leader = "# ",
    .nets = NET_PREFIXED,
    .v6 = {.preamble = ANSWER "::ffff:7f00:2/128\n", .after = "\n"},
};

/* Sets that are there are not made anew, so rules may use them. */
static const struct list_syntax nftables = {
    .leader = "# ",
    .preamble = "add table inet spamharvest\n" NFT_SET(
        "spamharvest4", "ipv4_addr") NFT_SET("spamharvest6", "ipv6_addr"),
    .v4 = NFT_PART("spamharvest4"),
    .v6 = NFT_PART("spamharvest6"),
};

static void write_header(struct writer *w);
static void write_row(struct writer *w, const struct row *row);
static void write_end(struct writer *w);

#define LIST(list_name, list_syntax)                                           \
    {                                                                          \
        .name = (list_name), .write_header = write_header,                     \
        .write_row = write_row, .write_end = write_end,                        \
        .list = &(list_syntax),                                                \
    }

const struct format format_of_list[FORMATS_OF_LISTS] = {
    LIST("list", plain),        LIST("postfix", postfix),
    LIST("sendmail", sendmail), LIST("rbldnsd", rbldnsd),
    LIST("rbldnsd6", rbldnsd6), LIST("nftables", nftables),
};

/* ---- what a format can say ---- */

static bool is_of_clients(enum field what)
{
    return what == FIELD_CLIENT_IP || what == FIELD_CLIENT_NET;
}

static const struct list_part *part_of_net(const struct list_syntax *s,
                                           const struct cidr *net)
{
    return cidr_is_v4(net) ? &s->v4 : &s->v6;
}

bool format_is_list(const struct format *f)
{
    return f->list != NULL;
}

bool format_lists(const struct format *f, enum field what)
{
    const struct list_syntax *s = f->list;

    if (is_of_clients(what))
        return s->v4.after != NULL || s->v6.after != NULL;
    if (what == FIELD_SENDER)
        return s->sender.after != NULL;
    return what == FIELD_SENDER_DOMAIN && s->domain.after != NULL;
}

/* What of a network counts as one part of its text. */
static unsigned part_bits(const struct cidr *net)
{
    return cidr_is_v4(net) ? 8 : 16;
}

bool list_carries(const struct format *f, const struct cidr *net)
{
    const struct list_syntax *s = f->list;

    if (part_of_net(s, net)->after == NULL)
        return false;
    /* Of IPv4, what is not whole octets is written as what it is made of:
     * never more than 128 entries. Of IPv6 that were 32,768. */
    return s->nets != NET_PARTS || cidr_is_v4(net) ||
           (net->prefix > 0 && net->prefix % 16 == 0);
}

bool list_spell(const struct format *f, enum field what, struct slice value,
                struct buf *out)
{
    const struct spelling *s = &f->list->spelling;

    if (!format_lists(f, what))
        return false;
    return what == FIELD_SENDER ? spell_sender(s, value, out)
                                : spell_domain(s, value, out);
}

/* ---- writing ---- */

static void add_text(struct buf *line, const char *text)
{
    buf_add(line, slice_of(text));
}

static void write_header(struct writer *w)
{
    const struct list_syntax *s = w->format->list;
    struct slice notes = buf_slice(&w->notes);

    while (notes.len > 0) {
        size_t end = slice_find_byte(notes, '\n');

        add_text(&w->line, s->leader);
        buf_add(&w->line, slice_head(notes, end + 1));
        notes = slice_from(notes, end + 1);
    }
    add_text(&w->line, s->preamble);
    if (is_of_clients(w->columns.field[0])) {
        add_text(&w->line, s->v4.preamble);
        add_text(&w->line, s->v6.preamble);
    } else if (w->columns.field[0] == FIELD_SENDER) {
        add_text(&w->line, s->sender.preamble);
    } else {
        add_text(&w->line, s->domain.preamble);
    }
}

/* Ends the part before, unless it is this one; NULL: ends the last. */
static void turn_to(struct writer *w, const struct list_part *part)
{
    if (w->part == part)
        return;
    if (w->part != NULL)
        add_text(&w->line, w->part->close);
    if (part != NULL)
        add_text(&w->line, part->open);
    w->part = part;
}

static void add_entry(struct buf *line, const struct list_part *part,
                      struct slice entry)
{
    add_text(line, part->before);
    buf_add(line, entry);
    add_text(line, part->after);
}

/* The octets or groups that the prefix has, none of them shortened. */
static void add_parts(struct buf *line, const struct list_part *part,
                      const struct cidr *net)
{
    const uint8_t *at = net->address.bytes;
    unsigned count = net->prefix / 16u;

    add_text(line, part->before);
    if (cidr_is_v4(net)) {
        count = (net->prefix - 96u) / 8;
        for (unsigned i = 0; i < count; i++)
            buf_addf(line, i == 0 ? "%u" : ".%u", at[12 + i]);
    } else {
        for (unsigned i = 0; i < count; i++)
            buf_addf(line, i == 0 ? "%x" : ":%x",
                     (unsigned)at[2 * i] << 8 | at[2 * i + 1]);
    }
    add_text(line, part->after);
}

/* A network that has no such text is what its halves are. */
static void add_in_parts(struct buf *line, const struct list_part *part,
                         const struct cidr *net)
{
    struct cidr half = *net;

    if (net->prefix % part_bits(net) == 0) {
        add_parts(line, part, net);
        return;
    }
    half.prefix++;
    add_in_parts(line, part, &half);
    half.address.bytes[net->prefix / 8] |= (uint8_t)(0x80u >> net->prefix % 8);
    add_in_parts(line, part, &half);
}

static void add_net(struct buf *line, const struct list_syntax *s,
                    const struct list_part *part, const struct cidr *net)
{
    char text[ADDRESS_SIZE];
    size_t len;

    if (s->nets == NET_PARTS) {
        add_in_parts(line, part, net);
        return;
    }
    len = net->prefix == 128 && s->nets == NET_CIDR
              ? address_format(&net->address, text)
              : cidr_format(net, text);
    add_entry(line, part, slice_make(text, len));
}

static void write_row(struct writer *w, const struct row *row)
{
    const struct list_syntax *s = w->format->list;
    enum field what = w->columns.field[0];
    struct cidr net;

    if (is_of_clients(what)) {
        if (!cidr_parse(row_value(row, what), &net) ||
            !list_carries(w->format, &net))
            return;
        turn_to(w, part_of_net(s, &net));
        add_net(&w->line, s, w->part, &net);
        return;
    }
    buf_reset(&w->scratch);
    if (!list_spell(w->format, what, row_value(row, what), &w->scratch))
        return;
    turn_to(w, what == FIELD_SENDER ? &s->sender : &s->domain);
    add_entry(&w->line, w->part, buf_slice(&w->scratch));
}

static void write_end(struct writer *w)
{
    turn_to(w, NULL);
}

/* ---- reading what is listed ---- */

/* Whether line is one of those of text, which end in a newline. */
static bool is_line_of(const char *text, struct slice line)
{
    struct slice rest = slice_of(text);

    while (rest.len > 0) {
        size_t end = slice_find_byte(rest, '\n');

        if (slice_equal(slice_head(rest, end), line))
            return true;
        rest = slice_from(rest, end + 1);
    }
    return false;
}

static bool is_around(const struct list_part *part, struct slice line)
{
    return is_line_of(part->preamble, line) || is_line_of(part->open, line) ||
           is_line_of(part->close, line);
}

/* What stands between what goes around an entry of this part. */
static bool is_entry_of(const struct list_part *part, struct slice line,
                        struct slice *entry)
{
    struct slice before = slice_of(part->before), after = slice_of(part->after);

    if (after.len == 0)
        return false;
    after.len--; /* the newline */
    if (line.len <= before.len + after.len || !slice_starts(line, before) ||
        !slice_ends(line, after))
        return false;
    *entry = slice_from(slice_head(line, line.len - after.len), before.len);
    return true;
}

bool list_entry(const struct format *f, struct slice line, struct slice *entry)
{
    const struct list_syntax *s = f->list;
    const struct list_part *const parts[] = {&s->v4, &s->v6, &s->sender,
                                             &s->domain};
    struct slice text = slice_trim(line);

    if (text.len == 0 || text.ptr[0] == s->leader[0] ||
        is_line_of(s->preamble, line))
        return false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (is_around(parts[i], line))
            return false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (is_entry_of(parts[i], line, entry))
            return true;
    *entry = line;
    return true;
}
