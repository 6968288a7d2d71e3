/* lock: one at a time, the next when it is over, however that came. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "store/lock.h"

static struct lock *taken(unsigned seconds)
{
    struct error err = {.text = ""};
    struct lock *l = lock_take("file", seconds, &err);

    if (l == NULL)
        fail_msg("%s", err.text);
    return l;
}

static void assert_refused(unsigned seconds, const char *text)
{
    struct error err = {.text = ""};

    assert_null(lock_take("file", seconds, &err));
    assert_string_equal(err.text, text);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A child that has the lock when this returns, and rests for some time; half
 * way it takes the file away, if there is one to be. */
static pid_t start_holder(unsigned ms, const char *away)
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct error err;

        if (lock_take("file", 0, &err) == NULL || write(ready[1], "", 1) != 1)
            _exit(1);
        usleep(ms * 500);
        if (away != NULL && unlink(away) != 0)
            _exit(1);
        usleep(ms * 500);
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void reap(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(status == 0 || WIFSIGNALED(status));
}

static void one_at_a_time(void **state)
{
    struct lock *l = taken(0);

    (void)state;
    assert_refused(0, "file: another run has it (waited 0 seconds)");
    lock_release(l);
    lock_release(taken(0));
    lock_release(NULL);
    assert_true(exists("file.lock"));
    assert_false(exists("file"));
}

static void waits_for_its_turn(void **state)
{
    int64_t start = now_ms();
    pid_t pid = start_holder(300, NULL);

    (void)state;
    lock_release(taken(20));
    assert_in_range(now_ms() - start, 250, 15000);
    reap(pid);
}

static void waits_no_longer_than_told(void **state)
{
    int64_t start = now_ms();
    pid_t pid = start_holder(60000, NULL);

    (void)state;
    assert_refused(1, "file: another run has it (waited 1 second)");
    assert_in_range(now_ms() - start, 950, 15000);
    kill(pid, SIGKILL);
    reap(pid);
}

static void ends_with_the_process(void **state)
{
    pid_t pid = start_holder(60000, NULL);

    (void)state;
    kill(pid, SIGKILL);
    reap(pid);
    lock_release(taken(0));
}

/* Else the third would lock a file of that name that the second has not. */
static void file_taken_away_is_made_again(void **state)
{
    pid_t holder = start_holder(300, "file.lock");
    struct lock *l = taken(20);

    (void)state;
    assert_true(exists("file.lock"));
    assert_refused(0, "file: another run has it (waited 0 seconds)");
    lock_release(l);
    reap(holder);
}

static void refuses(void **state)
{
    static const struct {
        const char *path, *text;
        int code;
    } cases[] = {
        {"none/file", "none/file.lock: No such file or directory", ENOENT},
        {"folder", "folder.lock: Is a directory", EISDIR},
        {"link", "link.lock: Too many levels of symbolic links", ELOOP},
    };

    (void)state;
    assert_int_equal(mkdir("folder.lock", 0755), 0);
    assert_int_equal(symlink("elsewhere", "link.lock"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {.text = ""};

        assert_null(lock_take(cases[i].path, 0, &err));
        assert_string_equal(err.text, cases[i].text);
        assert_int_equal(err.code, cases[i].code);
    }
    assert_false(exists("elsewhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(one_at_a_time),
        IN_FOLDER(waits_for_its_turn),
        IN_FOLDER(waits_no_longer_than_told),
        IN_FOLDER(ends_with_the_process),
        IN_FOLDER(file_taken_away_is_made_again),
        IN_FOLDER(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
