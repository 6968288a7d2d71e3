/* escape - values that anybody may have chosen, made safe to print */
#include "format/escape.h"

#include "format/scan.h"
#include "format/unicode.h"

static bool is_printable(char c)
{
    return c >= 0x20 && c < 0x7f;
}

/* ---- text ---- */

static scan_block text_disturbed(scan_block block)
{
    return scan_unprintable(block) | (block == '\\');
}

static void add_escaped(struct buf *line, struct slice bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        char text[] = {'\\', 'x', digits[c >> 4], digits[c & 15]};

        buf_add(line, slice_make(text, sizeof text));
    }
}

/* The character that s begins with; returns its length. */
static size_t add_text_character(struct buf *line, struct slice s)
{
    uint32_t code;
    size_t len;

    if (is_printable(s.ptr[0])) {
        if (s.ptr[0] == '\\')
            buf_add_byte(line, '\\');
        buf_add_byte(line, s.ptr[0]);
        return 1;
    }
    len = unicode_next(s, &code);
    if (len == 0) {
        add_escaped(line, slice_head(s, 1));
        return 1;
    }
    if (unicode_disturbs(code))
        add_escaped(line, slice_head(s, len));
    else
        buf_add(line, slice_head(s, len));
    return len;
}

/* Few values need it: kept apart, so that the others do not pay for it. */
static void __attribute__((noinline))
escape_text_bytes(struct buf *line, struct slice s)
{
    while (s.len > 0)
        s = slice_from(s, add_text_character(line, s));
}

void escape_text(struct buf *line, struct slice s)
{
    if (scan_find(s, text_disturbed))
        escape_text_bytes(line, s);
    else
        buf_add(line, s);
}

/* ---- JSON ---- */

static scan_block json_disturbed(scan_block block)
{
    return scan_unprintable(block) | (block == '"') | (block == '\\');
}

static void add_unit(struct buf *line, unsigned unit)
{
    static const char digits[] = "0123456789abcdef";
    char text[] = {'\\',
                   'u',
                   digits[unit >> 12 & 15],
                   digits[unit >> 8 & 15],
                   digits[unit >> 4 & 15],
                   digits[unit & 15]};

    buf_add(line, slice_make(text, sizeof text));
}

static void add_code(struct buf *line, uint32_t code)
{
    if (code < 0x10000) {
        add_unit(line, code);
    } else {
        add_unit(line, 0xd800 + ((code - 0x10000) >> 10));
        add_unit(line, 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
}

/* The character that s begins with; returns its length. */
static size_t add_json_character(struct buf *line, struct slice s)
{
    uint32_t code;
    size_t len;

    if (is_printable(s.ptr[0])) {
        if (s.ptr[0] == '"' || s.ptr[0] == '\\')
            buf_add_byte(line, '\\');
        buf_add_byte(line, s.ptr[0]);
        return 1;
    }
    len = unicode_next(s, &code);
    if (len == 0) {
        buf_add(line, SLICE("\xef\xbf\xbd"));
        return 1;
    }
    if (unicode_disturbs(code))
        add_code(line, code);
    else
        buf_add(line, slice_head(s, len));
    return len;
}

void escape_json(struct buf *line, struct slice s)
{
    if (!scan_find(s, json_disturbed)) {
        buf_add(line, s);
        return;
    }
    while (s.len > 0)
        s = slice_from(s, add_json_character(line, s));
}
