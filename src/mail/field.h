/*
 * field - the columns' names, which are the contract
 *
 * One name from the CSV header to the JSON key, the SQL column and the
 * manual. The order of the enum is the order of the default columns.
 */
#ifndef MAIL_FIELD_H
#define MAIL_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum field {
    FIELD_FIRST_SEEN,
    FIELD_LAST_SEEN,
    FIELD_COUNT,
    FIELD_DATE,
    FIELD_SENDER,
    FIELD_CLIENT_IP,
    FIELD_CLIENT_NAME,
    FIELD_HELO,
    FIELD_MESSAGE_ID,
    FIELD_RECIPIENTS,
    FIELD_SIZE,
    FIELD_OUTCOME,
    FIELD_MTA,
    FIELD_MTA_HOST,
    FIELD_QUEUE_ID,
    FIELD_LISTED,        /* of either, when DNS lists are asked */
    FIELD_SENDER_DOMAIN, /* from here on: for keys only */
    FIELD_CLIENT_NET,
    FIELD_RECIPIENT,
    FIELD_DAY,
    FIELD_TOTAL
};

enum field_use {
    FIELD_OF_MESSAGE = 1,  /* a column of message rows */
    FIELD_OF_SIGHTING = 2, /* a column of every sighting row */
    FIELD_OF_KEY = 4,      /* may be part of a key */
    FIELD_OF_LOOKUP = 8    /* a column behind those of either */
};

#define FIELDS_MAX 32 /* the longest list of fields */

struct field_list {
    enum field field[FIELDS_MAX];
    unsigned count;
};

struct slice field_name(enum field f);
bool field_find(struct slice name, enum field *f);
unsigned field_uses(enum field f); /* of enum field_use */
bool field_list_has(const struct field_list *list, enum field f);
/* The same fields in the same order. */
bool field_list_equal(const struct field_list *a, const struct field_list *b);

/*
 * field_list_parse - "sender,client_ip" as a list
 *
 * Each field must have one of the uses asked for and stand once; a key has no
 * more than KEY_FIELDS_MAX. False with the offending name in *bad.
 */
bool field_list_parse(struct slice text, unsigned use, struct field_list *list,
                      struct slice *bad);

/*
 * The same without listed: what was looked up is of its moment, so it is
 * written, but when it is read back it tells nothing.
 */
struct field_list field_list_less_listed(const struct field_list *list);

/* The columns of message rows, in order. */
struct field_list field_list_of_messages(void);

/*
 * The columns of sightings of this key: first_seen, last_seen, count, the
 * key's fields, then client_name and message_id where the key has them not.
 */
struct field_list field_list_of_sightings(const struct field_list *key);

#endif
