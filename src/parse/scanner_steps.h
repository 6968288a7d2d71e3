/*
 * scanner_steps - what a simple pattern is made into
 *
 * Of the scanner's modules only: scanner.c reads a pattern and lays down the
 * steps, scanner_match.c follows them.
 */
#ifndef PARSE_SCANNER_STEPS_H
#define PARSE_SCANNER_STEPS_H

#include "parse/byteset.h"
#include "parse/scanner.h"

#define SCANNER_STEPS 512
#define SCANNER_TEXT 16 /* bytes a step has at most; longer ones are several */
#define SCANNER_NO_GROUP 0xFF
#define SCANNER_NO_END UINT16_MAX /* as often as it goes */

/* What a step does once its text, if it has one, has been found. */
enum step_kind {
    STEP_TEXT,    /* nothing more */
    STEP_SPAN,    /* bytes of a set, all there are, for good */
    STEP_OPTION,  /* a text and a span, or neither */
    STEP_LONGEST, /* as many bytes of a set as the rest of the pattern leaves */
    STEP_SHORTEST, /* as few as it needs */
    STEP_END,      /* "$" */
    STEP_NEAR,     /* fewer than most bytes have been passed */
    STEP_BEHIND,   /* the byte before is of the set */
    STEP_OPEN,     /* a group's first byte */
    STEP_CLOSE,    /* and behind its last */
    STEP_JUMP,     /* to next */
    STEP_FORK,     /* the step behind, or else next */
    STEP_DETOUR,   /* next, or else the step behind */
    STEP_ENTER,    /* possessive: choices made from here to the matching
                      STEP_LEAVE stand; if none does, next (0: it fails) */
    STEP_LEAVE,    /* on to next */
    STEP_RETURN,   /* from looking ahead, to where it began */
    STEP_REFUSE,   /* the same, but what was found must not be there */
    STEP_MATCH     /* the pattern's end */
};

struct step {
    uint8_t kind;
    uint8_t len;    /* of the text; 0: there is none */
    uint8_t group;  /* of open, close and span, or SCANNER_NO_GROUP */
    int16_t next;   /* so many steps further */
    uint16_t least; /* bytes of a set */
    uint16_t most;  /* SCANNER_NO_END */
    uint64_t head;  /* the text's first eight bytes, the first is the lowest */
    uint64_t mask;  /* ones where head has a byte */
    uint64_t tail;  /* its last eight, if it is longer */
    const struct byteset *set;
};

struct scanner {
    struct step *steps;
    size_t count, cap;
    struct byteset **sets;
    size_t set_count, set_cap;
    struct slice names[SCANNER_GROUPS];
    unsigned groups;
};

/* Makes room for a step at a place, and moves those behind it. */
struct step *steps_insert(struct scanner *s, size_t place, enum step_kind kind);
struct step *steps_append(struct scanner *s, enum step_kind kind);

/* A new step that leads to another. */
void steps_lead(struct scanner *s, size_t from, enum step_kind kind, size_t to);

/* One more byte of text; in_text: the last step is text that goes on. */
void steps_append_byte(struct scanner *s, char byte, bool in_text);

/* The set of a class, one for all steps that want it; NULL: too ragged. */
const struct byteset *steps_set(struct scanner *s, const struct byteclass *in);

/*
 * steps_make_option - the steps from begin on may be missing
 *
 * For what most options are, a text and a span: one step does for both.
 * False: it is more than that.
 */
bool steps_make_option(struct scanner *s, size_t begin);

/* A text and what follows become one step: there are half as many then. */
void steps_join_texts(struct scanner *s);

#endif
