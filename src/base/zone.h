/*
 * zone - which offset a wall clock had
 *
 * The zone of stamps that carry none: the machine's, or --timezone's. The C
 * library keeps one zone per process (TZ), so zone_use() is called once,
 * before any thread starts; what follows only reads.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/stamp.h"

/*
 * zone_use - make name the zone: a name of the tz database, "UTC", a fixed
 * offset "+01:00", or a POSIX rule "CET-1CEST,M3.5.0,M10.5.0/3"
 *
 * NULL is the machine's own. A name that the C library would silently read as
 * UTC is an error.
 */
bool zone_use(const char *name, struct error *err);

struct zone_offsets {
    int16_t earlier; /* minutes east of UTC */
    int16_t later;   /* differs while the clock is set back */
};

/* Offsets of a wall-clock time; one that never was takes the offset before. */
struct zone_offsets zone_offsets(const struct civil *wall);

/*
 * zone_abbreviation - the offset that a name such as CET or +03 stands for
 *
 * The zone in use knows its own names, at that wall-clock time; beyond them
 * only those with one meaning world-wide are known (UTC, GMT, CET, CEST ...).
 */
bool zone_abbreviation(struct slice name, const struct civil *wall,
                       int16_t *offset);

#endif
