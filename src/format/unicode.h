/*
 * unicode - UTF-8 in values that anybody may have chosen
 */
#ifndef FORMAT_UNICODE_H
#define FORMAT_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * unicode_next - the character that s begins with
 *
 * Returns its length, 1 to 4, and sets *code; 0 when s is empty or does not
 * begin with well-formed UTF-8 (overlong forms, surrogates, beyond U+10FFFF).
 */
size_t unicode_next(struct slice s, uint32_t *code);

/*
 * Whether showing it does more than put a glyph: controls of C0 and C1 move
 * the terminal's cursor and worse, line separators break rows, and the bidi
 * and invisible format characters make one address look like another.
 */
bool unicode_disturbs(uint32_t code);

/* Whether it is a blank, of any width, or disturbs. */
bool unicode_is_unseen(uint32_t code);

#endif
