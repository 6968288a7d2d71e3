/*
 * entries - what is kept of each key
 *
 * Stamps and count, and right behind them the record of the first message
 * (record.h). Entries stand end to end in one array of units, each known by
 * its first, and move with it as it grows: a pointer to one is valid until
 * the next is made. Only sightings.c includes this.
 */
#ifndef COLLECT_ENTRIES_H
#define COLLECT_ENTRIES_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/stamp.h"

/* As small as an entry's alignment allows: little is lost between two. */
struct unit {
    alignas(8) char bytes[8];
};

/* A cache line of them. So many are there behind the last entry, too. */
#define UNITS_A_LINE 8

struct entry {
    struct stamp first_seen;
    struct stamp last_seen;
    uint64_t count;
    uint32_t size;   /* of what is in record; 0: moved, to have room */
    uint32_t room;   /* for it */
    uint32_t number; /* of entries made before it: its place in days */
    char record[];
};

/* Distinct days of an entry, sorted. */
struct days {
    int32_t *day;
    size_t count;
    size_t cap;
};

struct entries {
    struct unit *units;
    size_t unit_count;
    size_t unit_cap;
    size_t count; /* of entries, less those moved */
    bool count_days;
    struct days *days; /* as many, when count_days */
    size_t days_cap;
};

void entries_init(struct entries *all, bool count_days);
void entries_release(struct entries *all);

/* One with this record, count 0 and no days; its stamps are to be set. */
size_t entries_add(struct entries *all, struct slice record);

/*
 * Another record for the entry at unit. Returns its unit, which is another
 * one if there was no room.
 */
size_t entries_replace(struct entries *all, size_t unit, struct slice record);

void entries_add_day(struct entries *all, const struct entry *e, int32_t day);

/* How many distinct days; only when they are counted. */
static inline size_t entries_day_count(const struct entries *all,
                                       const struct entry *e)
{
    return all->days[e->number].count;
}

static inline struct entry *entries_at(const struct entries *all, size_t unit)
{
    return (struct entry *)(void *)&all->units[unit];
}

/* How many units an entry takes up. */
static inline size_t entries_units(size_t room)
{
    return (offsetof(struct entry, record) + room + sizeof(struct unit) - 1) /
           sizeof(struct unit);
}

/* Where the entry behind this one begins, or all of them end. */
static inline size_t entries_next(const struct entries *all, size_t unit)
{
    return unit + entries_units(entries_at(all, unit)->room);
}

#endif
