/*
 * folder - a folder of its own for each test, which is the current one while
 * the test runs, and files in it
 */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/slice.h"

static inline int enter_folder_in(const char *top, void **state)
{
    struct buf path = {0};

    buf_addf(&path, "%s/spamharvest_test.XXXXXX", top);
    buf_add_byte(&path, '\0');
    *state = path.ptr;
    return mkdtemp(path.ptr) == NULL || chdir(path.ptr) != 0 ? -1 : 0;
}

static inline int enter_folder(void **state)
{
    return enter_folder_in("/tmp", state);
}

/* Where fsync() costs nothing, for what calls it by the thousand. */
static inline int enter_memory(void **state)
{
    const char *shm = "/dev/shm";

    return enter_folder_in(access(shm, W_OK | X_OK) == 0 ? shm : "/tmp", state);
}

static inline void remove_all(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct buf path = {0};

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        buf_addf(&path, "%s/%s", folder, entry->d_name);
        buf_add_byte(&path, '\0');
        if (unlink(path.ptr) != 0) {
            chmod(path.ptr, 0700);
            remove_all(path.ptr);
            rmdir(path.ptr);
        }
        buf_free(&path);
    }
    if (dir != NULL)
        closedir(dir);
}

static inline int leave_folder(void **state)
{
    remove_all(*state);
    if (chdir("/") != 0 || rmdir(*state) != 0)
        return -1;
    free(*state);
    return 0;
}

/* Who may do all cannot be refused: root is somebody else meanwhile. */
static inline int enter_as_nobody(void **state)
{
    const uid_t nobody = 65534;

    if (enter_folder(state) != 0)
        return -1;
    return geteuid() == 0 &&
           (chown(".", nobody, (gid_t)-1) != 0 || seteuid(nobody) != 0);
}

static inline int leave_as_nobody(void **state)
{
    return seteuid(getuid()) != 0 ? -1 : leave_folder(state);
}

#define IN_FOLDER_AS_NOBODY(function)                                          \
    cmocka_unit_test_setup_teardown(function, enter_as_nobody, leave_as_nobody)

#define IN_FOLDER(function)                                                    \
    cmocka_unit_test_setup_teardown(function, enter_folder, leave_folder)

#define IN_MEMORY(function)                                                    \
    cmocka_unit_test_setup_teardown(function, enter_memory, leave_folder)

static inline void put_bytes(const char *path, struct slice bytes, mode_t mode)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    if (bytes.len > 0)
        assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static inline void put(const char *path, const char *text, mode_t mode)
{
    put_bytes(path, slice_of(text), mode);
}

/* The caller frees it. */
static inline struct buf bytes_of(const char *path)
{
    struct buf bytes = {0};
    FILE *f = fopen(path, "r");
    size_t got;

    assert_non_null(f);
    while ((got = fread(buf_reserve(&bytes, 65536), 1, 65536, f)) > 0)
        bytes.len += got;
    fclose(f);
    return bytes;
}

static inline void assert_bytes(const char *path, struct slice want)
{
    struct buf got = bytes_of(path);

    if (!slice_equal(buf_slice(&got), want))
        fail_msg("%s: got  '%.*s'\nwant '%.*s'", path, (int)got.len, got.ptr,
                 (int)want.len, want.ptr);
    buf_free(&got);
}

static inline void assert_content(const char *path, const char *want)
{
    assert_bytes(path, slice_of(want));
}

static inline bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static inline int files_in(const char *path)
{
    DIR *dir = opendir(path);
    int count = -2; /* . and .. */

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static inline mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

#endif
