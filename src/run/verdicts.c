/* verdicts - what DNS lists say of the client and the sender of each row */
#include "run/verdicts.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "format/list.h"
#include "lookup/reputation.h"

#define HELD_MAX 8192 /* more than can be in flight */
#define TURN_MS 100
#define AGE_MS (5 * 60 * 1000)

/* Whom a row is about. */
struct about {
    uint32_t client;
    uint32_t domain;
};

struct held {
    struct row row;
    void *texts; /* all that row points to */
    struct about about;
};

struct verdicts {
    const struct options *o;
    bool of_clients, of_domains; /* there are zones for them */
    struct reputation *reputation;
    struct buf words; /* of the row judged last */
    struct arena *arena;

    struct held *held; /* a ring */
    size_t head, count;
    int64_t young; /* since when its verdicts are, in milliseconds */
};

/* ---- whom a row is about ---- */

static struct about ask(struct verdicts *v, const struct address *ip,
                        struct slice domain)
{
    struct about about = {REPUTATION_NOBODY, REPUTATION_NOBODY};

    if (v->of_clients)
        about.client = reputation_address(v->reputation, ip);
    if (v->of_domains)
        about.domain = reputation_domain(v->reputation, domain);
    return about;
}

static struct about ask_row(struct verdicts *v, const struct row *row)
{
    struct address ip = {{0}};
    struct slice text = row_value(row, FIELD_CLIENT_IP);
    struct slice domain = mail_domain(row_value(row, FIELD_SENDER));

    if (text.len > 0 && !address_parse(text, &ip))
        ip = (struct address){{0}};
    if (domain.len == 0)
        domain = row_value(row, FIELD_SENDER_DOMAIN);
    return ask(v, &ip, domain);
}

void verdicts_ask_message(struct verdicts *v, const struct message *m)
{
    (void)ask(v, &m->client_ip, mail_domain(m->sender));
}

static bool ask_message(void *arg, const struct message *m, struct error *err)
{
    (void)err;
    verdicts_ask_message(arg, m);
    return true;
}

static bool ask_sighting(void *arg, const struct sighting *s, struct error *err)
{
    struct verdicts *v = arg;
    struct row row;

    (void)err;
    arena_reset(v->arena);
    row_from_sighting(&row, s, &v->o->key, v->arena);
    (void)ask_row(v, &row);
    return true;
}

void verdicts_ask_all(struct verdicts *v, struct messages *all,
                      struct sightings *s)
{
    bool list = format_is_list(v->o->format);
    struct error none;

    if (all != NULL)
        (void)messages_each(all, ask_message, v, &none);
    if (s != NULL)
        (void)sightings_each(s, list ? 0 : v->o->min_count,
                             list ? 0 : v->o->min_days, ask_sighting, v, &none);
    verdicts_settle(v);
}

void verdicts_settle(struct verdicts *v)
{
    reputation_settle(v->reputation);
}

void verdicts_age(struct verdicts *v)
{
    int64_t now = clock_ms();

    if (v->count > 0 || now - v->young < AGE_MS)
        return;
    reputation_settle(v->reputation);
    reputation_forget(v->reputation);
    v->young = now;
}

/* ---- judging ---- */

static bool judge(struct verdicts *v, struct row *row, struct about about,
                  bool *allowed)
{
    struct reputation_told told = {false, false};

    buf_reset(&v->words);
    reputation_tell(v->reputation, about.client, &v->words, &told);
    reputation_tell(v->reputation, about.domain, &v->words, &told);
    row_set_listed(row, buf_slice(&v->words));
    *allowed = told.allowed;
    switch (v->o->listed) {
    case LISTED_OR_NOT:
        return true;
    case LISTED_ONLY:
        return told.listed;
    case UNLISTED_ONLY:
        return !told.listed;
    }
    return true;
}

bool verdicts_judge(struct verdicts *v, struct row *row, bool *allowed)
{
    return judge(v, row, ask_row(v, row), allowed);
}

/* ---- rows that wait ---- */

static size_t texts_size(const struct row *row)
{
    size_t size = row->recipient_count * sizeof *row->recipients;

    for (unsigned f = 0; f < FIELD_TOTAL; f++)
        size += row_value(row, (enum field)f).len;
    for (size_t i = 0; i < row->recipient_count; i++)
        size += row->recipients[i].len;
    return size;
}

static struct slice move_text(struct slice s, char **to)
{
    struct slice moved = {*to, s.len};

    if (s.len > 0)
        memcpy(*to, s.ptr, s.len);
    *to += s.len;
    return moved;
}

/* Recipients first, for their alignment. */
static void copy_row(struct held *h, const struct row *row)
{
    struct slice *recipients = mem_new(texts_size(row) + 1);
    char *text = (char *)(recipients + row->recipient_count);

    h->row = *row;
    h->texts = recipients;
    h->row.recipients = recipients;
    for (unsigned f = 0; f < FIELD_TOTAL; f++)
        if ((row->present >> f & 1) != 0)
            h->row.value[f] = move_text(row_value(row, (enum field)f), &text);
    for (size_t i = 0; i < row->recipient_count; i++)
        recipients[i] = move_text(row->recipients[i], &text);
}

static bool is_ready(const struct verdicts *v, const struct about *about)
{
    return reputation_is_settled(v->reputation, about->client) &&
           reputation_is_settled(v->reputation, about->domain);
}

/* What is ready at the head leaves. */
static bool let_go(struct verdicts *v, verdicts_sink *sink, void *arg,
                   struct error *err)
{
    bool ok = true;

    while (ok && v->count > 0 && is_ready(v, &v->held[v->head].about)) {
        struct held *h = &v->held[v->head];
        bool allowed;

        if (judge(v, &h->row, h->about, &allowed))
            ok = sink(arg, &h->row, err);
        free(h->texts);
        v->head = (v->head + 1) % HELD_MAX;
        v->count--;
    }
    return ok;
}

bool verdicts_hold(struct verdicts *v, const struct row *row,
                   verdicts_sink *sink, void *arg, struct error *err)
{
    struct held *h;

    if (v->held == NULL)
        v->held = mem_array(HELD_MAX, sizeof *v->held);
    while (v->count == HELD_MAX) {
        reputation_turn(v->reputation, TURN_MS);
        if (!let_go(v, sink, arg, err))
            return false;
    }
    h = &v->held[(v->head + v->count) % HELD_MAX];
    copy_row(h, row);
    h->about = ask_row(v, row);
    v->count++;
    return let_go(v, sink, arg, err);
}

bool verdicts_release(struct verdicts *v, int milliseconds, verdicts_sink *sink,
                      void *arg, struct error *err)
{
    int64_t end = clock_ms() + milliseconds;

    for (;;) {
        int64_t left = milliseconds < 0 ? TURN_MS : end - clock_ms();

        if (v->count == 0) {
            verdicts_age(v);
            return true;
        }
        reputation_turn(v->reputation, left <= 0        ? 0
                                       : left < TURN_MS ? (int)left
                                                        : TURN_MS);
        if (!let_go(v, sink, arg, err))
            return false;
        if (left <= 0)
            return true;
    }
}

/* ---- the whole ---- */

struct verdicts *verdicts_new(const struct options *o, struct cache *cache,
                              run_complain *complain, void *arg,
                              struct error *err)
{
    struct verdicts *v = mem_new(sizeof *v);

    v->o = o;
    v->arena = arena_new();
    v->young = clock_ms();
    for (size_t i = 0; i < o->zone_count; i++) {
        v->of_clients |= !o->zones[i].of_domains;
        v->of_domains |= o->zones[i].of_domains;
    }
    v->reputation = reputation_new(o->zones, o->zone_count, &o->dns, cache,
                                   complain, arg, err);
    if (v->reputation != NULL)
        return v;
    verdicts_free(v);
    return NULL;
}

void verdicts_free(struct verdicts *v)
{
    if (v == NULL)
        return;
    for (; v->count > 0; v->count--) {
        free(v->held[v->head].texts);
        v->head = (v->head + 1) % HELD_MAX;
    }
    free(v->held);
    buf_free(&v->words);
    arena_free(v->arena);
    reputation_free(v->reputation);
    free(v);
}
