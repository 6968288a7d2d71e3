#include "collect/selection.h"

#include "base/buf.h"

static bool has_patterns(const struct patterns *p)
{
    return p != NULL && !patterns_empty(p);
}

static bool is_local(const struct message *m)
{
    return m->local || address_is_loopback(&m->client_ip);
}

static bool hits_trap(const struct selection *sel, const struct message *m)
{
    if (!has_patterns(sel->traps))
        return true;
    for (size_t i = 0; i < m->recipient_count; i++)
        if (patterns_match_mail(sel->traps, m->recipients[i]))
            return true;
    return false;
}

/*
 * A name that sendmail calls forged is whatever the client's own zone says.
 * It goes in with that suffix on, so that it never ends in a pattern's name:
 * else anybody could have himself excluded.
 */
static bool is_excluded(const struct selection *sel, struct slice sender,
                        const struct address *ip, struct slice client_name)
{
    return patterns_match_mail(sel->exclude, sender) ||
           patterns_match_client(sel->exclude, ip, client_name);
}

enum selected selection_message(const struct selection *sel,
                                const struct message *m, bool judge_local)
{
    if (judge_local && !sel->include_local && is_local(m))
        return SELECTED_NOT_LOCAL;
    if ((sel->outcomes & 1u << m->outcome) == 0)
        return SELECTED_NOT;
    if (!stamp_is_none(sel->since) && stamp_compare(m->date, sel->since) < 0)
        return SELECTED_NOT;
    if (!stamp_is_none(sel->until) && stamp_compare(m->date, sel->until) > 0)
        return SELECTED_NOT;
    if (!hits_trap(sel, m))
        return SELECTED_NOT;
    if (has_patterns(sel->exclude) &&
        is_excluded(sel, m->sender, &m->client_ip, m->client_name))
        return SELECTED_NOT;
    return SELECTED;
}

/* "@DOMAIN" stands for every address of a domain. */
static bool domain_is_excluded(const struct selection *sel, struct slice domain)
{
    struct buf address = {0};
    bool excluded;

    buf_add_byte(&address, '@');
    buf_add(&address, domain);
    excluded = patterns_match_mail(sel->exclude, buf_slice(&address));
    buf_free(&address);
    return excluded;
}

/* The last address of a network. */
static struct address last_of(const struct cidr *net)
{
    struct address last = net->address;

    for (unsigned bit = net->prefix; bit < 128; bit++)
        last.bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    return last;
}

/* A network is excluded when all of it is: its first and last address are. */
static bool net_is_excluded(const struct selection *sel, struct slice text)
{
    struct cidr net;
    struct address last;

    if (!cidr_parse(text, &net))
        return false;
    last = last_of(&net);
    return patterns_match_client(sel->exclude, &net.address, SLICE("")) &&
           patterns_match_client(sel->exclude, &last, SLICE(""));
}

static bool value_is_excluded(const struct selection *sel, enum field f,
                              struct slice value, struct slice client_name)
{
    struct address ip = {{0}};

    switch (f) {
    case FIELD_SENDER:
        return patterns_match_mail(sel->exclude, value);
    case FIELD_SENDER_DOMAIN:
        return domain_is_excluded(sel, value);
    case FIELD_CLIENT_NET:
        return net_is_excluded(sel, value);
    case FIELD_CLIENT_NAME:
        return patterns_match_client(sel->exclude, &ip, value);
    case FIELD_CLIENT_IP:
        /* "" and what is no address leave none. */
        (void)address_parse(value, &ip);
        return patterns_match_client(sel->exclude, &ip, client_name);
    default:
        return false;
    }
}

bool selection_sighting(const struct selection *sel,
                        const struct field_list *key, const struct sighting *s)
{
    if (!stamp_is_none(sel->since) &&
        stamp_compare(s->last_seen, sel->since) < 0)
        return false;
    if (!stamp_is_none(sel->until) &&
        stamp_compare(s->first_seen, sel->until) > 0)
        return false;
    if (!has_patterns(sel->exclude))
        return true;
    for (unsigned i = 0; i < key->count; i++)
        if (value_is_excluded(sel, key->field[i], s->key[i], s->client_name))
            return false;
    return true;
}

bool selection_needs_messages(const struct selection *sel)
{
    return has_patterns(sel->traps);
}
