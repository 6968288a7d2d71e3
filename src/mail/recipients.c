/*
 * recipients - a list of addresses as one text, and back
 *
 * Both ways a text is taken piece by piece: a quoted string, a backslash with
 * what it stands before, or one byte. A look for a closing quote in vain is
 * not repeated over the same bytes, since it too passes over what a backslash
 * stands before: the next quote it finds is the next that begins a piece.
 */
#include "mail/recipients.h"

/* What a backslash makes ordinary. */
static bool is_special(char c)
{
    return c == ' ' || c == '"' || c == '\\';
}

static bool has_special(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (is_special(s.ptr[i]))
            return true;
    return false;
}

/*
 * The length of the quoted string that s begins with, or 0: it is none.
 * behind: what may follow it, besides the end of s.
 */
static size_t quoted_length(struct slice s, struct slice behind)
{
    size_t i = 1;

    while (i < s.len && s.ptr[i] != '"')
        i += s.ptr[i] == '\\' ? 2 : 1;
    if (i >= s.len)
        return 0;
    i++;
    return i == s.len || slice_find_byte(behind, s.ptr[i]) != SIZE_MAX ? i : 0;
}

static struct slice first_piece(struct slice s, struct slice behind_quotes)
{
    size_t len = 0;

    if (s.ptr[0] == '"')
        len = quoted_length(s, behind_quotes);
    else if (s.ptr[0] == '\\' && s.len > 1 && is_special(s.ptr[1]))
        len = 2;
    return slice_head(s, len > 0 ? len : 1);
}

static bool is_quoted(struct slice piece)
{
    return piece.len > 1 && piece.ptr[0] == '"';
}

static char *put(char *to, struct slice s)
{
    memcpy(to, s.ptr, s.len);
    return to + s.len;
}

static char *put_escaped(char *to, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (is_special(s.ptr[i]))
            *to++ = '\\';
        *to++ = s.ptr[i];
    }
    return to;
}

/* Writes up to twice the length of an address. */
static char *put_address(char *to, struct slice s)
{
    while (s.len > 0) {
        struct slice piece = first_piece(s, SLICE("@."));

        s = slice_from(s, piece.len);
        /* A backslash alone has something ordinary behind it, or the end. */
        if (is_quoted(piece) ||
            (piece.len == 1 && piece.ptr[0] == '\\' && s.len > 0))
            to = put(to, piece);
        else
            to = put_escaped(to, piece);
    }
    return to;
}

struct slice recipients_join(const struct slice *list, size_t count,
                             struct arena *a)
{
    size_t most = count; /* the blanks */
    char *text, *to;

    if (count == 0)
        return SLICE("");
    if (count == 1 && !has_special(list[0]))
        return list[0];
    for (size_t i = 0; i < count; i++)
        most += 2 * list[i].len;
    text = to = arena_text(a, most);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *to++ = ' ';
        to = put_address(to, list[i]);
    }
    return slice_make(text, (size_t)(to - text));
}

/*
 * Takes an address off joined and writes it to *to, which it moves on; true
 * when a blank followed, and so another address.
 */
static bool take_address(struct slice *joined, char **to)
{
    while (joined->len > 0) {
        struct slice piece = first_piece(*joined, SLICE("@. "));

        *joined = slice_from(*joined, piece.len);
        if (piece.len == 1 && piece.ptr[0] == ' ')
            return true;
        if (piece.len == 2 && piece.ptr[0] == '\\')
            piece = slice_from(piece, 1);
        *to = put(*to, piece);
    }
    return false;
}

static size_t count_blanks(struct slice s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] == ' ';
    return count;
}

void recipients_split(struct slice joined, struct row *row, struct arena *a)
{
    struct slice *list;
    char *to;
    bool more = joined.len > 0;

    row->value[FIELD_RECIPIENTS] = SLICE("");
    row->present |= UINT32_C(1) << FIELD_RECIPIENTS;
    row->recipients = NULL;
    row->recipient_count = 0;
    if (!more)
        return;
    list = arena_alloc(a, (count_blanks(joined) + 1) * sizeof *list);
    to = arena_text(a, joined.len);
    row->recipients = list;
    while (more) {
        char *start = to;

        more = take_address(&joined, &to);
        list[row->recipient_count++] = slice_make(start, (size_t)(to - start));
    }
}
