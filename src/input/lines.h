/*
 * lines - bytes cut anywhere in, whole lines out
 *
 * What a block ends with that is no whole line is carried to the next one,
 * so at most a line of each block is copied. Lines are not looked at: that
 * none is longer than LINES_MAX shows in a few looks per block. One that is
 * longer is cut to that length and one byte.
 *
 * The block is the caller's: begin it with lines_carried(), read behind that,
 * give each read to lines_skip(), and end it with lines_end().
 */
#ifndef INPUT_LINES_H
#define INPUT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_MAX 65536

struct lines {
    bool skipping; /* the rest of a line too long, of which a part is out */
    size_t carry_len;
    char carry[LINES_MAX];
};

/* A log begins. */
void lines_begin(struct lines *l);

/* Moves what was carried to the beginning of a block; returns how much. */
size_t lines_carried(struct lines *l, char *block);

/* Takes the rest of a line too long off what was read; returns what is left. */
size_t lines_skip(struct lines *l, char *bytes, size_t len);

/* What becomes of a last line that has no newline. */
enum lines_rest { LINES_CARRY, LINES_SUPPLY, LINES_DROP };

/*
 * lines_end - leave whole lines in the block; returns how many bytes
 *
 * The block has room for a newline more for each LINES_MAX bytes.
 */
size_t lines_end(struct lines *l, char *block, size_t len,
                 enum lines_rest rest);

#endif
