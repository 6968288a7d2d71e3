/*
 * message - one SMTP transaction at the MTA, as all its log lines tell it
 */
#include "mail/message.h"

static const char *const outcomes[OUTCOME_TOTAL] = {
    [OUTCOME_ACCEPTED] = "accepted",
    [OUTCOME_REJECTED] = "rejected",
    [OUTCOME_ABORTED] = "aborted",
};

struct slice outcome_name(enum outcome o)
{
    return slice_of(outcomes[o]);
}

bool outcome_find(struct slice name, enum outcome *o)
{
    for (unsigned i = 0; i < OUTCOME_TOTAL; i++) {
        if (slice_equal(slice_of(outcomes[i]), name)) {
            *o = (enum outcome)i;
            return true;
        }
    }
    return false;
}

/* Where the domain begins; the length of address when it has none. */
static size_t domain_start(struct slice address)
{
    const char *at =
        address.len == 0 ? NULL : memrchr(address.ptr, '@', address.len);

    return at == NULL ? address.len : (size_t)(at - address.ptr) + 1;
}

struct slice mail_domain(struct slice address)
{
    return slice_from(address, domain_start(address));
}

static unsigned char lower(char byte)
{
    unsigned char c = (unsigned char)byte;

    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

void domain_fold(struct slice domain, char *out)
{
    for (size_t i = 0; i < domain.len; i++)
        out[i] = (char)lower(domain.ptr[i]);
}

void mail_fold(struct slice address, char *out)
{
    size_t start = domain_start(address);

    if (start > 0)
        memcpy(out, address.ptr, start);
    domain_fold(slice_from(address, start), out + start);
}
