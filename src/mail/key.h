/*
 * key - the values that make two messages one sighting
 *
 * A value has two sides: its spelling, which rows show, and its folded form,
 * by which keys compare: domains without case (sender, sender_domain,
 * recipient, client_name), all else byte for byte.
 */
#ifndef MAIL_KEY_H
#define MAIL_KEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "mail/field.h"
#include "mail/message.h"
#include "mail/sighting.h"

/*
 * key_of_message - the spelling of each field of the key for this message
 *
 * recipient: which of the recipients, for keys with FIELD_RECIPIENT (such a
 * message is seen once under each of them; with none the value is empty).
 * Texts live in a or as long as m.
 */
void key_of_message(const struct field_list *key, const struct message *m,
                    size_t recipient, struct slice value[KEY_FIELDS_MAX],
                    struct arena *a);

/* How often a message counts under this key: 1, or its recipients. */
size_t key_repeats(const struct field_list *key, const struct message *m);

/* Appends the folded form of all values to out: equal bytes are equal keys. */
void key_fold(const struct field_list *key,
              const struct slice value[KEY_FIELDS_MAX], struct buf *out);

/*
 * key_coarsen - the values of a finer key under a coarser one
 *
 * A sighting of (sender, client_ip) can be counted under sender,
 * sender_domain, client_ip or client_net. False when from cannot yield to;
 * texts live in a.
 */
bool key_can_coarsen(const struct field_list *from,
                     const struct field_list *to);
bool key_coarsen(const struct field_list *from, const struct slice *value,
                 const struct field_list *to, struct slice out[KEY_FIELDS_MAX],
                 struct arena *a);

/* The /24 or /64 of an address, as text; "" of none. */
struct slice key_net_text(const struct address *ip, struct arena *a);

#endif
