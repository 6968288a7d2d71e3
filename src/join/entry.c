/* entry - what is known so far of one message in flight */
#include "join/entry.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"

/*
 * Up to this many recipients a repeated one is looked for by walking; beyond,
 * they are sifted each time their number has doubled.
 */
#define WALK_MAX 64

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

static uint32_t fresh_slot(struct entries *es)
{
    if (es->used == es->chunks * ENTRIES_CHUNK) {
        es->chunk = mem_grow(es->chunk, es->chunks, &es->chunks_cap,
                             sizeof(struct entry *));
        es->chunk[es->chunks++] =
            mem_array(ENTRIES_CHUNK, sizeof(struct entry));
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

static int64_t time_in(const struct entry *e, enum entry_list which)
{
    return which == LIST_ENDING ? e->due : e->aged;
}

void entries_insert(struct entries *es, struct entry_ends *list,
                    enum entry_list which, uint32_t index)
{
    struct entry *e = entries_at(es, index);
    uint32_t prev = list->tail, next = ENTRY_NONE;

    while (prev != ENTRY_NONE &&
           time_in(entries_at(es, prev), which) > time_in(e, which)) {
        next = prev;
        prev = entries_at(es, prev)->link[which].prev;
    }
    e->link[which].prev = prev;
    e->link[which].next = next;
    *(prev != ENTRY_NONE ? &entries_at(es, prev)->link[which].next
                         : &list->head) = index;
    *(next != ENTRY_NONE ? &entries_at(es, next)->link[which].prev
                         : &list->tail) = index;
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
    e->has |= UINT32_C(1) << kind;
}

bool entry_next_text(const struct entry *e, uint32_t *at, unsigned *kind,
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

/* Whether the text of that kind is among those before; else notes it. */
static bool is_repeated(struct table *seen, const struct entry *e,
                        unsigned kind, struct slice text, uint32_t at)
{
    uint64_t hash = table_hash(seen, text.ptr, text.len);
    struct table_probe probe = table_probe(seen, hash);
    uint32_t from;

    while (table_next(seen, &probe, &from)) {
        struct slice other;
        unsigned other_kind;

        if (entry_next_text(e, &from, &other_kind, &other) &&
            other_kind == kind && slice_equal(other, text))
            return true;
    }
    table_add(seen, hash, at);
    return false;
}

/* Drops the texts that stand further left too. */
static void sift(struct entry *e)
{
    struct table seen;
    uint32_t at = 0, from = 0, kept = 0, listed = 0;
    struct slice text;
    unsigned kind;

    table_init(&seen, e->listed);
    while (entry_next_text(e, &at, &kind, &text)) {
        uint32_t size = at - from;

        /* What was kept so far has been moved to the left. */
        if (!is_repeated(&seen, e, kind, text, kept)) {
            memmove(e->text + kept, e->text + from, size);
            kept += size;
            listed += kind >= TEXT_RECIPIENT && kind < TEXT_DROPPED;
        }
        from = at;
    }
    table_release(&seen);
    e->text_len = kept;
    e->listed = listed;
    e->sift_at = listed < WALK_MAX ? 2 * WALK_MAX : 2 * listed;
}

void entry_add_once(struct entries *es, struct entry *e, enum entry_text kind,
                    struct slice text)
{
    struct slice other;
    unsigned other_kind;

    if (e->listed < WALK_MAX)
        for (uint32_t at = 0; entry_next_text(e, &at, &other_kind, &other);)
            if (other_kind == kind && slice_equal(other, text))
                return;
    entry_add_text(es, e, kind, text);
    e->listed++;
    if (e->listed > WALK_MAX && e->listed > e->sift_at)
        sift(e);
}

void entry_drop_text(struct entry *e, enum entry_text kind)
{
    uint32_t at = 0, from = 0;
    struct slice text;
    unsigned other_kind;

    if (!entry_has(e, kind))
        return;
    e->has &= ~(UINT32_C(1) << kind);
    while (entry_next_text(e, &at, &other_kind, &text)) {
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

    if (entry_has(e, kind))
        for (uint32_t at = 0; entry_next_text(e, &at, &other_kind, text);)
            if (other_kind == kind)
                return true;
    *text = slice_make(NULL, 0);
    return false;
}

size_t entry_texts(struct entry *e, enum entry_text kind, struct slice **list,
                   size_t *cap)
{
    size_t count = 0;
    unsigned other_kind;
    struct slice text;

    if (!entry_has(e, kind))
        return 0;
    if (e->listed > WALK_MAX)
        sift(e);
    for (uint32_t at = 0; entry_next_text(e, &at, &other_kind, &text);) {
        if (other_kind != kind)
            continue;
        *list = mem_grow(*list, count, cap, sizeof **list);
        (*list)[count++] = text;
    }
    return count;
}
