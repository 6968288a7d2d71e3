/* dnsname - the names under which a DNS list is asked (RFC 5782) */
#include "lookup/dnsname.h"

#include "base/digits.h"
#include "mail/message.h"

#define NAME_MAX_TEXT 253 /* 255 on the wire: a length more, and the root */
#define LABEL_MAX 63
#define NIBBLES 64 /* of an IPv6 address, with their dots */

static bool is_label_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_label(struct slice label)
{
    if (label.len == 0 || label.len > LABEL_MAX)
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_label_byte(label.ptr[i]))
            return false;
    return true;
}

static bool is_number(struct slice label)
{
    for (size_t i = 0; i < label.len; i++)
        if (label.ptr[i] < '0' || label.ptr[i] > '9')
            return false;
    return true;
}

/* Whether all labels are; *last is the rightmost. */
static bool are_labels(struct slice name, struct slice *last)
{
    for (;;) {
        size_t dot = slice_find_byte(name, '.');

        *last = slice_head(name, dot);
        if (!is_label(*last))
            return false;
        if (dot == SIZE_MAX)
            return true;
        name = slice_from(name, dot + 1);
    }
}

bool dnsname_is_zone(struct slice zone)
{
    struct slice last;

    return zone.len <= NAME_MAX_TEXT - NIBBLES && are_labels(zone, &last);
}

bool dnsname_fold(struct slice domain, char out[DNSNAME_SIZE])
{
    struct slice last;

    if (domain.len > 1 && domain.ptr[domain.len - 1] == '.')
        domain.len--;
    if (domain.len > NAME_MAX_TEXT || !are_labels(domain, &last) ||
        is_number(last))
        return false;
    domain_fold(domain, out);
    out[domain.len] = '\0';
    return true;
}

static void put_zone(char *to, struct slice zone)
{
    memcpy(to, zone.ptr, zone.len);
    to[zone.len] = '\0';
}

void dnsname_of_address(const struct address *ip, struct slice zone,
                        char out[DNSNAME_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    bool v4 = address_is_v4(ip);

    for (unsigned i = 16; i-- > (v4 ? 12u : 0u);) {
        if (v4) {
            out = digits_number(out, ip->bytes[i]);
        } else {
            *out++ = hex[ip->bytes[i] & 15];
            *out++ = '.';
            *out++ = hex[ip->bytes[i] >> 4];
        }
        *out++ = '.';
    }
    put_zone(out, zone);
}

bool dnsname_of_domain(struct slice domain, struct slice zone,
                       char out[DNSNAME_SIZE])
{
    if (domain.len + 1 + zone.len > NAME_MAX_TEXT)
        return false;
    memcpy(out, domain.ptr, domain.len);
    out[domain.len] = '.';
    put_zone(out + domain.len + 1, zone);
    return true;
}
