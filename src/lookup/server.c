/* server - a DNS server's address, as --dns-server has it */
#include "lookup/server.h"

#define PORT 53

/* Nothing, or ":PORT". */
static bool read_port(struct slice text, uint16_t *port)
{
    unsigned long long number;

    *port = PORT;
    if (text.len == 0)
        return true;
    if (text.ptr[0] != ':' || !slice_number(slice_from(text, 1), &number) ||
        number == 0 || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

bool server_parse(struct slice text, struct server *server)
{
    bool brackets = slice_starts(text, SLICE("["));
    size_t end = slice_find_byte(text, brackets ? ']' : ':');

    server->port = PORT;
    if (address_parse(text, &server->address))
        return true;
    if (end == SIZE_MAX)
        return false;
    return address_parse(slice_from(slice_head(text, end), brackets),
                         &server->address) &&
           read_port(slice_from(text, end + brackets), &server->port);
}
