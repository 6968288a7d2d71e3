/*
 * byteset - classes of bytes, read and made ready
 */
#include "parse/byteset.h"

struct named {
    const char *name;
    const char *ranges; /* pairs of first and last */
};

/* As PCRE2 has them without UCP and in the C locale. */
static const struct named classes[] = {
    {"[:alnum:]", "09AZaz"},  {"[:alpha:]", "AZaz"},    {"[:digit:]", "09"},
    {"[:lower:]", "az"},      {"[:space:]", "\t\r  "},  {"[:upper:]", "AZ"},
    {"[:word:]", "09AZ__az"}, {"[:xdigit:]", "09AFaf"},
};
static const struct named escapes[] = {
    {"\\d", "09"},
    {"\\s", "\t\r  "},
    {"\\w", "09AZ__az"},
};
static const struct named opposites[] = {
    {"\\D", "09"},
    {"\\S", "\t\r  "},
    {"\\W", "09AZ__az"},
};

void byteclass_add(struct byteclass *in, unsigned char first,
                   unsigned char last)
{
    for (unsigned c = first; c <= last; c++)
        in->has[c / 64] |= UINT64_C(1) << (c % 64);
}

static void complement(struct byteclass *in)
{
    for (size_t i = 0; i < 4; i++)
        in->has[i] = ~in->has[i];
}

static bool take(struct slice *s, struct slice text)
{
    if (!slice_starts(*s, text))
        return false;
    *s = slice_from(*s, text.len);
    return true;
}

/* One of the names, which all begin with the same byte, into the set. */
static bool take_named(struct slice *s, const struct named *names, size_t count,
                       struct byteclass *in)
{
    if (s->len == 0 || s->ptr[0] != names[0].name[0])
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!take(s, slice_of(names[i].name)))
            continue;
        for (const char *r = names[i].ranges; *r != '\0'; r += 2)
            byteclass_add(in, (unsigned char)r[0], (unsigned char)r[1]);
        return true;
    }
    return false;
}

static bool take_escape(struct slice *s, struct byteclass *in)
{
    return take_named(s, escapes, sizeof escapes / sizeof *escapes, in);
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* A byte of a class that stands for itself, perhaps behind a backslash. */
static bool take_member(struct slice *s, unsigned char *byte)
{
    struct slice rest = *s;

    if (take(&rest, SLICE("\\")) && (rest.len == 0 || is_alnum(rest.ptr[0])))
        return false;
    if (rest.len == 0 || slice_starts(*s, SLICE("[:")) ||
        slice_starts(*s, SLICE("[.")) || slice_starts(*s, SLICE("[=")))
        return false;
    *byte = (unsigned char)rest.ptr[0];
    *s = slice_from(rest, 1);
    return true;
}

/* A member, or a range of them; "-" is one itself only before the "]". */
static bool take_range(struct slice *s, struct byteclass *in)
{
    unsigned char first, last;

    if (s->len > 1 && s->ptr[0] == '-' && s->ptr[1] != ']')
        return false;
    if (!take_member(s, &first))
        return false;
    last = first;
    if (s->len > 1 && s->ptr[0] == '-' && s->ptr[1] != ']') {
        *s = slice_from(*s, 1);
        if (!take_member(s, &last) || last < first)
            return false;
    }
    byteclass_add(in, first, last);
    return true;
}

static bool take_brackets(struct slice *s, struct byteclass *in)
{
    bool opposite;

    if (!take(s, SLICE("[")))
        return false;
    opposite = take(s, SLICE("^"));
    /* What could be a "]", or "[:alpha:]" outside of brackets. */
    if (s->len == 0 || memchr("]:.=", s->ptr[0], 4) != NULL)
        return false;
    while (!take(s, SLICE("]"))) {
        if (take_escape(s, in) ||
            take_named(s, classes, sizeof classes / sizeof *classes, in)) {
            /* Behind a class, "-" is hardly meant as what it means. */
            if (s->len > 1 && s->ptr[0] == '-' && s->ptr[1] != ']')
                return false;
        } else if (!take_range(s, in)) {
            return false;
        }
    }
    if (opposite)
        complement(in);
    return true;
}

bool byteclass_take(struct slice *pattern, struct byteclass *in)
{
    struct slice rest = *pattern;

    if (take(&rest, SLICE("."))) {
        byteclass_add(in, 0, 255);
    } else if (take_named(&rest, opposites,
                          sizeof opposites / sizeof *opposites, in)) {
        complement(in);
    } else if (!take_escape(&rest, in) && !take_brackets(&rest, in)) {
        return false;
    }
    *pattern = rest;
    return true;
}

/* How many runs of bytes are in the class, at most 128. */
static unsigned count_runs(const struct byteclass *in)
{
    unsigned count = 0;

    for (size_t i = 0; i < 4; i++) {
        uint64_t before = i == 0 ? 0 : in->has[i - 1] >> 63;

        /* Bits that are set where that of the byte before is not. */
        count += (unsigned)__builtin_popcountll(in->has[i] &
                                                ~(in->has[i] << 1 | before));
    }
    return count;
}

/* The first byte from c on that is in the class; 256: there is none. */
static unsigned next_byte(const struct byteclass *in, unsigned c)
{
    while (c < 256) {
        uint64_t word = in->has[c / 64] >> (c % 64);

        if (word != 0)
            return c + (unsigned)__builtin_ctzll(word);
        c = (c / 64 + 1) * 64;
    }
    return 256;
}

static void add_range(struct byteset *set, unsigned first, unsigned last)
{
    for (size_t i = set->ranges; i < set->ranges + 2U; i++) {
        memset(&set->range[i].first, (int)first, SCAN_WIDTH);
        memset(&set->range[i].more, (int)(last - first), SCAN_WIDTH);
    }
    set->ranges++;
}

/*
 * Whether text rarely has a byte from first to last, so that a few of them in
 * a range that is looked for cost little.
 */
static bool is_rare(unsigned first, unsigned last)
{
    for (unsigned c = first; c <= last; c++)
        if (is_alnum((char)c) || c > 127 || strchr("-_.@", (int)c) != NULL)
            return false;
    return true;
}

/* Fewer ranges, for what are not members: see loose. */
static void loosen(struct byteclass *others)
{
    struct byteclass gaps = *others;

    complement(&gaps);
    for (unsigned first = next_byte(&gaps, next_byte(others, 0));
         first < 256;) {
        unsigned end = next_byte(others, first);

        if (end < 256 && is_rare(first, end - 1))
            byteclass_add(others, (unsigned char)first,
                          (unsigned char)(end - 1));
        first = next_byte(&gaps, end);
    }
}

bool byteset_make(struct byteset *set, const struct byteclass *in)
{
    struct byteclass these = *in, others = *in, fewer;

    complement(&others);
    memset(set, 0, sizeof *set);
    set->in = *in;
    set->all = count_runs(&others) == 0;
    fewer = others;
    loosen(&fewer);
    if (count_runs(&these) <= count_runs(&fewer)) {
        memset(&set->others, 0xFF, sizeof set->others);
    } else {
        set->loose = count_runs(&fewer) < count_runs(&others);
        these = fewer;
    }
    if (count_runs(&these) > BYTESET_RANGES)
        return false;
    others = these;
    complement(&others);
    for (unsigned first = next_byte(&these, 0); first < 256;) {
        unsigned end = next_byte(&others, first);

        add_range(set, first, end - 1);
        first = next_byte(&these, end);
    }
    return true;
}
