/*
 * list_fuzz - whatever a sender is, an entry is one, and nothing else
 *
 * A first byte takes one of the list formats and what it lists. What is
 * spelled has no byte that could end the line, is spelled so again, and is
 * what list_entry() finds in the line that is written. Any line may be read.
 */
#include "format/format.h"
#include "format/list.h"
#include "fuzz.h"
#include "mail/message.h"

static const struct format *format_of(unsigned pick)
{
    static const char *const names[] = {"list", "postfix", "sendmail",
                                        "rbldnsd"};

    return format_find(slice_of(names[pick % 4]));
}

static void check_bytes(struct slice entry, enum field what)
{
    bool quoted = false;

    for (size_t i = 0; i < entry.len; i++) {
        unsigned char c = (unsigned char)entry.ptr[i];

        CHECK(c >= ' ' && c != 0x7f);
        CHECK(quoted || (c != ' ' && c != ','));
        if (c == '\\' && quoted)
            i++;
        else if (c == '"')
            quoted = !quoted;
    }
    CHECK(!quoted && entry.len > 0 && entry.ptr[0] != ' ');
    CHECK((what == FIELD_SENDER) == (mail_domain(entry).len > 0));
    CHECK(!slice_has_capital(mail_domain(entry)));
}

static void check_line(const struct format *f, struct slice entry)
{
    static const struct {
        const char *name, *before, *after;
    } lines[] = {{"list", "", ""},
                 {"postfix", "", "\tREJECT caught by a spam trap"},
                 {"sendmail", "From:", "\tREJECT"},
                 {"rbldnsd", "", ""}};
    struct buf line = {0};
    struct slice found = {NULL, 0};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (!slice_equal(format_name(f), slice_of(lines[i].name)))
            continue;
        buf_addf(&line, "%s", lines[i].before);
        buf_add(&line, entry);
        buf_addf(&line, "%s", lines[i].after);
    }
    CHECK(list_entry(f, buf_slice(&line), &found) ==
          !slice_equal(entry, SLICE("test"))); /* rbldnsd has it anyway */
    CHECK(slice_equal(found, entry));
    buf_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice value = slice_make((const char *)data, size), entry;
    struct buf spelled = {0}, again = {0};
    const struct format *f;
    enum field what;

    if (size == 0)
        return 0;
    f = format_of(data[0] >> 1);
    what = data[0] % 2 == 0 ? FIELD_SENDER : FIELD_SENDER_DOMAIN;
    value = slice_from(value, 1);
    if (list_entry(f, value, &entry))
        (void)fuzz_hash(0, entry);
    if (list_spell(f, what, value, &spelled)) {
        check_bytes(buf_slice(&spelled), what);
        check_line(f, buf_slice(&spelled));
        CHECK(list_spell(f, what, buf_slice(&spelled), &again));
        CHECK(slice_equal(buf_slice(&again), buf_slice(&spelled)));
    }
    CHECK(spelled.len > 0 || again.len == 0);
    buf_free(&spelled);
    buf_free(&again);
    return 0;
}
