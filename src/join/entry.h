/*
 * entry - what is known so far of one message in flight
 *
 * Fixed facts are members; texts go one behind the other into one piece of
 * pool memory, each with its kind and length before it, so that an entry
 * costs its bytes and little more. Entries never move: they live in chunks
 * and are reused.
 *
 * Three lists run through the entries: all of them by birth (whom a full
 * table lets go first), those of a host by age (who has been silent for a
 * day), and those of a host that have their end mark.
 */
#ifndef JOIN_ENTRY_H
#define JOIN_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "base/slice.h"
#include "base/stamp.h"
#include "mail/address.h"

#define ENTRY_ID_MAX 31
#define ENTRY_NONE UINT32_MAX

enum entry_flag {
    ENTRY_CLIENT = 1 << 0,    /* a client line opened it (Postfix) */
    ENTRY_SUBMITTED = 1 << 1, /* a pickup line opened it */
    ENTRY_ENVELOPE = 1 << 2,  /* a from= line opened it (sendmail) */
    ENTRY_TAKEN = 1 << 3,     /* ... with a message-ID: it was taken */
    ENTRY_QUEUED = 1 << 4,    /* in the queue: taken, whatever was said */
    ENTRY_HELD = 1 << 5,      /* held, quarantined or thrown away: taken */
    ENTRY_DISCARDED = 1 << 6, /* the latter: no more lines will come */
    ENTRY_REFUSED = 1 << 7,   /* a recipient or an attempt was refused */
    ENTRY_REFUSED_MESSAGE = 1 << 8, /* refused at end of data */
    ENTRY_LOST = 1 << 9,            /* the session broke in the message */
    ENTRY_CANCELED = 1 << 10,       /* the MTA says that no message came */
    ENTRY_LOCAL = 1 << 11,          /* submitted on the host, or a bounce */
    ENTRY_INNER = 1 << 12,     /* part of another message, no row of its own */
    ENTRY_FORWARD = 1 << 13,   /* ... and its deliveries are the other's */
    ENTRY_DONE = 1 << 14,      /* removed from the queue */
    ENTRY_ENDING = 1 << 15,    /* has its end mark, waits for late lines */
    ENTRY_NEAR = 1 << 16,      /* whoever connected did so from near by */
    ENTRY_PASSED_ON = 1 << 17, /* ... and told whose client it is */
    ENTRY_DOUBTFUL = 1 << 18   /* the client's text, if the line was cut */
};

/* Texts an entry may hold. */
enum entry_text {
    TEXT_CLIENT_NAME,
    TEXT_SENDER,         /* of the queue or the envelope */
    TEXT_VERDICT_SENDER, /* of a verdict: used when there is no other */
    TEXT_HELO,
    TEXT_MESSAGE_ID,
    TEXT_RECIPIENT,         /* delivered to; any number */
    TEXT_VERDICT_RECIPIENT, /* of a verdict that took: if there is no other */
    TEXT_REFUSED_RECIPIENT, /* shown when the message was refused */
    TEXT_DROPPED            /* was one of the others */
};

enum entry_list { LIST_BIRTH, LIST_AGE, LIST_ENDING, LIST_TOTAL };

/* What each line of a message touches comes first, in two cache lines. */
struct entry {
    uint32_t host;   /* the join's index */
    uint32_t flags;  /* of enum entry_flag */
    uint32_t index;  /* its slot */
    uint32_t serial; /* tells the users of one slot apart */
    int64_t last;    /* seconds: the latest line */
    uint8_t mta;
    uint8_t id_len;
    char id[ENTRY_ID_MAX];

    struct stamp date; /* earliest among its lines */
    char *text;
    uint32_t text_len, text_size;
    uint32_t has; /* bit 1 << enum entry_text: one or more of them */
    struct address client_ip;

    int64_t due;  /* when it is handed on, once ending */
    int64_t aged; /* what last was when it joined LIST_AGE's tail */
    struct {
        uint32_t prev, next;
    } link[LIST_TOTAL];
    uint64_t hash;     /* of host and queue ID, as in the table */
    int64_t size;      /* bytes, -1: not known */
    uint32_t length;   /* ENTRY_DOUBTFUL: of the line, bytes */
    uint32_t expected; /* deliveries to wait for; 0: not known */
    uint32_t finished; /* deliveries seen */
    uint32_t listed;   /* recipients in text, repeated ones too */
    uint32_t sift_at;  /* how many there may be before those are dropped */
    uint32_t parent;   /* ENTRY_FORWARD: the message it is part of */
    uint32_t parent_serial;
};

struct entry_ends {
    uint32_t head, tail;
};

#define ENTRY_ENDS_NONE ((struct entry_ends){ENTRY_NONE, ENTRY_NONE})

#define ENTRIES_CHUNK 1024 /* that are allocated at once */

struct entries {
    struct entry **chunk;
    size_t chunks, chunks_cap;
    uint32_t used;  /* slots ever handed out */
    uint32_t free;  /* head of the list of slots given back */
    uint32_t count; /* in use now */
    uint32_t serial;
    struct pool *pool;
};

struct entries *entries_new(void);
void entries_free(struct entries *es);

/* The slot of a cleared entry, in no list. */
uint32_t entries_take(struct entries *es);
void entries_give(struct entries *es, uint32_t index);

static inline struct entry *entries_at(const struct entries *es, uint32_t index)
{
    return &es->chunk[index / ENTRIES_CHUNK][index % ENTRIES_CHUNK];
}

void entries_append(struct entries *es, struct entry_ends *list,
                    enum entry_list which, uint32_t index);
/* In its place by time: LIST_ENDING goes by due, LIST_AGE by aged. */
void entries_insert(struct entries *es, struct entry_ends *list,
                    enum entry_list which, uint32_t index);
void entries_unlink(struct entries *es, struct entry_ends *list,
                    enum entry_list which, uint32_t index);

/* Adds a text; for all but recipients the caller sees that it is the first. */
void entry_add_text(struct entries *es, struct entry *e, enum entry_text kind,
                    struct slice text);

/* Adds one of several, unless it is there already. */
void entry_add_once(struct entries *es, struct entry *e, enum entry_text kind,
                    struct slice text);

/* Forgets the texts of that kind. */
void entry_drop_text(struct entry *e, enum entry_text kind);

/*
 * The text at *at, which moves behind it; begin with 0. Those dropped are
 * shown too, as TEXT_DROPPED. False: there are no more.
 */
bool entry_next_text(const struct entry *e, uint32_t *at, unsigned *kind,
                     struct slice *text);

/* Whether it has a text of that kind. */
static inline bool entry_has(const struct entry *e, enum entry_text kind)
{
    return (e->has >> kind & 1) != 0;
}

/* The first text of that kind; false: there is none. */
bool entry_text(const struct entry *e, enum entry_text kind,
                struct slice *text);

/*
 * entry_texts - all texts of that kind, each once, in order
 *
 * *list is grown as needed (count *cap); returns how many.
 */
size_t entry_texts(struct entry *e, enum entry_text kind, struct slice **list,
                   size_t *cap);

#endif
