/*
 * inflater: of any gzip data, whole, cut or damaged, what zlib makes of it,
 * but for INFLATER_HELD bytes of what is cut; behind a damage there may be
 * more.
 */
#include "inputs.h"

#include <string.h>
#include <zlib.h>

#include "input/inflater.h"

#define CONTENT_MAX 200000
#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* The same result from both: the content, and how the data ends. */
struct undone {
    enum inflated end;
    size_t len;
    size_t left; /* behind the member */
    unsigned char content[CONTENT_MAX];
};

static void undo_by_zlib(struct slice packed, struct undone *u)
{
    z_stream z = {.next_in = (z_const Bytef *)packed.ptr,
                  .avail_in = (uInt)packed.len,
                  .next_out = u->content,
                  .avail_out = CONTENT_MAX};
    int result;

    assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
    result = inflate(&z, Z_NO_FLUSH);
    if (result == Z_STREAM_END)
        u->end = INFLATED_ALL;
    else if (result == Z_OK || result == Z_BUF_ERROR)
        u->end = INFLATED_SOME;
    else
        u->end = INFLATED_DAMAGE;
    u->len = CONTENT_MAX - z.avail_out;
    u->left = z.avail_in;
    inflateEnd(&z);
}

/* With at most so many bytes in and out at a time. */
static void undo(struct slice packed, size_t in, size_t out, struct undone *u)
{
    struct inflater *i = inflater_new();
    const char *what = NULL;
    size_t at = 0;
    bool full = false;

    u->len = 0;
    u->end = INFLATED_SOME;
    while (u->end == INFLATED_SOME && (at < packed.len || full)) {
        size_t given = packed.len - at < in ? packed.len - at : in;
        struct inflater_io io = {(const unsigned char *)packed.ptr + at, given,
                                 u->content + u->len, out};

        assert_true(u->len + out <= CONTENT_MAX);
        u->end = inflater_step(i, &io, &what);
        at += given - io.in_len;
        u->len += out - io.room;
        full = io.room == 0;
        assert_true(u->end != INFLATED_SOME || full || io.in_len == 0);
        assert_true((what != NULL) == (u->end == INFLATED_DAMAGE));
    }
    u->left = packed.len - at;
    inflater_free(i);
}

static void assert_same(struct slice packed, size_t in, size_t out)
{
    static struct undone want, got;

    undo_by_zlib(packed, &want);
    undo(packed, in, out, &got);
    assert_int_equal(got.end, want.end);
    if (want.end == INFLATED_ALL) {
        assert_int_equal(got.len, want.len);
        assert_int_equal(got.left, want.left);
    } else if (want.end == INFLATED_SOME) {
        assert_in_range(got.len, want.len - MIN(want.len, INFLATER_HELD),
                        want.len);
    } else {
        assert_true(got.len >= want.len);
    }
    assert_memory_equal(got.content, want.content, MIN(got.len, want.len));
}

/* Logs packed at several levels, and with every part a header may have. */
static struct buf packed_log(int level)
{
    struct buf log = made_log(7, 120), packed = {0};
    gz_header header = {.extra = (Bytef *)"ex",
                        .extra_len = 2,
                        .name = (Bytef *)"maillog",
                        .comment = (Bytef *)"a comment",
                        .hcrc = 1};
    z_stream z = {.next_in = (z_const Bytef *)log.ptr,
                  .avail_in = (uInt)log.len};

    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, MAX_WBITS + 16, 8,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    if (level == 6)
        assert_int_equal(deflateSetHeader(&z, &header), Z_OK);
    z.next_out = (Bytef *)buf_reserve(&packed, CONTENT_MAX);
    z.avail_out = CONTENT_MAX;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed.len = CONTENT_MAX - z.avail_out;
    deflateEnd(&z);
    buf_free(&log);
    return packed;
}

static const int levels[] = {0, 1, 6, 9};
#define LEVELS (sizeof levels / sizeof levels[0])

static void undoes_in_any_pieces(void **state)
{
    static const size_t sizes[] = {1, 2, 7, 100, 4000, 65000};
    const size_t count = sizeof sizes / sizeof sizes[0];

    (void)state;
    for (size_t l = 0; l < LEVELS; l++) {
        struct buf packed = packed_log(levels[l]);

        buf_add(&packed, SLICE("\x1f what follows"));
        for (size_t i = 0; i < count * count; i++)
            assert_same(buf_slice(&packed), sizes[i / count], sizes[i % count]);
        buf_free(&packed);
    }
}

static void gives_all_before_a_cut(void **state)
{
    (void)state;
    for (size_t l = 0; l < LEVELS; l++) {
        struct buf packed = packed_log(levels[l]);

        for (size_t len = 0; len < packed.len; len += len < 60 ? 1 : 3) {
            assert_same(slice_head(buf_slice(&packed), len), len, 60000);
            assert_same(slice_head(buf_slice(&packed), len), 50, 700);
        }
        buf_free(&packed);
    }
}

static void gives_all_before_a_damage(void **state)
{
    (void)state;
    for (size_t l = 0; l < LEVELS; l++) {
        struct buf packed = packed_log(levels[l]);

        /* The time, the system and what is for people may be anything. */
        for (size_t at = 0; at < packed.len; at += at < 60 ? 1 : 5) {
            packed.ptr[at] ^= (char)(1 << at % 8);
            assert_same(buf_slice(&packed), 300, 5000);
            packed.ptr[at] ^= (char)(1 << at % 8);
        }
        buf_free(&packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoes_in_any_pieces),
        cmocka_unit_test(gives_all_before_a_cut),
        cmocka_unit_test(gives_all_before_a_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
