"""suite - what must hold of a database, whichever back end keeps it

A test is a function of a Room that yields what is wrong, one text a fault;
its docstring's first line is its name. ALL has them in order.
"""

import calendar
import collections
import ipaddress
import random
import re
import time

import harvest
import mariadb
from accidents import Span, Tally
from harvest import (FIELDS, Run, difference, generate, into, message, run,
                     truth, write)

KILLS = 25               # of clients, each back end
KILLS_LEAST = 10
KILL_SECONDS = 20
GOLDEN_STEP = 5          # of so many golden logs, one
PAIRS = 4                # of runs side by side


class Room:
    """Where a test works: a folder, and a database that is empty."""

    def __init__(self, folder, base, seed=0):
        self.folder = folder
        self.base = base
        self.seed = seed
        folder.mkdir(parents=True)
        base.forget()

    def log(self, text, name="maillog", settled=True):
        return write(self.folder / name, text, settled)

    def half(self, text):
        """A log of which but the first half was written yet."""
        return self.log(text[:text.find(b"\n", len(text) // 2) + 1],
                        settled=False)

    def harvest(self, *logs):
        """A run that must be done, and silent."""
        yield from run(*into(self.base.uri, *logs)).complaints()

    def compare(self, want):
        yield from difference(want, self.base.rows().counted(FIELDS))


# ---- rows ----

def examples(room):
    """the example logs: rows are those of -m, a second run changes nothing"""
    logs = [harvest.TREE / "examples" / name
            for name in ("postfix.log", "sendmail.log")]
    logs = [room.log(path.read_bytes(), path.name) for path in logs]
    yield from room.harvest(*logs)
    yield from room.compare(truth(*logs))
    before = room.base.whole()
    yield from room.harvest(*reversed(logs))
    if room.base.whole() != before:
        yield "the second run changed something"
    yield from room.base.check()


def derived(room):
    """columns say what is so: instants, days, networks, domains, keys"""
    odd = message(1, b'"A\\"@B"@Example.COM') + \
        message(2, b"", client=b"x.example[2001:db8::25]") + \
        message(3, client=b"unknown[unknown]")
    # Where one is there already, the others come in one by one.
    for log in (room.log(generate() + odd, "many"),
                room.log(odd + generate("sendmail", seed=2, host="mx2"),
                         "singly")):
        yield from run("--include-local",
                       *into(room.base.uri, log)).complaints()
    rows = room.base.rows()
    if rows.orphans:
        yield f"recipients without message: {rows.orphans}"
    if max(rows.counted(["wall", "mta_host", "queue_id", "nth"]).values()) > 1:
        yield "the natural key is none"
    for row in rows.all:
        for name, want in expected(row).items():
            if row[name] != want:
                yield f"{name}: {row[name]!r}, not {want!r}: {row}"


def expected(row):
    """What follows from a row's other columns."""
    stamp = row["date"].decode()
    offset = 0
    zone = re.search(r"([+-])(\d\d):(\d\d)$", stamp)
    if zone:
        offset = (int(zone[2]) * 60 + int(zone[3])) * 60
        offset = -offset if zone[1] == "-" else offset
    instant = calendar.timegm(time.strptime(stamp[:19],
                                            "%Y-%m-%dT%H:%M:%S")) - offset
    packed = network = b""
    if row["client_ip"]:
        address = ipaddress.ip_address(row["client_ip"].decode())
        packed = (b"" if address.version == 6 else bytes(10) + b"\xff\xff") \
            + address.packed
        network = str(ipaddress.ip_network(
            (address, 24 if address.version == 4 else 64),
            strict=False)).encode()
    sender = row["sender"]
    domain = sender.rpartition(b"@")[2].lower() if b"@" in sender else b""
    return {"instant": str(instant).encode(), "day": stamp[:10].encode(),
            "client_addr": packed, "client_net": network,
            "sender_domain": domain}


# Senders that a byte of would be lost, changed, or taken for something else.
ODD = [
    b"\xe9t\xe9@latin1.example",
    "\u00e9t\u00e9@utf8.example".encode(),
    "\U0001f4a9\U0001f600@four.example".encode(),
    b"\xf0\x9f\x92@cut.example",
    b"\xff\xfe\xc0\x80@none.example",
    b"'; DROP TABLE messages; --@sql.example",
    b"\"a\\\"b\\\\\"@quoted.example",
    b"%s%n\\0\\N@format.example",
    b"NULL", b"NULL@null.example", b"=1+1@cell.example",
    b"UPPER@Case.Example", b"upper@case.example",
    b" space @blank.example ",
    b"x" * 300 + b"@long.example",
    b"x" * 9000 + b"@longer.example",
    b"trailing\t@tab.example",
    b"\xed\xa0\x80@surrogate.example",
    b"a\xcc\x8a@composed.example", "\u00e5@composed.example".encode(),
    b"stra\xc3\x9fe@sharp.example", b"strasse@sharp.example",
]


def any_bytes(room):
    """senders of any bytes: 8 bit, 4-byte UTF-8, broken, quotes, long"""
    log = room.log(b"".join(message(n, sender)
                            for n, sender in enumerate(ODD)))
    want = truth(log)
    if len(want) != len(ODD):
        yield f"{len(want)} rows, of {len(ODD)} senders"
    yield from room.harvest(log)
    yield from room.compare(want)
    for view in ("sightings", "senders", "clients", "daily"):
        if not room.base.sql(f"SELECT * FROM {view}"):
            yield f"the view {view} shows nothing"


def nul_bytes(room):
    """NUL bytes in lines, and escaped in senders"""
    lines = message(1, b"nul\0@byte.example") + message(2) + \
        message(3, message_id=b"a\0b@c.example")
    sendmail = b"".join(
        b"Mar  7 04:12:3%d mx1 sm-mta[47]: r2741t%08d: %s\n" % (n, n, text)
        for n in range(3) for text in (
            b"from=<nul\\000%d@sendmail.example>, size=812, class=0, nrcpts=1,"
            b" msgid=<%d\\000@b.example>, proto=ESMTP, daemon=MTA, "
            b"relay=a.example [192.0.2.7]" % (n, n),
            b"to=<info@trap.example>, delay=00:00:01, xdelay=00:00:01, "
            b"mailer=local, pri=31135, dsn=2.0.0, stat=Sent"))
    log = room.log(lines + sendmail)
    want = truth(log)
    if sum(b"\0" in row[1] for row in want) < 3:
        yield "the truth has no NULs"
    yield from room.harvest(log)
    yield from room.compare(want)


def golden(room):
    """the golden cases' logs"""
    names = sorted(path for path in
                   (harvest.TREE / "tests/golden").glob("*/input")
                   if not path.parent.name.startswith(NOT_LOGS))
    if room.base.name != "SQLite":  # where a new database takes a while
        names = names[room.seed % GOLDEN_STEP::GOLDEN_STEP]
    for path in names:
        log = room.log(path.read_bytes(), path.parent.name)
        try:
            want = truth(log)
        except mariadb.Trouble:
            continue  # no log at all
        room.base.forget()
        done = run(*into(room.base.uri, log))
        if done.status:
            yield f"{path.parent.name}: {done.err}"
        got = room.base.rows().counted(FIELDS)
        for text in difference(bare(want), bare(got)):
            yield f"{path.parent.name}: {text}"


def bare(rows):
    """The rows without backslashes in recipients: CSV has some between
    addresses that have blanks, a table of recipients needs none."""
    at = FIELDS.index("recipients")
    return collections.Counter(
        {row[:at] + (row[at].replace(b"\\", b""),) + row[at + 1:]: times
         for row, times in rows.items()})


def recipients(room):
    """recipients: in order, each as logged, whatever it has"""
    odd = [b"a b@t.example", b"\"c@t.example", b"d\\@t.example",
           b"d@t.example", b"\"e f\"@t.example",
           "\u00fc@t.example".encode(), b"\xff@t.example"]
    queue_id, lines = b"3F1A2B4C5D", []
    for line in message(1, queue_id=queue_id).splitlines(True):
        if b": to=<" not in line:
            lines.append(line.replace(b"nrcpt=1", b"nrcpt=%d" % len(odd)))
            continue
        for address in odd:
            lines.append(line.replace(b"info@trap.example", address))
    log = room.log(b"".join(lines))
    yield from room.harvest(log)
    got = [bytes.fromhex(row[0].decode()) for row in room.base.sql(
        "SELECT HEX(recipient) FROM recipients ORDER BY position")]
    if got != odd:
        yield f"{got}, not {odd}"


NOT_LOGS = ("collection-", "csv-", "jsonl-", "merge-", "rows-")


def grows(room):
    """a log that grows by pieces, half lines among them, and is rotated"""
    rng = random.Random(room.seed)
    text = generate(size="200K", seed=room.seed + 11)
    log = room.folder / "maillog"
    fed = turns = 0
    while fed < len(text):
        end = min(len(text), fed + rng.randrange(1, len(text) // 8))
        if rng.random() < 0.3 or not fed:
            end = text.find(b"\n", end) + 1 or len(text)
            with open(log, "ab") as file:
                file.write(text[fed:end])
            if fed:
                turns += 1
                log.rename(log.with_name(f"maillog-201303{turns:02}"))
            log.touch()
        else:
            with open(log, "ab") as file:
                file.write(text[fed:end])
        fed = end
        if log.stat().st_size or fed == len(text):
            yield from room.harvest(log)
    with open(log, "ab") as file:
        file.write(message(86399))
    harvest.settle(log)
    yield from room.harvest(log)
    whole = room.log(text + message(86399), "whole")
    yield from room.compare(truth(whole))


# ---- exactly once ----

def killed(room):
    """kill -9 of the client at any time: the next run makes it whole"""
    rng = random.Random(room.seed)
    log = room.log(generate(size="2M", seed=room.seed + 1))
    nothing = room.log(b"", "nothing")
    want = truth(log)
    began = time.monotonic()
    yield from room.harvest(log)
    took = time.monotonic() - began
    yield from room.compare(want)
    # By what the run finds: tables, and some of the log.
    spans = collections.defaultdict(lambda: Span(took))
    kills = Tally("runs were killed", KILLS, KILLS_LEAST, KILL_SECONDS)
    while kills.is_open():
        room.base.forget()
        made = rng.random() < 0.8  # else killed while it makes them, too
        if made:
            yield from room.harvest(nothing)
        for turn in range(rng.randrange(1, 4)):
            span = spans[made, turn]
            moment = span.moment(rng)
            one = Run(*into(room.base.uri, log))
            hit = one.kill_after(moment)
            span.learn(min(moment, one.took), hit)
            kills.hits += hit
            if not hit:
                break  # there is nothing left to do
        yield from room.harvest(log)
        wrong = list(room.compare(want))
        if wrong:
            yield f"after kill {kills.hits}"
            yield from wrong
            return
    yield from room.base.check()
    yield from kills.complaints()


def side_by_side(room):
    """two machines, one log, one database: counted once"""
    text = generate(size="400K", seed=room.seed + 2)
    logs = []
    for n in (1, 2):
        folder = room.folder / f"machine{n}"
        folder.mkdir()
        logs.append(write(folder / "maillog", text))
    want = truth(logs[0])
    for turn in range(PAIRS):
        room.base.forget()
        runs = [Run(*into(room.base.uri, log)) for log in logs]
        for one in runs:
            yield from one.end().complaints()
        yield from room.compare(want)
    yield from room.base.check()


def two_hosts(room):
    """two hosts' logs at once, and both once more by the other"""
    logs = [room.log(generate(mta, "300K", n, host), host)
            for n, (mta, host) in enumerate((("postfix", "mx1"),
                                             ("sendmail", "mx2")))]
    want = truth(*logs)
    for turn in range(PAIRS):
        room.base.forget()
        runs = [Run(*into(room.base.uri, log)) for log in logs]
        for one in runs:
            yield from one.end().complaints()
        yield from room.harvest(*logs)
        yield from room.compare(want)


# ---- databases that are refused, and left alone ----

def refused(room, log, says, status=3, **more):
    """A run that must not change anything, and tell why."""
    before = room.base.whole()
    done = run(*into(room.base.uri, log), **more)
    yield from done.complaints(status, says)
    if room.base.whole() != before:
        yield f"{says}: refused, but changed"


def newer_version(room):
    """a newer schema's database is refused"""
    text = generate(size="400K")
    yield from room.harvest(room.half(text))
    set_version(room, 99)
    log = room.log(text)
    yield from refused(room, log, "version")


def wrong_version(room):
    """a schema version that never was is refused"""
    text = generate(size="400K")
    yield from room.harvest(room.half(text))
    set_version(room, -7)
    log = room.log(text)
    yield from refused(room, log, "version")


def set_version(room, version):
    room.base.sql(f"PRAGMA user_version = {version}"
                  if room.base.name == "SQLite" else
                  f"UPDATE spamharvest SET schema_version = {version}")


def foreign(room):
    """a database that is somebody else's is refused"""
    room.base.sql("CREATE TABLE messages (id INTEGER, subject VARCHAR(20))")
    room.base.sql("INSERT INTO messages VALUES (1, 'hello')")
    log = room.log(generate(size="200K"))
    yield from refused(room, log, "")


def foreign_beside(room):
    """a database with tables of other names is refused, too"""
    room.base.sql("CREATE TABLE customers (id INTEGER, name VARCHAR(20))")
    log = room.log(generate(size="200K"))
    yield from refused(room, log, "")


ALL = [examples, derived, any_bytes, nul_bytes, recipients, golden, grows,
       killed, side_by_side, two_hosts, newer_version, wrong_version, foreign,
       foreign_beside]
