/*
 * header - what stands before the MTA's text
 *
 * From left to right: wrapper (docker, CRI, kubectl), PRI, stamp, host,
 * facility and level, TAG[PID]: and the text. Each part is taken where the
 * one before it ended; nothing is ever looked for further right, since the
 * text is the attacker's.
 *
 * A tag ends at the first of '[', ':' and blank; behind it stands "[...]:" or
 * ":", and then a blank or the end of the line. The word behind the stamp is
 * the host, unless it is such a tag: then the writer left the host out. So an
 * IPv6 address is a host, and a host named "mail.info" is one too: facility
 * and level are known by standing behind the host only.
 *
 * syslog-ng's hosts are SOURCE@HOST and HOST/RELAY/...: the first part of the
 * path, then what follows the last @ in it. A message that says it was
 * "Forwarded from HOST:" is that host's.
 *
 * A stamp of the ISO form with an offset may be a container's: where another
 * stamp or PRI follows, that one belongs to the line within, and the outer
 * stamp, which has year and zone, stands. A CRI line that is only a part ("P")
 * is taken for a line of its own, its text cut; no MTA writes the 16 KiB at
 * which that happens.
 */
#ifndef PARSE_HEADER_H
#define PARSE_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "parse/wall.h"

struct header {
    struct wall when;
    uint32_t pid;      /* 0: none */
    uint64_t origin;   /* with the same cache, the same number is the same host
                          and tag; 0: none has been given */
    struct slice host; /* "" when the writer leaves it out */
    struct slice tag;  /* less [PID] and colon: "postfix/smtpd", "sm-mta" */
    struct slice text; /* the rest of the line; Solaris' [ID ...] taken off */
};

enum header_result {
    HEADER_OK,
    HEADER_NO_STAMP, /* no line of a log */
    HEADER_NO_TAG,   /* stamp, but no TAG: behind it */
    HEADER_REPEATED  /* "last message repeated N times", "message repeated N
                        times: [ ...": multiplies nothing, is skipped */
};

/*
 * header_cache - what lines seen lately had: their stamps, and those of lines
 * within a container's; and what hosts and tags stood before a PID. One per
 * thread; zero-initialised.
 */
#define HEADER_ORIGINS 64
#define HEADER_ORIGIN_MAX 40

struct header_origin {
    char text[HEADER_ORIGIN_MAX]; /* "HOST TAG" */
    uint8_t len;                  /* 0: free */
    uint8_t host;                 /* bytes of the host */
    uint64_t number;              /* its place is the number's remainder */
};

struct header_cache {
    struct wall_cache outer, inner;
    struct header_origin origins[HEADER_ORIGINS];
    uint64_t renewed; /* how many have been remembered */
};

/*
 * header_parse - split one line (without its newline; a CR at the end is
 * taken off)
 *
 * Forms: all of LOG-FORMATS section 1 that are text: RFC 3164 and rsyslog,
 * Postfix postlog, syslog-ng (year; src@mx1, mx1/relay: the host is mx1),
 * with PRI, without host, BSD -v ("<mail.info>", "Forwarded from HOST:"),
 * busybox and AIX (mail.info behind the host), Solaris, ISO 8601, RFC 5424
 * (structured data skipped, BOM), journalctl short, short-precise, short-iso,
 * short-iso-precise, short-full, short-unix, docker -t, CRI, kubectl.
 * Slices point into line. On HEADER_NO_TAG and HEADER_REPEATED when and host
 * are set, and text is what stands behind them. On HEADER_NO_STAMP text is
 * the line and nothing else is set.
 */
enum header_result header_parse(struct slice line, struct header_cache *cache,
                                struct header *h);

#endif
