/*
 * saved - what is in flight, as rows of byte strings, and back
 *
 *     join-host     NAME NOW HEARD LONGEST
 *     join-tag      TAG                   a stranger's that has proven itself
 *     join-entry    HOST ID MTA FLAGS DATE LAST DUE SIZE CLIENT-IP LENGTH
 *                   EXPECTED FINISHED PARENT-ID
 *     join-text     HOST ID KIND TEXT     of the entry before
 *     join-session  HOST PID ENTRY-ID DISCARD VERDICT-AT VERDICT-IP SENDER
 *                   HELO CLIENT-AT CLIENT-IP CLIENT-NAME
 *     join-verdict  HOST PID RECIPIENT    of the session before
 *
 * Numbers are decimal, times seconds since 1970 or the text of a stamp (empty:
 * none). Entries come in the order in which they were opened, but may be read
 * back in any: a part may be older than the message it is part of.
 */
#include "join/join.h"

#include "base/mem.h"
#include "join/line.h"
#include "mail/tuple.h"

/* Rows on their way out. */
struct saving {
    tuple_sink *put;
    void *arg;
    const struct join *j;
    struct tuple row;
};

static void put_host(struct saving *s, uint32_t host)
{
    tuple_put_text(&s->row, host_name(&s->j->hosts->host[host]));
}

static void end_row(struct saving *s)
{
    s->put(s->arg, s->row.field, s->row.count);
}

static struct slice entry_id(const struct entry *e)
{
    return e == NULL ? SLICE("") : slice_make(e->id, e->id_len);
}

static void save_entry(void *arg, const struct entry *e)
{
    struct saving *s = arg;
    const struct entry *parent = NULL;
    struct slice text;
    unsigned kind;

    if (e->flags & ENTRY_FORWARD)
        parent = flight_at(s->j->flight, e->parent, e->parent_serial);
    tuple_begin(&s->row, "join-entry");
    put_host(s, e->host);
    tuple_put_text(&s->row, entry_id(e));
    tuple_put_text(&s->row, ruleset_mta_name(s->j->rules, e->mta));
    tuple_put_number(&s->row, e->flags);
    tuple_put_stamp(&s->row, e->date);
    tuple_put_number(&s->row, e->last);
    tuple_put_number(&s->row, e->due);
    tuple_put_number(&s->row, e->size);
    tuple_put_address(&s->row, &e->client_ip);
    tuple_put_number(&s->row, e->length);
    tuple_put_number(&s->row, e->expected);
    tuple_put_number(&s->row, e->finished);
    tuple_put_text(&s->row, entry_id(parent));
    end_row(s);
    for (uint32_t at = 0; entry_next_text(e, &at, &kind, &text);) {
        if (kind == TEXT_DROPPED)
            continue;
        tuple_begin(&s->row, "join-text");
        put_host(s, e->host);
        tuple_put_text(&s->row, entry_id(e));
        tuple_put_number(&s->row, kind);
        tuple_put_text(&s->row, text);
        end_row(s);
    }
}

static void save_session(void *arg, const struct session *from)
{
    struct saving *s = arg;
    const struct entry *e =
        flight_at(s->j->flight, from->entry, from->entry_serial);

    if (e == NULL && !from->verdict && !from->proxied)
        return;
    tuple_begin(&s->row, "join-session");
    put_host(s, from->host);
    tuple_put_number(&s->row, from->pid);
    tuple_put_text(&s->row, entry_id(e));
    tuple_put_number(&s->row, from->discard);
    tuple_put_stamp(&s->row, from->verdict ? from->verdict_at : STAMP_NONE);
    tuple_put_address(&s->row, &from->verdict_ip);
    tuple_put_text(&s->row, from->sender);
    tuple_put_text(&s->row, from->helo);
    tuple_put_stamp(&s->row, from->proxied ? from->client_at : STAMP_NONE);
    tuple_put_address(&s->row, &from->client_ip);
    tuple_put_text(&s->row, from->client_name);
    end_row(s);
    for (const struct session_recipient *one = from->recipients; one != NULL;
         one = one->next) {
        tuple_begin(&s->row, "join-verdict");
        put_host(s, from->host);
        tuple_put_number(&s->row, from->pid);
        tuple_put_text(&s->row, one->address);
        end_row(s);
    }
}

void join_save(const struct join *j, tuple_sink *put, void *arg)
{
    struct saving s = {.put = put, .arg = arg, .j = j};

    for (uint32_t host = 0; host < j->hosts->count; host++) {
        tuple_begin(&s.row, "join-host");
        put_host(&s, host);
        tuple_put_number(&s.row, j->hosts->host[host].now);
        tuple_put_number(&s.row, j->hosts->host[host].heard);
        tuple_put_number(&s.row, j->hosts->host[host].longest);
        end_row(&s);
    }
    for (size_t i = 0; i < j->proven_count; i++) {
        tuple_begin(&s.row, "join-tag");
        tuple_put_text(&s.row, j->proven[i]);
        end_row(&s);
    }
    flight_each(j->flight, save_entry, &s);
    sessions_each(j->sessions, save_session, &s);
}

/* ---- and back ---- */

/* One row on its way in. */
struct loading {
    struct join *j;
    struct tuple_reader row;
    struct error *err;
};

static uint32_t take_host(struct loading *l)
{
    return hosts_add(l->j->hosts, tuple_take_text(&l->row));
}

static struct slice take_id(struct loading *l)
{
    struct slice id = tuple_take_text(&l->row);

    if (id.len > ENTRY_ID_MAX) {
        l->row.bad = true;
        id.len = 0;
    }
    return id;
}

/* A file of rules may be gone since; its messages then have no MTA's name. */
static uint8_t take_mta(struct loading *l)
{
    struct slice name = tuple_take_text(&l->row);
    uint8_t mta = 0;

    while (mta < UINT8_MAX &&
           !slice_equal(ruleset_mta_name(l->j->rules, mta), name))
        mta++;
    return mta;
}

static bool load_host(struct loading *l)
{
    uint32_t host = take_host(l);
    struct host *h = &l->j->hosts->host[host];

    h->now = tuple_take_time(&l->row);
    h->heard = tuple_take_time(&l->row);
    h->longest = tuple_take_small(&l->row);
    return true;
}

static bool load_tag(struct loading *l)
{
    join_prove(l->j, tuple_take_text(&l->row));
    return true;
}

static struct entry *find(struct loading *l, uint32_t host, struct slice id)
{
    struct flight_key key = flight_key(l->j->flight, host, id);

    return flight_find(l->j->flight, &key);
}

static void set_parent(struct entry *e, const struct entry *parent)
{
    e->parent = parent->index;
    e->parent_serial = parent->serial;
}

/* Its message, which may be yet to come. */
static void find_parent(struct loading *l, struct entry *e, struct slice id)
{
    struct join *j = l->j;
    const struct entry *parent = find(l, e->host, id);

    if (parent != NULL) {
        if (parent != e)
            set_parent(e, parent);
        return;
    }
    j->orphans = mem_grow(j->orphans, j->orphan_count, &j->orphan_cap,
                          sizeof *j->orphans);
    j->orphans[j->orphan_count++] =
        (struct orphan){e->index, e->serial, e->host, arena_copy(j->arena, id)};
}

/* Those that were read before their message, which this may be. */
static void adopt_orphans(struct join *j, const struct entry *parent)
{
    size_t left = 0;

    for (size_t i = 0; i < j->orphan_count; i++) {
        const struct orphan *o = &j->orphans[i];
        struct entry *e = flight_at(j->flight, o->entry, o->entry_serial);

        if (o->host != parent->host ||
            !slice_equal(o->parent_id, entry_id(parent)))
            j->orphans[left++] = *o;
        else if (e != NULL)
            set_parent(e, parent);
    }
    j->orphan_count = left;
}

static bool load_entry(struct loading *l)
{
    uint32_t host = take_host(l);
    struct slice id = take_id(l), parent_id;
    struct flight_key key = flight_key(l->j->flight, host, id);
    uint8_t mta = take_mta(l);
    struct entry *e;

    if (l->row.bad || l->j->hosts->host[host].now == INT64_MIN ||
        flight_find(l->j->flight, &key) != NULL) {
        l->row.bad = true;
        return true;
    }
    e = flight_open(l->j->flight, &key, mta, l->err);
    if (e == NULL)
        return false;
    e->flags = tuple_take_small(&l->row);
    e->date = tuple_take_stamp(&l->row);
    e->last = tuple_take_time(&l->row);
    e->due = tuple_take_time(&l->row);
    e->size = tuple_take_number(&l->row);
    e->client_ip = tuple_take_address(&l->row);
    e->length = tuple_take_small(&l->row);
    e->expected = tuple_take_small(&l->row);
    e->finished = tuple_take_small(&l->row);
    parent_id = take_id(l);
    if (e->flags & ENTRY_FORWARD && parent_id.len != 0)
        find_parent(l, e, parent_id);
    adopt_orphans(l->j, e);
    flight_place(l->j->flight, e);
    return true;
}

static bool load_text(struct loading *l)
{
    uint32_t host = take_host(l);
    struct entry *e = find(l, host, take_id(l));
    uint32_t kind = tuple_take_small(&l->row);
    struct slice text = tuple_take_text(&l->row);

    if (l->row.bad || e == NULL || kind >= TEXT_DROPPED)
        l->row.bad = true;
    else if (kind == TEXT_RECIPIENT || kind == TEXT_VERDICT_RECIPIENT ||
             kind == TEXT_REFUSED_RECIPIENT)
        entry_add_once(l->j->entries, e, kind, text);
    else
        entry_add_text(l->j->entries, e, kind, text);
    return true;
}

static struct session *take_session(struct loading *l)
{
    uint32_t host = take_host(l);

    return sessions_find(l->j->sessions, host, tuple_take_small(&l->row), true);
}

static bool load_session(struct loading *l)
{
    struct session *s = take_session(l);
    const struct entry *e = find(l, s->host, take_id(l));

    if (e != NULL) {
        s->entry = e->index;
        s->entry_serial = e->serial;
    }
    s->discard = tuple_take_number(&l->row) != 0;
    s->verdict_at = tuple_take_stamp(&l->row);
    s->verdict = !stamp_is_none(s->verdict_at);
    s->verdict_ip = tuple_take_address(&l->row);
    s->sender = session_keep(s, tuple_take_text(&l->row));
    s->helo = session_keep(s, tuple_take_text(&l->row));
    s->client_at = tuple_take_stamp(&l->row);
    s->proxied = !stamp_is_none(s->client_at);
    s->client_ip = tuple_take_address(&l->row);
    s->client_name = session_keep(s, tuple_take_text(&l->row));
    return true;
}

static bool load_verdict(struct loading *l)
{
    struct session *s = take_session(l);

    session_add_recipient(s, tuple_take_text(&l->row));
    return true;
}

bool join_load(struct join *j, const struct slice *field, size_t count,
               struct error *err)
{
    static const struct {
        const char *kind;
        bool (*load)(struct loading *l);
    } kinds[] = {
        {"join-host", load_host},       {"join-tag", load_tag},
        {"join-entry", load_entry},     {"join-text", load_text},
        {"join-session", load_session}, {"join-verdict", load_verdict},
    };
    struct loading l = {j, tuple_reader(field, count), err};
    struct slice kind = tuple_take_text(&l.row);

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!slice_equal(kind, slice_of(kinds[i].kind)))
            continue;
        if (!kinds[i].load(&l))
            return false;
        if (!tuple_is_whole(&l.row))
            break;
        return true;
    }
    return error_set(err, "the state has a row that cannot be read: %.*s",
                     kind.len < 40 ? (int)kind.len : 40, kind.ptr);
}
