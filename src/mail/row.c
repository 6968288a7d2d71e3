/*
 * row - a message or a sighting as named texts: what formats write and read
 */
#include "mail/row.h"

#include "base/digits.h"

static void put(struct row *row, enum field f, struct slice text)
{
    row->value[f] = text;
    row->present |= UINT32_C(1) << f;
}

static bool has(const struct row *row, enum field f)
{
    return (row->present >> f & 1) != 0;
}

static void put_stamp(struct row *row, enum field f, struct stamp s,
                      struct arena *a)
{
    char *text = arena_text(a, STAMP_SIZE);

    put(row, f, slice_make(text, stamp_format(s, text)));
}

static void put_number(struct row *row, enum field f, uint64_t number,
                       struct arena *a)
{
    char *text = arena_text(a, DIGITS_MAX);
    char *end = digits_number(text, number);

    put(row, f, slice_make(text, (size_t)(end - text)));
}

static void put_address(struct row *row, enum field f, const struct address *ip,
                        struct arena *a)
{
    char *text = arena_text(a, ADDRESS_SIZE);

    put(row, f, slice_make(text, address_format(ip, text)));
}

void row_from_message(struct row *row, const struct message *m, struct arena *a)
{
    row->present = 0;
    put_stamp(row, FIELD_DATE, m->date, a);
    put(row, FIELD_SENDER, m->sender);
    put_address(row, FIELD_CLIENT_IP, &m->client_ip, a);
    put(row, FIELD_CLIENT_NAME, m->client_name);
    put(row, FIELD_HELO, m->helo);
    put(row, FIELD_MESSAGE_ID, m->message_id);
    put(row, FIELD_RECIPIENTS, SLICE(""));
    row->recipients = m->recipients;
    row->recipient_count = m->recipient_count;
    put(row, FIELD_SIZE, SLICE(""));
    if (m->size >= 0)
        put_number(row, FIELD_SIZE, (uint64_t)m->size, a);
    put(row, FIELD_OUTCOME, outcome_name(m->outcome));
    put(row, FIELD_MTA, m->mta);
    put(row, FIELD_MTA_HOST, m->mta_host);
    put(row, FIELD_QUEUE_ID, m->queue_id);
}

void row_from_sighting(struct row *row, const struct sighting *s,
                       const struct field_list *key, struct arena *a)
{
    row->present = 0;
    row->recipients = NULL;
    row->recipient_count = 0;
    put_stamp(row, FIELD_FIRST_SEEN, s->first_seen, a);
    if (stamp_is_same(s->first_seen, s->last_seen))
        put(row, FIELD_LAST_SEEN, row_value(row, FIELD_FIRST_SEEN));
    else
        put_stamp(row, FIELD_LAST_SEEN, s->last_seen, a);
    put_number(row, FIELD_COUNT, s->count, a);
    put(row, FIELD_CLIENT_NAME, s->client_name);
    put(row, FIELD_MESSAGE_ID, s->message_id);
    for (unsigned i = 0; i < key->count; i++)
        put(row, key->field[i], s->key[i]);
}

void row_set_listed(struct row *row, struct slice words)
{
    put(row, FIELD_LISTED, words);
}

static bool read_address(struct slice text, struct address *ip)
{
    *ip = (struct address){{0}};
    return text.len == 0 || address_parse(text, ip);
}

static bool read_size(struct slice text, int64_t *size)
{
    unsigned long long number;

    *size = -1;
    if (text.len == 0)
        return true;
    if (!slice_number(text, &number) || number > INT64_MAX)
        return false;
    *size = (int64_t)number;
    return true;
}

/* What has a form and is not of it is refused; the first such is *bad. */
static bool read_forms(const struct row *row, struct message *m,
                       enum field *bad)
{
    *bad = FIELD_DATE;
    if (!stamp_parse(row_value(row, FIELD_DATE), &m->date))
        return false;
    *bad = FIELD_CLIENT_IP;
    if (!read_address(row_value(row, FIELD_CLIENT_IP), &m->client_ip))
        return false;
    *bad = FIELD_SIZE;
    if (!read_size(row_value(row, FIELD_SIZE), &m->size))
        return false;
    *bad = FIELD_OUTCOME;
    m->outcome = OUTCOME_ACCEPTED;
    return !has(row, FIELD_OUTCOME) ||
           outcome_find(row_value(row, FIELD_OUTCOME), &m->outcome);
}

bool row_to_message(const struct row *row, struct message *m, struct arena *a,
                    enum field *bad)
{
    static const enum field wanted[] = {FIELD_DATE,      FIELD_SENDER,
                                        FIELD_CLIENT_IP, FIELD_MESSAGE_ID,
                                        FIELD_MTA_HOST,  FIELD_QUEUE_ID};

    (void)a;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        *bad = wanted[i];
        if (!has(row, wanted[i]))
            return false;
    }
    *m = (struct message){
        .sender = row_value(row, FIELD_SENDER),
        .client_name = row_value(row, FIELD_CLIENT_NAME),
        .helo = row_value(row, FIELD_HELO),
        .message_id = row_value(row, FIELD_MESSAGE_ID),
        .recipients = row->recipients,
        .recipient_count = row->recipient_count,
        .mta = row_value(row, FIELD_MTA),
        .mta_host = row_value(row, FIELD_MTA_HOST),
        .queue_id = row_value(row, FIELD_QUEUE_ID),
    };
    return read_forms(row, m, bad);
}

static bool read_ip_value(struct slice *text, struct arena *a)
{
    char canonical[ADDRESS_SIZE];
    struct address ip;

    if (text->len == 0)
        return true;
    if (!address_parse(*text, &ip))
        return false;
    *text =
        arena_copy(a, slice_make(canonical, address_format(&ip, canonical)));
    return true;
}

static bool read_net_value(struct slice *text, struct arena *a)
{
    char canonical[ADDRESS_SIZE];
    struct cidr net;

    if (text->len == 0)
        return true;
    if (!cidr_parse(*text, &net))
        return false;
    *text = arena_copy(a, slice_make(canonical, cidr_format(&net, canonical)));
    return true;
}

/* A day is a stamp's first ten bytes. */
static bool is_day(struct slice text)
{
    char stamp[] = "YYYY-MM-DDT00:00:00Z";
    struct stamp s;

    if (text.len != 10)
        return text.len == 0;
    memcpy(stamp, text.ptr, 10);
    return stamp_parse(slice_of(stamp), &s);
}

/* Checks a value of a key, and spells it as key_of_message() would. */
static bool read_key_value(enum field f, struct slice *text, struct arena *a)
{
    enum outcome outcome;
    int64_t size;

    switch (f) {
    case FIELD_CLIENT_IP:
        return read_ip_value(text, a);
    case FIELD_CLIENT_NET:
        return read_net_value(text, a);
    case FIELD_DAY:
        return is_day(*text);
    case FIELD_SIZE:
        return read_size(*text, &size);
    case FIELD_OUTCOME:
        return outcome_find(*text, &outcome);
    default:
        return true;
    }
}

static bool read_count(struct slice text, uint64_t *count)
{
    unsigned long long number;

    if (!slice_number(text, &number) || number == 0)
        return false;
    *count = number;
    return true;
}

bool row_to_sighting(const struct row *row, const struct field_list *key,
                     struct sighting *s, struct arena *a, enum field *bad)
{
    *s = (struct sighting){
        .client_name = row_value(row, FIELD_CLIENT_NAME),
        .message_id = row_value(row, FIELD_MESSAGE_ID),
    };
    *bad = FIELD_FIRST_SEEN;
    if (!stamp_parse(row_value(row, FIELD_FIRST_SEEN), &s->first_seen))
        return false;
    *bad = FIELD_LAST_SEEN;
    if (!stamp_parse(row_value(row, FIELD_LAST_SEEN), &s->last_seen) ||
        stamp_compare(s->first_seen, s->last_seen) > 0)
        return false;
    *bad = FIELD_COUNT;
    if (!read_count(row_value(row, FIELD_COUNT), &s->count))
        return false;
    for (unsigned i = 0; i < key->count; i++) {
        *bad = key->field[i];
        if (!has(row, *bad))
            return false;
        s->key[i] = row->value[*bad];
        if (!read_key_value(*bad, &s->key[i], a))
            return false;
    }
    return true;
}

static struct slice join_recipients(const struct row *row, struct arena *a)
{
    size_t len = row->recipient_count - 1; /* the blanks */
    char *text, *end;

    for (size_t i = 0; i < row->recipient_count; i++)
        len += row->recipients[i].len;
    text = end = arena_text(a, len);
    for (size_t i = 0; i < row->recipient_count; i++) {
        struct slice recipient = row->recipients[i];

        if (i > 0)
            *end++ = ' ';
        if (recipient.len > 0)
            memcpy(end, recipient.ptr, recipient.len);
        end += recipient.len;
    }
    return slice_make(text, len);
}

struct slice row_recipients(const struct row *row, struct arena *a)
{
    if (row->recipient_count == 0)
        return SLICE("");
    if (row->recipient_count == 1)
        return row->recipients[0];
    return join_recipients(row, a);
}
