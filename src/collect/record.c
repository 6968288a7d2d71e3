#include "collect/record.h"

#include "mail/key.h"

#define LENGTH_SIZE 10 /* the longest length */

struct record_form record_form(const struct field_list *key)
{
    struct record_form form = {.key = *key};

    for (unsigned i = 0; i < key->count; i++) {
        if (key->field[i] == FIELD_CLIENT_IP)
            form.has_ip = true;
        else
            form.texts.field[form.texts.count++] = key->field[i];
    }
    return form;
}

/* Lengths are written seven bits a byte, the lowest first. */
static void pack(struct buf *out, struct slice text)
{
    char *to = buf_reserve(out, text.len + LENGTH_SIZE);
    size_t len = text.len;

    while (len >= 0x80) {
        *to++ = (char)(len & 0x7f) | (char)0x80;
        len >>= 7;
    }
    *to++ = (char)len;
    if (text.len > 0)
        memcpy(to, text.ptr, text.len);
    out->len = (size_t)(to - out->ptr) + text.len;
}

static struct slice unpack(const char **from)
{
    const char *at = *from;
    struct slice text = {NULL, 0};

    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = (unsigned char)*at++;

        text.len |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    text.ptr = at;
    *from = at + text.len;
    return text;
}

static void start_key(const struct record_form *form, const struct record *r,
                      struct buf *out)
{
    buf_reset(out);
    if (form->has_ip)
        buf_add(out, slice_make((const char *)r->ip.bytes, sizeof r->ip.bytes));
}

void record_pack_key(const struct record_form *form, const struct record *r,
                     struct buf *out)
{
    start_key(form, r, out);
    for (unsigned i = 0; i < form->texts.count; i++)
        pack(out, r->value[i]);
}

void record_pack_rest(const struct record *r, struct buf *out)
{
    pack(out, r->client_name);
    pack(out, r->message_id);
}

const char *record_unpack_key(const struct record_form *form,
                              const char *packed, struct record *r)
{
    if (form->has_ip) {
        memcpy(r->ip.bytes, packed, sizeof r->ip.bytes);
        packed += sizeof r->ip.bytes;
    }
    for (unsigned i = 0; i < form->texts.count; i++)
        r->value[i] = unpack(&packed);
    return packed;
}

void record_unpack(const struct record_form *form, const char *packed,
                   struct record *r)
{
    packed = record_unpack_key(form, packed, r);
    r->client_name = unpack(&packed);
    r->message_id = unpack(&packed);
}

void record_fold(const struct record_form *form, const struct record *r,
                 struct buf *out)
{
    start_key(form, r, out);
    key_fold(&form->texts, r->value, out);
}

bool record_is_folded(const struct record_form *form, struct slice packed_key)
{
    size_t texts = form->has_ip ? sizeof(struct address) : 0;

    return !slice_has_capital(slice_from(packed_key, texts));
}

/* Addresses as they are shown: 10.0.0.1 stands before 9.0.0.1. */
static int compare_addresses(const struct address *a, const struct address *b)
{
    char a_text[ADDRESS_SIZE], b_text[ADDRESS_SIZE];
    size_t a_len, b_len;

    if (address_equal(a, b))
        return 0;
    a_len = address_format(a, a_text);
    b_len = address_format(b, b_text);
    return slice_compare(slice_make(a_text, a_len), slice_make(b_text, b_len));
}

int record_compare(const struct record_form *form, const struct record *a,
                   const struct record *b)
{
    unsigned text = 0;
    int order = 0;

    for (unsigned i = 0; i < form->key.count && order == 0; i++) {
        if (form->key.field[i] == FIELD_CLIENT_IP) {
            order = compare_addresses(&a->ip, &b->ip);
        } else {
            order = slice_compare(a->value[text], b->value[text]);
            text++;
        }
    }
    return order;
}
