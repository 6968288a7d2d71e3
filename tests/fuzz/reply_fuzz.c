/*
 * reply_fuzz - answers to lookups, which come from the network
 *
 * Addresses come sorted, each once, and only in a reply that has some; and
 * what is cut short at the end of what was read is no reply.
 */
#include "fuzz.h"
#include "lookup/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reply r = reply_parse(data, size);

    CHECK(r.count <= REPLY_ADDRESSES_MAX);
    CHECK(r.kind == REPLY_BAD || (r.kind == REPLY_ADDRESSES) == (r.count > 0));
    CHECK(r.kind == REPLY_BAD || r.ttl <= 0x7fffffff);
    for (unsigned i = 1; r.kind != REPLY_BAD && i < r.count; i++)
        CHECK(r.address[i - 1] < r.address[i]);
    if (size > 0)
        (void)reply_parse(data, size - 1);
    return 0;
}
