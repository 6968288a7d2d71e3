/*
 * imprint - what a file is known again by, without reading it whole
 */
#include "store/imprint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/mem.h"

#define PIECE ((size_t)256 << 10) /* bytes hashed at a time */

bool part_read(const struct part *p, uint64_t from, char *to, size_t size,
               struct error *err)
{
    while (size > 0) {
        ssize_t got = pread(p->fd, to, size, (off_t)from);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(err, errno, "%s: cannot read", p->name);
        if (got == 0)
            return error_set(err, "%s: it became shorter while it was read",
                             p->name);
        to += got;
        size -= (size_t)got;
        from += (uint64_t)got;
    }
    return true;
}

/* size bytes from an offset of the whole content on. */
static bool read_parts(const struct part *part, size_t parts, uint64_t from,
                       char *to, size_t size, struct error *err)
{
    for (size_t i = 0; i < parts && size > 0; i++) {
        uint64_t left;
        size_t here;

        if (from >= part[i].size) {
            from -= part[i].size;
            continue;
        }
        left = part[i].size - from;
        here = left < size ? (size_t)left : size;
        if (!part_read(&part[i], from, to, here, err))
            return false;
        to += here;
        size -= here;
        from = 0;
    }
    return true;
}

bool imprint_take(const struct part *part, size_t parts, struct imprint *print,
                  struct error *err)
{
    char bytes[IMPRINT_SPAN] = {0};
    uint64_t size = 0;
    size_t span;

    for (size_t i = 0; i < parts; i++)
        size += part[i].size;
    span = size < sizeof bytes ? (size_t)size : sizeof bytes;
    print->size = size;
    print->head_size = print->tail_size = (uint32_t)span;

    if (!read_parts(part, parts, 0, bytes, span, err))
        return false;
    print->head = XXH3_128bits(bytes, span);
    if (!read_parts(part, parts, size - span, bytes, span, err))
        return false;
    print->tail = XXH3_128bits(bytes, span);
    return true;
}

static bool span_fits(const struct part *p, uint64_t from, uint32_t size,
                      XXH128_hash_t want, bool *fits, struct error *err)
{
    char bytes[IMPRINT_SPAN];

    if (!part_read(p, from, bytes, size, err))
        return false;
    *fits = XXH128_isEqual(XXH3_128bits(bytes, size), want) != 0;
    return true;
}

bool imprint_begins(const struct imprint *print, const struct part *file,
                    bool *fits, struct error *err)
{
    *fits = false;
    if (file->size < print->size)
        return true;
    if (!span_fits(file, 0, print->head_size, print->head, fits, err))
        return false;
    return !*fits || span_fits(file, print->size - print->tail_size,
                               print->tail_size, print->tail, fits, err);
}

static bool hash_pieces(const struct part *p, uint64_t from, uint64_t size,
                        char *piece, XXH3_state_t *state, struct error *err)
{
    while (size > 0) {
        size_t len = size < PIECE ? (size_t)size : PIECE;

        if (!part_read(p, from, piece, len, err))
            return false;
        XXH3_128bits_update(state, piece, len);
        from += len;
        size -= len;
    }
    return true;
}

bool imprint_hash(const struct part *p, uint64_t from, uint64_t size,
                  XXH128_hash_t *hash, struct error *err)
{
    XXH3_state_t *state = XXH3_createState();
    char *piece = mem_new(PIECE);
    bool good;

    if (state == NULL) {
        free(piece);
        return error_system(err, ENOMEM, "%s", p->name);
    }
    XXH3_128bits_reset(state);
    good = hash_pieces(p, from, size, piece, state, err);
    *hash = XXH3_128bits_digest(state);
    free(piece);
    XXH3_freeState(state);
    return good;
}

/* ---- as text, and back ---- */

static struct slice number_text(uint64_t number, char text[40])
{
    int len = snprintf(text, 40, "%" PRIu64, number);

    return slice_make(text, (size_t)len);
}

struct slice hash_text(XXH128_hash_t hash, char text[40])
{
    int len = snprintf(text, 40, "%016" PRIx64 "%016" PRIx64,
                       (uint64_t)hash.high64, (uint64_t)hash.low64);

    return slice_make(text, (size_t)len);
}

void imprint_fields(const struct imprint *print, struct imprint_text *room,
                    struct slice field[IMPRINT_FIELDS])
{
    field[0] = number_text(print->size, room->text[0]);
    field[1] = number_text(print->head_size, room->text[1]);
    field[2] = hash_text(print->head, room->text[2]);
    field[3] = number_text(print->tail_size, room->text[3]);
    field[4] = hash_text(print->tail, room->text[4]);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hash_parse(struct slice text, XXH128_hash_t *hash)
{
    uint64_t half[2] = {0, 0};

    if (text.len != 32)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int value = hex_value(text.ptr[i]);

        if (value < 0)
            return false;
        half[i / 16] = half[i / 16] << 4 | (unsigned)value;
    }
    hash->high64 = half[0];
    hash->low64 = half[1];
    return true;
}

/* No more than the file has, and than there is room for. */
static bool parse_span(struct slice text, uint64_t size, uint32_t *span)
{
    unsigned long long number;

    if (!slice_number(text, &number) || number > IMPRINT_SPAN || number > size)
        return false;
    *span = (uint32_t)number;
    return true;
}

bool imprint_parse(const struct slice field[IMPRINT_FIELDS],
                   struct imprint *print)
{
    unsigned long long size;

    if (!slice_number(field[0], &size))
        return false;
    print->size = size;
    return parse_span(field[1], size, &print->head_size) &&
           hash_parse(field[2], &print->head) &&
           parse_span(field[3], size, &print->tail_size) &&
           hash_parse(field[4], &print->tail);
}
