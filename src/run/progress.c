/* progress - what a person at a terminal sees of the run */
#include "run/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "format/list.h"

#define EVERY (CLOCK_SECOND_NS / 10)
#define BAR_WIDTH 30

static uint64_t size_of(const struct inputs *in)
{
    uint64_t size = 0;

    for (size_t i = 0; i < in->count; i++) {
        if (in->source[i] == NULL || !source_is_file(in->source[i]))
            return 0;
        size += source_size(in->source[i]);
    }
    return size;
}

void progress_begin(struct progress *p, const struct options *o,
                    const struct inputs *in)
{
    bool terminal = isatty(STDERR_FILENO) == 1;

    *p = (struct progress){
        .bar = terminal && !o->quiet,
        .closing = (terminal || o->verbose) && !o->quiet,
        .size = size_of(in),
        .began = clock_ns(),
    };
    p->drawn = p->began;
}

static void draw(const struct progress *p, uint64_t taken, int64_t now)
{
    double seconds = (double)(now - p->began) / (double)CLOCK_SECOND_NS;
    double rate = (double)taken / seconds;
    double done = p->size == 0 ? 0 : (double)taken / (double)p->size;
    int filled;

    if (p->size == 0 || taken > p->size) {
        (void)fprintf(stderr, "\r\033[K%.0f MB, %.0f MB/s", (double)taken / 1e6,
                      rate / 1e6);
        return;
    }
    filled = (int)(done * BAR_WIDTH);
    (void)fprintf(stderr, "\r\033[K[");
    for (int i = 0; i < BAR_WIDTH; i++)
        (void)fputc(i < filled ? '#' : '.', stderr);
    (void)fprintf(stderr, "] %3.0f %%, %.0f MB/s, %.0f s left", done * 100,
                  rate / 1e6, ((double)p->size - (double)taken) / rate);
}

void progress_update(struct progress *p, uint64_t taken)
{
    int64_t now;

    if (!p->bar)
        return;
    now = clock_ns();
    if (now - p->drawn < EVERY || taken == 0)
        return;
    p->drawn = now;
    p->shown = true;
    draw(p, taken, now);
}

static void part(uint64_t n, const char *what)
{
    if (n != 0)
        (void)fprintf(stderr, ", %llu %s", (unsigned long long)n, what);
}

void progress_end(struct progress *p, const struct options *o,
                  const struct tally *t, uint64_t content)
{
    double seconds = (double)(clock_ns() - p->began) / (double)CLOCK_SECOND_NS;

    if (p->shown)
        (void)fputs("\r\033[K", stderr);
    if (!p->closing)
        return;
    (void)fprintf(stderr, "spamharvest: %llu lines, %llu messages",
                  (unsigned long long)t->lines,
                  (unsigned long long)t->messages);
    if (!o->messages && !o->explain)
        (void)fprintf(stderr, ", %llu %s", (unsigned long long)t->rows,
                      format_is_list(o->format) ? "entries" : "sightings");
    (void)fprintf(
        stderr,
        ", %llu left out as local, %llu MTA lines irrelevant, "
        "%llu MTA lines not understood",
        (unsigned long long)t->local,
        (unsigned long long)t->results[PARSE_IRRELEVANT],
        (unsigned long long)(t->results[PARSE_NOT_UNDERSTOOD] + t->parts_lost));
    part(t->fragments, "fragments");
    part(t->results[PARSE_FOREIGN], "lines of other programs");
    part(t->results[PARSE_REPEATED], "repeats skipped");
    part(t->results[PARSE_NO_LOG], "lines of no log");
    part(t->results[PARSE_TOO_LONG], "lines too long");
    part(t->listing.allowed, "left out as allowed");
    part(t->listing.spared, "left out as messages of allowed clients");
    part(t->listing.special, "left out as private or reserved");
    part(t->listing.own, "left out as of domains written to");
    part(t->listing.suffixes, "left out as public suffixes");
    part(t->listing.unknown, "left out as unknown or null");
    part(t->listing.unfit, "left out as not carried by the format");
    (void)fprintf(stderr, ", %.0f MB/s\n",
                  seconds > 0 ? (double)content / 1e6 / seconds : 0.0);
}
