/* replace: the old file or the new one, whole, and nothing left beside. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>

#include "store/replace.h"

static struct replace *begin(const char *path, const char *text)
{
    struct error err = {.text = ""};
    struct replace *r = replace_open(path, &err);

    if (r == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(write(replace_fd(r), text, strlen(text)), strlen(text));
    return r;
}

static void commit(struct replace *r)
{
    struct error err = {.text = ""};

    if (!replace_commit(r, &err))
        fail_msg("%s", err.text);
}

static void makes_a_new_file(void **state)
{
    mode_t mask = umask(027);
    struct replace *r = begin("file", "new");

    (void)state;
    assert_int_equal(access("file", F_OK), -1);
    commit(r);
    umask(mask);
    assert_content("file", "new");
    assert_int_equal(mode_of("file"), 0640);
    assert_int_equal(files_in("."), 1);
}

static void replaces_at_commit_only(void **state)
{
    struct replace *r;

    (void)state;
    put("file", "old", 0604);
    r = begin("file", "new");
    assert_content("file", "old");
    commit(r);
    assert_content("file", "new");
    assert_int_equal(mode_of("file"), 0604);
    assert_int_equal(files_in("."), 1);
}

static void abandon_leaves_nothing(void **state)
{
    (void)state;
    put("file", "old", 0644);
    replace_abandon(begin("file", "new"));
    replace_abandon(begin("other", "new"));
    replace_abandon(NULL);
    assert_content("file", "old");
    assert_int_equal(files_in("."), 1);
}

static void follows_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir("folder", 0755), 0);
    put("folder/file", "old", 0644);
    assert_int_equal(symlink("folder/second", "first"), 0);
    assert_int_equal(symlink("file", "folder/second"), 0);
    assert_int_equal(symlink("folder/none", "dangling"), 0);
    commit(begin("first", "new"));
    commit(begin("dangling", "made"));
    assert_content("folder/file", "new");
    assert_content("folder/none", "made");
    assert_int_equal(files_in("."), 3);
    assert_int_equal(files_in("folder"), 3);
}

static void long_name_is_no_trouble(void **state)
{
    char name[NAME_MAX + 1];

    (void)state;
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    commit(begin(name, "new"));
    commit(begin(name, "newer"));
    assert_content(name, "newer");
}

static void stale_file_beside_is_stepped_over(void **state)
{
    char name[64];

    (void)state;
    snprintf(name, sizeof name, ".spamharvest-%ld-0.tmp", (long)getpid());
    put(name, "stale", 0644);
    commit(begin("file", "new"));
    assert_content("file", "new");
    assert_content(name, "stale");
}

static void two_at_once(void **state)
{
    struct replace *a = begin("file", "a"), *b = begin("file", "b");

    (void)state;
    commit(b);
    commit(a);
    assert_content("file", "a");
    assert_int_equal(files_in("."), 1);
}

static void devices_are_written_to(void **state)
{
    struct error err = {.text = ""};
    struct replace *r = replace_open("/dev/full", &err);
    struct stat st;

    (void)state;
    assert_non_null(r);
    assert_int_equal(write(replace_fd(r), "x", 1), -1);
    assert_int_equal(errno, ENOSPC);
    replace_abandon(r);
    commit(begin("/dev/null", "x"));
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void refuses(void **state)
{
    static const struct {
        const char *path;
        int code;
    } cases[] = {
        {"none/file", ENOENT},
        {"folder", EISDIR},
        {"file/x", ENOTDIR},
        {"loop", ELOOP},
        {"", 0},
        {"none/", 0},
    };

    (void)state;
    put("file", "old", 0644);
    assert_int_equal(mkdir("folder", 0755), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {.text = ""};

        assert_null(replace_open(cases[i].path, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_true(err.text[0] != '\0');
    }
    assert_int_equal(files_in("."), 3);
}

static void respects_permissions(void **state)
{
    struct error err = {.text = ""};

    (void)state;
    put("file", "old", 0444);
    assert_null(replace_open("file", &err));
    assert_int_equal(err.code, EACCES);
    assert_int_equal(mkdir("folder", 0500), 0);
    assert_null(replace_open("folder/file", &err));
    assert_int_equal(err.code, EACCES);
    assert_int_equal(mkdir("dropbox", 0300), 0);
    commit(begin("dropbox/file", "new"));
    assert_content("dropbox/file", "new");
}

static void failed_commit_leaves_the_old(void **state)
{
    struct error err = {.text = ""};
    struct replace *r;

    (void)state;
    put("file", "old", 0644);
    r = begin("file", "new");
    /* A folder in its place: rename() fails. */
    assert_int_equal(unlink("file"), 0);
    assert_int_equal(mkdir("file", 0755), 0);
    assert_false(replace_commit(r, &err));
    assert_int_equal(err.code, EISDIR);
    assert_int_equal(files_in("."), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(makes_a_new_file),
        IN_FOLDER(replaces_at_commit_only),
        IN_FOLDER(abandon_leaves_nothing),
        IN_FOLDER(follows_links),
        IN_FOLDER(long_name_is_no_trouble),
        IN_FOLDER(stale_file_beside_is_stepped_over),
        IN_FOLDER(two_at_once),
        IN_FOLDER(devices_are_written_to),
        IN_FOLDER(refuses),
        IN_FOLDER_AS_NOBODY(respects_permissions),
        IN_FOLDER(failed_commit_leaves_the_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
