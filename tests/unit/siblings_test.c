/* siblings: what rotation made of a log, and nothing else in its folder. */
#include "inputs.h"

#include <string.h>

#include "input/siblings.h"

static void touch(const char *name)
{
    free(write_file(name, SLICE("x\n")));
}

/* The siblings of a log, as names parted by blanks. */
static struct buf siblings_of(const char *name)
{
    char *path = path_of(name), **list;
    size_t count = siblings_list(path, &list);
    struct buf names = {0};

    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(list[i], path, strlen(folder) + 1);
        buf_addf(&names, "%s%s", i > 0 ? " " : "",
                 list[i] + strlen(folder) + 1);
    }
    buf_add_byte(&names, '\0');
    siblings_free(list, count);
    free(path);
    return names;
}

static void finds_rotated_logs(void **state)
{
    static const char *const names[] = {
        "maillog",
        "maillog.0",
        "maillog.1",
        "maillog.2.gz",
        "maillog.old",
        "maillog.gz",
        "maillog-20130310",
        "maillog-20130310.xz",
        "maillog-2013-03-10-04.zst",
        "maillog.20130310T0412.bz2",
        /* not of it */
        "maillog2",
        "maillog2.1",
        "maillog.",
        "maillog-",
        "maillog..1",
        "maillog.info",
        "maillog-err.1",
        "maillog.1.csv",
        "maillog.csv",
        "maillog.csv.state",
        "maillog.csv.state.next",
        "maillog.csv.lock",
        "maillog.1.tmp",
        "amaillog.1",
        "maillo",
        "mail",
        "mail.log",
        "mail.log.1",
        "mail.log.2.gz",
        "mail-20130310.log",
        "mail-20130310.log.gz",
        "mail.1.log",
        "mail.err",
        "mail.err.1",
        "mail-1.err",
        "mail.1",
        ".1",
    };
    static const struct {
        const char *log, *siblings;
    } cases[] = {
        {"maillog", "maillog.2.gz maillog.1 maillog-2013-03-10-04.zst "
                    "maillog-20130310 maillog-20130310.xz maillog.0 "
                    "maillog.20130310T0412.bz2 maillog.gz maillog.old"},
        {"mail.log", "mail.log.2.gz mail.1.log mail.log.1 mail-20130310.log "
                     "mail-20130310.log.gz"},
        {"mail", "mail.1"},
        {"mail.err", "mail.err.1 mail-1.err"},
        {"none", ""},
        {"no-folder/maillog", ""},
    };
    char *path;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        touch(names[i]);
    path = path_of("maillog.7"); /* no regular file */
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf found = siblings_of(cases[i].log);

        assert_string_equal(found.ptr, cases[i].siblings);
        buf_free(&found);
    }
}

/* A name without a folder is looked for where the process is. */
static void takes_bare_names(void **state)
{
    char **list;
    size_t count;
    char here[4096];

    (void)state;
    touch("bare");
    touch("bare.1");
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    count = siblings_list("bare", &list);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(count, 1);
    assert_string_equal(list[0], "bare.1");
    siblings_free(list, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_rotated_logs),
        cmocka_unit_test(takes_bare_names),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
