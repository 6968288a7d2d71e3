/*
 * sightings - messages in, one row per distinct key out
 *
 * Merging is commutative and associative, so that shards merged equal one
 * run byte for byte: count is added, first_seen the least, last_seen the
 * greatest, and spelling, client_name and message_id are those of the
 * earliest message (ties: the smaller of (spelling of the key, client_name,
 * message_id), then of the stamp's text).
 *
 * Copies what it keeps. One thread.
 */
#ifndef COLLECT_SIGHTINGS_H
#define COLLECT_SIGHTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "mail/field.h"
#include "mail/message.h"
#include "mail/sighting.h"

struct sightings;

/* count_days: keep the distinct days of each key, for min_days. */
struct sightings *sightings_new(const struct field_list *key, bool count_days);
void sightings_free(struct sightings *s); /* NULL is allowed */

void sightings_add(struct sightings *s, const struct message *m);

/* A sighting under the same key fields, as read from a file. */
void sightings_merge(struct sightings *s, const struct sighting *from);

typedef bool sighting_visit(void *arg, const struct sighting *s,
                            struct error *err);

/*
 * sightings_each - visits those seen min_count times on min_days days (0:
 * any), sorted by first_seen, then by the key's spelling
 */
bool sightings_each(struct sightings *s, uint64_t min_count, unsigned min_days,
                    sighting_visit *visit, void *arg, struct error *err);

#endif
