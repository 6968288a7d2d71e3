/*
 * field - the columns' names, which are the contract
 */
#include "mail/field.h"

#include "mail/sighting.h"

#define M FIELD_OF_MESSAGE
#define S FIELD_OF_SIGHTING
#define K FIELD_OF_KEY
#define L FIELD_OF_LOOKUP

#define FIELD(text, uses)                                                      \
    {                                                                          \
        {(text), sizeof(text) - 1}, (uses)                                     \
    }

static const struct {
    struct slice name;
    unsigned uses;
} fields[FIELD_TOTAL] = {
    [FIELD_FIRST_SEEN] = FIELD("first_seen", S),
    [FIELD_LAST_SEEN] = FIELD("last_seen", S),
    [FIELD_COUNT] = FIELD("count", S),
    [FIELD_DATE] = FIELD("date", M),
    [FIELD_SENDER] = FIELD("sender", M | K),
    [FIELD_CLIENT_IP] = FIELD("client_ip", M | K),
    [FIELD_CLIENT_NAME] = FIELD("client_name", M | S | K),
    [FIELD_HELO] = FIELD("helo", M | K),
    [FIELD_MESSAGE_ID] = FIELD("message_id", M | S | K),
    [FIELD_RECIPIENTS] = FIELD("recipients", M),
    [FIELD_SIZE] = FIELD("size", M | K),
    [FIELD_OUTCOME] = FIELD("outcome", M | K),
    [FIELD_MTA] = FIELD("mta", M | K),
    [FIELD_MTA_HOST] = FIELD("mta_host", M | K),
    [FIELD_QUEUE_ID] = FIELD("queue_id", M | K),
    [FIELD_LISTED] = FIELD("listed", L),
    [FIELD_SENDER_DOMAIN] = FIELD("sender_domain", K),
    [FIELD_CLIENT_NET] = FIELD("client_net", K),
    [FIELD_RECIPIENT] = FIELD("recipient", K),
    [FIELD_DAY] = FIELD("day", K),
};

#undef M
#undef S
#undef K
#undef L
#undef FIELD

struct slice field_name(enum field f)
{
    return fields[f].name;
}

bool field_find(struct slice name, enum field *f)
{
    for (unsigned i = 0; i < FIELD_TOTAL; i++) {
        if (slice_equal(fields[i].name, name)) {
            *f = (enum field)i;
            return true;
        }
    }
    return false;
}

unsigned field_uses(enum field f)
{
    return fields[f].uses;
}

bool field_list_has(const struct field_list *list, enum field f)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->field[i] == f)
            return true;
    return false;
}

bool field_list_equal(const struct field_list *a, const struct field_list *b)
{
    if (a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        if (a->field[i] != b->field[i])
            return false;
    return true;
}

static void add(struct field_list *list, enum field f)
{
    list->field[list->count++] = f;
}

bool field_list_parse(struct slice text, unsigned use, struct field_list *list,
                      struct slice *bad)
{
    unsigned max = use == FIELD_OF_KEY ? KEY_FIELDS_MAX : FIELDS_MAX;

    list->count = 0;
    for (;;) {
        size_t comma = slice_find_byte(text, ',');
        enum field f;

        *bad = slice_head(text, comma);
        if (list->count == max || !field_find(*bad, &f) ||
            (field_uses(f) & use) == 0 || field_list_has(list, f))
            return false;
        add(list, f);
        if (comma == SIZE_MAX)
            return true;
        text = slice_from(text, comma + 1);
    }
}

struct field_list field_list_less_listed(const struct field_list *list)
{
    struct field_list less = {.count = 0};

    for (unsigned i = 0; i < list->count; i++)
        if (list->field[i] != FIELD_LISTED)
            add(&less, list->field[i]);
    return less;
}

struct field_list field_list_of_messages(void)
{
    struct field_list list = {.count = 0};

    for (unsigned i = 0; i < FIELD_TOTAL; i++)
        if ((fields[i].uses & FIELD_OF_MESSAGE) != 0)
            add(&list, (enum field)i);
    return list;
}

struct field_list field_list_of_sightings(const struct field_list *key)
{
    struct field_list list = {{FIELD_FIRST_SEEN, FIELD_LAST_SEEN, FIELD_COUNT},
                              3};

    for (unsigned i = 0; i < key->count; i++)
        add(&list, key->field[i]);
    if (!field_list_has(key, FIELD_CLIENT_NAME))
        add(&list, FIELD_CLIENT_NAME);
    if (!field_list_has(key, FIELD_MESSAGE_ID))
        add(&list, FIELD_MESSAGE_ID);
    return list;
}
