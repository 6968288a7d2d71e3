/*
 * address - IPv4 and IPv6 addresses and networks, in binary
 *
 * Read by hand rather than with inet_pton(), which wants a C string and, on
 * some systems, takes forms that are refused here.
 */
#include "mail/address.h"

#include <endian.h>

#define V4_BITS 96 /* of the prefix ::ffff:0:0 */
#define GROUPS 8

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_byte(struct slice *text, char byte)
{
    if (text->len == 0 || text->ptr[0] != byte)
        return false;
    *text = slice_from(*text, 1);
    return true;
}

/* More than 9 when c is no digit. */
static unsigned digit_value(char c)
{
    return (unsigned)(unsigned char)c - (unsigned)'0';
}

/*
 * The whole of text as a dotted quad, in one pass: of each log line's worth
 * of work this is a part worth sparing.
 */
static bool parse_quad(struct slice text, uint32_t *quad)
{
    const char *at = text.ptr, *end;
    uint32_t bytes = 0;

    if (text.len == 0)
        return false;
    end = text.ptr + text.len;
    for (int i = 0; i < 4; i++) {
        unsigned value, digit;

        if (at == end || (value = digit_value(*at)) > 9)
            return false;
        at++;
        /* Two more digits at most, none behind a zero. */
        if (value != 0 && at < end && (digit = digit_value(*at)) <= 9) {
            value = value * 10 + digit;
            at++;
            if (at < end && (digit = digit_value(*at)) <= 9) {
                value = value * 10 + digit;
                at++;
            }
            if (value > 255)
                return false;
        }
        bytes = bytes << 8 | value;
        if (i < 3 && (at == end || *at++ != '.'))
            return false;
    }
    *quad = bytes;
    return at == end;
}

/* In two words, as it is read: what is put together from less is waited for. */
static struct address from_quad(uint32_t quad)
{
    const uint64_t words[2] = {0, htobe64(UINT64_C(0xffff) << 32 | quad)};
    struct address a;

    memcpy(a.bytes, words, sizeof a.bytes);
    return a;
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One to four hexadecimal digits. */
static bool take_group(struct slice *text, uint8_t out[2])
{
    unsigned value = 0;
    size_t len = 0;

    while (len < text->len && hex_digit(text->ptr[len]) >= 0) {
        if (len == 4)
            return false;
        value = value << 4 | (unsigned)hex_digit(text->ptr[len++]);
    }
    *text = slice_from(*text, len);
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return len > 0;
}

/*
 * Groups up to the end of text or a "::", at most max of them; a dotted quad
 * at the end counts as two. Returns their number, or -1.
 */
static int take_groups(struct slice *text, int max, uint8_t *out)
{
    uint32_t quad;
    int count = 0;

    while (text->len > 0 && !slice_starts(*text, SLICE("::"))) {
        if (count > 0 && !take_byte(text, ':'))
            return -1;
        if (count + 2 <= max && parse_quad(*text, &quad)) {
            quad = htobe32(quad);
            memcpy(out + 2 * count, &quad, sizeof quad);
            *text = slice_from(*text, text->len);
            return count + 2;
        }
        if (count == max || !take_group(text, out + 2 * count))
            return -1;
        count++;
    }
    return count;
}

static bool parse_v6(struct slice text, uint8_t out[16])
{
    uint8_t tail[16];
    int before, after;

    memset(out, 0, 16);
    before = take_groups(&text, GROUPS, out);
    if (before < 0 || text.len == 0)
        return before == GROUPS;
    /* "::" stands for one group at least. */
    text = slice_from(text, 2);
    after = take_groups(&text, GROUPS - 1 - before, tail);
    if (before == GROUPS || after < 0 || text.len > 0)
        return false;
    memcpy(out + 2 * (GROUPS - after), tail, 2 * (size_t)after);
    return true;
}

/* As address_parse(), but :: is one; *bits tells how long a prefix may be. */
static bool parse(struct slice text, struct address *a, unsigned *bits)
{
    struct slice tag = SLICE("IPv6:");
    uint32_t quad;

    *bits = 32;
    if (parse_quad(text, &quad)) {
        *a = from_quad(quad);
        return true;
    }
    *bits = 128;
    if (slice_equal_nocase(slice_head(text, tag.len), tag))
        text = slice_from(text, tag.len);
    return parse_v6(text, a->bytes);
}

bool address_parse(struct slice text, struct address *a)
{
    struct address read;
    unsigned bits;

    if (!parse(text, &read, &bits) || address_is_none(&read))
        return false;
    *a = read;
    return true;
}

static char *put_decimal(char *out, unsigned value)
{
    if (value >= 100)
        *out++ = (char)('0' + value / 100);
    if (value >= 10)
        *out++ = (char)('0' + value / 10 % 10);
    *out++ = (char)('0' + value % 10);
    return out;
}

static char *put_quad(char *out, const uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *out++ = '.';
        out = put_decimal(out, bytes[i]);
    }
    return out;
}

static unsigned group_of(const struct address *a, int i)
{
    return (unsigned)a->bytes[2 * i] << 8 | a->bytes[2 * i + 1];
}

static char *put_group(char *out, unsigned value)
{
    static const char digits[] = "0123456789abcdef";
    int shift = 12;

    while (shift > 0 && value >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *out++ = digits[value >> shift & 15];
    return out;
}

/* The first of the longest runs of zero groups; 0 if none is two or longer. */
static int longest_zeros(const struct address *a, int *start)
{
    int longest = 1;

    for (int i = 0; i < GROUPS; i++) {
        int run = 0;

        while (i + run < GROUPS && group_of(a, i + run) == 0)
            run++;
        if (run > longest) {
            longest = run;
            *start = i;
        }
        i += run;
    }
    return longest > 1 ? longest : 0;
}

static char *put_v6(char *out, const struct address *a)
{
    int start = GROUPS;
    int zeros = longest_zeros(a, &start);

    for (int i = 0; i < GROUPS; i++) {
        if (i == start) {
            *out++ = ':';
            *out++ = ':';
            i += zeros - 1;
        } else {
            if (i > 0 && i != start + zeros)
                *out++ = ':';
            out = put_group(out, group_of(a, i));
        }
    }
    return out;
}

static char *put_address(char *out, const struct address *a)
{
    return address_is_v4(a) ? put_quad(out, a->bytes + 12) : put_v6(out, a);
}

size_t address_format(const struct address *a, char out[ADDRESS_SIZE])
{
    char *end = address_is_none(a) ? out : put_address(out, a);

    *end = '\0';
    return (size_t)(end - out);
}

bool address_is_none(const struct address *a)
{
    static const struct address none;

    return memcmp(a, &none, sizeof none) == 0;
}

bool address_is_v4(const struct address *a)
{
    return memcmp(a->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

bool address_is_loopback(const struct address *a)
{
    static const struct address one = {{[15] = 1}};

    return address_is_v4(a) ? a->bytes[12] == 127 : address_equal(a, &one);
}

bool address_is_private(const struct address *a)
{
    const uint8_t *v4 = a->bytes + 12;

    if (!address_is_v4(a))
        return (a->bytes[0] & 0xfe) == 0xfc ||
               (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80);
    return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) ||
           (v4[0] == 192 && v4[1] == 168) || (v4[0] == 169 && v4[1] == 254) ||
           (v4[0] == 100 && (v4[1] & 0xc0) == 64);
}

struct address address_masked(const struct address *a, unsigned prefix)
{
    struct address masked = {{0}};

    memcpy(masked.bytes, a->bytes, prefix / 8);
    if (prefix % 8 != 0)
        masked.bytes[prefix / 8] =
            (uint8_t)(a->bytes[prefix / 8] & 0xff << (8 - prefix % 8));
    return masked;
}

bool cidr_parse(struct slice text, struct cidr *c)
{
    size_t slash = slice_find_byte(text, '/');
    struct cidr read;
    struct address masked;
    unsigned long long prefix;
    unsigned bits;

    if (!parse(slice_head(text, slash), &read.address, &bits))
        return false;
    prefix = bits;
    if (slash != SIZE_MAX) {
        text = slice_from(text, slash + 1);
        if (!slice_number(text, &prefix) || prefix > bits ||
            (text.len > 1 && text.ptr[0] == '0'))
            return false;
    } else if (address_is_none(&read.address)) {
        return false;
    }
    read.prefix = (uint8_t)(prefix + (128 - bits));
    masked = address_masked(&read.address, read.prefix);
    if (!address_equal(&masked, &read.address))
        return false;
    *c = read;
    return true;
}

bool cidr_contains(const struct cidr *c, const struct address *a)
{
    struct address masked;

    if (address_is_none(a) || (address_is_v4(a) && c->prefix < V4_BITS))
        return false;
    masked = address_masked(a, c->prefix);
    return address_equal(&masked, &c->address);
}

bool cidr_is_v4(const struct cidr *c)
{
    return address_is_v4(&c->address) && c->prefix >= V4_BITS;
}

bool cidr_covers(const struct cidr *c, const struct cidr *other)
{
    struct address masked;

    if (c->prefix > other->prefix || cidr_is_v4(c) != cidr_is_v4(other))
        return false;
    masked = address_masked(&other->address, c->prefix);
    return address_equal(&masked, &c->address);
}

int cidr_compare(const struct cidr *a, const struct cidr *b)
{
    bool v4 = cidr_is_v4(a);
    int order;

    if (v4 != cidr_is_v4(b))
        return v4 ? -1 : 1;
    order = memcmp(&a->address, &b->address, sizeof a->address);
    return order != 0 ? order : (int)a->prefix - (int)b->prefix;
}

size_t cidr_format(const struct cidr *c, char out[ADDRESS_SIZE])
{
    bool v4 = cidr_is_v4(c);
    char *end = put_address(out, &c->address);

    *end++ = '/';
    end = put_decimal(end, v4 ? c->prefix - (unsigned)V4_BITS : c->prefix);
    *end = '\0';
    return (size_t)(end - out);
}

struct cidr address_net(const struct address *a)
{
    uint8_t prefix = address_is_v4(a) ? V4_BITS + 24 : 64;

    return (struct cidr){address_masked(a, prefix), prefix};
}

struct cidr address_alone(const struct address *a)
{
    return (struct cidr){*a, 128};
}
