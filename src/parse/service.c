/*
 * service - the rules of one program of an MTA, and which of them to try
 */
#include "parse/service.h"

#include <endian.h>
#include <stdlib.h>

#include "base/mem.h"
#include "parse/rulefile.h"
#include "parse/scan.h"

struct service *service_new(struct slice name, const struct rulefile *file)
{
    struct service *s = mem_new(sizeof *s);

    s->name = name;
    s->file = file;
    return s;
}

void service_free(struct service *s)
{
    free(s->rules);
    free(s->lists);
    free(s);
}

void service_add(struct service *s, struct rule *rule)
{
    if (s->count > 0 && s->rules[s->count - 1] == rule)
        return; /* its line names the service twice */
    s->rules = mem_grow(s->rules, s->count, &s->cap, sizeof(struct rule *));
    s->rules[s->count++] = rule;
}

static bool may_begin(const struct rule *rule, unsigned byte)
{
    return byte == SERVICE_EMPTY_TEXT ? rule->may_be_empty : rule->begins[byte];
}

/*
 * Whether a text for which c is the first to try tells of a delivery, and of
 * nothing else but what an ID behind other_id shows.
 */
static bool is_delivery(const struct service *s, const struct candidate *c)
{
    const uint32_t first = UINT32_C(1) << EVENT_DELIVERED |
                           UINT32_C(1) << EVENT_DEFERRED,
                   behind = first | UINT32_C(1) << EVENT_CHILD |
                            UINT32_C(1) << EVENT_IRRELEVANT;

    /* Where envelopes are told, deliveries are counted. */
    return s->file->other_id.len > 0 && s->file->queues && !s->file->doubts &&
           (first >> c->rule->kind & 1) != 0 && (c->kinds & ~behind) == 0;
}

/* The rules for texts that begin so, at to, which has room for all. */
static size_t list_rules(const struct service *s, unsigned byte,
                         struct candidate *to)
{
    size_t count = 0;
    uint32_t kinds = 0;

    for (size_t i = 0; i < s->count; i++) {
        const struct rule *rule = s->rules[i];

        if (may_begin(rule, byte))
            to[count++] = (struct candidate){
                .head = rule->head, .mask = rule->head_mask, .rule = rule};
    }
    for (size_t i = count; i-- > 0;) {
        kinds |= UINT32_C(1) << to[i].rule->kind;
        to[i].kinds = kinds;
        to[i].delivers = is_delivery(s, &to[i]);
    }
    to[count++] = (struct candidate){.rule = NULL};
    return count;
}

static bool same_list(const struct candidate *a, const struct candidate *b)
{
    while (a->rule == b->rule && a->rule != NULL) {
        a++;
        b++;
    }
    return a->rule == b->rule;
}

void service_prepare(struct service *s)
{
    size_t used = 0, cap = 0;
    uint32_t begins[SERVICE_EMPTY_TEXT + 1]; /* of the lists there are */
    size_t lists = 0;

    for (unsigned byte = 0; byte <= SERVICE_EMPTY_TEXT; byte++) {
        size_t same = 0, count;

        while (cap < used + s->count + 1)
            s->lists = mem_grow(s->lists, cap, &cap, sizeof *s->lists);
        count = list_rules(s, byte, s->lists + used);
        while (same < lists &&
               !same_list(s->lists + begins[same], s->lists + used))
            same++;
        if (same == lists) {
            begins[lists++] = (uint32_t)used;
            used += count;
        }
        s->first[byte] = begins[same];
    }
}

/* The first eight bytes, or fewer and zeros. */
static uint64_t head_of(struct slice text)
{
    uint64_t head = 0;
    uint32_t first, last;

    if (text.len >= sizeof head) {
        memcpy(&head, text.ptr, sizeof head);
    } else if (text.len >= sizeof first) {
        memcpy(&first, text.ptr, sizeof first);
        memcpy(&last, text.ptr + text.len - sizeof last, sizeof last);
        /* Where they overlap they are the same bytes. */
        head = le32toh(first) | (uint64_t)le32toh(last)
                                    << 8 * (text.len - sizeof last);
        head = htole64(head);
    } else {
        memcpy(&head, text.ptr, text.len);
    }
    return head;
}

/* The place in first[] of a text. */
static inline unsigned first_of(struct slice text)
{
    return text.len > 0 ? (unsigned char)text.ptr[0] : SERVICE_EMPTY_TEXT;
}

/* Whether it ends in the file's text before an ID, an ID and another byte. */
static bool tells_other_id(const struct rulefile *f, struct slice text)
{
    size_t end = text.len > 0 ? text.len - 1 : 0;

    while (end > 0 && f->ids.somewhere[(unsigned char)text.ptr[end - 1]] != 0)
        end--;
    return slice_ends(slice_head(text, end), f->other_id);
}

enum rule_result service_match(const struct service *s, struct slice text,
                               struct unwanted u, struct matcher *m,
                               struct event *ev)
{
    enum rule_result result = RULE_NO;
    const struct candidate *c = s->lists + s->first[first_of(text)];
    uint64_t head = head_of(text);

    if (text.len == 0)
        text = SLICE(""); /* the engines want a pointer */
    for (; (c->kinds & ~u.kinds) != 0 && result == RULE_NO; c++) {
        if (((head ^ c->head) & c->mask) != 0)
            continue;
        if (u.deliveries && c->delivers && !tells_other_id(s->file, text)) {
            ev->kind = EVENT_UNREAD;
            return RULE_YES;
        }
        result = rule_match(c->rule, text, m, ev);
    }
    return result;
}
