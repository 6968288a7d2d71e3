/*
 * stream_fuzz - whole inputs, as the program reads them: unpacked, told
 * apart, parsed, joined, collected and written
 *
 * The first byte picks the options, the rest is the INPUT. What run() does
 * with threads is done here by hand, with rules that are read only once:
 * compiling them takes longer than most inputs.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "input/feed.h"
#include "options.h"
#include "parse/parser.h"
#include "run/batch.h"
#include "run/fold.h"
#include "run/inputs.h"

#define NOW 1400000000

static void ignore(void *arg, const struct error *err)
{
    (void)arg;
    (void)err;
}

static const char *const variant[][6] = {
    {"-f", "text", "-u", "sender", NULL},
    {"-f", "csv", "-m", NULL},
    {"-f", "jsonl", "-m", "--outcome=all", NULL},
    {"-f", "jsonl", "--explain", NULL},
    {"-f", "csv", "-u", "client_net,day", NULL},
    {"-f", "csv", "--safe-csv", "--include-local", NULL},
    {"-t", "@spampot.example", "-x", "192.0.2.0/24", NULL},
    {"--block-size=64", "-u", "recipient", "--min-days=1", NULL},
};
#define VARIANTS (sizeof variant / sizeof variant[0])

static void set_options(struct options *o, const char *input, uint8_t pick)
{
    const char *const *more = variant[pick % VARIANTS];
    const char *argv[16] = {"spamharvest", "-q", "--year=2013",
                            "--timezone=Europe/Berlin"};
    int argc = 4;
    struct error err = {0};

    while (*more != NULL)
        argv[argc++] = *more++;
    argv[argc++] = input;
    argv[argc] = NULL;
    CHECK(options_parse(o, argc, (char **)argv, NOW, &err));
}

static void pump(const struct options *o, struct fold *fold, struct feed *feed)
{
    enum batch_keep keep = o->explain ? BATCH_LINES : BATCH_EVENTS;
    struct parser *parser = parser_new(fuzz_rules());
    struct block block = {0};
    struct batch batch = {0};
    struct error err = {0};
    bool good = fold_begin(fold, &err);

    while (good && feed_next(feed, &block)) {
        if (fold_wants_batch(fold, &block) && !block.idle)
            batch_parse(&batch, parser, slice_make(block.data, block.len),
                        keep);
        good = fold_block(fold, &block, &batch, &err);
    }
    CHECK(good && fold_finish(fold, &err));
    batch_release(&batch);
    block_release(&block);
    parser_free(parser);
}

static void harvest(const struct options *o)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct out *out = out_new(null, "null");
    struct known known = {0};
    struct inputs in = {0};

    if (inputs_open(&in, o, NULL, NOW, ignore, NULL)) {
        struct feed *feed =
            feed_new(in.source, in.count, &known, o->block_size, -1);
        struct fold *fold =
            fold_new(o, fuzz_rules(), &in, NULL, NULL, out, NULL, ignore, NULL);

        pump(o, fold, feed);
        fold_free(fold);
        feed_free(feed);
    }
    inputs_release(&in);
    known_release(&known);
    out_free(out);
    (void)close(null);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct options o = {0};
    char path[64];
    int fd;

    if (size == 0)
        return 0;
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    CHECK(fd >= 0);
    CHECK(write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    set_options(&o, path, data[0]);
    harvest(&o);
    options_release(&o);
    (void)close(fd);
    return 0;
}
