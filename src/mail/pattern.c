/*
 * pattern - which addresses, domains, networks and names are meant
 *
 * Each kind has a hash set of its own. A name is looked up by each of its
 * trailing labels, an address under each prefix length that occurs: both are
 * bounded by what is asked for, not by how many patterns there are.
 */
#include "mail/pattern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/textset.h"
#include "mail/message.h"
#include "mail/plain.h"

/* No pattern is longer, so of a longer client name no more can match. */
#define PATTERN_SIZE 1024

/* What an error quotes of a pattern. */
#define QUOTED_SIZE 200

struct net_set {
    struct table table;
    struct cidr *nets;
    size_t count, cap;
    uint32_t per_prefix[129];
};

struct patterns {
    struct textset mails;   /* plain and folded */
    struct textset domains; /* plain and folded, without @ */
    struct textset names;   /* folded, without the first dot */
    struct net_set nets;
    bool null_sender;
};

static uint64_t net_hash(const struct net_set *set, const struct cidr *net)
{
    return table_hash(&set->table, net, sizeof *net);
}

static bool net_set_has(const struct net_set *set, const struct cidr *net)
{
    uint32_t index;

    for (struct table_probe p = table_probe(&set->table, net_hash(set, net));
         table_next(&set->table, &p, &index);)
        if (set->nets[index].prefix == net->prefix &&
            address_equal(&set->nets[index].address, &net->address))
            return true;
    return false;
}

static void net_set_add(struct net_set *set, const struct cidr *net)
{
    if (net_set_has(set, net))
        return;
    set->nets = mem_grow(set->nets, set->count, &set->cap, sizeof *set->nets);
    set->nets[set->count] = *net;
    table_add(&set->table, net_hash(set, net), (uint32_t)set->count++);
    set->per_prefix[net->prefix]++;
}

/* As cidr_contains(): IPv4 is in no network of IPv6. */
static bool net_set_contains(const struct net_set *set,
                             const struct address *ip)
{
    if (set->count == 0 || address_is_none(ip))
        return false;
    for (unsigned prefix = address_is_v4(ip) ? 96 : 0; prefix <= 128;
         prefix++) {
        struct cidr net;

        if (set->per_prefix[prefix] == 0)
            continue;
        net = (struct cidr){address_masked(ip, prefix), (uint8_t)prefix};
        if (net_set_has(set, &net))
            return true;
    }
    return false;
}

struct patterns *patterns_new(void)
{
    struct patterns *p = mem_new(sizeof *p);

    textset_init(&p->mails);
    textset_init(&p->domains);
    textset_init(&p->names);
    table_init(&p->nets.table, 0);
    return p;
}

void patterns_free(struct patterns *p)
{
    if (p == NULL)
        return;
    textset_release(&p->mails);
    textset_release(&p->domains);
    textset_release(&p->names);
    table_release(&p->nets.table);
    free(p->nets.nets);
    free(p);
}

bool patterns_empty(const struct patterns *p)
{
    return p->mails.count == 0 && p->domains.count == 0 &&
           p->names.count == 0 && p->nets.count == 0 && !p->null_sender;
}

/* A host or domain name as far as a pattern needs one: labels and dots. */
static bool is_domain(struct slice text)
{
    bool dot = true; /* before the first label */

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c <= ' ' || c == 0x7f || strchr("@<>[],;:/\\\"()", c) != NULL ||
            (c == '.' && dot))
            return false;
        dot = c == '.';
    }
    return !dot;
}

/* An address literal, as in user@[192.0.2.7]. */
static bool is_literal(struct slice text)
{
    struct address ip;

    return text.len > 2 && text.ptr[0] == '[' &&
           text.ptr[text.len - 1] == ']' &&
           address_parse(slice_make(text.ptr + 1, text.len - 2), &ip);
}

/* Log text may hold anything; a pattern with controls is a slip. */
static bool is_local_part(struct slice text)
{
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c < ' ' || c == 0x7f)
            return false;
        if (c == '\\' && quoted)
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && strchr(" <>,;()", c) != NULL)
            return false;
    }
    return text.len > 0 && !quoted;
}

/* The plain spelling with its domain in lower case; out has address.len. */
static struct slice spell(struct slice address, char *out)
{
    size_t len = mail_plain(address, out);
    struct slice domain = mail_domain(slice_make(out, len));

    domain_fold(domain, out + (len - domain.len));
    return slice_make(out, len);
}

static bool add_mail(struct patterns *p, struct slice text)
{
    struct slice domain = mail_domain(text);
    struct slice local, plain;
    char spelled[PATTERN_SIZE];

    if (slice_equal(text, SLICE("<>"))) {
        p->null_sender = true;
        return true;
    }
    if (!is_domain(domain) && !is_literal(domain))
        return false;
    local = slice_head(text, text.len - domain.len - 1);
    plain = spell(text, spelled);
    if (local.len == 0)
        (void)textset_add(&p->domains, mail_domain(plain));
    else if (is_local_part(local))
        (void)textset_add(&p->mails, plain);
    else
        return false;
    return true;
}

static bool add_client(struct patterns *p, struct slice text,
                       const struct cidr *net)
{
    char folded[PATTERN_SIZE];

    if (net != NULL) {
        net_set_add(&p->nets, net);
        return true;
    }
    text = slice_from(text, 1);
    if (!is_domain(text))
        return false;
    domain_fold(text, folded);
    (void)textset_add(&p->names, slice_make(folded, text.len));
    return true;
}

static const char *expected(unsigned kinds)
{
    switch (kinds) {
    case PATTERN_MAIL:
        return "ADDRESS, @DOMAIN or <>";
    case PATTERN_CLIENT:
        return "CIDR or .NAME-SUFFIX";
    default:
        return "ADDRESS, @DOMAIN, <>, CIDR or .NAME-SUFFIX";
    }
}

static bool refuse(struct slice text, unsigned kinds, struct place at,
                   struct error *err)
{
    int len = (int)slice_head(text, QUOTED_SIZE).len;

    return error_at(err, at, "\"%.*s%s\" where %s is expected", len, text.ptr,
                    (size_t)len < text.len ? "..." : "", expected(kinds));
}

/* One pattern, which is not empty. */
static bool add_pattern(struct patterns *p, struct slice text, unsigned kinds,
                        struct place at, struct error *err)
{
    struct cidr net;
    bool is_net = cidr_parse(text, &net);
    bool is_client = is_net || (text.len > 0 && text.ptr[0] == '.' &&
                                slice_find_byte(text, '@') == SIZE_MAX);

    if (text.len > PATTERN_SIZE)
        return error_at(err, at, "a pattern is longer than %d bytes",
                        PATTERN_SIZE);
    if ((kinds & (is_client ? PATTERN_CLIENT : PATTERN_MAIL)) == 0)
        return refuse(text, kinds, at, err);
    if (is_client)
        return add_client(p, text, is_net ? &net : NULL) ||
               refuse(text, kinds, at, err);
    return add_mail(p, text) || refuse(text, kinds, at, err);
}

/* Up to a # that starts the line or follows a blank, outside of quotes. */
static struct slice less_comment(struct slice line)
{
    bool quoted = false;

    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];

        if (c == '"')
            quoted = !quoted;
        if (c == '#' && !quoted &&
            (i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t'))
            return slice_head(line, i);
    }
    return line;
}

static bool add_lines(struct patterns *p, FILE *file, const char *path,
                      unsigned kinds, struct error *err)
{
    struct place at = {path, 0};
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    bool ok = true;

    while (ok && (errno = 0, len = getline(&line, &cap, file)) >= 0) {
        struct slice text = slice_make(line, (size_t)len);

        at.line++;
        if (slice_ends(text, SLICE("\n")))
            text.len--;
        if (slice_ends(text, SLICE("\r")))
            text.len--;
        text = slice_trim(less_comment(text));
        if (text.len > 0)
            ok = add_pattern(p, text, kinds, at, err);
    }
    if (ok && ferror(file))
        ok = error_system(err, errno, "%s: cannot read", path);
    free(line);
    return ok;
}

/* Whether text is an address with a / and a prefix behind it that is none. */
static bool is_broken_net(struct slice text)
{
    struct address ip;

    return address_parse(slice_head(text, slice_find_byte(text, '/')), &ip);
}

bool patterns_add(struct patterns *p, const char *argument, unsigned kinds,
                  struct error *err)
{
    struct slice text = slice_of(argument);
    struct cidr net;
    FILE *file;
    bool ok;

    if (slice_find_byte(text, '/') == SIZE_MAX || cidr_parse(text, &net))
        return add_pattern(p, text, kinds, (struct place){NULL, 0}, err);
    if (is_broken_net(text))
        return error_set(err,
                         "\"%s\" is not a network: the prefix is too long, "
                         "or bits of the host are set",
                         argument);
    file = fopen(argument, "re");
    if (file == NULL)
        return error_system(err, errno, "%s: cannot open", argument);
    ok = add_lines(p, file, argument, kinds, err);
    fclose(file);
    return ok;
}

/* address: as spell() makes it. */
static bool match_spelled(const struct patterns *p, struct slice address)
{
    struct slice domain = mail_domain(address);

    return domain.len > 0 && (textset_has(&p->mails, address) ||
                              textset_has(&p->domains, domain));
}

bool patterns_match_mail(const struct patterns *p, struct slice address)
{
    char room[PATTERN_SIZE];
    struct buf large = {0};
    bool match;

    if (slice_equal(address, SLICE("<>")))
        return p->null_sender;
    if (p->mails.count == 0 && p->domains.count == 0)
        return false;
    if (address.len <= sizeof room)
        return match_spelled(p, spell(address, room));
    /* Comments can make any address as long as this. */
    match = match_spelled(p, spell(address, buf_reserve(&large, address.len)));
    buf_free(&large);
    return match;
}

static bool match_name(const struct patterns *p, struct slice name)
{
    char folded[PATTERN_SIZE];
    bool cut;

    if (p->names.count == 0)
        return false;
    if (name.len > PATTERN_SIZE)
        name = slice_from(name, name.len - PATTERN_SIZE);
    domain_fold(name, folded);
    /* The first label may be the rest of one that was cut. */
    for (name.ptr = folded, cut = name.len == PATTERN_SIZE;; cut = false) {
        size_t dot;

        if (!cut && textset_has(&p->names, name))
            return true;
        dot = slice_find_byte(name, '.');
        if (dot == SIZE_MAX)
            return false;
        name = slice_from(name, dot + 1);
    }
}

bool patterns_match_client(const struct patterns *p, const struct address *ip,
                           struct slice client_name)
{
    return net_set_contains(&p->nets, ip) || match_name(p, client_name);
}

void patterns_each_net(const struct patterns *p, pattern_net *visit, void *arg)
{
    for (size_t i = 0; i < p->nets.count; i++)
        visit(arg, &p->nets.nets[i]);
}

void patterns_each_domain(const struct patterns *p, pattern_domain *visit,
                          void *arg)
{
    for (size_t i = 0; i < p->domains.count; i++)
        visit(arg, p->domains.texts[i]);
    for (size_t i = 0; i < p->mails.count; i++)
        visit(arg, mail_domain(p->mails.texts[i]));
}
