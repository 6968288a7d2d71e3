/* networks - a set of networks, and what it has of another one */
#include "mail/networks.h"

#include <stdlib.h>

#include "base/mem.h"

static const char *const special[] = {
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/3",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "4000::/2",
    "8000::/1",
};

void networks_release(struct networks *set)
{
    free(set->net);
    *set = (struct networks){.net = NULL};
}

void networks_add(struct networks *set, const struct cidr *net)
{
    set->net = mem_grow(set->net, set->count, &set->cap, sizeof *set->net);
    set->net[set->count++] = *net;
}

void networks_add_special(struct networks *set)
{
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        struct cidr net;

        if (cidr_parse(slice_of(special[i]), &net))
            networks_add(set, &net);
    }
}

static int compare(const void *a, const void *b)
{
    return cidr_compare(a, b);
}

void networks_settle(struct networks *set)
{
    size_t kept = 0;

    if (set->count == 0)
        return;
    qsort(set->net, set->count, sizeof *set->net, compare);
    /* A network stands before all that is within it. */
    for (size_t i = 1; i < set->count; i++)
        if (!cidr_covers(&set->net[kept], &set->net[i]))
            set->net[++kept] = set->net[i];
    set->count = kept + 1;
}

/* The first network of the set that is greater than net; or count. */
static size_t first_above(const struct networks *set, const struct cidr *net)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (cidr_compare(&set->net[mid], net) > 0)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

enum overlap networks_overlap(const struct networks *set,
                              const struct cidr *net)
{
    size_t next = first_above(set, net);

    if (next > 0 && cidr_covers(&set->net[next - 1], net))
        return OVERLAP_ALL;
    if (next < set->count && cidr_covers(net, &set->net[next]))
        return OVERLAP_PART;
    return OVERLAP_NONE;
}
