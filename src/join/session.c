/* session - what an smtpd process told before, or apart from, its message */
#include "join/session.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"

#define SESSIONS_MAX 16384

struct session_text {
    struct session_text *next;
    alignas(max_align_t) char bytes[];
};

struct sessions {
    struct table table;
    struct session *session; /* room for SESSIONS_MAX */
    uint32_t count;          /* ever used */
    uint32_t free; /* the one that ended last, then by next_free; or none */
    uint32_t hand; /* where the search for one to forget goes on */
};

struct sessions *sessions_new(void)
{
    struct sessions *ss = mem_new(sizeof *ss);

    table_init(&ss->table, 64);
    ss->free = ENTRY_NONE;
    ss->session = mem_array(SESSIONS_MAX, sizeof *ss->session);
    return ss;
}

static uint64_t session_hash(const struct sessions *ss, uint32_t host,
                             uint32_t pid)
{
    uint32_t key[2] = {host, pid};

    return table_hash_short(&ss->table, key, sizeof key);
}

void session_clear(struct session *s)
{
    if (s->texts == NULL && !s->verdict && !s->proxied)
        return;
    while (s->texts != NULL) {
        struct session_text *next = s->texts->next;

        free(s->texts);
        s->texts = next;
    }
    s->verdict = s->discard = s->proxied = false;
    s->recipients = NULL;
    s->recipient_count = 0;
    s->sender = s->helo = s->client_name = slice_make(NULL, 0);
    s->client_ip = s->verdict_ip = (struct address){{0}};
}

/* size bytes that live until session_clear(), aligned for any type. */
static void *keep(struct session *s, size_t size)
{
    struct session_text *text = mem_new(sizeof *text + size);

    text->next = s->texts;
    s->texts = text;
    return text->bytes;
}

struct slice session_keep(struct session *s, struct slice text)
{
    char *copy = keep(s, text.len);

    if (text.len != 0)
        memcpy(copy, text.ptr, text.len);
    return slice_make(copy, text.len);
}

void session_add_recipient(struct session *s, struct slice address)
{
    struct session_recipient *one;

    if (s->recipient_count == SESSION_RECIPIENTS_MAX)
        return;
    one = keep(s, sizeof *one);
    *one = (struct session_recipient){NULL, session_keep(s, address)};
    *(s->recipient_count++ == 0 ? &s->recipients : s->recipients_end) = one;
    s->recipients_end = &one->next;
}

void session_drop_recipient(struct session *s, struct slice address)
{
    struct session_recipient **at = &s->recipients;

    while (s->recipient_count > 0 && *at != NULL) {
        if (!slice_equal((*at)->address, address)) {
            at = &(*at)->next;
            continue;
        }
        *at = (*at)->next;
        if (--s->recipient_count == 0) {
            session_clear(s);
            return;
        }
    }
    s->recipients_end = at;
}

static uint32_t index_of(const struct sessions *ss, const struct session *s)
{
    return (uint32_t)(s - ss->session);
}

void sessions_end(struct sessions *ss, struct session *s)
{
    uint32_t index = index_of(ss, s);

    session_clear(s);
    table_remove(&ss->table, session_hash(ss, s->host, s->pid), index);
    s->pid = 0;
    s->next_free = ss->free;
    ss->free = index;
}

/*
 * An index for a new process: that of the one that ended last, whose memory is
 * at hand. When there are too many, the first that was not used since the hand
 * last came by is forgotten: those whose end was never logged.
 */
static uint32_t fresh(struct sessions *ss)
{
    struct session *s;
    uint32_t index = ss->free;

    if (index != ENTRY_NONE) {
        ss->free = ss->session[index].next_free;
        return index;
    }
    if (ss->count < SESSIONS_MAX)
        return ss->count++;
    while (ss->session[ss->hand].used) {
        ss->session[ss->hand].used = false;
        ss->hand = (ss->hand + 1) % SESSIONS_MAX;
    }
    index = ss->hand;
    ss->hand = (index + 1) % SESSIONS_MAX;
    s = &ss->session[index];
    table_remove(&ss->table, session_hash(ss, s->host, s->pid), index);
    session_clear(s);
    return index;
}

struct session *sessions_find(struct sessions *ss, uint32_t host, uint32_t pid,
                              bool create)
{
    uint64_t hash = session_hash(ss, host, pid);
    struct table_probe probe = table_probe(&ss->table, hash);
    struct session *s;
    uint32_t index;

    while (table_next(&ss->table, &probe, &index)) {
        s = &ss->session[index];
        if (s->host == host && s->pid == pid) {
            s->used = true;
            return s;
        }
    }
    if (!create)
        return NULL;
    index = fresh(ss);
    s = &ss->session[index];
    s->host = host;
    s->pid = pid;
    s->entry = ENTRY_NONE;
    s->used = false;
    table_add(&ss->table, hash, index);
    return s;
}

void sessions_each(const struct sessions *ss, session_visit *visit, void *arg)
{
    for (uint32_t i = 0; i < ss->count; i++)
        if (ss->session[i].pid != 0)
            visit(arg, &ss->session[i]);
}

void sessions_free(struct sessions *ss)
{
    if (ss == NULL)
        return;
    for (uint32_t i = 0; i < ss->count; i++)
        session_clear(&ss->session[i]);
    free(ss->session);
    table_release(&ss->table);
    free(ss);
}
