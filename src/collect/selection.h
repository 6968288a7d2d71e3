/*
 * selection - which messages and sightings this run wants
 */
#ifndef COLLECT_SELECTION_H
#define COLLECT_SELECTION_H

#include <stdbool.h>

#include "base/stamp.h"
#include "mail/message.h"
#include "mail/pattern.h"
#include "mail/sighting.h"

struct selection {
    const struct patterns *traps;   /* NULL or empty: all recipients */
    const struct patterns *exclude; /* NULL or empty: none */
    bool include_local;
    unsigned outcomes;  /* bit 1 << enum outcome */
    struct stamp since; /* STAMP_NONE: no limit */
    struct stamp until; /* STAMP_NONE: no limit */
};

enum selected {
    SELECTED,
    SELECTED_NOT_LOCAL, /* left out as local: counted apart */
    SELECTED_NOT        /* for any other reason */
};

/*
 * judge_local: false for rows of a collection, which were judged when they
 * were caught. Local is what the join calls so, and any client from loopback.
 */
enum selected selection_message(const struct selection *sel,
                                const struct message *m, bool judge_local);

/*
 * last_seen not before since, first_seen not after until; -x by the key. With
 * client_ip in the key the client's name counts too, as far as the row has
 * it. A client_net is excluded when all of it is.
 */
bool selection_sighting(const struct selection *sel,
                        const struct field_list *key, const struct sighting *s);

/* Whether it asks what only messages can tell (-t). */
bool selection_needs_messages(const struct selection *sel);

#endif
