"""client - sends spam from many addresses and keeps the truth

A session is what one client does in one connection: its address, the name
it gives itself, and its mails. Sessions are made from a seed, so that a run
can be repeated, and sent several at a time. What became of each mail is
written down as the client saw it: a line of JSON for each (see Truth), which
compare.py holds against the rows.
"""

import dataclasses
import json
import queue
import random
import re
import socket
import struct
import threading
import time

import machine

TRAP = "spampot.example"

# Texts in the shape of what stands around them in a log. The addresses in
# them are nobody's: a row with one has been fooled.
SENDERS = [
    '"a,b c"@x.example',
    '"x>y"@z.example',
    '"a>, size=1, nrcpt=1 (queue active)"@e.example',
    '"a>, size=1, class=0, nrcpts=1, msgid=<y>, relay=[9.9.9.9]"@e.example',
    '"from=<fake@x.example>"@evil.example',
    '"relay=[9.9.9.9]"@x.example',
    '"x, relay=[9.9.9.9], reject=5"@e.example',
    '"; from=<c@b.example> to=<a@b> proto=ESMTP helo=<z>"@e.example',
    '"client=h.example[9.9.9.9]"@e.example',
    '"\\"quoted\\""@x.example',
    '"back\\\\slash"@x.example',
    "o'neil@ex.example",
    "=cmd@calc.example",
    "user%relay@x.example",
    "+@x.example",
    "#@x.example",
    "bounce+joe=spampot.example@list.example",
    "MiXed.Case@Example.EXAMPLE",
    "{brace|pipe}~tilde@x.example",
    "%s%n%x@fmt.example",
    "just-a-local-part",
    "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".example",
]
EIGHT_BIT_SENDERS = [
    "caf\u00e9@ex.example",
    "\u043f\u043e\u0447\u0442\u0430@"
    "\u043f\u0440\u0438\u043c\u0435\u0440.example",
]
MESSAGE_IDS = [
    "<x, relay=[9.9.9.9]>",
    "<x, relay=[9.9.9.9]>, proto=ESMTP, daemon=MTA, relay=h [9.9.9.9]",
    "<a@b>, from=<fake@x.example>, relay=evil.example [6.6.6.6]",
    "<x@y> (comment, proto=ESMTP, daemon=MTA, relay=[8.8.8.8])",
    "<client=unknown[9.9.9.9]@x>",
    "<0123456789: client=unknown[9.9.9.9]>",
    "no-angle-brackets@x",
    "<only-the-first",
    "only-the-last>",
    "<sp ace@x>",
    "<tab\there@x>",
    "<a>b@c>",
    "<<twice@x>>",
    "<%s%n%x@fmt>",
    "<back\\slash\\303@x>",
    "<caf\u00e9@x>",
    "<latin1-\udce9@x>",
    "<control-\x01\x1b[31m\x7f@x>",
    "<" + "m" * 80 + "@long.example>",
    "<" + "m" * 900 + "@long.example>",
    "<" + "\u00e9" * 300 + "@long.example>",
    "<" + "a, relay=[9.9.9.9], " * 30 + "@long.example>",
    "",
]
HELOS = [
    "relay=[9.9.9.9]",
    "[127.0.0.1]",
    "x]:_from=<q@q>",
    "from=<a@b.example>",
    "a;b,c",
    "<>",
    "unknown[1.2.3.4]",
    "localhost",
    "h" * 300,
]
PLAIN_HELO = "client.example"  # after another was not taken
REFUSED = [  # relaying, which a trap refuses
    "victim@elsewhere.example",
    '"; from=<c@b.example> to=<a@b> proto=ESMTP helo=<z>"@t.example',
    '"x, relay=[9.9.9.9], reject=5"@t.example',
    "caf\u00e9@t.example",
]
ACCEPTED = ["root", "admin", "sales", "Info", "web.master", "zz.top+tag",
            "joe", "=x", "a_b-c", '"a b"', '"x, y"',
            '"to=<z>, relay=[9.9.9.9]"']
NETS = ["198.51.100.", "198.18.{}.", "198.19.{}.", machine.NAMED,
        machine.FORGED]

IPV6_FREEBIND = 78  # from linux/in6.h: any address that is routed here

QUEUED = re.compile(r"queued as ([0-9A-Za-z]+)"
                    r"|2\.0\.0 ([0-9A-Za-z]{8,20}) Message accepted")


@dataclasses.dataclass
class Mail:
    sender: str
    recipients: list
    message_id: str | None  # None: the header is not there
    size: int
    # send, reset, or where the connection is lost: lose-mail, lose-rcpt,
    # lose-header, lose-body
    how: str = "send"


@dataclasses.dataclass
class Session:
    client_ip: str
    helo: str
    mails: list
    end: str = "quit"       # quit, close, or tear (a TCP reset)
    talks_first: bool = False
    smtputf8: bool = True   # asks for it where a sender is 8-bit


@dataclasses.dataclass
class Truth:
    """What became of one mail; of a session without any, one with no sender.

    outcome: accepted; refused-STAGE, STAGE being connect, helo, mail, rcpt
    (no recipient was taken), data or end; reset; lost-STAGE; nothing; closed,
    if the server went away. recipients: each with the reply it got.
    """
    session: int
    start: float
    end: float
    client_ip: str
    client_name: str
    forged_name: str
    helo: str
    sender: str | None = None
    recipients: list = dataclasses.field(default_factory=list)
    message_id: str | None = None
    size: int = 0
    outcome: str = "nothing"
    queue_id: str = ""
    reply: str = ""


class Lost(Exception):
    """The server has closed the connection."""


class Wire:
    """One SMTP connection."""

    def __init__(self, client_ip, port):
        family, server = socket.AF_INET, "127.0.0.1"
        if ":" in client_ip:
            family, server = socket.AF_INET6, "::1"
        self.socket = socket.socket(family)
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        self.socket.settimeout(40)
        self.socket.bind((client_ip, 0))
        self.socket.connect((server, port))
        self.file = self.socket.makefile("rb")

    def reply(self):
        text = b""
        while True:
            line = self.file.readline()
            if not line:
                raise Lost(text.decode("latin1"))
            text += line
            if line[3:4] != b"-":
                return int(line[:3]), text.decode("latin1").strip()

    def write(self, text):
        self.socket.sendall(text.encode("utf-8", "surrogateescape"))

    def send(self, line):
        self.write(line + "\r\n")
        return self.reply()

    def close(self, tear=False):
        if self.socket.fileno() < 0:
            return
        if tear:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        self.file.close()
        self.socket.close()


class Client:
    """Sends one session; truths has what became of it."""

    def __init__(self, number, session, port):
        self.number = number
        self.session = session
        self.port = port
        self.truths = []

    def truth(self, mail=None):
        ip = self.session.client_ip
        truth = Truth(self.number, time.time(), 0, ip,
                      machine.known_name(ip), machine.forged_name(ip),
                      self.session.helo)
        if mail:
            truth.sender = mail.sender
            truth.message_id = mail.message_id
        return truth

    def note(self, truth, outcome, reply=""):
        truth.outcome = outcome
        truth.reply = reply
        truth.end = time.time()
        self.truths.append(truth)

    def run(self):
        truth = self.truth()
        try:
            wire = Wire(self.session.client_ip, self.port)
        except OSError as error:
            self.note(truth, "refused-connect", str(error))
            return self.truths
        try:
            if self.greet(wire, truth):
                self.mails(wire)
                if self.session.end == "quit":
                    wire.send("QUIT")
        except (Lost, OSError) as error:
            if not self.truths:
                self.note(truth, "refused-connect", str(error))
        wire.close(self.session.end == "tear")
        return self.truths

    def greet(self, wire, truth):
        if self.session.talks_first:
            wire.write(f"EHLO {self.session.helo}\r\n")
            code, text = wire.reply()
            if code == 220:
                code, text = wire.reply()
        else:
            code, text = wire.reply()
            if code == 220:
                code, text = wire.send("EHLO " + self.session.helo)
            else:
                self.note(truth, "refused-connect", text)
                return False
        if code != 250:
            code, text = wire.send("EHLO " + PLAIN_HELO)
            truth.helo = self.session.helo = PLAIN_HELO
        if code != 250:
            self.note(truth, "refused-helo", text)
            return False
        self.smtputf8 = "SMTPUTF8" in text and self.session.smtputf8
        if not self.session.mails:
            self.note(truth, "nothing")
        return True

    def mails(self, wire):
        for mail in self.session.mails:
            truth = self.truth(mail)
            try:
                outcome, reply = self.mail(wire, mail, truth)
            except (Lost, OSError) as error:
                self.note(truth, "closed", repr(error))
                raise
            self.note(truth, outcome, reply)
            if outcome.startswith("lost"):
                raise Lost
            if outcome.startswith("refused"):
                wire.send("RSET")

    def mail(self, wire, mail, truth):
        """Sends one; returns the outcome, and the reply that decided it."""
        option = ""
        if self.smtputf8 and not mail.sender.isascii():
            option = " SMTPUTF8"
        code, text = wire.send(f"MAIL FROM:<{mail.sender}>{option}")
        if code != 250:
            return "refused-mail", text
        if mail.how == "lose-mail":
            return self.lose(wire, "lost-mail")
        for recipient in mail.recipients:
            code, text = wire.send(f"RCPT TO:<{recipient}>")
            truth.recipients.append((recipient, text))
        if mail.how == "reset":
            return "reset", wire.send("RSET")[1]
        if mail.how == "lose-rcpt":
            return self.lose(wire, "lost-rcpt")
        if not any(reply.startswith("25") for _, reply in truth.recipients):
            return "refused-rcpt", text
        code, text = wire.send("DATA")
        if code != 354:
            return "refused-data", text
        return self.message(wire, mail, truth)

    def message(self, wire, mail, truth):
        header = ("Received: from [9.9.9.9] by x.example; client=[9.9.9.9]\r\n"
                  "From: x <spam@h.example>\r\n"
                  "To: you@spampot.example\r\n"
                  "Subject: x from h.example[9.9.9.9]; from=<c@b.example>\r\n")
        if mail.message_id is not None:
            header += f"Message-ID: {mail.message_id}\r\n"
        body = ("spam " * 14 + "\r\n") * (mail.size // 72)
        truth.size = len((header + "\r\n" + body).encode("utf-8",
                                                        "surrogateescape"))
        if mail.how == "lose-header":
            wire.write(header)
            return self.lose(wire, "lost-header")
        if mail.how == "lose-body":
            wire.write(header + "\r\n" + body)
            return self.lose(wire, "lost-body")
        code, text = wire.send(header + "\r\n" + body + ".")
        found = QUEUED.search(text)
        truth.queue_id = (found[1] or found[2]) if found else ""
        return ("accepted" if code == 250 else "refused-end"), text

    def lose(self, wire, outcome):
        wire.close(self.session.end == "tear")
        return outcome, ""


def make_sessions(count, seed, ipv6):
    """Yields sessions until they have count mails."""
    dice = random.Random(seed)
    clients = [dice.choice(NETS).format(dice.randrange(256))
               + str(dice.randrange(2, 60)) for _ in range(count // 4)]
    if ipv6:
        clients += [f"2001:db8::{dice.randrange(1 << 16):x}:1"
                    for _ in range(count // 20)]
    senders = [f"{dice.choice(['news', 'b.o-unce', 'x_y', 'tag+q'])}"
               f"{dice.randrange(999)}@p{dice.randrange(60)}.example"
               for _ in range(count // 4)]

    def mail():
        sender = dice.choice(senders) if dice.random() > .06 else ""
        message_id = (f"<{dice.getrandbits(48):x}@mx.example.com>"
                      if dice.random() > .05 else None)
        recipients = [f"{name}@{TRAP}" for name in
                      dice.sample(ACCEPTED, dice.choice([1, 1, 1, 2, 4]))]
        if dice.random() < .4:
            sender = dice.choice(SENDERS + EIGHT_BIT_SENDERS)
        if dice.random() < .4:
            message_id = dice.choice(MESSAGE_IDS)
        if dice.random() < .15:
            recipients.insert(dice.randrange(len(recipients) + 1),
                              dice.choice(REFUSED))
        if dice.random() < .06:
            recipients = [dice.choice(REFUSED)]
        how = dice.choices(["send", "reset", "lose-mail", "lose-rcpt",
                            "lose-header", "lose-body"],
                           [90, 3, 1, 2, 2, 2])[0]
        return Mail(sender, recipients, message_id,
                    dice.randrange(100, 20000), how)

    while count > 0:
        mails = [mail() for _ in range(dice.choice([0] + [1] * 9 + [2, 2, 3]))]
        count -= len(mails)
        client = dice.choice(clients)
        helo = dice.choice(["mail.spam.example", "WIN-7Q", f"[{client}]"])
        if dice.random() < .4:
            helo = dice.choice(HELOS)
        yield Session(client, helo, mails,
                      dice.choices(["quit", "close", "tear"], [85, 9, 6])[0],
                      dice.random() < .04, dice.random() < .7)


def send_all(sessions, port=25, at_once=10):
    """Sends the sessions; returns all truths."""
    work = queue.Queue()
    truths = []
    for number, session in enumerate(sessions):
        work.put((number, session))

    def sender():
        while True:
            try:
                number, session = work.get_nowait()
            except queue.Empty:
                return
            truths.extend(Client(number, session, port).run())

    threads = [threading.Thread(target=sender) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return truths


def write_truths(path, truths):
    with open(path, "w", encoding="ascii") as file:
        for truth in sorted(truths, key=lambda truth: truth.start):
            file.write(json.dumps(dataclasses.asdict(truth)) + "\n")


def read_truths(path):
    with open(path, encoding="ascii") as file:
        return [Truth(**json.loads(line)) for line in file]
