/* listed_senders - which senders or domains of senders a list has */
#include "collect/listed_senders.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/textset.h"
#include "format/list.h"
#include "mail/plain.h"

struct listed_senders {
    const struct listing_rules *rules;
    struct listing_tally *tally;
    struct textset own;     /* domains, folded */
    struct textset allowed; /* the same */
    struct textset listed;  /* in the end sorted, which ends its use as a set */
    struct buf text;
};

/* A domain with, in a list of domains, all that are above it. */
static void add_domain(const struct listed_senders *s, struct textset *set,
                       struct slice domain)
{
    while (domain.len > 0) {
        size_t dot = slice_find_byte(domain, '.');

        if (!textset_add(set, domain) || dot == SIZE_MAX ||
            s->rules->what != FIELD_SENDER_DOMAIN)
            return;
        domain = slice_from(domain, dot + 1);
    }
}

static void own_domain(void *arg, struct slice domain)
{
    struct listed_senders *s = arg;

    add_domain(s, &s->own, domain);
}

static void allow_domain(void *arg, struct slice domain)
{
    struct listed_senders *s = arg;

    add_domain(s, &s->allowed, domain);
}

struct listed_senders *listed_senders_new(const struct listing_rules *rules,
                                          struct listing_tally *tally)
{
    struct listed_senders *s = mem_new(sizeof *s);

    s->rules = rules;
    s->tally = tally;
    textset_init(&s->own);
    textset_init(&s->allowed);
    textset_init(&s->listed);
    patterns_each_domain(rules->traps, own_domain, s);
    if (rules->what == FIELD_SENDER_DOMAIN)
        patterns_each_domain(rules->allow, allow_domain, s);
    return s;
}

void listed_senders_free(struct listed_senders *s)
{
    if (s == NULL)
        return;
    textset_release(&s->own);
    textset_release(&s->allowed);
    textset_release(&s->listed);
    buf_free(&s->text);
    free(s);
}

void listed_senders_own(struct listed_senders *s, struct slice recipient)
{
    char *plain;
    struct slice domain;

    buf_reset(&s->text);
    plain = buf_reserve(&s->text, recipient.len + 1);
    domain = mail_domain(slice_make(plain, mail_plain(recipient, plain)));
    domain_fold(domain, plain + (domain.ptr - plain));
    own_domain(s, domain);
}

void listed_senders_allow(struct listed_senders *s, struct slice domain)
{
    char *text;

    if (slice_ends(domain, SLICE(".")))
        domain.len--;
    buf_reset(&s->text);
    text = buf_reserve(&s->text, domain.len + 1);
    domain_fold(domain, text);
    allow_domain(s, slice_make(text, domain.len));
}

/* entry: as spelled, so its domain is in lower case. */
static bool is_own(const struct listed_senders *s, struct slice entry)
{
    return textset_has(
        &s->own, s->rules->what == FIELD_SENDER ? mail_domain(entry) : entry);
}

static bool is_allowed(const struct listed_senders *s, struct slice value,
                       struct slice entry)
{
    if (s->rules->what != FIELD_SENDER)
        return textset_has(&s->allowed, entry);
    return patterns_match_mail(s->rules->allow, value) ||
           textset_has(&s->allowed, mail_domain(entry));
}

void listed_senders_add(struct listed_senders *s, struct slice value)
{
    struct slice entry;

    buf_reset(&s->text);
    if (value.len == 0 || slice_equal(value, SLICE("<>"))) {
        s->tally->unknown++;
        return;
    }
    if (!list_spell(s->rules->format, s->rules->what, value, &s->text)) {
        s->tally->unfit++;
        return;
    }
    entry = buf_slice(&s->text);
    if (is_allowed(s, value, entry))
        s->tally->allowed++;
    else if (is_own(s, entry))
        s->tally->own++;
    else if (s->rules->suffixes != NULL &&
             suffixes_have(s->rules->suffixes, entry))
        s->tally->suffixes++;
    else
        (void)textset_add(&s->listed, entry);
}

static int compare(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

void listed_senders_settle(struct listed_senders *s)
{
    if (s->listed.count > 0)
        qsort(s->listed.texts, s->listed.count, sizeof *s->listed.texts,
              compare);
    s->tally->entries = s->listed.count;
}

bool listed_senders_each(const struct listed_senders *s, listing_visit *visit,
                         void *arg, struct error *err)
{
    for (size_t i = 0; i < s->listed.count; i++)
        if (!visit(arg, s->listed.texts[i], err))
            return false;
    return true;
}
