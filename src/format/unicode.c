#include "format/unicode.h"

/* Well-formed sequences by lead byte, after table 3-7 of the standard. */
static const struct lead {
    unsigned char first, last; /* lead bytes */
    unsigned char low, high;   /* what the second byte may be */
    unsigned char len;
} leads[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct range {
    uint32_t first, last;
} disturbing[] = {
    {0x0000, 0x001f},   /* C0 */
    {0x007f, 0x009f},   /* DEL, C1 */
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x180e, 0x180e},   /* Mongolian vowel separator */
    {0x200b, 0x200f},   /* zero width, direction marks */
    {0x2028, 0x202e},   /* separators, embeddings, overrides */
    {0x2060, 0x206f},   /* word joiner, isolates, deprecated controls */
    {0x2800, 0x2800},   /* Braille without dots */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xffa0, 0xffa0},   /* halfwidth Hangul filler */
    {0xfff9, 0xfffb},   /* interlinear annotation */
    {0xe0000, 0xe007f}, /* tags */
};

static const struct lead *find_lead(unsigned char byte)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    return NULL;
}

size_t unicode_next(struct slice s, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    const struct lead *lead;
    uint32_t value;

    if (s.len == 0)
        return 0;
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    lead = find_lead(p[0]);
    if (lead == NULL || s.len < lead->len || p[1] < lead->low ||
        p[1] > lead->high)
        return 0;
    value = p[0] & (0x7fu >> lead->len);
    for (size_t i = 1; i < lead->len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3fu);
    }
    *code = value;
    return lead->len;
}

bool unicode_disturbs(uint32_t code)
{
    for (size_t i = 0; i < sizeof disturbing / sizeof disturbing[0]; i++)
        if (code >= disturbing[i].first && code <= disturbing[i].last)
            return true;
    return false;
}

bool unicode_is_unseen(uint32_t code)
{
    return code == ' ' || code == 0xa0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200a) || code == 0x202f ||
           code == 0x205f || code == 0x3000 || unicode_disturbs(code);
}
