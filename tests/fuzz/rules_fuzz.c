/*
 * rules_fuzz - rule files: any text is refused with a place, or works
 */
#include "fuzz.h"
#include "parse/parser.h"

static void use(struct ruleset *rs, struct slice text)
{
    struct parser *p = parser_new(rs);
    struct slice line;
    struct event ev;

    while (fuzz_line(&text, &line)) {
        (void)parser_line(p, line, &ev);
        parser_reset(p);
    }
    parser_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    struct ruleset *rs = ruleset_new();
    struct error err = {0};
    size_t samples;

    if (ruleset_add(rs, text, "fuzz.rules", &err)) {
        ruleset_finish(rs);
        (void)ruleset_check(rs, &samples, &err);
        use(rs, text);
    } else {
        CHECK(strncmp(err.text, "fuzz.rules:", 11) == 0);
    }
    ruleset_free(rs);
    return 0;
}
