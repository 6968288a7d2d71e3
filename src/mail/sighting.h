/*
 * sighting - one row per distinct key: when first, when last, how often
 */
#ifndef MAIL_SIGHTING_H
#define MAIL_SIGHTING_H

#include <stdint.h>

#include "base/slice.h"
#include "base/stamp.h"
#include "mail/field.h"

#define KEY_FIELDS_MAX 8

struct sighting {
    struct stamp first_seen;
    struct stamp last_seen;
    uint64_t count;
    struct slice key[KEY_FIELDS_MAX]; /* in the order of -u, as first spelled */
    struct slice client_name;         /* of the first message */
    struct slice message_id;
};

#endif
