/*
 * event - the names of event kinds and facts, as rule files write them
 */
#include "parse/event.h"

static const char *const kind_names[EVENT_TOTAL] = {
    [EVENT_IRRELEVANT] = "irrelevant",
    [EVENT_CLIENT] = "client",
    [EVENT_SUBMITTED] = "submitted",
    [EVENT_MESSAGE_ID] = "message_id",
    [EVENT_QUEUED] = "queued",
    [EVENT_ENVELOPE] = "envelope",
    [EVENT_TAKEN] = "taken",
    [EVENT_HELD] = "held",
    [EVENT_REFUSED_RECIPIENT] = "refused_recipient",
    [EVENT_REFUSED_TRANSACTION] = "refused_transaction",
    [EVENT_REFUSED_MESSAGE] = "refused_message",
    [EVENT_PROXY_TAKEN] = "proxy_taken",
    [EVENT_DELIVERED] = "delivered",
    [EVENT_DEFERRED] = "deferred",
    [EVENT_CHILD] = "child",
    [EVENT_SAME] = "same",
    [EVENT_DONE] = "done",
    [EVENT_CANCELED] = "canceled",
    [EVENT_DISCARDED] = "discarded",
    [EVENT_SESSION_END] = "session_end",
    [EVENT_SESSION_LOST] = "session_lost",
    [EVENT_PART] = "part",
    [EVENT_UNREAD] = "unread",
    [EVENT_NONE] = "none",
};

static const char *const fact_names[FACT_TOTAL] = {
    [FACT_CLIENT_NAME] = "client_name",
    [FACT_CLIENT_IP] = "client_ip",
    [FACT_SENDER] = "sender",
    [FACT_MESSAGE_ID] = "message_id",
    [FACT_RECIPIENT] = "recipient",
    [FACT_RECIPIENTS] = "recipients",
    [FACT_ORIG_RECIPIENT] = "orig_recipient",
    [FACT_SIZE] = "size",
    [FACT_NRCPTS] = "nrcpts",
    [FACT_OTHER_ID] = "other_id",
    [FACT_RELAY_IP] = "relay_ip",
    [FACT_HELO] = "helo",
    [FACT_FORGED] = "forged",
    [FACT_LOCAL] = "local",
    [FACT_ORIG_CLIENT_NAME] = "orig_client_name",
    [FACT_ORIG_CLIENT_IP] = "orig_client_ip",
    [FACT_STAGE] = "stage",
    [FACT_ACTION] = "action",
};

static bool find(const char *const *names, unsigned count, struct slice name,
                 unsigned *index)
{
    for (unsigned i = 0; i < count; i++) {
        if (slice_equal(slice_of(names[i]), name)) {
            *index = i;
            return true;
        }
    }
    return false;
}

struct slice event_name(enum event_kind kind)
{
    return slice_of(kind_names[kind]);
}

/* What only the parser makes, no rule may: those kinds come last. */
bool event_find(struct slice name, enum event_kind *kind)
{
    unsigned i;

    if (!find(kind_names, EVENT_PART, name, &i))
        return false;
    *kind = (enum event_kind)i;
    return true;
}

struct slice fact_name(enum fact f)
{
    return slice_of(fact_names[f]);
}

bool fact_find(struct slice name, enum fact *f)
{
    unsigned i;

    if (!find(fact_names, FACT_TOTAL, name, &i))
        return false;
    *f = (enum fact)i;
    return true;
}
