/*
 * list - lists that mail systems and firewalls load
 *
 * A list format is a row of the table in list.c. What it lists follows from
 * the writer's first column: client_ip and client_net, sender, or
 * sender_domain. A row is an entry; rows of IPv4 come before those of IPv6.
 * What stands on top as a comment is given by writer_note().
 *
 * Senders are whatever a client wrote, so an entry is spelled anew out of
 * what the address means: no byte of it can end the entry, begin a comment
 * or be an order to the reader. What a format has no safe spelling for it
 * does not carry.
 */
#ifndef FORMAT_LIST_H
#define FORMAT_LIST_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "format/format.h"
#include "mail/address.h"
#include "mail/field.h"

/* Whether f is a list format; whether it can list what this field has. */
bool format_is_list(const struct format *f);
bool format_lists(const struct format *f, enum field what);

/* Whether the list can say this network; an address is one of its own. */
bool list_carries(const struct format *f, const struct cidr *net);

/*
 * list_spell - appends a sender or sender_domain as an entry of the list
 *
 * Equal texts are equal entries. False, and nothing appended: f does not
 * carry it.
 */
bool list_spell(const struct format *f, enum field what, struct slice value,
                struct buf *out);

/*
 * list_entry - what a line of such a list, less its newline, has listed
 *
 * False: nothing; it is a comment, empty, or part of what goes around
 * entries. A line that the format does not write is an entry as it stands.
 */
bool list_entry(const struct format *f, struct slice line, struct slice *entry);

#endif
