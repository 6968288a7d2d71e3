/*
 * dispatch - from a line's tag to the rules for it
 */
#include "parse/dispatch.h"

#include "parse/rulefile.h"

static struct target known(const struct rulefile *f, const struct service *s)
{
    return (struct target){
        .service = s,
        .kind = s->irrelevant && s->count == 0 ? TAG_IRRELEVANT : TAG_KNOWN,
        .mta = f->index,
    };
}

static bool find_word(const struct rulefile *f, struct slice tag,
                      struct target *t)
{
    const struct service *s = rulefile_service(f, SLICE("-"));

    if (s == NULL || !names_have(&f->words, tag))
        return false;
    *t = known(f, s);
    return true;
}

static bool find_slash(const struct rulefile *f, struct slice tag,
                       struct target *t)
{
    size_t slash = slice_find_last(tag, SLICE("/"));
    const struct service *s;

    if (!f->tag_slash || slash == SIZE_MAX || names_have(&f->foreign, tag))
        return false;
    s = rulefile_service(f, slice_from(tag, slash + 1));
    if (s == NULL)
        return false;
    *t = known(f, s);
    return true;
}

/* A program of the MTA that the file forgot: its lines must be seen. */
static bool find_unknown(const struct rulefile *f, struct slice tag,
                         struct target *t)
{
    if (!f->tag_slash || slice_find_byte(tag, '/') == SIZE_MAX ||
        !slice_starts(tag, f->mta) || names_have(&f->foreign, tag))
        return false;
    *t = (struct target){.kind = TAG_UNKNOWN, .mta = f->index};
    return true;
}

static bool find_other(const struct rulefile *f, struct slice tag,
                       struct target *t)
{
    const struct service *s = rulefile_service(f, SLICE("-"));

    if (!f->tag_other || s == NULL || tag.len == 0 ||
        slice_find_byte(tag, '/') != SIZE_MAX || names_have(&f->foreign, tag))
        return false;
    *t = (struct target){.service = s, .kind = TAG_STRANGER, .mta = f->index};
    return true;
}

struct target dispatch_find(const struct ruleset *rs, struct slice tag)
{
    static bool (*const find[])(const struct rulefile *, struct slice,
                                struct target *) = {find_word, find_slash,
                                                    find_unknown, find_other};
    struct target t = {.kind = TAG_FOREIGN};

    for (size_t how = 0; how < sizeof find / sizeof find[0]; how++)
        for (size_t i = rs->count; i-- > 0;)
            if (find[how](rs->files[i], tag, &t))
                return t;
    return t;
}

/* Tags of one log differ near their ends: smtpd, smtp, qmgr. */
static size_t slot_of(struct slice tag)
{
    const unsigned char *t = (const unsigned char *)tag.ptr;
    size_t last = tag.len - 1;
    size_t near = last > 1 ? last - 2 : 0;

    return (tag.len + t[0] * 3U + t[tag.len / 2] * 7U + t[near] * 31U +
            t[last] * 57U) %
           DISPATCH_CACHE_SLOTS;
}

struct target dispatch_cached(const struct ruleset *rs,
                              struct dispatch_cache *cache, struct slice tag)
{
    struct dispatch_slot *slot;

    if (tag.len == 0 || tag.len > DISPATCH_CACHE_TAG)
        return dispatch_find(rs, tag);
    slot = &cache->slots[slot_of(tag)];
    if (slot->len != tag.len || memcmp(slot->tag, tag.ptr, tag.len) != 0) {
        slot->target = dispatch_find(rs, tag);
        slot->len = (uint8_t)tag.len;
        memcpy(slot->tag, tag.ptr, tag.len);
    }
    return slot->target;
}
