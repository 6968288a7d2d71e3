"""questions - what the SQL of examples/sql must answer, and of which log

The answers are worked out here from what the log was made of, not from the
database. Days are those of UTC, relative to today.
"""

import collections
import datetime
import ipaddress

ACCEPTED = """\
{stamp} mx1 postfix/smtpd[471]: {id}: client=unknown[{client}]
{stamp} mx1 postfix/cleanup[475]: {id}: message-id=<{id}@x.example>
{stamp} mx1 postfix/qmgr[402]: {id}: from=<{sender}>, size=812, nrcpt={nrcpt} \
(queue active)
{to}{stamp} mx1 postfix/qmgr[402]: {id}: removed
"""
TO = """\
{stamp} mx1 postfix/virtual[480]: {id}: to=<{recipient}>, relay=virtual, \
delay=0.2, delays=0.1/0/0/0.1, dsn=2.0.0, status=sent (delivered)
"""
REJECTED = """\
{stamp} mx1 postfix/smtpd[471]: NOQUEUE: reject: RCPT from unknown[{client}]: \
554 5.7.1 <{recipients[0]}>: Relay access denied; from=<{sender}> \
to=<{recipients[0]}> proto=ESMTP helo=<pc>
"""

Mail = collections.namedtuple("Mail",
                              "ago sender client recipients outcome id")
MAILS = [Mail(*mail, f"{0x3F1A2B0000 + n:X}") for n, mail in enumerate([
    (40, "old@a.example", "192.0.2.7", ["info@trap.example"], "accepted"),
    (10, "old@a.example", "192.0.2.8", ["info@trap.example"], "accepted"),
    (1, "new@b.example", "192.0.2.7", ["info@trap.example"], "accepted"),
    (0, "old@A.example", "192.0.2.9", ["joe@trap.example"], "accepted"),
    (0, "newer@b.example", "198.51.100.1",
     ["info@trap.example", "joe@trap.example"], "accepted"),
    (0, "newer@b.example", "198.51.100.1", ["joe@trap.example"], "accepted"),
    (0, "newer@b.example", "2001:db8:1:2::5", ["joe@trap.example"],
     "accepted"),
    (0, "", "203.0.113.5", ["joe@trap.example"], "accepted"),
    (0, "refused@c.example", "203.0.113.6", ["x@y.example"], "rejected"),
    (30, "refused@c.example", "203.0.113.6", ["x@y.example"], "rejected"),
])]


class Questions:
    def __init__(self):
        self.today = datetime.datetime.now(datetime.timezone.utc).date()
        self.mails = sorted(MAILS, key=lambda mail: (-mail.ago, mail.id))

    def still_today(self):
        """Whether the answers hold: SQL asks the clock, too."""
        return self.today == Questions().today

    def day(self, mail):
        return str(self.today - datetime.timedelta(mail.ago))

    def stamp(self, mail):
        # The IDs tell the order within a day.
        return f"{self.day(mail)}T00:00:{int(mail.id, 16) % 60:02}+00:00"

    def log(self):
        return "".join(
            (ACCEPTED if mail.outcome == "accepted" else REJECTED).format(
                stamp=self.stamp(mail), nrcpt=len(mail.recipients),
                to="".join(TO.format(stamp=self.stamp(mail), id=mail.id,
                                     recipient=recipient)
                           for recipient in mail.recipients),
                **mail._asdict()) for mail in self.mails)

    def answers(self):
        """(file, value of @sender, rows), the rows as texts."""
        yield "top-networks.sql", None, self.top_networks()
        yield "new-senders.sql", None, self.new_senders()
        for sender in ("newer@b.example", "<>", "old@a.example",
                       "none@a.example"):
            yield "one-sender.sql", sender, self.one_sender(sender)
        yield "traps.sql", None, self.traps()

    def top_networks(self):
        nets = collections.defaultdict(list)
        for mail in self.mails:
            if self.day(mail)[:7] == str(self.today)[:7]:
                nets[network(mail.client)].append(mail)
        rows = [(net, count(m.outcome == "accepted" for m in mails),
                 count(m.outcome == "rejected" for m in mails),
                 different(m.client for m in mails),
                 different(spelled(m) for m in mails),
                 different(m.ago for m in mails),
                 max(self.day(m) for m in mails))
                for net, mails in nets.items()]
        return as_text(sorted(rows, key=lambda r: (-r[1], -r[2], r[0])))

    def new_senders(self):
        senders = collections.defaultdict(list)
        for mail in self.mails:
            local, at, domain = spelled(mail).rpartition("@")
            senders[local + at + domain.lower()].append(mail)
        rows = [(min(self.day(m) for m in mails),
                 min(spelled(m) for m in mails),
                 count(m.outcome == "accepted" for m in mails),
                 count(m.outcome == "rejected" for m in mails),
                 different(m.client for m in mails))
                for mails in senders.values()
                if max(m.ago for m in mails) <= 1]
        rows.sort(key=lambda r: (-r[2], r[1]))
        rows.sort(key=lambda r: r[0], reverse=True)
        return as_text(rows)

    def one_sender(self, sender):
        return as_text((self.stamp(m), m.outcome, m.client, "", recipient,
                        f"{m.id}@x.example", 812)
                       for m in self.mails if spelled(m) == sender
                       for recipient in m.recipients)

    def traps(self):
        traps = collections.defaultdict(list)
        for mail in self.mails:
            for recipient in mail.recipients:
                if mail.outcome == "accepted":
                    traps[recipient].append(mail)
        rows = [(trap, len(mails), different(m.client for m in mails),
                 different(spelled(m) for m in mails),
                 min(self.day(m) for m in mails),
                 max(self.day(m) for m in mails))
                for trap, mails in traps.items()]
        return as_text(sorted(rows, key=lambda r: (-r[1], r[0])))


def spelled(mail):
    return mail.sender or "<>"


def network(client):
    bits = 64 if ":" in client else 24
    return str(ipaddress.ip_network(f"{client}/{bits}", strict=False))


def count(those):
    return sum(those)


def different(those):
    return len(set(those))


def as_text(rows):
    return [[str(value) for value in row] for row in rows]


def complaints(questions, folder, dialect, ask):
    """Yields what is wrong with the answers of examples/sql, which is folder;
    in dialect are those that each database wants in its own words. ask() takes
    a file and a sender, and returns rows of texts."""
    for name, sender, want in questions.answers():
        path = folder / dialect / name
        got = ask(path if path.exists() else folder / name, sender)
        if got != want and questions.still_today():
            yield f"{name} {sender or ''}: {got}, not {want}"
