/*
 * record - the values of a key and the texts of its first message, packed
 *
 * What a sighting keeps of texts: the address as sixteen bytes, when it is
 * part of the key, then the other values of the key, client_name and
 * message_id, each behind its length. A record that begins with the packed
 * spelling of a key is of that key.
 */
#ifndef COLLECT_RECORD_H
#define COLLECT_RECORD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "mail/address.h"
#include "mail/field.h"
#include "mail/sighting.h"

/* Which fields a record has. */
struct record_form {
    struct field_list key;
    struct field_list texts; /* the key less client_ip */
    bool has_ip;
};

/* A record, not packed. */
struct record {
    struct address ip;                  /* when part of the key */
    struct slice value[KEY_FIELDS_MAX]; /* of the form's texts */
    struct slice client_name;
    struct slice message_id;
};

struct record_form record_form(const struct field_list *key);

/* The key's values as they are spelled, in place of what out holds. */
void record_pack_key(const struct record_form *form, const struct record *r,
                     struct buf *out);

/* What follows the key, behind it. */
void record_pack_rest(const struct record *r, struct buf *out);

/* Texts of r point into packed, which is whole. */
void record_unpack(const struct record_form *form, const char *packed,
                   struct record *r);

/* Only the key's values; returns what follows them. */
const char *record_unpack_key(const struct record_form *form,
                              const char *packed, struct record *r);

/* The folded key, in place of what out holds: equal bytes are equal keys. */
void record_fold(const struct record_form *form, const struct record *r,
                 struct buf *out);

/*
 * Whether a packed key is sure to be its own folded form, as most are: it has
 * no capital letter. False tells nothing.
 */
bool record_is_folded(const struct record_form *form, struct slice packed_key);

/* By the spelling of the key's values, one after the other. */
int record_compare(const struct record_form *form, const struct record *a,
                   const struct record *b);

#endif
