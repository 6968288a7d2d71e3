/* ahead: what the thread unpacks is what unpack gives, and the end of it. */
#include "inputs.h"

#include <string.h>
#include <time.h>

#include "input/ahead.h"

/* A file that is unpacked, with a thread in between or not. */
struct reader {
    struct raw *raw;
    struct unpack *unpack;
    struct ahead *ahead;
};

static struct reader begin(const char *path, bool ahead, size_t room)
{
    struct error err;
    struct reader r = {.raw = raw_open(path, &err)};

    assert_non_null(r.raw);
    r.unpack = unpack_new(r.raw);
    if (ahead) {
        r.ahead = ahead_new(r.raw, r.unpack, room);
        assert_non_null(r.ahead);
    }
    return r;
}

static void end(struct reader *r)
{
    ahead_free(r->ahead);
    unpack_free(r->unpack);
    raw_free(r->raw);
}

/* Adds all that comes, in pieces of up to max; false: it ended with err. */
static bool read_all(const struct reader *r, size_t max, struct buf *out,
                     struct error *err)
{
    uint32_t seed = 1;
    size_t got = 1;
    bool ok = true;

    while (ok && got > 0) {
        size_t size = next_random(&seed) % max + 1;
        char *to = buf_reserve(out, size);

        ok = r->ahead != NULL ? ahead_read(r->ahead, to, size, &got, err)
                              : unpack_read(r->unpack, to, size, &got, err);
        out->len += ok ? got : 0;
    }
    return ok;
}

/* Both ways to read a file, which may be damaged, come to the same. */
static void assert_same(const char *path, size_t room, size_t max)
{
    struct reader plain = begin(path, false, 0),
                  ahead = begin(path, true, room);
    struct buf want = {0}, got = {0};
    struct error want_err = {.text = ""}, got_err = {.text = ""};

    assert_int_equal(read_all(&plain, 262144, &want, &want_err),
                     read_all(&ahead, max, &got, &got_err));
    assert_slice(buf_slice(&got), buf_slice(&want));
    assert_string_equal(got_err.text, want_err.text);
    assert_int_equal(ahead_consumed(ahead.ahead), raw_offset(plain.raw));
    /* It stays as it ended. */
    assert_int_equal(read_all(&ahead, max, &got, &got_err),
                     want_err.text[0] == '\0');
    assert_int_equal(got.len, want.len);
    end(&plain);
    end(&ahead);
    buf_free(&want);
    buf_free(&got);
}

static void gives_the_same(void **state)
{
    static const size_t rooms[] = {0, 1 << 20, 64 << 20};
    static const size_t lines[] = {0, 1, 12000};

    (void)state;
    for (const char *const *packer = packers; *packer != NULL; packer++)
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            struct buf log = made_log(7, lines[i]), packed = {0};
            char *path;

            pack(*packer, buf_slice(&log), &packed);
            path = write_file("packed", buf_slice(&packed));
            for (size_t j = 0; j < sizeof rooms / sizeof rooms[0]; j++) {
                assert_same(path, rooms[j], 1000);
                assert_same(path, rooms[j], 300000);
            }
            free(path);
            buf_free(&packed);
            buf_free(&log);
        }
}

/* What precedes a damage comes first, then the error, and always again. */
static void keeps_errors_in_place(void **state)
{
    struct buf log = made_log(7, 12000);

    (void)state;
    for (const char *const *packer = packers; *packer != NULL; packer++) {
        struct buf packed = {0};
        char *path;

        pack(*packer, buf_slice(&log), &packed);
        for (size_t eighth = 1; eighth < 8; eighth++) {
            path = write_file(
                "cut", slice_head(buf_slice(&packed), packed.len / 8 * eighth));
            assert_same(path, 1 << 20, 5000);
            free(path);
        }
        packed.ptr[packed.len / 2] ^= 0x55;
        path = write_file("damaged", buf_slice(&packed));
        assert_same(path, 0, 5000);
        free(path);
        buf_free(&packed);
    }
    buf_free(&log);
}

/* The thread goes no further than there is room, and can be ended there. */
static void waits_for_the_reader(void **state)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    struct buf log = made_log(7, 40000), packed = {0};
    struct reader r;
    struct error err;
    char text[1000];
    size_t got;
    char *path;

    (void)state;
    assert_true(log.len > 4u << 20);
    pack("zstd", buf_slice(&log), &packed);
    path = write_file("large", buf_slice(&packed));
    for (int i = 0; i < 3; i++) {
        r = begin(path, true, 1 << 20);
        for (int j = 0; j < i * 5; j++)
            nanosleep(&moment, NULL);
        for (int j = 0; j < i; j++) {
            assert_true(ahead_read(r.ahead, text, sizeof text, &got, &err));
            assert_int_equal(got, sizeof text);
        }
        ahead_free(r.ahead);
        r.ahead = NULL;
        /* A quarter of it fits, and what the unpacker had read besides. */
        assert_true(raw_offset(r.raw) <= packed.len / 2);
        end(&r);
    }
    ahead_free(NULL);
    free(path);
    buf_free(&packed);
    buf_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_same),
        cmocka_unit_test(keeps_errors_in_place),
        cmocka_unit_test(waits_for_the_reader),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
