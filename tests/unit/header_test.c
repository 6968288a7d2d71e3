#include "parse/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define TEXT "3F1A2B4C5D: client=mx.example[192.0.2.42]"
#define BSD "0-03-07 04:12:33 0:0 none"
#define UTC_9 "2013-03-07 03:12:33 9:123456789 +0"
#define BOM "\xEF\xBB\xBF"

static const struct {
    const char *line, *when, *host, *tag;
    uint32_t pid;
    const char *text;
} good[] = {
    /* RFC 3164 and its kin */
    {"Mar  7 04:12:33 mx1 sm-mta[471]: " TEXT, BSD, "mx1", "sm-mta", 471, TEXT},
    {"Mar 07 04:12:33 mx1 postfix/smtpd[471]: " TEXT, BSD, "mx1",
     "postfix/smtpd", 471, TEXT},
    {"Mar  7 04:12:33 mx1 postfix/submission/smtpd[471]: " TEXT, BSD, "mx1",
     "postfix/submission/smtpd", 471, TEXT},
    {"Mar  7 04:12:33 mx1 sendmail: " TEXT, BSD, "mx1", "sendmail", 0, TEXT},
    {"Mar  7 04:12:33 mx1 sm-mta[471]:  " TEXT, BSD, "mx1", "sm-mta", 471,
     TEXT},
    {"Mar  7 04:12:33 mx1 sm-mta[471]:", BSD, "mx1", "sm-mta", 471, ""},
    {"Mar  7 04:12:33 mx1 sm-mta[471]: ", BSD, "mx1", "sm-mta", 471, ""},
    {"Mar  7 04:12:33 mx1 sm-mta[471]: " TEXT "\r", BSD, "mx1", "sm-mta", 471,
     TEXT},
    {"Mar  7 04:12:33 mx1.example.com sm-mta[4294967295]: x", BSD,
     "mx1.example.com", "sm-mta", 4294967295, "x"},
    {"Mar  7 04:12:33 mx1 sm-mta[4294967296]: x", BSD, "mx1", "sm-mta", 0, "x"},
    {"Mar  7 04:12:33 mx1 sm-mta[99999999999999999999999]: x", BSD, "mx1",
     "sm-mta", 0, "x"},
    {"Mar  7 04:12:33 mx1 foo[session]: x", BSD, "mx1", "foo", 0, "x"},
    {"Mar  7 04:12:33 mx1 foo[12ab]: x", BSD, "mx1", "foo", 0, "x"},
    {"Mar  7 04:12:33 mx1 foo[]: x", BSD, "mx1", "foo", 0, "x"},
    {"Mar  7 04:12:33 mx1 (systemd)[9]: x", BSD, "mx1", "(systemd)", 9, "x"},
    {"Mar  7 2013 04:12:33 mx1 sm-mta[471]: x", "2013-03-07 04:12:33 0:0 none",
     "mx1", "sm-mta", 471, "x"},
    {"2013 Mar  7 04:12:33 mx1 sm-mta[471]: x", "2013-03-07 04:12:33 0:0 none",
     "mx1", "sm-mta", 471, "x"},
    {"<22>Mar  7 04:12:33 mx1 sm-mta[471]: x", BSD, "mx1", "sm-mta", 471, "x"},
    {"<22>2013 Mar  7 04:12:33 mx1 sm-mta[471]: x",
     "2013-03-07 04:12:33 0:0 none", "mx1", "sm-mta", 471, "x"},

    /* the host is missing */
    {"<22>Mar  7 04:12:33 sm-mta[471]: " TEXT, BSD, "", "sm-mta", 471, TEXT},
    {"Mar  7 04:12:33 sendmail: " TEXT, BSD, "", "sendmail", 0, TEXT},
    {"Mar  7 04:12:33 postfix/qmgr[1]:", BSD, "", "postfix/qmgr", 1, ""},

    /* what a host may look like */
    {"Mar  7 04:12:33 src@mx1 sm-mta[471]: x", BSD, "mx1", "sm-mta", 471, "x"},
    {"Mar  7 04:12:33 mx1/relay sm-mta[471]: x", BSD, "mx1", "sm-mta", 471,
     "x"},
    {"Mar  7 04:12:33 s_net@mx1/relay/log sm-mta[471]: x", BSD, "mx1", "sm-mta",
     471, "x"},
    {"Mar  7 04:12:33 a@b@mx1/r@x sm-mta[471]: x", BSD, "mx1", "sm-mta", 471,
     "x"},
    {"Mar  7 04:12:33 /relay sm-mta[471]: x", BSD, "/relay", "sm-mta", 471,
     "x"},
    {"Mar  7 04:12:33 192.0.2.7 sm-mta[471]: x", BSD, "192.0.2.7", "sm-mta",
     471, "x"},
    {"Mar  7 04:12:33 2001:db8::7 sm-mta[471]: x", BSD, "2001:db8::7", "sm-mta",
     471, "x"},
    {"Mar  7 04:12:33 2001:db8:: sm-mta[471]: x", BSD, "2001:db8::", "sm-mta",
     471, "x"},
    {"Mar  7 04:12:33 [::1] sm-mta[471]: x", BSD, "[::1]", "sm-mta", 471, "x"},
    {"Mar  7 04:12:33 mx1[192.0.2.7] sm-mta[471]: x", BSD, "mx1[192.0.2.7]",
     "sm-mta", 471, "x"},
    {"Mar  7 04:12:33 mail.info sm-mta[471]: x", BSD, "mail.info", "sm-mta",
     471, "x"},
    {"Mar  7 04:12:33 Mar sm-mta[471]: x", BSD, "Mar", "sm-mta", 471, "x"},

    /* facility and level; relays */
    {"Mar  7 04:12:33 <2.6> mx1 sm-mta[471]: x", BSD, "mx1", "sm-mta", 471,
     "x"},
    {"Mar  7 04:12:33 <mail.info> mx1 sm-mta[471]: x", BSD, "mx1", "sm-mta",
     471, "x"},
    {"Mar  7 04:12:33 <mail.info> sm-mta[471]: x", BSD, "", "sm-mta", 471, "x"},
    {"Mar  7 04:12:33 mx1 mail.info postfix/smtpd[471]: x", BSD, "mx1",
     "postfix/smtpd", 471, "x"},
    {"Mar  7 04:12:33 mx1 mail.warning sendmail: x", BSD, "mx1", "sendmail", 0,
     "x"},
    {"Mar  7 04:12:33 mx1 mail:info sendmail[471]: x", BSD, "mx1", "sendmail",
     471, "x"},
    {"Mar  7 04:12:33 relay Forwarded from mx1: sm-mta[471]: x", BSD, "mx1",
     "sm-mta", 471, "x"},
    {"Mar  7 04:12:33 Forwarded from mx1: sm-mta[471]: x", BSD, "mx1", "sm-mta",
     471, "x"},
    {"Mar  7 04:12:33 <mail.info> r2 Forwarded from r1: Forwarded from "
     "2001:db8::7: sm-mta[471]: x",
     BSD, "2001:db8::7", "sm-mta", 471, "x"},
    {"Mar  7 04:12:33 relay Message forwarded from mx1: sendmail[471]: x", BSD,
     "mx1", "sendmail", 471, "x"},
    {"Mar  7 04:12:33 relay mail:info Message forwarded from mx1: "
     "sendmail[471]: x",
     BSD, "mx1", "sendmail", 471, "x"},

    /* Solaris */
    {"Mar  7 04:12:33 mx1 sendmail[471]: [ID 801593 mail.info] r27: from=<>",
     BSD, "mx1", "sendmail", 471, "r27: from=<>"},
    {"Mar  7 04:12:33 mx1 sendmail[471]: [ID 801593 mail.info]", BSD, "mx1",
     "sendmail", 471, ""},
    {"Mar  7 04:12:33 mx1 sendmail[471]: [ID x mail.info] r27", BSD, "mx1",
     "sendmail", 471, "[ID x mail.info] r27"},
    {"Mar  7 04:12:33 mx1 sendmail[471]: [ID 8 mail info] r27", BSD, "mx1",
     "sendmail", 471, "[ID 8 mail info] r27"},

    /* ISO 8601 */
    {"2013-03-07T04:12:33.123456+01:00 mx1 postfix/smtpd[471]: " TEXT,
     "2013-03-07 04:12:33 6:123456000 +60", "mx1", "postfix/smtpd", 471, TEXT},
    {"2013-03-07T04:12:33+01:00 mx1 sm-mta[471]: x",
     "2013-03-07 04:12:33 0:0 +60", "mx1", "sm-mta", 471, "x"},
    {"2013-03-07T04:12:33+0100 mx1 sm-mta[471]: x",
     "2013-03-07 04:12:33 0:0 +60", "mx1", "sm-mta", 471, "x"},
    {"2013-03-07T04:12:33Z mx1 sm-mta[471]: x", "2013-03-07 04:12:33 0:0 +0",
     "mx1", "sm-mta", 471, "x"},
    {"2013-03-07T04:12:33.1Z mx1 sm-mta[471]: x",
     "2013-03-07 04:12:33 1:100000000 +0", "mx1", "sm-mta", 471, "x"},
    {"2013-03-07T04:12:33 mx1 sm-mta[471]: x", "2013-03-07 04:12:33 0:0 none",
     "mx1", "sm-mta", 471, "x"},
    {"2013-03-07 04:12:33 mx1 sm-mta[471]: x", "2013-03-07 04:12:33 0:0 none",
     "mx1", "sm-mta", 471, "x"},
    {"<22>2013-03-07T04:12:33Z sm-mta[471]: x", "2013-03-07 04:12:33 0:0 +0",
     "", "sm-mta", 471, "x"},
    {"2013-03-07T04:12:33Z MX1 sm-mta[471]: x", "2013-03-07 04:12:33 0:0 +0",
     "MX1", "sm-mta", 471, "x"},
    {"2013-03-07T04:12:33Z 192.0.2.7 sm-mta[471]: x",
     "2013-03-07 04:12:33 0:0 +0", "192.0.2.7", "sm-mta", 471, "x"},
    {"2013-03-07T04:12:33Z stdout sm-mta[471]: x", "2013-03-07 04:12:33 0:0 +0",
     "stdout", "sm-mta", 471, "x"},

    /* RFC 5424 */
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 postfix/smtpd 471 - - " TEXT,
     UTC_9, "mx1", "postfix/smtpd", 471, TEXT},
    {"1 2013-03-07T03:12:33.123456789Z mx1 postfix/smtpd 471 - - x", UTC_9,
     "mx1", "postfix/smtpd", 471, "x"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 postfix/smtpd 471 ID7 "
     "[a b=\"c\\]\"] x",
     UTC_9, "mx1", "postfix/smtpd", 471, "x"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 postfix/smtpd 471 - "
     "[a@1 b=\"]\" c=\"\\\"] postfix/smtpd[1]: y\"][d] x",
     UTC_9, "mx1", "postfix/smtpd", 471, "x"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 sm-mta 471 - [a b=\"\\\\\"] x",
     UTC_9, "mx1", "sm-mta", 471, "x"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 sm-mta 471 - - " BOM "x", UTC_9,
     "mx1", "sm-mta", 471, "x"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 sm-mta 471 - -  x", UTC_9, "mx1",
     "sm-mta", 471, "x"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 sm-mta 471 - - " BOM " x", UTC_9,
     "mx1", "sm-mta", 471, "x"},
    {"<22>1 2013-03-07T03:12:33.123456789Z - sm-mta - - - x", UTC_9, "",
     "sm-mta", 0, "x"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 sm-mta abc - - x", UTC_9, "mx1",
     "sm-mta", 0, "x"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 sm-mta 471 - -", UTC_9, "mx1",
     "sm-mta", 471, ""},

    /* journalctl */
    {"Mar 07 04:12:33.123456 mx1 postfix/smtpd[471]: x",
     "0-03-07 04:12:33 6:123456000 none", "mx1", "postfix/smtpd", 471, "x"},
    {"Thu 2013-03-07 04:12:33 CET mx1 postfix/smtpd[471]: x",
     "2013-03-07 04:12:33 0:0 CET", "mx1", "postfix/smtpd", 471, "x"},
    {"Thu 2013-03-07 04:12:33 +03 mx1 postfix/smtpd[471]: x",
     "2013-03-07 04:12:33 0:0 +180", "mx1", "postfix/smtpd", 471, "x"},
    {"1362625953.123456 mx1 postfix/smtpd[471]: x",
     "2013-03-07 03:12:33 6:123456000 +0", "mx1", "postfix/smtpd", 471, "x"},
    {"1362625953.123456 postfix/smtpd[471]: x",
     "2013-03-07 03:12:33 6:123456000 +0", "", "postfix/smtpd", 471, "x"},
    {"Mar 07 04:12:33 mx1 postfix/smtpd[471]: [123B blob data]", BSD, "mx1",
     "postfix/smtpd", 471, "[123B blob data]"},

    /* docker, CRI, kubectl, and what stands within */
    {"2013-03-07T03:12:33.123456789Z Mar 07 04:12:33 mx1 postfix/smtpd[471]: x",
     UTC_9, "mx1", "postfix/smtpd", 471, "x"},
    {"2013-03-07T03:12:33.123456789Z <22>Mar  7 04:12:33 sm-mta[471]: x", UTC_9,
     "", "sm-mta", 471, "x"},
    {"2013-03-07T03:12:33.123456789Z <22>sm-mta[471]: x", UTC_9, "", "sm-mta",
     471, "x"},
    {"2013-03-07T03:12:33.123456789Z sm-mta[471]: x", UTC_9, "", "sm-mta", 471,
     "x"},
    {"2013-03-07T03:12:33.123456789Z stdout F Mar  7 04:12:33 mx1 "
     "sm-mta[471]: x",
     UTC_9, "mx1", "sm-mta", 471, "x"},
    {"2013-03-07T03:12:33.123456789Z stderr P Mar  7 04:12:33 mx1 "
     "sm-mta[471]: x",
     UTC_9, "mx1", "sm-mta", 471, "x"},
    {"2013-03-07T03:12:33.123456789Z stdout F:tag mx1 sm-mta[471]: x", UTC_9,
     "mx1", "sm-mta", 471, "x"},
    {"2013-03-07T03:12:33.123456789Z stdout F sm-mta[471]: x", UTC_9, "",
     "sm-mta", 471, "x"},
    {"2013-03-07T03:12:33.123456789Z stdout F 2013-03-07T04:12:33+01:00 mx1 "
     "sm-mta[471]: x",
     UTC_9, "mx1", "sm-mta", 471, "x"},
    {"2013-03-07T03:12:33.123456789Z <22>1 2013-03-07T03:12:32Z mx1 sm-mta "
     "471 - - x",
     UTC_9, "mx1", "sm-mta", 471, "x"},
    {"2013-03-07T03:12:33.123456789Z <22>1 - mx1 sm-mta 471 - - x", UTC_9,
     "mx1", "sm-mta", 471, "x"},
    {"[pod/x/y] 2013-03-07T03:12:33.123456789Z Mar  7 04:12:33 mx1 "
     "sm-mta[471]: x",
     UTC_9, "mx1", "sm-mta", 471, "x"},
    {"[pod/x/y] 2013-03-07T03:12:33.123456789Z 2013-03-07T03:12:32.1Z stdout F "
     "Mar  7 04:12:33 mx1 sm-mta[471]: x",
     UTC_9, "mx1", "sm-mta", 471, "x"},
    {"[pod/x/y] Mar  7 04:12:33 mx1 sm-mta[471]: x", BSD, "mx1", "sm-mta", 471,
     "x"},
    {"[pod/x/y] <22>Mar  7 04:12:33 mx1 sm-mta[471]: x", BSD, "mx1", "sm-mta",
     471, "x"},

    /* a header within the text is text */
    {"Mar  7 04:12:33 mx1 sm-mta[471]: Mar  7 04:12:34 mx2 postfix/smtpd[1]: y",
     BSD, "mx1", "sm-mta", 471, "Mar  7 04:12:34 mx2 postfix/smtpd[1]: y"},
    {"2013-03-07T04:12:33Z mx1 sm-mta[471]: <22>1 2013-03-07T04:12:33Z h t 1 - "
     "- y",
     "2013-03-07 04:12:33 0:0 +0", "mx1", "sm-mta", 471,
     "<22>1 2013-03-07T04:12:33Z h t 1 - - y"},
    {"Mar  7 04:12:33 mx1 sm-mta[471]: Forwarded from mx2: postfix/qmgr[1]: y",
     BSD, "mx1", "sm-mta", 471, "Forwarded from mx2: postfix/qmgr[1]: y"},
    {"Mar  7 04:12:33 mx1 foo: postfix/smtpd[1]: y", BSD, "mx1", "foo", 0,
     "postfix/smtpd[1]: y"},
    {"Mar  7 04:12:33 Mar  7 04:12:34 mx2: postfix/smtpd[1]: y", BSD, "Mar", "",
     0, "7 04:12:34 mx2: postfix/smtpd[1]: y"},
    {"1362625953.123456 Mar  7 04:12:34 mx2: y",
     "2013-03-07 03:12:33 6:123456000 +0", "Mar", "", 0, "7 04:12:34 mx2: y"},
    {"Mar  7 04:12:33 mx1 foo [ID 1 mail.info] postfix/smtpd[1]: y", BSD, "mx1",
     "", 0, "foo [ID 1 mail.info] postfix/smtpd[1]: y"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 foo 1 - - <22>1 "
     "2013-03-07T03:12:33Z mx1 sm-mta 471 - - y",
     UTC_9, "mx1", "foo", 1, "<22>1 2013-03-07T03:12:33Z mx1 sm-mta 471 - - y"},

    /* no tag */
    {"Mar  7 04:12:33 mx1 some text: postfix/smtpd[1]: y", BSD, "mx1", "", 0,
     "some text: postfix/smtpd[1]: y"},
    {"Mar  7 04:12:33 mx1 foo[12 postfix/smtpd[1]: y", BSD, "mx1", "", 0,
     "foo[12 postfix/smtpd[1]: y"},
    {"Mar  7 04:12:33 mx1 foo[12]", BSD, "mx1", "", 0, "foo[12]"},
    {"Mar  7 04:12:33 mx1 foo[12]:bar", BSD, "mx1", "", 0, "foo[12]:bar"},
    {"Mar  7 04:12:33 mx1 [12]: x", BSD, "mx1", "", 0, "[12]: x"},
    {"Mar  7 04:12:33 mx1 : x", BSD, "mx1", "", 0, ": x"},
    {"Mar  7 04:12:33 mx1 mail.loud sm-mta[1]: x", BSD, "mx1", "", 0,
     "mail.loud sm-mta[1]: x"},
    {"Mar  7 04:12:33 mx1 mail.info", BSD, "mx1", "", 0, ""},
    {"Mar  7 04:12:33 mx1 Forwarded from here postfix/smtpd[1]: y", BSD, "mx1",
     "", 0, "Forwarded from here postfix/smtpd[1]: y"},
    {"Mar  7 04:12:33 mx1", BSD, "mx1", "", 0, ""},
    {"Mar  7 04:12:33 ", BSD, "", "", 0, ""},
    {"Mar  7 04:12:33", BSD, "", "", 0, ""},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 - 471 - - y", UTC_9, "mx1", "",
     0, "y"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 sm-mta 471 - [a b=\"c y", UTC_9,
     "mx1", "", 0, "[a b=\"c y"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 sm-mta 471 - [a]x y", UTC_9,
     "mx1", "", 0, "[a]x y"},
    {"<22>1 2013-03-07T03:12:33.123456789Z mx1 sm-mta", UTC_9, "mx1", "", 0,
     ""},
};

static const char *const repeated[] = {
    "Mar  7 04:12:33 mx1 last message repeated 3 times",
    "Mar  7 04:12:33 last message repeated 3 times",
    "Mar  7 04:12:33 mx1 last message repeated 1 time",
    "Mar  7 04:12:33 mx1 syslogd: last message repeated 3 times",
    "Mar  7 04:12:33 syslogd: last message repeated 3 times",
    "Mar  7 04:12:33 mx1 --- last message repeated 1 time ---",
    "Mar  7 04:12:33 --- last message repeated 1 time ---",
    "Mar  7 04:12:33 mx1 mail.info last message repeated 3 times",
    "Mar  7 04:12:33 <mail.info> mx1 last message repeated 3 times",
    "Mar  7 04:12:33 relay Forwarded from mx1: last message repeated 3 times",
    "Mar  7 04:12:33 mx1 postfix/smtpd[9]: message repeated 3 times: [ " TEXT
    "]",
    "Mar  7 04:12:33 mx1 postfix/smtpd[9]: message repeated 3 times: [ cut",
    "Mar  7 04:12:33 mx1 message repeated 3 times: [ postfix/smtpd[9]: x]",
    "Mar  7 04:12:33 mx1 sm-mta[9]: [ID 7 mail.info] last message repeated 3 "
    "times",
    "2013-03-07T04:12:33+01:00 mx1 sm-mta[9]: message repeated 2 times: [ x]",
    "<22>1 2013-03-07T04:12:33Z mx1 syslogd 9 - - last message repeated 2 "
    "times",
    "<22>1 2013-03-07T04:12:33Z mx1 - - - - last message repeated 2 times",
};

static const char *const no_stamp[] = {
    "",
    " ",
    "\r",
    "<",
    "<22>",
    "<22>1",
    "<22>1 - mx1 postfix/smtpd 471 - - x",
    "<22>sm-mta[471]: x",
    "x Mar  7 04:12:33 mx1 sm-mta[471]: x",
    " Mar  7 04:12:33 mx1 sm-mta[471]: x",
    "mx1 sm-mta[471]: Mar  7 04:12:33 mx1 sm-mta[471]: x",
    "Feb 31 04:12:33 mx1 sm-mta[471]: x",
    "[pod/x/y Mar  7 04:12:33 mx1 sm-mta[471]: x",
    "[pod/x/y]",
    "[pod/ x] Mar  7 04:12:33 mx1 sm-mta[471]: x",
    "[ 12.345678] mx1 kernel: x",
    "stdout F Mar  7 04:12:33 mx1 sm-mta[471]: x",
    "-- Logs begin at Thu 2013-03-07 04:12:33 CET. --",
    "date,sender,client_ip",
};

static void describe(const struct wall *w, char *out, size_t size)
{
    char zone[16] = "none";

    if (w->zone == WALL_ZONE_OFFSET)
        (void)snprintf(zone, sizeof zone, "%+d", w->offset);
    else if (w->zone == WALL_ZONE_NAME)
        (void)snprintf(zone, sizeof zone, "%s", w->abbreviation);
    (void)snprintf(out, size, "%d-%02d-%02d %02d:%02d:%02d %d:%u %s", w->year,
                   w->month, w->day, w->hour, w->minute, w->second, w->digits,
                   w->nsec, zone);
}

static bool same(struct slice s, const char *text)
{
    return slice_equal(s, slice_of(text));
}

static void check_good(size_t i, struct header_cache *cache)
{
    struct header h;
    char when[80];
    enum header_result result = header_parse(slice_of(good[i].line), cache, &h);

    if (result != (good[i].tag[0] == '\0' ? HEADER_NO_TAG : HEADER_OK))
        fail_msg("%s: result %d", good[i].line, (int)result);
    describe(&h.when, when, sizeof when);
    if (strcmp(when, good[i].when) != 0 || !same(h.host, good[i].host) ||
        !same(h.tag, good[i].tag) || h.pid != good[i].pid ||
        !same(h.text, good[i].text))
        fail_msg("%s: %s, host \"%.*s\", tag \"%.*s\" %u, text \"%.*s\"",
                 good[i].line, when, (int)h.host.len, h.host.ptr,
                 (int)h.tag.len, h.tag.ptr, h.pid, (int)h.text.len, h.text.ptr);
}

static void headers_are_split(void **state)
{
    struct header_cache shared = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct header_cache own = {0};

        check_good(i, &own);
        check_good(i, &own);
        check_good(i, &shared);
    }
}

static void repetitions_are_told(void **state)
{
    struct header_cache cache = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(repeated); i++) {
        struct header h;

        if (header_parse(slice_of(repeated[i]), &cache, &h) != HEADER_REPEATED)
            fail_msg("%s", repeated[i]);
        assert_int_equal(h.when.month, 3);
    }
}

static void almost_repetitions_are_not(void **state)
{
    static const char *const lines[] = {
        "Mar  7 04:12:33 mx1 sm-mta[9]: x: last message repeated 3 times",
        "Mar  7 04:12:33 mx1 sm-mta[9]: last message repeated x times",
        "Mar  7 04:12:33 mx1 sm-mta[9]: last message repeated  times",
        "Mar  7 04:12:33 mx1 sm-mta[9]: message repeated 3",
        "Mar  7 04:12:33 last sm-mta[9]: x",
        "Mar  7 04:12:33 message sm-mta[9]: x",
    };
    struct header_cache cache = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct header h;

        if (header_parse(slice_of(lines[i]), &cache, &h) != HEADER_OK)
            fail_msg("%s", lines[i]);
        assert_int_equal(h.pid, 9);
    }
}

static void other_lines_have_no_stamp(void **state)
{
    struct header_cache cache = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(no_stamp); i++) {
        struct header h;

        if (header_parse(slice_of(no_stamp[i]), &cache, &h) != HEADER_NO_STAMP)
            fail_msg("%s", no_stamp[i]);
        assert_int_equal(h.when.month, 0);
        assert_int_equal(h.host.len + h.tag.len + h.pid, 0);
    }
}

/* What the cache answers must be what parsing answers, from line to line. */
static void the_cache_is_not_seen(void **state)
{
    static const char *const lines[] = {
        "2013-03-07T04:12:33.123456+01:00 mx1 a[1]: x",
        "2013-03-07T04:12:33.000001+01:00 mx1 a[1]: x",
        "2013-03-07T04:12:33.12345+01:00 mx1 a[1]: x",
        "2013-03-07T04:12:33.1234567+01:00 mx1 a[1]: x",
        "2013-03-07T04:12:33.12345x+01:00 mx1 a[1]: x",
        "2013-03-07T04:12:33.123456+02:00 mx1 a[1]: x",
        "2013-03-07T04:12:33.123456Z mx1 a[1]: x",
        "2013-03-07T04:12:33.123456 mx1 a[1]: x",
        "2013-03-07T04:12:34.123456+01:00 mx1 a[1]: x",
        "2013-03-07T04:12:34+01:00 mx1 a[1]: x",
        "Mar  7 04:12:33 mx1 a[1]: x",
        "Mar  7 04:12:33.5 mx1 a[1]: x",
        "Mar  7 04:12:34 mx1 a[1]: x",
        "Mar  7 04:12:34",
        "Mar  7 04:12:34x mx1 a[1]: x",
        "1362625953.123456 mx1 a[1]: x",
        "1362625953.1234567 mx1 a[1]: x",
        "1362625953.1234 mx1 a[1]: x",
        "Thu 2013-03-07 04:12:33 CET mx1 a[1]: x",
        "Thu 2013-03-07 04:12:33 CEST mx1 a[1]: x",
        "D.o.n.n.e.r.s.t. 2013-03-07 04:12:33.123456789 ABCDEF mx1 a[1]: x",
        "2013-03-07T03:12:33.1Z Mar  7 04:12:33 mx1 a[1]: x",
        "2013-03-07T03:12:33.2Z Mar  7 04:12:34 mx1 a[1]: x",
        "2013-03-07T03:12:33.3Z 2013-03-07T03:12:33.3Z a[1]: x",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        for (size_t j = 0; j < COUNT(lines); j++) {
            struct header_cache warm = {0}, cold = {0};
            struct header a, b;

            (void)header_parse(slice_of(lines[i]), &warm, &a);
            assert_int_equal(header_parse(slice_of(lines[j]), &warm, &a),
                             header_parse(slice_of(lines[j]), &cold, &b));
            assert_memory_equal(&a.when, &b.when, sizeof a.when);
            assert_true(a.host.ptr == b.host.ptr && a.host.len == b.host.len);
            assert_true(a.tag.ptr == b.tag.ptr && a.tag.len == b.tag.len);
            assert_true(a.text.ptr == b.text.ptr && a.text.len == b.text.len);
        }
    }
}

/*
 * Behind kubectl's prefix a line is read step by step; at the beginning of
 * the line most are read by the quick way. Both must take them for the same.
 */
static void check_both_ways(const char *line, size_t len)
{
    static const char prefix[] = "[pod/x/y] ";
    size_t skip = sizeof prefix - 1;
    struct header_cache cache = {0}, other = {0};
    struct header a, b;
    char text[512];

    assert_true(skip + len <= sizeof text);
    memcpy(text, prefix, skip);
    memcpy(text + skip, line, len);
    assert_int_equal(header_parse(slice_make(text + skip, len), &cache, &a),
                     header_parse(slice_make(text, skip + len), &other, &b));
    if (a.when.month == 0)
        return;
    assert_memory_equal(&a.when, &b.when, sizeof a.when);
    assert_int_equal(a.pid, b.pid);
    assert_true(slice_equal(a.host, b.host) && slice_equal(a.tag, b.tag));
    assert_true(slice_equal(a.text, b.text));
}

static void the_quick_way_is_not_seen(void **state)
{
    static const char bytes[] = " :[]<>@/-lmsF1\0\xFF";

    (void)state;
    for (size_t i = 0; i < COUNT(repeated); i++)
        check_both_ways(repeated[i], strlen(repeated[i]));
    for (size_t i = 0; i < COUNT(good); i++) {
        char text[256];
        size_t len = strlen(good[i].line);

        assert_true(len <= sizeof text);
        for (size_t at = 0; at < len; at++) {
            for (size_t n = 0; n < sizeof bytes - 1; n++) {
                memcpy(text, good[i].line, len);
                text[at] = bytes[n];
                if (text[0] != '[' && text[0] != ' ')
                    check_both_ways(text, len);
            }
        }
    }
}

static void check_within(struct slice line, struct slice part)
{
    if (part.len > 0)
        assert_true(part.ptr >= line.ptr &&
                    part.ptr + part.len <= line.ptr + line.len);
}

/* In memory of just that size, so that a sanitizer sees a byte too far. */
static void check_prefixes(const char *line, struct header_cache *warm)
{
    for (size_t len = 0; len <= strlen(line); len++) {
        char *text = malloc(len == 0 ? 1 : len);
        struct slice cut = {text, len};
        struct header_cache cold = {0};
        struct header a, b;

        assert_non_null(text);
        memcpy(text, line, len);
        assert_int_equal(header_parse(cut, warm, &a),
                         header_parse(cut, &cold, &b));
        assert_memory_equal(&a.when, &b.when, sizeof a.when);
        assert_true(a.text.ptr == b.text.ptr && a.text.len == b.text.len);
        check_within(cut, a.host);
        check_within(cut, a.tag);
        check_within(cut, a.text);
        free(text);
    }
}

static void lines_may_be_cut_anywhere(void **state)
{
    struct header_cache cache = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        check_prefixes(good[i].line, &cache);
    for (size_t i = 0; i < COUNT(repeated); i++)
        check_prefixes(repeated[i], &cache);
    for (size_t i = 0; i < COUNT(no_stamp); i++)
        check_prefixes(no_stamp[i], &cache);
}

static void a_null_line_is_empty(void **state)
{
    struct header_cache cache = {0};
    struct header h;

    (void)state;
    assert_int_equal(header_parse((struct slice){NULL, 0}, &cache, &h),
                     HEADER_NO_STAMP);
}

/* Any byte may stand anywhere: nothing is read beyond the line. */
static void any_byte_anywhere(void **state)
{
    static const char bytes[] = " :[]<>\"\\-.0Z\0\r\xFF";
    struct header_cache cache = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        size_t len = strlen(good[i].line);
        char *text = malloc(len);

        assert_non_null(text);
        for (size_t at = 0; at < len; at++) {
            memcpy(text, good[i].line, len);
            for (size_t n = 0; n < sizeof bytes - 1; n++) {
                struct slice line = {text, len};
                struct header h;

                text[at] = bytes[n];
                (void)header_parse(line, &cache, &h);
                check_within(line, h.host);
                check_within(line, h.tag);
                check_within(line, h.text);
            }
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_split),
        cmocka_unit_test(repetitions_are_told),
        cmocka_unit_test(almost_repetitions_are_not),
        cmocka_unit_test(other_lines_have_no_stamp),
        cmocka_unit_test(the_cache_is_not_seen),
        cmocka_unit_test(the_quick_way_is_not_seen),
        cmocka_unit_test(lines_may_be_cut_anywhere),
        cmocka_unit_test(a_null_line_is_empty),
        cmocka_unit_test(any_byte_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
