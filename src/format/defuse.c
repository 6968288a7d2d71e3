/* defuse - cells that no spreadsheet runs as a formula */
#include "format/defuse.h"

#include <stdint.h>

#include "format/unicode.h"

static bool is_separator(char c)
{
    return c == ';' || c == '\t' || c == '|' || c == '\r' || c == '\n';
}

/* What is there but not seen; a quote may be taken for one that quotes. */
static bool is_blank(uint32_t code)
{
    return code == '"' || unicode_is_unseen(code);
}

static bool starts_formula(uint32_t code)
{
    switch (code) {
    case '=':
    case '+':
    case '-':
    case '@':
    case 0x2212: /* minus sign */
    case 0xff1d: /* the four again, full-width */
    case 0xff0b:
    case 0xff0d:
    case 0xff20:
        return true;
    default:
        return false;
    }
}

/* The first of s that is no blank; a separator is none here. */
static uint32_t first_shown(struct slice s)
{
    while (s.len > 0 && !is_separator(s.ptr[0])) {
        uint32_t code;
        size_t len = unicode_next(s, &code);

        /* Not UTF-8, so it may be read as Latin-1. */
        if (len == 0) {
            code = (unsigned char)s.ptr[0];
            len = 1;
        }
        if (!is_blank(code))
            return code;
        s = slice_from(s, len);
    }
    return 0;
}

/* Up to and with the first separator. */
static size_t part_length(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (is_separator(s.ptr[i]))
            return i + 1;
    return s.len;
}

/* Old spreadsheets strip a tab or a line end that a cell begins with. */
static bool begins_with_space(struct slice s)
{
    return s.len > 0 &&
           (s.ptr[0] == '\t' || s.ptr[0] == '\r' || s.ptr[0] == '\n');
}

void defuse(struct buf *out, struct slice s)
{
    if (begins_with_space(s))
        buf_add_byte(out, '\'');
    while (s.len > 0) {
        size_t len = part_length(s);

        if (starts_formula(first_shown(s)))
            buf_add_byte(out, '\'');
        buf_add(out, slice_head(s, len));
        s = slice_from(s, len);
    }
}
