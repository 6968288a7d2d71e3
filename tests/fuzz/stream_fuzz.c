/*
 * stream_fuzz - whole inputs, as the program reads them: unpacked, told
 * apart, parsed, joined, collected and written
 *
 * The first byte picks the options, the rest is the INPUT.
 */
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "options.h"
#include "run/run.h"

static void ignore(void *arg, const struct error *err)
{
    (void)arg;
    (void)err;
}

static const char *const variant[][5] = {
    {"-f", "text", "-u", "sender", NULL},
    {"-f", "csv", "-m", NULL},
    {"-f", "jsonl", "-m", "--outcome=all", NULL},
    {"-f", "jsonl", "--explain", NULL},
    {"-f", "csv", "-u", "client_net,day", NULL},
    {"-f", "csv", "--safe-csv", "--include-local", NULL},
    {"-t", "@spampot.example", "-x", "192.0.2.0/24", NULL},
    {"-j", "2", "--block-size=64", "-m", NULL},
};

static void harvest(const char *input, uint8_t pick)
{
    const char *const *more =
        variant[pick % (sizeof variant / sizeof variant[0])];
    const char *argv[20] = {"spamharvest", "-q",
                            "-j",          "1",
                            "--year=2013", "--timezone=Europe/Berlin",
                            "-o",          "/dev/null"};
    int argc = 8;
    struct options o = {0};
    struct error err = {0};

    while (*more != NULL)
        argv[argc++] = *more++;
    argv[argc++] = input;
    argv[argc] = NULL;
    CHECK(options_parse(&o, argc, (char **)argv, time(NULL), &err));
    (void)run(&o, ignore, NULL);
    options_release(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd;

    if (size == 0)
        return 0;
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    CHECK(fd >= 0);
    CHECK(write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    harvest(path, data[0]);
    (void)close(fd);
    return 0;
}
