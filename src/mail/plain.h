/*
 * plain - one spelling for all the ways to write an address
 *
 * The MTA logs recipients as the client wrote them, and RFC 5321 and 5322 let
 * him write one mailbox in many ways. They are not one for keys and rows,
 * which keep what was logged; but who asks for an address means all of them:
 *
 *   <@a.example,@b.example:root@t.example>   source route (RFC 5321, 4.1.2)
 *   <root@(x)t.example>, <root(x)@t.example> comments (RFC 5322, 3.2.2)
 *   <root @ t.example >                      blanks (RFC 5322, 4.4)
 *   <"root"@t.example>, <"ro"ot@t.example>   quotes (RFC 5322, 3.2.4)
 *   <\root@t.example>, <"\root"@t.example>   quoted pairs (RFC 5322, 3.2.1)
 *   <root@t.example.>                        the dot of the root zone
 */
#ifndef MAIL_PLAIN_H
#define MAIL_PLAIN_H

#include <stddef.h>

#include "base/slice.h"

/*
 * mail_plain - writes address without all of these to out
 *
 * Quotes go even where they are needed, so what is written is for comparing,
 * and equal to what Postfix before 3.5 logged, which lost them: a blank
 * between two words stays, one beside a dot or an @ goes. What is never
 * closed, a quote or a comment, is text. mail_domain() of it is the domain.
 *
 * out has room for address.len bytes. Returns how many were written.
 */
size_t mail_plain(struct slice address, char *out);

#endif
