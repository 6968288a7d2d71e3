/*
 * slice - searching, comparing and reading bytes that may hold NUL
 */
#include "base/slice.h"

#include <limits.h>
#include <stdint.h>

size_t slice_find(struct slice s, struct slice needle)
{
    const char *at;

    if (needle.len == 0)
        return 0;
    if (s.len < needle.len)
        return SIZE_MAX;
    at = memmem(s.ptr, s.len, needle.ptr, needle.len);
    return at == NULL ? SIZE_MAX : (size_t)(at - s.ptr);
}

/* Goes from one last byte of the needle to the one before it. */
size_t slice_find_last(struct slice s, struct slice needle)
{
    size_t end = s.len;

    if (needle.len == 0)
        return s.len;
    while (end >= needle.len) {
        const char *last =
            memrchr(s.ptr + needle.len - 1, needle.ptr[needle.len - 1],
                    end - needle.len + 1);
        const char *at;

        if (last == NULL)
            break;
        at = last - (needle.len - 1);
        if (memcmp(at, needle.ptr, needle.len - 1) == 0)
            return (size_t)(at - s.ptr);
        end = (size_t)(last - s.ptr);
    }
    return SIZE_MAX;
}

size_t slice_find_byte(struct slice s, char byte)
{
    const char *at = s.len == 0 ? NULL : memchr(s.ptr, byte, s.len);

    return at == NULL ? SIZE_MAX : (size_t)(at - s.ptr);
}

int slice_compare(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

static unsigned char lower(char byte)
{
    unsigned char c = (unsigned char)byte;

    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

/* Not zero when some byte of word is one of A to Z. */
static uint64_t capitals(uint64_t word)
{
    const uint64_t ones = UINT64_MAX / 0xff;
    uint64_t ascii = word & ones * 0x7f;

    /* A sum reaches the top bit of its byte from A on, and from [ on. */
    return (ascii + ones * (0x80 - 'A')) & ~(ascii + ones * (0x80 - '[')) &
           ~word & ones * 0x80;
}

bool slice_has_capital(struct slice s)
{
    uint64_t word = 0, found = 0;

    if (s.len < sizeof word) {
        for (size_t i = 0; i < s.len; i++)
            word = word << 8 | (unsigned char)s.ptr[i];
        return capitals(word) != 0;
    }
    for (size_t i = 0; i + sizeof word < s.len; i += sizeof word) {
        memcpy(&word, s.ptr + i, sizeof word);
        found |= capitals(word);
    }
    memcpy(&word, s.ptr + s.len - sizeof word, sizeof word);
    return (found | capitals(word)) != 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && is_blank(s.ptr[0]))
        s = slice_from(s, 1);
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool slice_number(struct slice s, unsigned long long *number)
{
    const bool is_long = s.len > 19; /* below 10^19 all fit */
    unsigned long long n = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned char)s.ptr[i] - (unsigned)'0';

        if (digit > 9 || (is_long && n > (ULLONG_MAX - digit) / 10))
            return false;
        n = n * 10 + digit;
    }
    *number = n;
    return true;
}
