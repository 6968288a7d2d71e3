/*
 * server - a DNS server's address, as --dns-server has it
 */
#ifndef LOOKUP_SERVER_H
#define LOOKUP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "mail/address.h"

struct server {
    struct address address; /* none: those of /etc/resolv.conf */
    uint16_t port;
};

/* ADDRESS, ADDRESS:PORT, [ADDRESS] or [ADDRESS]:PORT; else false. */
bool server_parse(struct slice text, struct server *server);

#endif
