/*
 * text - a row a line, one tab between fields, no header
 *
 * For eyes, grep and cut, so it must be safe on any terminal, and no value
 * may pass for two fields or two rows. Each byte of what follows is written
 * as \xNN, two lower-case hexadecimal digits; the backslash as two; nothing
 * else is changed, so the bytes can be had back:
 *   - controls (tab and newline among them) and DEL
 *   - bytes that are not UTF-8
 *   - characters that are UTF-8 but do more than put a glyph: the C1
 *     controls, which some terminals obey, the line separators, and the bidi
 *     and invisible format characters (unicode.c has the list)
 */
#include "format/escape.h"
#include "format/formats.h"

static void write_row(struct writer *w, const struct row *row)
{
    for (unsigned i = 0; i < w->columns.count; i++) {
        if (i > 0)
            buf_add_byte(&w->line, '\t');
        escape_text(&w->line, row_text(row, w->columns.field[i], w->arena));
    }
    buf_add_byte(&w->line, '\n');
}

const struct format format_text = {
    .name = "text",
    .write_row = write_row,
};
