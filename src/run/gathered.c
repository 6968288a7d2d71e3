/* gathered - the messages of one commit to a database */
#include "run/gathered.h"

#include <stdlib.h>

#include "base/mem.h"

void gathered_init(struct gathered *g)
{
    *g = (struct gathered){.arena = arena_new()};
}

void gathered_release(struct gathered *g)
{
    free(g->message);
    free(g->arrival);
    arena_free(g->arena);
}

void gathered_clear(struct gathered *g)
{
    g->count = 0;
    g->mta = g->mta_host = slice_make(NULL, 0);
    arena_reset(g->arena);
}

static struct slice name_copy(struct arena *a, struct slice name)
{
    return arena_copy(a, slice_head(name, DATABASE_NAME_MAX));
}

/* Mostly they are those of the message before. */
static struct slice same_name(struct arena *a, struct slice name,
                              struct slice *last)
{
    if (last->ptr == NULL ||
        !slice_equal(slice_head(name, DATABASE_NAME_MAX), *last))
        *last = name_copy(a, name);
    return *last;
}

static void copy_message(struct gathered *g, struct message *m)
{
    struct arena *a = g->arena;
    struct slice *list =
        arena_alloc(a, m->recipient_count * sizeof *m->recipients);

    for (size_t i = 0; i < m->recipient_count; i++)
        list[i] = arena_copy(a, m->recipients[i]);
    m->recipients = list;
    m->sender = arena_copy(a, m->sender);
    m->client_name = arena_copy(a, m->client_name);
    m->helo = arena_copy(a, m->helo);
    m->message_id = arena_copy(a, m->message_id);
    m->mta = same_name(a, m->mta, &g->mta);
    m->mta_host = same_name(a, m->mta_host, &g->mta_host);
    m->queue_id = name_copy(a, m->queue_id);
}

void gathered_add(struct gathered *g, const struct message *m, uint32_t copy,
                  bool as_read)
{
    struct database_message *new;

    g->message = mem_grow(g->message, g->count, &g->cap, sizeof *g->message);
    new = &g->message[g->count++];
    *new = (struct database_message){
        .message = *m, .copy = copy, .as_read = as_read};
    copy_message(g, &new->message);
    database_prepare(new, g->arena);
}

void gathered_sort(struct gathered *g)
{
    free(g->arrival);
    g->arrival = database_in_order(g->message, g->count);
}

uint32_t copies_count(struct copies *c, const struct message *m)
{
    uint64_t digest = database_digest(m), hash;
    struct table_probe probe;
    uint32_t index;

    if (c->table.slots == NULL)
        table_init(&c->table, 256);
    hash = table_hash(&c->table, &digest, sizeof digest);
    for (probe = table_probe(&c->table, hash);
         table_next(&c->table, &probe, &index);)
        if (c->entry[index].digest == digest)
            return ++c->entry[index].count;
    c->entry = mem_grow(c->entry, c->count, &c->cap, sizeof *c->entry);
    c->entry[c->count].digest = digest;
    c->entry[c->count].count = 0;
    table_add(&c->table, hash, (uint32_t)c->count++);
    return 0;
}

void copies_forget(struct copies *c)
{
    if (c->table.slots != NULL)
        table_release(&c->table);
    free(c->entry);
    *c = (struct copies){.entry = NULL};
}
