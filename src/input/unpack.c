/*
 * unpack - gzip, bzip2, xz, zstd and lz4, undone as they are read
 */
#include "input/unpack.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "input/archive_lib.h"
#include "input/gunzip.h"
#include "input/inflater.h"

#define INPUT_SIZE 131072

/*
 * The filters, each with the beginning it is known by. No line of a log
 * begins so, nor do our own rows.
 */
static const struct filter {
    const char *magic;
    size_t len;
    int code; /* libarchive's; gunzip undoes the first */
    bool slow;
} filters[] = {
    {"\x1f\x8b\x08", 3, ARCHIVE_FILTER_GZIP, false}, /* as its engine is */
    {"BZh", 3, ARCHIVE_FILTER_BZIP2, true},
    {"\xfd\x37\x7a\x58\x5a", 5, ARCHIVE_FILTER_XZ, true},
    {"\x28\xb5\x2f\xfd", 4, ARCHIVE_FILTER_ZSTD, false},
    {"\x04\x22\x4d\x18", 4, ARCHIVE_FILTER_LZ4, false},
    {"\x02\x21\x4c\x18", 4, ARCHIVE_FILTER_LZ4, false},
};

struct unpack {
    struct raw *raw;
    struct gunzip *gunzip; /* one of the two */
    struct archive_lib lib;
    struct archive *archive;
    int filter;
    bool opened;
    bool ended;
    bool failed; /* with error; what was had before is given out first */
    struct error error;
    const char *piece; /* what libarchive gave, and is not taken yet */
    size_t piece_len;
    uint64_t content; /* bytes from libarchive */
    char input[INPUT_SIZE];
};

static const struct filter *find_filter(struct slice head)
{
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        if (slice_starts(head, slice_make(filters[i].magic, filters[i].len)))
            return &filters[i];
    return NULL;
}

bool unpack_knows(struct slice head)
{
    return find_filter(head) != NULL;
}

bool unpack_is_slow(struct slice head)
{
    const struct filter *filter = find_filter(head);

    if (filter == NULL)
        return false;
    return filter->slow ||
           (filter->code == ARCHIVE_FILTER_GZIP && inflater_is_slow());
}

struct unpack *unpack_new(struct raw *raw)
{
    struct unpack *u = mem_new(sizeof *u);
    const struct filter *filter = find_filter(raw_peek(raw));

    u->raw = raw;
    if (filter == NULL || filter->code == ARCHIVE_FILTER_GZIP)
        u->gunzip = gunzip_new(raw);
    else
        u->filter = filter->code;
    return u;
}

void unpack_free(struct unpack *u)
{
    if (u == NULL)
        return;
    gunzip_free(u->gunzip);
    if (u->archive != NULL)
        u->lib.read_free(u->archive);
    free(u);
}

/* libarchive asks for bytes. A raw error outranks what it makes of it. */
static la_ssize_t give_input(struct archive *a, void *arg, const void **bytes)
{
    struct unpack *u = arg;
    size_t got;

    *bytes = u->input;
    if (!raw_read(u->raw, u->input, sizeof u->input, &got, &u->error)) {
        u->failed = true;
        u->lib.set_error(a, u->error.code, "%s", u->error.text);
        return ARCHIVE_FATAL;
    }
    return (la_ssize_t)got;
}

static bool damaged(struct unpack *u, const char *what)
{
    if (u->failed)
        return false;
    u->failed = true;
    if (what == NULL)
        what = "not readable as the archive it seems";
    else if (strstr(what, "No progress") != NULL)
        what = "xz data cut short"; /* liblzma's word for it is a riddle */
    return error_set(&u->error,
                     "%s: %s near byte %" PRIu64 " (byte %" PRIu64
                     " of its content)",
                     raw_name(u->raw), what, raw_offset(u->raw), u->content);
}

/* Loads libarchive and makes it ready; its errors show when it is used. */
static bool make_archive(struct unpack *u)
{
    struct error why;

    if (!archive_lib_load(&u->lib, &why)) {
        u->failed = true;
        return error_set(&u->error, "%s: %s", raw_name(u->raw), why.text);
    }
    u->archive = u->lib.read_new();
    if (u->archive == NULL)
        return damaged(u, NULL);
    (void)u->lib.read_support_filter_by_code(u->archive, u->filter);
    (void)u->lib.read_support_format_raw(u->archive);
    (void)u->lib.read_support_format_empty(u->archive);
    return true;
}

static bool open_archive(struct unpack *u)
{
    struct archive_entry *entry;
    int result;

    u->opened = true;
    if (!make_archive(u))
        return false;
    if (u->lib.read_open(u->archive, u, NULL, give_input, NULL) != ARCHIVE_OK)
        return damaged(u, u->lib.error_string(u->archive));
    /* A filter that does not want so short a beginning lets it pass. */
    if (u->lib.filter_code(u->archive, 0) == ARCHIVE_FILTER_NONE)
        return damaged(u, "archive cut short");
    result = u->lib.read_next_header(u->archive, &entry);
    if (result == ARCHIVE_EOF)
        u->ended = true;
    else if (result != ARCHIVE_OK)
        return damaged(u, u->lib.error_string(u->archive));
    return true;
}

/* The next piece; none at the end. */
static bool next_piece(struct unpack *u)
{
    const void *bytes;
    la_int64_t offset;
    int result;

    while (u->piece_len == 0 && !u->ended) {
        if (!u->opened) {
            if (!open_archive(u))
                return false;
            continue;
        }
        result =
            u->lib.read_data_block(u->archive, &bytes, &u->piece_len, &offset);
        u->piece = bytes;
        if (result == ARCHIVE_EOF) {
            u->piece_len = 0;
            u->ended = true;
        } else if (result != ARCHIVE_OK) {
            u->piece_len = 0;
            return damaged(u, u->lib.error_string(u->archive));
        }
    }
    return true;
}

static bool read_archive(struct unpack *u, char *buf, size_t size, size_t *got)
{
    *got = 0;
    if (u->failed || !next_piece(u))
        return false;
    *got = u->piece_len < size ? u->piece_len : size;
    if (*got == 0)
        return true;
    memcpy(buf, u->piece, *got);
    u->piece += *got;
    u->piece_len -= *got;
    u->content += *got;
    return true;
}

static bool read_gunzip(struct unpack *u, char *buf, size_t size, size_t *got)
{
    *got = 0;
    if (u->failed)
        return false;
    if (gunzip_read(u->gunzip, buf, size, got, &u->error))
        return true;
    u->failed = true;
    return *got > 0;
}

bool unpack_read(struct unpack *u, char *buf, size_t size, size_t *got,
                 struct error *err)
{
    bool ok = u->gunzip != NULL ? read_gunzip(u, buf, size, got)
                                : read_archive(u, buf, size, got);

    if (!ok)
        *err = u->error;
    return ok;
}

bool unpack_ready(const struct unpack *u)
{
    return u->failed || u->ended || u->piece_len > 0 ||
           (u->gunzip != NULL && gunzip_ready(u->gunzip));
}
