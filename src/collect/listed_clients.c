/* listed_clients - which addresses and networks a list has */
#include "collect/listed_clients.h"

#include <stdlib.h>

#include "base/mem.h"
#include "format/list.h"
#include "mail/networks.h"

#define NET_SIZE 256u /* addresses that count as a full network */

struct listed_clients {
    const struct listing_rules *rules;
    struct listing_tally *tally;
    struct networks special, allowed;
    struct networks found;  /* candidates */
    struct networks listed; /* what becomes of them */
};

static void allow_net(void *arg, const struct cidr *net)
{
    struct listed_clients *c = arg;

    networks_add(&c->allowed, net);
}

struct listed_clients *listed_clients_new(const struct listing_rules *rules,
                                          struct listing_tally *tally)
{
    struct listed_clients *c = mem_new(sizeof *c);

    c->rules = rules;
    c->tally = tally;
    networks_add_special(&c->special);
    networks_settle(&c->special);
    patterns_each_net(rules->allow, allow_net, c);
    return c;
}

void listed_clients_free(struct listed_clients *c)
{
    if (c == NULL)
        return;
    networks_release(&c->special);
    networks_release(&c->allowed);
    networks_release(&c->found);
    networks_release(&c->listed);
    free(c);
}

void listed_clients_allow(struct listed_clients *c, const struct address *ip)
{
    struct cidr net = address_alone(ip);

    networks_add(&c->allowed, &net);
}

/* Of a network only the first client's name is known, not which one it is. */
static bool has_allowed_name(const struct listed_clients *c,
                             struct slice client_name)
{
    static const struct address none;

    return patterns_match_client(c->rules->allow, &none, client_name);
}

/* A file may have been edited: a network is what address_net() makes. */
static bool parse(const struct listed_clients *c, struct slice value,
                  struct cidr *net)
{
    struct cidr whole;

    if (!cidr_parse(value, net))
        return false;
    whole = address_net(&net->address);
    return net->prefix ==
           (c->rules->what == FIELD_CLIENT_NET ? whole.prefix : 128);
}

void listed_clients_add(struct listed_clients *c, struct slice value,
                        struct slice client_name)
{
    struct cidr net;

    if (!parse(c, value, &net))
        c->tally->unknown++;
    else if (has_allowed_name(c, client_name))
        c->tally->allowed++;
    else
        networks_add(&c->found, &net);
}

/* ---- what becomes of a candidate ---- */

static void list(struct listed_clients *c, const struct cidr *net)
{
    if (list_carries(c->rules->format, net))
        networks_add(&c->listed, net);
    else
        c->tally->unfit++;
}

/* What of net is neither special nor allowed; at least some of it is. */
static void carve(struct listed_clients *c, const struct cidr *net)
{
    enum overlap special = networks_overlap(&c->special, net);
    enum overlap allowed = networks_overlap(&c->allowed, net);
    struct cidr half = *net;

    if (special == OVERLAP_ALL || allowed == OVERLAP_ALL)
        return;
    if (special == OVERLAP_NONE && allowed == OVERLAP_NONE) {
        list(c, net);
        return;
    }
    half.prefix++;
    carve(c, &half);
    half.address.bytes[net->prefix / 8] |= (uint8_t)(0x80u >> net->prefix % 8);
    carve(c, &half);
}

/* Whether any of net may be listed; if not, why is counted. */
static bool may_be_listed(struct listed_clients *c, const struct cidr *net)
{
    if (networks_overlap(&c->special, net) == OVERLAP_ALL)
        c->tally->special++;
    else if (networks_overlap(&c->allowed, net) == OVERLAP_ALL)
        c->tally->allowed++;
    else
        return true;
    return false;
}

static void drop_unlistable(struct listed_clients *c)
{
    struct networks *found = &c->found;
    size_t kept = 0;

    for (size_t i = 0; i < found->count; i++)
        if (may_be_listed(c, &found->net[i]))
            found->net[kept++] = found->net[i];
    found->count = kept;
}

/* ---- aggregates ---- */

/* How many candidates, from the i-th on, are in one network. */
static size_t neighbours(const struct networks *found, size_t i,
                         const struct cidr *net)
{
    size_t count = 0;

    while (i + count < found->count && cidr_covers(net, &found->net[i + count]))
        count++;
    return count;
}

static bool is_dense(const struct listed_clients *c, const struct cidr *net,
                     size_t count)
{
    return c->rules->aggregate < LISTING_SINGLE &&
           (uint64_t)count * 100 > (uint64_t)c->rules->aggregate * NET_SIZE &&
           networks_overlap(&c->allowed, net) == OVERLAP_NONE &&
           networks_overlap(&c->special, net) == OVERLAP_NONE &&
           list_carries(c->rules->format, net);
}

/* The candidates from the i-th on in its network; returns how many. */
static size_t list_neighbours(struct listed_clients *c, size_t i)
{
    struct cidr net = address_net(&c->found.net[i].address);
    size_t count = neighbours(&c->found, i, &net);

    if (is_dense(c, &net, count)) {
        networks_add(&c->listed, &net);
        c->tally->gathered += count;
        c->tally->aggregates++;
        return count;
    }
    for (size_t k = 0; k < count; k++)
        carve(c, &c->found.net[i + k]);
    return count;
}

void listed_clients_settle(struct listed_clients *c)
{
    networks_settle(&c->allowed);
    networks_settle(&c->found);
    drop_unlistable(c);
    for (size_t i = 0; i < c->found.count;) {
        if (c->rules->what == FIELD_CLIENT_NET)
            carve(c, &c->found.net[i++]);
        else
            i += list_neighbours(c, i);
    }
    c->tally->entries = c->listed.count;
}

bool listed_clients_each(const struct listed_clients *c, listing_visit *visit,
                         void *arg, struct error *err)
{
    char text[ADDRESS_SIZE];

    for (size_t i = 0; i < c->listed.count; i++) {
        size_t len = cidr_format(&c->listed.net[i], text);

        if (!visit(arg, slice_make(text, len), err))
            return false;
    }
    return true;
}
