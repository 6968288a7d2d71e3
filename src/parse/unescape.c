/*
 * unescape - what sendmail's str2prt() did to a text, undone
 */
#include "parse/unescape.h"

static bool is_octal(char c, char last)
{
    return c >= '0' && c <= last;
}

/*
 * One escape at the beginning of s: its byte, and its length.
 * 0: it is none.
 */
static size_t read_escape(struct slice s, char *byte)
{
    if (s.len < 2)
        return 0;
    switch (s.ptr[1]) {
    case '\\':
        *byte = '\\';
        return 2;
    case 't':
        *byte = '\t';
        return 2;
    case 'n':
        *byte = '\n';
        return 2;
    case 'r':
        *byte = '\r';
        return 2;
    default:
        break;
    }
    if (s.len < 4 || !is_octal(s.ptr[1], '3') || !is_octal(s.ptr[2], '7') ||
        !is_octal(s.ptr[3], '7'))
        return 0;
    *byte = (char)((s.ptr[1] - '0') << 6 | (s.ptr[2] - '0') << 3 |
                   (s.ptr[3] - '0'));
    return 4;
}

bool unescape_needed(struct slice text)
{
    return text.len > 0 && memchr(text.ptr, '\\', text.len) != NULL;
}

size_t unescape(struct slice text, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len;) {
        char byte = text.ptr[i];
        size_t taken = 0;

        if (byte == '\\')
            taken = read_escape(slice_from(text, i), &byte);
        out[len++] = byte;
        i += taken > 0 ? taken : 1;
    }
    return len;
}
