#include "parse/plain.h"

#include "parse/front.h"
#include "parse/scan.h"

/* The first byte that ends a host or may mean another form. */
static const char *host_end(const char *p, const char *end)
{
    static const bool ends[256] = {
        [' '] = true, ['['] = true, [':'] = true,
        ['/'] = true, ['@'] = true, ['<'] = true,
    };

    while (p < end && !ends[(unsigned char)*p])
        p++;
    return p;
}

static const char *tag_end(const char *p, const char *end)
{
    while (p < end && *p != ' ' && *p != '[' && *p != ':')
        p++;
    return p;
}

/* Whether what begins so may be a level, a repetition or a longer blank. */
static bool is_special_text(char c)
{
    return c == '[' || c == 'l' || c == 'm' || c == '-' || c == ' ';
}

/* Whether a container's stamp may have a stream or a stamp behind it. */
static bool is_special_host(const char *host)
{
    return host[0] < 'a' || host[0] > 'z' ||
           (host[0] == 's' && host[1] == 't' && host[2] == 'd');
}

/* Host and tag, up to the "[" at end. False: they are not plain. */
static bool take_origin(const char *at, const char *end, struct header *h)
{
    const char *host = host_end(at, end), *tag = host + 1;

    if (host == at || host == end || *host != ' ' || tag == end ||
        tag_end(tag, end) != end)
        return false;
    h->host = slice_make(at, (size_t)(host - at));
    h->tag = slice_make(tag, (size_t)(end - tag));
    return true;
}

/* The first "[" from at on, if it is near; there is room to look. */
static inline const char *find_bracket(const char *at)
{
    uint64_t match;
    uint32_t near = scan_places(at, '[') | scan_places(at + SCAN_WIDTH, '[')
                                               << SCAN_WIDTH;

    if (near != 0)
        return at + __builtin_ctz(near);
    at += 2 * SCAN_WIDTH;
    match = scan_match(scan_load(at), '[');
    return match == 0 ? NULL : at + scan_offset(match);
}

/*
 * Equal to the last, of len bytes, HEADER_ORIGIN_MAX at most; so many may be
 * read of both. Most are short: then there is nothing to guess for the
 * processor.
 */
static inline bool same_origin(const char *a, const char *b, size_t len)
{
    uint32_t same = scan_equal(a, b) |
                    scan_equal(a + SCAN_WIDTH, b + SCAN_WIDTH) << SCAN_WIDTH;

    if (len <= 2 * SCAN_WIDTH)
        return (uint64_t)~same << (64 - len) == 0;
    return ~same == 0 && scan_load(a + len - 8) == scan_load(b + len - 8);
}

/* Where an origin would be: most differ near their ends. */
static inline size_t slot_of(const char *end)
{
    return (size_t)(scan_load(end - 8) * UINT64_C(0x9E3779B97F4A7C15) >> 32) %
           HEADER_ORIGINS;
}

/* One that is not known, or whose place another has now. */
static bool __attribute__((noinline))
learn_origin(const char *at, const char *end, struct header_cache *cache,
             size_t slot, struct header *h)
{
    struct header_origin *o = &cache->origins[slot];

    if (!take_origin(at, end, h))
        return false;
    o->len = (uint8_t)(h->host.len + 1 + h->tag.len);
    o->host = (uint8_t)h->host.len;
    o->number = ++cache->renewed * HEADER_ORIGINS + slot;
    memcpy(o->text, at, o->len);
    return true;
}

/* Host and tag from at to the "[" at end, by memory if they are known. */
static inline bool recall_origin(const char *at, const char *end,
                                 struct header_cache *cache, struct header *h)
{
    size_t len = (size_t)(end - at), slot;
    const struct header_origin *o;

    if (len < 8) {
        h->origin = 0;
        return take_origin(at, end, h);
    }
    slot = slot_of(end);
    o = &cache->origins[slot];
    if ((o->len != len || !same_origin(o->text, at, len)) &&
        !learn_origin(at, end, cache, slot, h))
        return false;
    h->host = slice_make(at, o->host);
    h->tag = slice_make(at + o->host + 1, len - o->host - 1);
    h->origin = o->number;
    return true;
}

/* "[PID]: TEXT", which begins at p. */
static inline bool take_pid_and_text(const char *p, const char *end,
                                     struct header *h)
{
    uint64_t pid, match;
    unsigned digits;

    if (end - p < 12)
        return false;
    pid = scan_load(++p);
    match = scan_match(pid, ']');
    if (match == 0)
        return false;
    digits = scan_offset(match);
    if (digits == 0 || !scan_decimal(pid, digits, &h->pid))
        return false;
    p += digits;
    if (p[1] != ':' || p[2] != ' ' || is_special_text(p[3]))
        return false;
    h->text = slice_make(p + 3, (size_t)(end - p - 3));
    return true;
}

bool plain_take(struct slice line, struct header_cache *cache, struct header *h)
{
    const char *end, *at, *bracket;
    size_t len;

    if (line.len == 0 || line.ptr[0] == '<' || line.ptr[0] == '[')
        return false;
    end = line.ptr + line.len;
    len = wall_parse_cached(line, &cache->outer, &h->when);
    if (len == 0 || line.len < len + 1 + HEADER_ORIGIN_MAX)
        return false;
    at = line.ptr + len + 1;
    if (len != WALL_BSD - 1 && front_is_outer(line.ptr, &h->when) &&
        is_special_host(at))
        return false;
    bracket = find_bracket(at);
    return bracket != NULL && recall_origin(at, bracket, cache, h) &&
           take_pid_and_text(bracket, end, h);
}
