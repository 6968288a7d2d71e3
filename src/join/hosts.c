/* hosts - the MTA hosts whose messages are in flight */
#include "join/hosts.h"

#include <stdlib.h>

#include "base/mem.h"

void hosts_init(struct hosts *hs)
{
    *hs = (struct hosts){.host = NULL};
    table_init(&hs->table, 16);
}

void hosts_release(struct hosts *hs)
{
    for (size_t i = 0; i < hs->count; i++)
        free(hs->host[i].name);
    free(hs->host);
    table_release(&hs->table);
}

static bool is_at(const struct hosts *hs, uint32_t host, struct slice name)
{
    return slice_equal(host_name(&hs->host[host]), name);
}

bool hosts_find(struct hosts *hs, struct slice name, uint32_t *host)
{
    struct table_probe probe;
    uint64_t hash;

    *host = hs->last;
    if (hs->count != 0 && is_at(hs, hs->last, name))
        return true;
    hash = table_hash(&hs->table, name.ptr, name.len);
    for (probe = table_probe(&hs->table, hash);
         table_next(&hs->table, &probe, host);)
        if (is_at(hs, *host, name)) {
            hs->last = *host;
            return true;
        }
    return false;
}

uint32_t hosts_add(struct hosts *hs, struct slice name)
{
    uint32_t index;

    if (hosts_find(hs, name, &index))
        return index;
    index = (uint32_t)hs->count;
    hs->host = mem_grow(hs->host, hs->count, &hs->cap, sizeof *hs->host);
    hs->host[hs->count++] = (struct host){
        .name = mem_text(name),
        .len = name.len,
        .now = INT64_MIN,
        .age = ENTRY_ENDS_NONE,
        .ending = ENTRY_ENDS_NONE,
    };
    table_add(&hs->table, table_hash(&hs->table, name.ptr, name.len), index);
    return hs->last = index;
}
