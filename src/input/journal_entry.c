/*
 * journal_entry - the fields of one journal entry that make a line of a log
 */
#include "input/journal_entry.h"

#include <string.h>

#include "input/journal.h"

#define WORD_MAX 255 /* bytes of any field but MESSAGE */
#define MICROSECONDS 1000000ULL
#define TIME_MAX (253402300800ULL * MICROSECONDS) /* year 10000 */

static const char *const names[JOURNAL_FIELDS] = {
    [JOURNAL_MESSAGE] = "MESSAGE",
    [JOURNAL_TAG] = "SYSLOG_IDENTIFIER",
    [JOURNAL_SYSLOG_PID] = "SYSLOG_PID",
    [JOURNAL_PID] = "_PID",
    [JOURNAL_HOST] = "_HOSTNAME",
    [JOURNAL_SOURCE_TIME] = "_SOURCE_REALTIME_TIMESTAMP",
    [JOURNAL_TIME] = "__REALTIME_TIMESTAMP",
};

const char *journal_field_name(enum journal_field field)
{
    return names[field];
}

enum journal_field journal_field_find(struct slice name)
{
    unsigned field = 0;

    while (field < JOURNAL_FIELDS && !slice_equal(name, slice_of(names[field])))
        field++;
    return (enum journal_field)field;
}

void journal_entry_add(struct journal_entry *e, enum journal_field field,
                       struct slice bytes)
{
    size_t max = field == JOURNAL_MESSAGE ? JOURNAL_LINE_MAX : WORD_MAX;

    e->has[field] = true;
    buf_add(&e->value[field], slice_head(bytes, max - e->value[field].len));
}

static bool read_time(const struct journal_entry *e, enum journal_field field,
                      unsigned long long *time)
{
    return e->has[field] && slice_number(buf_slice(&e->value[field]), time) &&
           *time < TIME_MAX;
}

/* Host or tag, harmless: no byte of it can end it early. */
static void add_word(const struct journal_entry *e, enum journal_field field,
                     struct slice otherwise, struct buf *out)
{
    struct slice word = buf_slice(&e->value[field]);

    if (!e->has[field] || word.len == 0)
        word = otherwise;
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];

        if (c <= ' ' || c == 0x7f || strchr("[]:", c) != NULL)
            c = '_';
        buf_add_byte(out, (char)c);
    }
}

static void add_pid(const struct journal_entry *e, struct buf *out)
{
    static const enum journal_field fields[] = {JOURNAL_SYSLOG_PID,
                                                JOURNAL_PID};
    unsigned long long pid;

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (e->has[fields[i]] &&
            slice_number(buf_slice(&e->value[fields[i]]), &pid)) {
            buf_addf(out, "[%llu]", pid);
            return;
        }
    }
}

bool journal_entry_write(const struct journal_entry *e, struct buf *out)
{
    unsigned long long time;
    size_t text;

    if (!read_time(e, JOURNAL_SOURCE_TIME, &time) &&
        !read_time(e, JOURNAL_TIME, &time))
        return false;
    buf_addf(out, "%llu.%06llu ", time / MICROSECONDS, time % MICROSECONDS);
    add_word(e, JOURNAL_HOST, SLICE("localhost"), out);
    buf_add_byte(out, ' ');
    add_word(e, JOURNAL_TAG, SLICE("unknown"), out);
    add_pid(e, out);
    buf_add(out, SLICE(": "));

    text = out->len;
    buf_add(out, buf_slice(&e->value[JOURNAL_MESSAGE]));
    for (; text < out->len; text++)
        if (out->ptr[text] == '\n' || out->ptr[text] == '\r')
            out->ptr[text] = ' ';
    buf_add_byte(out, '\n');
    return true;
}

void journal_entry_clear(struct journal_entry *e)
{
    for (unsigned i = 0; i < JOURNAL_FIELDS; i++) {
        buf_reset(&e->value[i]);
        e->has[i] = false;
    }
    e->begun = false;
}

void journal_entry_release(struct journal_entry *e)
{
    for (unsigned i = 0; i < JOURNAL_FIELDS; i++)
        buf_free(&e->value[i]);
}
