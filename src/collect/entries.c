/* entries - what is kept of each key */
#include "collect/entries.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"

#define UNITS_FIRST 32768

void entries_init(struct entries *all, bool count_days)
{
    *all = (struct entries){
        .units = mem_resize(NULL, UNITS_FIRST, sizeof *all->units),
        .unit_cap = UNITS_FIRST,
        .count_days = count_days,
    };
}

void entries_release(struct entries *all)
{
    if (all->count_days)
        for (size_t i = 0; i < all->count; i++)
            free(all->days[i].day);
    free(all->days);
    free(all->units);
}

/* An entry with room for a record, not set; returns its unit. */
static size_t alloc(struct entries *all, size_t room)
{
    size_t unit = all->unit_count;
    size_t units = entries_units(room);

    assert(unit < TABLE_FREE); /* 32 GiB of entries */
    while (all->unit_cap - unit < units + UNITS_A_LINE) {
        all->unit_cap *= 2;
        all->units = mem_resize(all->units, all->unit_cap, sizeof *all->units);
    }
    all->unit_count += units;
    entries_at(all, unit)->room = (uint32_t)room;
    return unit;
}

static void set_record(struct entry *e, struct slice record)
{
    memcpy(e->record, record.ptr, record.len);
    e->size = (uint32_t)record.len;
}

size_t entries_add(struct entries *all, struct slice record)
{
    size_t unit = alloc(all, record.len);
    struct entry *e = entries_at(all, unit);

    e->count = 0;
    e->number = (uint32_t)all->count;
    set_record(e, record);
    if (all->count_days) {
        all->days =
            mem_grow(all->days, all->count, &all->days_cap, sizeof *all->days);
        all->days[all->count] = (struct days){NULL, 0, 0};
    }
    all->count++;
    return unit;
}

/* The same entry where there is room for a longer record. */
static size_t move(struct entries *all, size_t unit, size_t room)
{
    /* Doubled, so that what is left behind stays less than what is kept. */
    size_t twice = 2 * (size_t)entries_at(all, unit)->room;
    size_t to = alloc(all, twice > room ? twice : room);
    struct entry *old = entries_at(all, unit);
    struct entry *e = entries_at(all, to);

    e->first_seen = old->first_seen;
    e->last_seen = old->last_seen;
    e->count = old->count;
    e->number = old->number;
    old->size = 0;
    return to;
}

size_t entries_replace(struct entries *all, size_t unit, struct slice record)
{
    if (record.len > entries_at(all, unit)->room)
        unit = move(all, unit, record.len);
    set_record(entries_at(all, unit), record);
    return unit;
}

void entries_add_day(struct entries *all, const struct entry *e, int32_t day)
{
    struct days *d = &all->days[e->number];
    size_t at = d->count;

    /* Logs are in order, so it is nearly always the last, or a new last. */
    while (at > 0 && d->day[at - 1] > day)
        at--;
    if (at > 0 && d->day[at - 1] == day)
        return;
    d->day = mem_grow(d->day, d->count, &d->cap, sizeof *d->day);
    memmove(d->day + at + 1, d->day + at, (d->count - at) * sizeof *d->day);
    d->day[at] = day;
    d->count++;
}
