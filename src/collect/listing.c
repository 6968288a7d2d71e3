/* listing - sightings in, the entries of a list out */
#include "collect/listing.h"

#include <stdlib.h>

#include "base/mem.h"
#include "collect/listed_clients.h"
#include "collect/listed_senders.h"

#define SENDER_WHOLE_MAX 198 /* bytes */

struct listing {
    struct listing_rules rules;
    struct listing_tally tally;
    struct listed_clients *clients; /* of a list of clients; else NULL */
    struct listed_senders *senders; /* of a list of senders; else NULL */
};

struct listing *listing_new(const struct listing_rules *rules)
{
    struct listing *l = mem_new(sizeof *l);

    l->rules = *rules;
    if (rules->what == FIELD_CLIENT_IP || rules->what == FIELD_CLIENT_NET)
        l->clients = listed_clients_new(&l->rules, &l->tally);
    else
        l->senders = listed_senders_new(&l->rules, &l->tally);
    return l;
}

void listing_free(struct listing *l)
{
    if (l == NULL)
        return;
    listed_clients_free(l->clients);
    listed_senders_free(l->senders);
    free(l);
}

bool listing_wants(struct listing *l, const struct address *ip,
                   struct slice client_name)
{
    if (!patterns_match_client(l->rules.allow, ip, client_name))
        return true;
    if (l->clients == NULL)
        return false;
    listing_allow(l, ip);
    return true;
}

void listing_spare(struct listing *l)
{
    l->tally.spared++;
}

/*
 * Of mail that was refused the client chose the recipient, and of a bounce,
 * which no client brought, the sender of what it answers.
 */
static bool tells_ours(const struct message *m)
{
    return m->outcome == OUTCOME_ACCEPTED && !m->local &&
           !address_is_none(&m->client_ip);
}

/*
 * A recipient with ">" may be one of two readings of a line, of which the
 * client has chosen one (parse/rules/postfix.rules). Of such a message none is
 * believed.
 */
static bool are_certain(const struct message *m)
{
    for (size_t i = 0; i < m->recipient_count; i++)
        if (slice_find_byte(m->recipients[i], '>') != SIZE_MAX)
            return false;
    return true;
}

bool listing_message(struct listing *l, const struct message *m)
{
    if (l->senders == NULL)
        return true;
    if (tells_ours(m) && are_certain(m))
        for (size_t i = 0; i < m->recipient_count; i++)
            listed_senders_own(l->senders, m->recipients[i]);
    if (m->sender.len <= SENDER_WHOLE_MAX)
        return true;
    l->tally.unknown++;
    return false;
}

void listing_allow(struct listing *l, const struct address *ip)
{
    if (l->clients != NULL && !address_is_none(ip))
        listed_clients_allow(l->clients, ip);
}

void listing_allow_domain(struct listing *l, struct slice domain)
{
    if (l->senders != NULL)
        listed_senders_allow(l->senders, domain);
}

void listing_add(struct listing *l, const struct sighting *s)
{
    if (l->clients != NULL)
        listed_clients_add(l->clients, s->key[0], s->client_name);
    else
        listed_senders_add(l->senders, s->key[0]);
}

void listing_settle(struct listing *l)
{
    if (l->clients != NULL)
        listed_clients_settle(l->clients);
    else
        listed_senders_settle(l->senders);
}

bool listing_each(const struct listing *l, listing_visit *visit, void *arg,
                  struct error *err)
{
    return l->clients != NULL
               ? listed_clients_each(l->clients, visit, arg, err)
               : listed_senders_each(l->senders, visit, arg, err);
}

struct listing_tally listing_tally(const struct listing *l)
{
    return l->tally;
}
