/* spell - a sender as an entry of a list, in one way and safely */
#include "format/spell.h"

#include <string.h>

#include "format/unicode.h"
#include "mail/message.h"
#include "mail/plain.h"

#define DOMAIN_MAX 253 /* RFC 1035, 2.3.4, as text */
#define LABEL_MAX 63

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_one_of(const char *set, unsigned char c)
{
    return set != NULL && c != '\0' && strchr(set, c) != NULL;
}

static bool is_label_byte(const struct spelling *s, unsigned char c)
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' ||
           (s->utf8 && c >= 0x80);
}

static bool is_label(const struct spelling *s, struct slice label)
{
    for (size_t i = 0; i < label.len; i++)
        if (!is_label_byte(s, (unsigned char)label.ptr[i]))
            return false;
    return label.len > 0 && label.len <= LABEL_MAX && label.ptr[0] != '-' &&
           label.ptr[label.len - 1] != '-';
}

/* An address in the place of a name would be taken for a client's. */
static bool has_letter(struct slice label)
{
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.ptr[i];

        if (is_letter(c) || c >= 0x80)
            return true;
    }
    return false;
}

static bool is_domain(const struct spelling *s, struct slice domain,
                      unsigned labels_min)
{
    unsigned labels = 0;
    bool letter = false;

    if (domain.len > DOMAIN_MAX)
        return false;
    for (;;) {
        size_t dot = slice_find_byte(domain, '.');
        struct slice label = slice_head(domain, dot);

        if (!is_label(s, label))
            return false;
        letter = has_letter(label);
        labels++;
        if (dot == SIZE_MAX)
            break;
        domain = slice_from(domain, dot + 1);
    }
    return letter && labels >= labels_min;
}

static bool is_atom_byte(const struct spelling *s, unsigned char c)
{
    return is_letter(c) || is_digit(c) || is_one_of("!#$%&'*+-/=?^_`{|}~", c) ||
           (s->utf8 && c >= 0x80);
}

/* Whether the local part may stand without quotes. */
static bool is_dot_atom(const struct spelling *s, struct slice local)
{
    bool edge = true; /* no dot may be here */

    for (size_t i = 0; i < local.len; i++) {
        unsigned char c = (unsigned char)local.ptr[i];

        if (c == '.' ? edge : !is_atom_byte(s, c))
            return false;
        edge = c == '.';
    }
    return !edge;
}

static bool can_be_quoted(const struct spelling *s, struct slice local)
{
    for (size_t i = 0; i < local.len; i++) {
        unsigned char c = (unsigned char)local.ptr[i];

        if (c < ' ' || c == 0x7f || (c >= 0x80 && !s->utf8))
            return false;
    }
    return s->quotes && local.len > 0;
}

static bool is_barred(const struct spelling *s, struct slice local)
{
    for (size_t i = 0; i < local.len; i++)
        if (is_one_of(s->barred, (unsigned char)local.ptr[i]))
            return true;
    return local.len > 0 && is_one_of(s->first, (unsigned char)local.ptr[0]);
}

static void add_quoted(struct buf *out, struct slice local)
{
    buf_add_byte(out, '"');
    for (size_t i = 0; i < local.len; i++) {
        if (local.ptr[i] == '"' || local.ptr[i] == '\\')
            buf_add_byte(out, '\\');
        buf_add_byte(out, local.ptr[i]);
    }
    buf_add_byte(out, '"');
}

static bool add_local(const struct spelling *s, struct slice local,
                      struct buf *out)
{
    if (is_barred(s, local))
        return false;
    if (is_dot_atom(s, local))
        buf_add(out, local);
    else if (can_be_quoted(s, local))
        add_quoted(out, local);
    else
        return false;
    return true;
}

/*
 * A reader may take a blank off that it sees and postmap does not, and a dot
 * that is none for one (IDNA, RFC 3490 3.1).
 */
static bool is_plain(uint32_t code)
{
    return code == ' ' || (!unicode_is_unseen(code) && code != 0x3002 &&
                           code != 0xff0e && code != 0xff61);
}

static bool is_visible(struct slice text)
{
    uint32_t code;

    while (text.len > 0) {
        size_t len = unicode_next(text, &code);

        if (len == 0 || !is_plain(code))
            return false;
        text = slice_from(text, len);
    }
    return true;
}

static void fold_from(struct buf *out, size_t start)
{
    domain_fold(slice_make(out->ptr + start, out->len - start),
                out->ptr + start);
}

/* Takes back what was appended, unless it may stand. */
static bool settle(struct buf *out, size_t start, bool good)
{
    if (good && is_visible(slice_from(buf_slice(out), start)))
        return true;
    out->len = start;
    return false;
}

static bool add_sender(const struct spelling *s, struct slice plain,
                       struct buf *out)
{
    struct slice domain = mail_domain(plain);
    size_t start = out->len, at;

    if (domain.len == 0 || !is_domain(s, domain, 1) ||
        !add_local(s, slice_head(plain, plain.len - domain.len - 1), out))
        return false;
    at = out->len;
    buf_add_byte(out, '@');
    buf_add(out, domain);
    fold_from(out, s->folds ? start : at);
    return true;
}

bool spell_sender(const struct spelling *s, struct slice sender,
                  struct buf *out)
{
    struct buf plain = {0};
    size_t start = out->len;
    bool good;

    plain.len = mail_plain(sender, buf_reserve(&plain, sender.len + 1));
    good = add_sender(s, buf_slice(&plain), out);
    buf_free(&plain);
    return settle(out, start, good);
}

bool spell_domain(const struct spelling *s, struct slice domain,
                  struct buf *out)
{
    size_t start = out->len;

    if (slice_ends(domain, SLICE(".")))
        domain.len--; /* that of the root */
    if (!is_domain(s, domain, 2))
        return false;
    buf_add(out, domain);
    fold_from(out, start);
    return settle(out, start, true);
}
