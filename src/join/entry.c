/* entry - what is known so far of one message in flight */
#include "join/entry.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"

#define CHUNK 1024 /* entries that are allocated at once */

/*
 * Up to this many texts a duplicate is looked for by walking; beyond, it is
 * kept until entry_texts() sorts it out.
 */
#define WALK_MAX 64

struct entries {
    struct entry **chunk;
    size_t chunks, chunks_cap;
    uint32_t used;  /* slots ever handed out */
    uint32_t free;  /* head of the list of slots given back */
    uint32_t count; /* in use now */
    uint32_t serial;
    struct pool *pool;
};

/* What stands before each text. */
struct text_head {
    uint32_t kind : 4;
    uint32_t len : 28;
};

struct entries *entries_new(void)
{
    struct entries *es = mem_new(sizeof *es);

    es->free = ENTRY_NONE;
    es->pool = pool_new();
    return es;
}

void entries_free(struct entries *es)
{
    if (es == NULL)
        return;
    for (size_t i = 0; i < es->chunks; i++)
        free(es->chunk[i]);
    free(es->chunk);
    pool_free(es->pool);
    free(es);
}

struct entry *entries_at(const struct entries *es, uint32_t index)
{
    return &es->chunk[index / CHUNK][index % CHUNK];
}

uint32_t entries_count(const struct entries *es)
{
    return es->count;
}

static uint32_t fresh_slot(struct entries *es)
{
    if (es->used == es->chunks * CHUNK) {
        es->chunk = mem_grow(es->chunk, es->chunks, &es->chunks_cap,
                             sizeof(struct entry *));
        es->chunk[es->chunks++] = mem_array(CHUNK, sizeof(struct entry));
    }
    return es->used++;
}

uint32_t entries_take(struct entries *es)
{
    uint32_t index = es->free;
    struct entry *e;

    if (index == ENTRY_NONE)
        index = fresh_slot(es);
    else
        es->free = entries_at(es, index)->link[LIST_BIRTH].next;
    e = entries_at(es, index);
    *e = (struct entry){
        .date = STAMP_NONE,
        .size = -1,
        .index = index,
        .serial = ++es->serial,
        .parent = ENTRY_NONE,
    };
    for (int i = 0; i < LIST_TOTAL; i++)
        e->link[i].prev = e->link[i].next = ENTRY_NONE;
    es->count++;
    return index;
}

void entries_give(struct entries *es, uint32_t index)
{
    struct entry *e = entries_at(es, index);

    if (e->text != NULL)
        pool_give(es->pool, e->text, e->text_size);
    e->text = NULL;
    e->serial = 0;
    e->link[LIST_BIRTH].next = es->free;
    es->free = index;
    es->count--;
}

void entries_append(struct entries *es, struct entry_ends *list,
                    enum entry_list which, uint32_t index)
{
    struct entry *e = entries_at(es, index);

    e->link[which].prev = list->tail;
    e->link[which].next = ENTRY_NONE;
    if (list->tail == ENTRY_NONE)
        list->head = index;
    else
        entries_at(es, list->tail)->link[which].next = index;
    list->tail = index;
}

void entries_unlink(struct entries *es, struct entry_ends *list,
                    enum entry_list which, uint32_t index)
{
    struct entry *e = entries_at(es, index);
    uint32_t prev = e->link[which].prev, next = e->link[which].next;

    if (prev == ENTRY_NONE)
        list->head = next;
    else
        entries_at(es, prev)->link[which].next = next;
    if (next == ENTRY_NONE)
        list->tail = prev;
    else
        entries_at(es, next)->link[which].prev = prev;
}

void entry_add_text(struct entries *es, struct entry *e, enum entry_text kind,
                    struct slice text)
{
    struct text_head head = {kind & 15u, (uint32_t)text.len & 0xfffffff};
    size_t want = e->text_len + sizeof head + text.len;

    if (want > e->text_size) {
        size_t size = want;

        /* Most messages need one piece: client, sender, ID, a recipient. */
        if (e->text == NULL) {
            size = want < 160 ? 160 : want;
            e->text = pool_take(es->pool, &size);
        } else {
            size = want + want / 2;
            e->text =
                pool_grow(es->pool, e->text, e->text_size, e->text_len, &size);
        }
        e->text_size = (uint32_t)size;
    }
    memcpy(e->text + e->text_len, &head, sizeof head);
    if (text.len != 0)
        memcpy(e->text + e->text_len + sizeof head, text.ptr, text.len);
    e->text_len = (uint32_t)want;
}

/* The text at *at, which moves behind it; false: there are no more. */
static bool next_text(const struct entry *e, uint32_t *at, unsigned *kind,
                      struct slice *text)
{
    struct text_head head;

    if (*at == e->text_len)
        return false;
    memcpy(&head, e->text + *at, sizeof head);
    *kind = head.kind;
    *text = slice_make(e->text + *at + sizeof head, head.len);
    *at += (uint32_t)(sizeof head + head.len);
    return true;
}

void entry_add_once(struct entries *es, struct entry *e, enum entry_text kind,
                    struct slice text)
{
    struct slice other;
    unsigned other_kind;

    if (e->listed < WALK_MAX)
        for (uint32_t at = 0; next_text(e, &at, &other_kind, &other);)
            if (other_kind == kind && slice_equal(other, text))
                return;
    entry_add_text(es, e, kind, text);
    e->listed++;
}

void entry_drop_text(struct entry *e, enum entry_text kind)
{
    uint32_t at = 0, from = 0;
    struct slice text;
    unsigned other_kind;

    while (next_text(e, &at, &other_kind, &text)) {
        if (other_kind == kind) {
            struct text_head head = {TEXT_DROPPED,
                                     (uint32_t)text.len & 0xfffffff};

            memcpy(e->text + from, &head, sizeof head);
        }
        from = at;
    }
}

bool entry_text(const struct entry *e, enum entry_text kind, struct slice *text)
{
    unsigned other_kind;

    for (uint32_t at = 0; next_text(e, &at, &other_kind, text);)
        if (other_kind == kind)
            return true;
    *text = slice_make(NULL, 0);
    return false;
}

/* Takes out what stands further left too; for lists too long to walk. */
static size_t drop_repeated(struct slice *list, size_t count)
{
    struct table seen;
    size_t kept = 0;

    table_init(&seen, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = table_hash(&seen, list[i].ptr, list[i].len);
        struct table_probe probe = table_probe(&seen, hash);
        uint32_t index;
        bool repeated = false;

        while (!repeated && table_next(&seen, &probe, &index))
            repeated = slice_equal(list[index], list[i]);
        if (repeated)
            continue;
        list[kept] = list[i];
        table_add(&seen, hash, (uint32_t)kept++);
    }
    table_release(&seen);
    return kept;
}

size_t entry_texts(const struct entry *e, enum entry_text kind,
                   struct slice **list, size_t *cap)
{
    size_t count = 0;
    unsigned other_kind;
    struct slice text;

    for (uint32_t at = 0; next_text(e, &at, &other_kind, &text);) {
        if (other_kind != kind)
            continue;
        *list = mem_grow(*list, count, cap, sizeof **list);
        (*list)[count++] = text;
    }
    return count > WALK_MAX ? drop_repeated(*list, count) : count;
}
