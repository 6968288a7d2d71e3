#!/usr/bin/env python3
"""Write a made-up maillog, the same for the same arguments.

usage: generate.py [--mta postfix|sendmail] [--size 200M] [--keys 70000]
                   [--even] [--seed 1] [--stamps rfc3164|iso] [--truth FILE]

As a busy trap's log: many sessions at once, so the lines of one message stand
far apart, between those of others; daemons that log connects, refusals,
warnings and statistics; few senders seen often and many seen rarely.

--keys    distinct pairs of sender and client address, of which a short log
          shows only some
--even    each key in turn, so that as many are seen as there are messages
--truth   the catches, as "sender,client_ip,count" in order of first sight
"""
import argparse
import datetime
import heapq
import random
import re
import sys

START = datetime.datetime(2013, 3, 7, 4, 12, 33)
HOST = "mx1"
WORDS = ("offer news info sales deal promo bounce marketing win lucky member "
         "service account update alert support team daily weekly best").split()
TLDS = "example example.com example.net example.org".split()
TRAPS = ["info", "sales", "admin", "webmaster", "contact", "joe"]
POSTFIX_ID = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
SENDMAIL_ID = ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
               "abcdefghijklmnopqrstuvwx")


class Clients:
    """Who writes to us: (sender, address, name), often or rarely."""

    def __init__(self, rng, keys, even):
        self.rng = rng
        self.keys = keys
        self.even = even
        self.next = 0
        self.made = {}

    def pick(self):
        if self.even:
            self.next = (self.next + 1) % self.keys
            return self.make(self.next)
        # A few regulars and a long tail.
        index = int(self.keys * self.rng.random() ** 3)
        if index not in self.made:
            self.made[index] = self.make(index)
        return self.made[index]

    def make(self, index):
        rng = random.Random(index * 7919 + 1)
        domain = "%s%d.%s" % (rng.choice(WORDS), index % 5000,
                              rng.choice(TLDS))
        sender = "%s%d@%s" % (rng.choice(WORDS), index, domain)
        if rng.random() < 0.01:
            sender = ""
        if rng.random() < 0.05:
            address = "2001:db8:%x::%x" % (index & 0xffff, 1 + index % 9)
        else:
            address = "%d.%d.%d.%d" % (rng.choice((45, 91, 177, 203)),
                                       rng.randrange(256), index >> 8 & 255,
                                       1 + (index & 127))
        name = "unknown" if rng.random() < 0.4 else "mail%d.%s" % (
            index % 7, domain)
        return sender, address, name


class Log:
    """Lines in the order of their time, though made message by message."""

    def __init__(self, out, limit, stamps):
        self.out = out
        self.limit = limit
        self.written = 0
        self.waiting = []
        self.serial = 0
        self.pid = 1000
        self.second = -1
        self.prefix = ""
        self.iso = stamps == "iso"

    def add(self, at, text):
        self.serial += 1
        heapq.heappush(self.waiting, (at, self.serial, text))

    def next_pid(self):
        """As the kernel gives them out: no two at once are equal."""
        self.pid = self.pid + 4 if self.pid < 32000 else 1000
        return self.pid

    def stamp(self, at):
        if int(at) != self.second:
            self.second = int(at)
            then = START + datetime.timedelta(seconds=self.second)
            self.prefix = (then.strftime("%Y-%m-%dT%H:%M:%S") if self.iso else
                           then.strftime("%b %e %H:%M:%S"))
        if self.iso:
            return "%s.%06d+00:00" % (self.prefix, at % 1 * 1e6)
        return self.prefix

    def write_until(self, now):
        lines = []
        while self.waiting and self.waiting[0][0] <= now:
            at, _, text = heapq.heappop(self.waiting)
            lines.append("%s %s %s\n" % (self.stamp(at), HOST, text))
        block = "".join(lines).encode()
        self.out.write(block)
        self.written += len(block)
        return self.written < self.limit


class Postfix:
    MAX_USE = 100    # clients that one smtpd serves, then a new one does
    SESSION = 3      # seconds that it takes at most

    def __init__(self, rng, log):
        self.rng = rng
        self.log = log
        self.serial = 0
        self.idle = []

    def smtpd_pid(self, at):
        """The smtpd that has been idle longest, or a new one."""
        uses = 0
        if self.idle and self.idle[0][0] <= at:
            _, pid, uses = heapq.heappop(self.idle)
        else:
            pid = self.log.next_pid()
        if uses + 1 < self.MAX_USE:
            heapq.heappush(self.idle, (at + self.SESSION, pid, uses + 1))
        return pid

    def queue_id(self):
        """The long form: a time, "z", an inode."""
        self.serial += 1
        digits, n = "", 410_000_000_000 + self.serial * 977
        while n:
            n, rest = divmod(n, len(POSTFIX_ID))
            digits = POSTFIX_ID[rest] + digits
        return "3%sz%s" % (digits.rjust(9, "B"),
                           POSTFIX_ID[self.serial % 31 + 1] * 3)

    def session(self, at, client):
        """One session; True: it brought a message that was taken."""
        rng, add = self.rng, self.log.add
        sender, address, name = client
        pid = self.smtpd_pid(at)
        peer = "%s[%s]" % (name, address)
        smtpd = "postfix/smtpd[%d]: " % pid
        if name == "unknown" and rng.random() < 0.3:
            add(at, smtpd + "warning: hostname mail.%s does not resolve to "
                "address %s: Name or service not known" % (
                    sender.partition("@")[2] or "example", address))
        add(at, smtpd + "connect from " + peer)
        at += rng.random() * 0.4
        kind = rng.random()
        if kind < 0.25:
            self.refuse(at, smtpd, peer, sender)
            return False
        if kind < 0.30:
            add(at + 0.5, smtpd + "lost connection after %s from %s" % (
                rng.choice(("EHLO", "CONNECT", "AUTH", "RCPT")), peer))
            add(at + 0.5, smtpd + "disconnect from %s ehlo=1 auth=0/1 "
                "commands=1/2" % peer)
            return False
        self.take(at, smtpd, peer, sender)
        return True

    def refuse(self, at, smtpd, peer, sender):
        add = self.log.add
        add(at, smtpd + "NOQUEUE: reject: RCPT from %s: 554 5.7.1 "
            "<victim@elsewhere.example>: Relay access denied; from=<%s> "
            "to=<victim@elsewhere.example> proto=ESMTP helo=<%s>" % (
                peer, sender, "mail.example"))
        add(at + 0.3, smtpd + "disconnect from %s ehlo=1 mail=1 rcpt=0/1 "
            "quit=1 commands=3/4" % peer)

    def take(self, at, smtpd, peer, sender):
        rng, add = self.rng, self.log.add
        queue_id = self.queue_id()
        pid = rng.randrange(1000, 32000)
        recipients = rng.choice((1, 1, 1, 2, 3))
        add(at, "%s%s: client=%s" % (smtpd, queue_id, peer))
        at += rng.random() * 0.5
        add(at, "postfix/cleanup[%d]: %s: message-id=<%d.%d@%s>" % (
            pid, queue_id, rng.randrange(10**9), self.serial,
            sender.partition("@")[2] or "mx.example"))
        at += rng.random() * 0.3
        add(at, "postfix/qmgr[1234]: %s: from=<%s>, size=%d, nrcpt=%d "
            "(queue active)" % (queue_id, sender, rng.randrange(900, 40000),
                                recipients))
        add(at + 0.2, smtpd + "disconnect from %s ehlo=1 mail=1 rcpt=%d "
            "data=1 quit=1 commands=%d" % (peer, recipients, recipients + 4))
        for _ in range(recipients):
            at += rng.random() * 0.2
            add(at, "postfix/local[%d]: %s: to=<trap@mx1.spampot.example>, "
                "orig_to=<%s@spampot.example>, relay=local, delay=%.2g, "
                "delays=0.4/0.01/0/0.02, dsn=2.0.0, status=sent (delivered "
                "to file: /dev/null)" % (pid + 1, queue_id,
                                         rng.choice(TRAPS), rng.random()))
        add(at + 0.01, "postfix/qmgr[1234]: %s: removed" % queue_id)
        if rng.random() < 0.01:
            add(at + 1, "postfix/anvil[%d]: statistics: max connection rate "
                "%d/60s for (smtp:192.0.2.7) at Mar  7 04:12:33" % (
                    pid + 2, rng.randrange(1, 99)))


class Sendmail:
    def __init__(self, rng, log):
        self.rng = rng
        self.log = log
        self.serial = 0

    def queue_id(self, pid):
        self.serial += 1
        n, digits = self.serial, ""
        for _ in range(5):
            n, rest = divmod(n, 60)
            digits = SENDMAIL_ID[rest] + digits
        return "r27%s%06d" % (digits, pid)

    def session(self, at, client):
        rng, add = self.rng, self.log.add
        sender, address, name = client
        pid = self.log.next_pid()
        queue_id = self.queue_id(pid)
        tag = "sm-mta[%d]: " % pid
        literal = "[IPv6:%s]" % address if ":" in address else (
            "[%s]" % address)
        relay = literal if name == "unknown" else "%s %s" % (name, literal)
        if name != "unknown" and rng.random() < 0.1:
            relay += " (may be forged)"
        kind = rng.random()
        if kind < 0.15:
            add(at, "%s%s: ruleset=check_rcpt, arg1=<v@elsewhere.example>, "
                "relay=%s, reject=550 5.7.1 <v@elsewhere.example>... "
                "Relaying denied" % (tag, queue_id, relay))
            add(at + 0.2, "%s%s: from=<%s>, size=0, class=0, nrcpts=0, "
                "proto=ESMTP, daemon=MTA, relay=%s" % (
                    tag, queue_id, sender, relay))
            return False
        if kind < 0.2:
            add(at, "%s%s: %s did not issue MAIL/EXPN/VRFY/ETRN during "
                "connection to MTA" % (tag, queue_id, relay))
            return False
        recipients = rng.choice((1, 1, 1, 2))
        add(at, "%s%s: from=<%s>, size=%d, class=0, nrcpts=%d, msgid=<%d.%d@"
            "%s>, proto=ESMTP, daemon=MTA, relay=%s" % (
                tag, queue_id, sender, rng.randrange(900, 40000), recipients,
                rng.randrange(10**9), self.serial,
                sender.partition("@")[2] or "mx.example", relay))
        for _ in range(recipients):
            at += rng.random() * 0.6
            add(at, "sm-mta[%d]: %s: to=/dev/null, ctladdr=<%s@spampot."
                "example> (1/0), delay=00:00:01, xdelay=00:00:00, "
                "mailer=*file*, pri=%d, dsn=2.0.0, stat=Sent" % (
                    pid + 2, queue_id, rng.choice(TRAPS),
                    rng.randrange(30000, 90000)))
        return True


def bytes_of(text):
    number, unit = re.fullmatch(r"(\d+)([KMG]?)", text).groups()
    return int(number) << {"": 0, "K": 10, "M": 20, "G": 30}[unit]


def write_truth(path, seen):
    with open(path, "w") as file:
        file.write("sender,client_ip,count\n")
        for (sender, address), count in seen.items():
            file.write("%s,%s,%d\n" % (sender or "<>", address, count))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mta", choices=("postfix", "sendmail"),
                        default="postfix")
    parser.add_argument("--size", type=bytes_of, default=200 << 20)
    parser.add_argument("--keys", type=int, default=70000)
    parser.add_argument("--even", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stamps", choices=("rfc3164", "iso"),
                        default="rfc3164")
    parser.add_argument("--truth")
    args = parser.parse_args()

    rng = random.Random(args.seed)
    log = Log(sys.stdout.buffer, args.size, args.stamps)
    mta = (Postfix if args.mta == "postfix" else Sendmail)(rng, log)
    clients = Clients(rng, args.keys, args.even)
    seen = {}
    now = 0.0
    while log.write_until(now):
        for _ in range(200):
            now += rng.expovariate(40)
            client = clients.pick()
            if mta.session(now, client):
                seen[client[:2]] = seen.get(client[:2], 0) + 1
    log.write_until(float("inf"))
    if args.truth:
        write_truth(args.truth, seen)


main()
