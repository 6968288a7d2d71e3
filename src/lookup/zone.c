/* zone - one DNS list */
#include "lookup/zone.h"

#include <stdlib.h>

#include "base/mem.h"
#include "lookup/answer.h"

/* A failure weighs as much as so many answers; the limit is 64 of them. */
#define STRIKE 4
#define STRIKES_MAX (64 * STRIKE)
#define USELESS_MAX 64

void zone_release(struct zone *z)
{
    for (size_t i = 0; i < z->count; i++)
        buf_free(&z->listed[i]);
    free(z->listed);
}

/* ---- verdicts ---- */

/* "NAME", or "NAME:CODE NAME:CODE", marked if it is one that allows. */
static void spell(const struct reputation_zone *z, struct slice codes,
                  struct buf *out)
{
    do {
        size_t end = slice_find_byte(codes, ' ');
        struct slice code = slice_head(codes, end);

        if (out->len > 0)
            buf_add_byte(out, ' ');
        if (z->allows)
            buf_add_byte(out, '!');
        buf_add(out, z->name);
        if (code.len > 0) {
            buf_add_byte(out, ':');
            buf_add(out, code);
        }
        codes = slice_from(codes, end == SIZE_MAX ? codes.len : end + 1);
    } while (codes.len > 0);
}

/* There are few: the words come from a small table. */
static verdict intern(struct zone *z, struct slice codes)
{
    struct buf words = {0};
    size_t i;

    spell(z->given, codes, &words);
    for (i = 0; i < z->count; i++)
        if (slice_equal(buf_slice(&z->listed[i]), buf_slice(&words)))
            break;
    if (i < z->count) {
        buf_free(&words);
    } else {
        z->listed = mem_grow(z->listed, z->count, &z->cap, sizeof *z->listed);
        z->listed[z->count++] = words;
    }
    return (verdict)(VERDICT_LISTED + i);
}

verdict zone_judge(struct zone *z, const struct reply *reply)
{
    struct buf codes = {0};
    verdict v = VERDICT_UNKNOWN;

    if (reply->kind == REPLY_NOTHING)
        return VERDICT_NOT_LISTED;
    if (reply->kind == REPLY_BAD)
        return VERDICT_UNKNOWN;
    switch (
        answer_decode(z->given->zone, reply->address, reply->count, &codes)) {
    case ANSWER_NOT_LISTED:
        v = VERDICT_NOT_LISTED;
        break;
    case ANSWER_LISTED:
        v = intern(z, buf_slice(&codes));
        break;
    case ANSWER_UNKNOWN:
        break;
    }
    buf_free(&codes);
    return v;
}

void zone_spell(const struct zone *z, verdict v, struct buf *out)
{
    if (v == VERDICT_UNKNOWN) {
        buf_add_byte(out, '?');
        buf_add(out, z->given->name);
    } else {
        buf_add(out, buf_slice(&z->listed[v - VERDICT_LISTED]));
    }
}

/* ---- zones that are no good ---- */

static void give_up(struct zone *z, const char *reason, const char *why)
{
    struct error err; /* with the name: a zone may have a key in it */

    z->given_up = true;
    if (z->told)
        return;
    z->told = true;
    (void)error_set(&err, "DNS list %.*s: %s%s%s", (int)z->given->name.len,
                    z->given->name.ptr, reason, why == NULL ? "" : ": ",
                    why == NULL ? "" : why);
    z->complain(z->arg, &err);
}

void zone_count(struct zone *z, verdict v, bool failed, const char *why)
{
    if (v != VERDICT_UNKNOWN) {
        z->useful = true;
        z->strikes -= z->strikes > 0;
        return;
    }
    if (failed && (z->strikes += STRIKE) >= STRIKES_MAX)
        give_up(z, "given up, as it does not answer", why);
    else if (!failed && !z->useful && ++z->useless >= USELESS_MAX)
        give_up(z, "given up, as its answers tell nothing",
                why == NULL ? "an error code of the list" : why);
}

void zone_forgive(struct zone *z)
{
    z->given_up = false;
    z->useful = false;
    z->strikes = z->useless = 0;
}

void zone_disbelieve(struct zone *z, const char *what)
{
    z->not_believed = true;
    give_up(z, "not believed, as it lists what no list does", what);
}
