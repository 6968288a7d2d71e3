/* answer - what the addresses that a list answers with mean */
#include "lookup/answer.h"

#include <stdbool.h>

#define IP(a, b, c, d)                                                         \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |          \
     (uint32_t)(d))

/* What a code means: addresses that are first to last under a mask. */
struct code {
    const char *zone; /* it, or what ends in it: "KEY.zen.dq.spamhaus.net" */
    uint32_t mask;
    uint32_t first, last;
    enum answer answer;
    const char *word; /* NULL: the list's name says it all */
};

#define ONE(ip, answer, word) UINT32_MAX, (ip), (ip), (answer), (word)
#define TO(ip, to, answer, word) UINT32_MAX, (ip), (to), (answer), (word)
#define BIT(bit, answer, word)                                                 \
    IP(255, 255, 255, bit), IP(127, 0, 0, bit), IP(127, 0, 0, bit), (answer),  \
        (word)
/* 127.0.CATEGORY.TRUST, for any category */
#define TRUST(level, word)                                                     \
    IP(255, 255, 0, 255), IP(127, 0, 0, level), IP(127, 0, 0, level),          \
        ANSWER_LISTED, (word)

/*
 * Sources: docs.spamhaus.com, "Available Zones"; dnswl.org, "How to use
 * dnswl.org data"; surbl.org/lists; uribl.com, "Usage"; mailspike.org,
 * "Usage"; wiki.junkemailfilter.com, "Spam DNS Lists".
 */
static const struct code codes[] = {
    {"spamhaus.org", ONE(IP(127, 0, 0, 2), ANSWER_LISTED, "sbl")},
    {"spamhaus.org", ONE(IP(127, 0, 0, 3), ANSWER_LISTED, "css")},
    {"spamhaus.org",
     TO(IP(127, 0, 0, 4), IP(127, 0, 0, 7), ANSWER_LISTED, "xbl")},
    {"spamhaus.org", ONE(IP(127, 0, 0, 9), ANSWER_LISTED, "drop")},
    {"spamhaus.org",
     TO(IP(127, 0, 0, 10), IP(127, 0, 0, 11), ANSWER_LISTED, "pbl")},
    {"spamhaus.org", ONE(IP(127, 0, 1, 2), ANSWER_LISTED, "spam")},
    {"spamhaus.org", ONE(IP(127, 0, 1, 4), ANSWER_LISTED, "phish")},
    {"spamhaus.org", ONE(IP(127, 0, 1, 5), ANSWER_LISTED, "malware")},
    {"spamhaus.org", ONE(IP(127, 0, 1, 6), ANSWER_LISTED, "botnet")},
    {"spamhaus.org",
     TO(IP(127, 0, 1, 102), IP(127, 0, 1, 106), ANSWER_LISTED, "abused")},
    /* A domain list that was asked for an address. */
    {"spamhaus.org", ONE(IP(127, 0, 1, 255), ANSWER_UNKNOWN, NULL)},

    {"list.dnswl.org", ONE(IP(127, 0, 0, 255), ANSWER_UNKNOWN, NULL)},
    {"list.dnswl.org", TRUST(0, "none")},
    {"list.dnswl.org", TRUST(1, "low")},
    {"list.dnswl.org", TRUST(2, "med")},
    {"list.dnswl.org", TRUST(3, "hi")},

    {"multi.surbl.org", BIT(1, ANSWER_UNKNOWN, NULL)},
    {"multi.surbl.org", BIT(8, ANSWER_LISTED, "ph")},
    {"multi.surbl.org", BIT(16, ANSWER_LISTED, "mw")},
    {"multi.surbl.org", BIT(64, ANSWER_LISTED, "abuse")},
    {"multi.surbl.org", BIT(128, ANSWER_LISTED, "cr")},

    {"multi.uribl.com", BIT(1, ANSWER_UNKNOWN, NULL)},
    {"multi.uribl.com", BIT(2, ANSWER_LISTED, "black")},
    {"multi.uribl.com", BIT(4, ANSWER_LISTED, "grey")},
    {"multi.uribl.com", BIT(8, ANSWER_LISTED, "red")},

    /* From the worst to the best of reputations. */
    {"rep.mailspike.net",
     TO(IP(127, 0, 0, 10), IP(127, 0, 0, 14), ANSWER_LISTED, NULL)},
    {"rep.mailspike.net",
     TO(IP(127, 0, 0, 15), IP(127, 0, 0, 20), ANSWER_NOT_LISTED, NULL)},

    {"hostkarma.junkemailfilter.com",
     ONE(IP(127, 0, 0, 1), ANSWER_NOT_LISTED, NULL)}, /* white */
    {"hostkarma.junkemailfilter.com",
     ONE(IP(127, 0, 0, 2), ANSWER_LISTED, "black")},
    {"hostkarma.junkemailfilter.com",
     ONE(IP(127, 0, 0, 3), ANSWER_NOT_LISTED, NULL)}, /* yellow */
    {"hostkarma.junkemailfilter.com",
     ONE(IP(127, 0, 0, 4), ANSWER_LISTED, "brown")},
    {"hostkarma.junkemailfilter.com",
     ONE(IP(127, 0, 0, 5), ANSWER_NOT_LISTED, NULL)}, /* no black */
    {"hostkarma.junkemailfilter.com",                 /* how old a domain is */
     TO(IP(127, 0, 1, 0), IP(127, 0, 3, 255), ANSWER_NOT_LISTED, NULL)},
};

#define CODE_COUNT (sizeof codes / sizeof codes[0])

/* The Data Query Service is asked under another name. */
static struct slice well_known(struct slice zone)
{
    static const struct slice dqs = {"dq.spamhaus.net", 15};

    if (zone.len > dqs.len &&
        slice_equal_nocase(slice_from(zone, zone.len - dqs.len), dqs))
        return SLICE("spamhaus.org");
    return zone;
}

static bool is_within(struct slice zone, struct slice known)
{
    if (zone.len < known.len ||
        !slice_equal_nocase(slice_from(zone, zone.len - known.len), known))
        return false;
    return zone.len == known.len || zone.ptr[zone.len - known.len - 1] == '.';
}

/* What one address says; the rows that do are marked in said. */
static enum answer decode(struct slice zone, uint32_t address,
                          bool said[CODE_COUNT])
{
    enum answer answer = ANSWER_NOT_LISTED;
    bool known = false;

    if (address >> 24 != 127 || address >> 8 == IP(0, 127, 255, 255))
        return ANSWER_UNKNOWN;
    for (size_t i = 0; i < CODE_COUNT; i++) {
        const struct code *c = &codes[i];
        uint32_t masked = address & c->mask;

        if (masked < c->first || masked > c->last ||
            !is_within(zone, slice_of(c->zone)))
            continue;
        known = said[i] = true;
        if (c->answer > answer)
            answer = c->answer;
    }
    if (known)
        return answer;
    return address == IP(127, 0, 0, 1) ? ANSWER_UNKNOWN : ANSWER_LISTED;
}

static void add_words(const bool said[CODE_COUNT], struct buf *words)
{
    size_t before = words->len;
    const char *last = NULL; /* rows of one word stand together */

    for (size_t i = 0; i < CODE_COUNT; i++) {
        if (!said[i] || codes[i].answer != ANSWER_LISTED ||
            codes[i].word == NULL || codes[i].word == last)
            continue;
        last = codes[i].word;
        if (words->len > before)
            buf_add_byte(words, ' ');
        buf_add(words, slice_of(last));
    }
}

enum answer answer_decode(struct slice zone, const uint32_t *address,
                          unsigned count, struct buf *words)
{
    enum answer answer = ANSWER_NOT_LISTED;
    bool said[CODE_COUNT] = {false};

    zone = well_known(zone);
    for (unsigned i = 0; i < count; i++) {
        enum answer one = decode(zone, address[i], said);

        if (one > answer)
            answer = one;
    }
    if (answer == ANSWER_LISTED)
        add_words(said, words);
    return answer;
}
