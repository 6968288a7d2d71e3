/*
 * key - the values that make two messages one sighting
 */
#include "mail/key.h"

#include "base/digits.h"

static struct slice ip_text(const struct address *ip, struct arena *a)
{
    char *text = arena_text(a, ADDRESS_SIZE);

    return slice_make(text, address_format(ip, text));
}

struct slice key_net_text(const struct address *ip, struct arena *a)
{
    struct cidr net;
    char *text;

    if (address_is_none(ip))
        return SLICE("");
    net = address_net(ip);
    text = arena_text(a, ADDRESS_SIZE);
    return slice_make(text, cidr_format(&net, text));
}

static struct slice day_text(struct stamp date, struct arena *a)
{
    char *text = arena_text(a, STAMP_SIZE);

    return slice_make(text, stamp_format_day(date, text));
}

static struct slice size_text(int64_t size, struct arena *a)
{
    char *text, *end;

    if (size < 0)
        return SLICE("");
    text = arena_text(a, DIGITS_MAX);
    end = digits_number(text, (uint64_t)size);
    return slice_make(text, (size_t)(end - text));
}

static struct slice value_of(enum field f, const struct message *m,
                             size_t recipient, struct arena *a)
{
    switch (f) {
    case FIELD_SENDER:
        return m->sender;
    case FIELD_CLIENT_IP:
        return ip_text(&m->client_ip, a);
    case FIELD_CLIENT_NAME:
        return m->client_name;
    case FIELD_HELO:
        return m->helo;
    case FIELD_MESSAGE_ID:
        return m->message_id;
    case FIELD_SIZE:
        return size_text(m->size, a);
    case FIELD_OUTCOME:
        return outcome_name(m->outcome);
    case FIELD_MTA:
        return m->mta;
    case FIELD_MTA_HOST:
        return m->mta_host;
    case FIELD_QUEUE_ID:
        return m->queue_id;
    case FIELD_SENDER_DOMAIN:
        return mail_domain(m->sender);
    case FIELD_CLIENT_NET:
        return key_net_text(&m->client_ip, a);
    case FIELD_RECIPIENT:
        return recipient < m->recipient_count ? m->recipients[recipient]
                                              : SLICE("");
    case FIELD_DAY:
        return day_text(m->date, a);
    default: /* of no key */
        return SLICE("");
    }
}

void key_of_message(const struct field_list *key, const struct message *m,
                    size_t recipient, struct slice value[KEY_FIELDS_MAX],
                    struct arena *a)
{
    for (unsigned i = 0; i < key->count; i++)
        value[i] = value_of(key->field[i], m, recipient, a);
}

size_t key_repeats(const struct field_list *key, const struct message *m)
{
    return m->recipient_count > 1 && field_list_has(key, FIELD_RECIPIENT)
               ? m->recipient_count
               : 1;
}

/* Seven bits a byte, the last without the top bit: no two texts are mixed. */
static void add_length(struct buf *out, size_t len)
{
    for (; len > 0x7f; len >>= 7)
        buf_add_byte(out, (char)(len & 0x7f) | (char)0x80);
    buf_add_byte(out, (char)len);
}

void key_fold(const struct field_list *key,
              const struct slice value[KEY_FIELDS_MAX], struct buf *out)
{
    for (unsigned i = 0; i < key->count; i++) {
        struct slice v = value[i];

        add_length(out, v.len);
        switch (key->field[i]) {
        case FIELD_SENDER:
        case FIELD_RECIPIENT:
            mail_fold(v, buf_reserve(out, v.len));
            out->len += v.len;
            break;
        case FIELD_SENDER_DOMAIN:
        case FIELD_CLIENT_NAME:
            domain_fold(v, buf_reserve(out, v.len));
            out->len += v.len;
            break;
        default:
            buf_add(out, v);
        }
    }
}

/* Which of from tells f: itself or the finer one; its place, or false. */
static bool find_source(const struct field_list *from, enum field f,
                        unsigned *place)
{
    enum field finer = f;

    if (f == FIELD_SENDER_DOMAIN)
        finer = FIELD_SENDER;
    if (f == FIELD_CLIENT_NET)
        finer = FIELD_CLIENT_IP;
    for (unsigned i = 0; i < from->count; i++) {
        if (from->field[i] == f || from->field[i] == finer) {
            *place = i;
            return true;
        }
    }
    return false;
}

bool key_can_coarsen(const struct field_list *from, const struct field_list *to)
{
    unsigned place;

    for (unsigned i = 0; i < to->count; i++)
        if (!find_source(from, to->field[i], &place))
            return false;
    return true;
}

bool key_coarsen(const struct field_list *from, const struct slice *value,
                 const struct field_list *to, struct slice out[KEY_FIELDS_MAX],
                 struct arena *a)
{
    for (unsigned i = 0; i < to->count; i++) {
        unsigned place;
        struct address ip;

        if (!find_source(from, to->field[i], &place))
            return false;
        out[i] = value[place];
        if (to->field[i] == from->field[place])
            continue;
        if (to->field[i] == FIELD_SENDER_DOMAIN)
            out[i] = mail_domain(out[i]);
        else
            out[i] =
                address_parse(out[i], &ip) ? key_net_text(&ip, a) : SLICE("");
    }
    return true;
}
