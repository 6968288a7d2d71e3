/* delivery - what becomes of a message: recipients, filters, children */
#include "join/line.h"

/*
 * Where the first of a list ends: at a comma that no quotes, comment or
 * brackets protect. Comments nest, and quotes mean nothing in them.
 */
static size_t first_end(struct slice list)
{
    bool quoted = false, bracketed = false;
    unsigned comments = 0;

    for (size_t i = 0; i < list.len; i++) {
        char c = list.ptr[i];

        if (c == '\\')
            i++;
        else if (c == '"' && comments == 0)
            quoted = !quoted;
        else if (c == '(' && !quoted)
            comments++;
        else if (c == ')' && !quoted && comments > 0)
            comments--;
        else if (quoted || comments > 0)
            continue;
        else if (c == ',' && !bracketed)
            return i;
        else if (c == '<' || c == '>')
            bracketed = c == '<';
    }
    return list.len;
}

/* Takes the first recipient off a list, less its <>; false: there is none. */
static bool next_recipient(struct slice *list, struct slice *one)
{
    while (list->len != 0) {
        size_t end = slice_find_byte(*list, ',') == SIZE_MAX ? list->len
                                                             : first_end(*list);

        *one = slice_trim(slice_head(*list, end));
        *list = slice_from(*list, end < list->len ? end + 1 : end);
        if (one->len > 2 && one->ptr[0] == '<' && one->ptr[one->len - 1] == '>')
            *one = slice_make(one->ptr + 1, one->len - 2);
        if (one->len != 0)
            return true;
    }
    return false;
}

/* One that the message was delivered to. */
static void add_recipient(struct line *l, struct entry *e, struct slice one)
{
    if (l->j->recipients)
        entry_add_once(l->j->entries, e, TEXT_RECIPIENT, one);
}

/*
 * Whether a line can be read in two ways, and tells the recipient of the first
 * and that of the longest, which goes on with ">": then both may be true.
 */
static bool has_two_readings(struct slice one, struct slice longest)
{
    return one.len > 0 && longest.len > one.len &&
           longest.ptr[one.len] == '>' && slice_starts(longest, one);
}

uint32_t line_add_recipients(struct line *l, struct entry *e)
{
    const struct event *ev = l->ev;
    struct slice wrote = event_fact(ev, FACT_ORIG_RECIPIENT);
    struct slice list = event_fact(ev, FACT_RECIPIENTS), one;
    uint32_t count = 0;

    while (next_recipient(&list, &one)) {
        if (wrote.len == 0)
            add_recipient(l, e, one);
        count++;
    }
    if (event_has(ev, FACT_RECIPIENT) &&
        has_two_readings(ev->value[FACT_RECIPIENT], wrote))
        add_recipient(l, e, ev->value[FACT_RECIPIENT]);
    if (wrote.len != 0)
        add_recipient(l, e, wrote);
    else if (event_has(ev, FACT_RECIPIENT))
        add_recipient(l, e, ev->value[FACT_RECIPIENT]);
    return count == 0 ? 1 : count;
}

/*
 * mark_inner - a filter took it and queued it again under another ID
 *
 * Believed only of a filter at hand, and for an entry that came from there:
 * else a remote's reply could name, and so hide, somebody else's message.
 */
static bool mark_inner(struct line *l)
{
    struct slice id = event_fact(l->ev, FACT_OTHER_ID);
    struct address relay;
    struct entry *inner;
    bool here;

    if (id.len == 0 || id.len > ENTRY_ID_MAX ||
        slice_equal(id, l->ev->queue_id))
        return true;
    relay = line_address(l, FACT_RELAY_IP);
    here = address_is_loopback(&relay);
    if (!here && !address_is_private(&relay))
        return true;
    inner = line_find(l, id);
    if (inner == NULL && here) {
        inner = line_open(l, id);
        if (inner == NULL)
            return false;
        flight_touch(inner, l->at);
    }
    if (inner != NULL && line_may_be_inner(inner))
        inner->flags |= ENTRY_INNER;
    return true;
}

bool line_delivered(struct line *l)
{
    struct entry *e = line_entry(l);
    struct entry *whole;

    if (e == NULL)
        return false;
    whole = line_origin(l, e);
    whole->finished += line_add_recipients(l, whole);
    line_end_if_complete(l, whole);
    return mark_inner(l);
}

bool line_deferred(struct line *l)
{
    struct entry *e = line_entry(l);

    if (e == NULL)
        return false;
    line_add_recipients(l, line_origin(l, e));
    return true;
}

/* A message of the MTA's own, which no client sent. */
bool line_child(struct line *l)
{
    struct slice id = event_fact(l->ev, FACT_OTHER_ID);
    struct entry *e = line_entry(l);
    struct entry *child;

    if (e == NULL)
        return false;
    if (event_has(l->ev, FACT_RECIPIENT) ||
        event_has(l->ev, FACT_ORIG_RECIPIENT))
        e->finished += line_add_recipients(l, e);
    if (id.len == 0 || id.len > ENTRY_ID_MAX)
        return true;
    child = line_find(l, id);
    if (child != NULL &&
        (child->flags & ENTRY_CLIENT || !address_is_none(&child->client_ip)))
        return true;
    if (child == NULL)
        child = line_open(l, id);
    if (child == NULL)
        return false;
    flight_touch(child, l->at);
    child->flags |= ENTRY_LOCAL;
    return true;
}

/* What the part was delivered to before it was known to be one. */
static void take_over(struct line *l, struct entry *e, const struct entry *part)
{
    struct slice text;
    unsigned kind;

    for (uint32_t at = 0; entry_next_text(part, &at, &kind, &text);)
        if (kind == TEXT_RECIPIENT)
            entry_add_once(l->j->entries, e, kind, text);
    e->finished += part->finished;
    line_end_if_complete(l, e);
}

/*
 * One part of a message, which may be handed on, and its slot be given to the
 * part, when the table is full.
 */
static bool add_part(struct line *l, uint32_t parent, uint32_t parent_serial,
                     struct slice id)
{
    struct entry *part = line_find(l, id), *e;

    if (part == NULL)
        part = line_open(l, id);
    if (part == NULL)
        return false;
    if (part->flags & (ENTRY_CLIENT | ENTRY_ENVELOPE))
        return true;
    flight_touch(part, l->at);
    e = flight_at(l->j->flight, parent, parent_serial);
    if (e != NULL && !(part->flags & ENTRY_FORWARD))
        take_over(l, e, part);
    part->flags |= ENTRY_INNER | ENTRY_FORWARD;
    part->parent = parent;
    part->parent_serial = parent_serial;
    return true;
}

/* Envelopes that one message was split into. */
bool line_same(struct line *l)
{
    struct slice rest = event_fact(l->ev, FACT_OTHER_ID);
    const struct entry *e = line_entry(l);
    uint32_t parent, parent_serial;

    if (e == NULL)
        return false;
    parent = e->index;
    parent_serial = e->serial;
    while (rest.len != 0) {
        size_t end = slice_find_byte(rest, ',');
        struct slice id = slice_trim(slice_head(rest, end));

        rest = end == SIZE_MAX ? SLICE("") : slice_from(rest, end + 1);
        if (id.len == 0 || id.len > ENTRY_ID_MAX ||
            slice_equal(id, l->ev->queue_id))
            continue;
        if (!add_part(l, parent, parent_serial, id))
            return false;
    }
    return true;
}
