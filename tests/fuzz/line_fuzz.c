/*
 * line_fuzz - lines through the built-in rules
 *
 * A line's event depends on the line alone: another parser that never saw
 * the lines before reads it alike.
 */
#include "fuzz.h"
#include "parse/parser.h"

static uint64_t hash_of(enum parse_result result, const struct event *ev)
{
    uint64_t hash = fuzz_hash((uint64_t)result, ev->text);

    if (result == PARSE_NO_LOG || result == PARSE_TOO_LONG)
        return hash;
    hash = fuzz_hash(hash ^ ev->kind, ev->head.host);
    hash = fuzz_hash(hash ^ ev->head.pid, ev->head.tag);
    hash = fuzz_hash(hash, ev->queue_id);
    for (unsigned f = 0; f < FACT_TOTAL; f++)
        hash = fuzz_hash(hash, event_fact(ev, (enum fact)f));
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make((const char *)data, size), line;
    struct parser *kept = parser_new(fuzz_rules());

    while (fuzz_line(&rest, &line)) {
        struct parser *fresh = parser_new(fuzz_rules());
        struct event a = {0}, b = {0};
        enum parse_result result = parser_line(kept, line, &a);

        CHECK(parser_line(fresh, line, &b) == result);
        CHECK(hash_of(result, &a) == hash_of(result, &b));
        (void)fuzz_hash(0, parser_reason(kept));
        parser_free(fresh);
    }
    parser_reset(kept);
    parser_free(kept);
    return 0;
}
