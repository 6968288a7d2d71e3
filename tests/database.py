#!/usr/bin/env python3
"""Messages in a database: one suite for every back end. Prints TAP.

What the program keeps with -d is held against what it writes without it, over
logs that grow, are rotated and are read by several runs at once; runs are
killed; and the tables are looked at by others' means. SQLite always, in
folders of its own; the database that DATABASE names as well or instead:

    DATABASE=mysql://root@/scratch?socket=/run/mysqld/mysqld.sock

It is dropped and made anew for each test, by the client "mariadb".

Environment: SPAMHARVEST, SOURCE, SANITIZED, DATABASE (else SQLite).
"""
import contextlib
import csv
import functools
import io
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

SOURCE = os.environ.get("SOURCE", os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("SPAMHARVEST", "spamharvest"))
SANITIZED = os.environ.get("SANITIZED", "") != ""
SERVER = os.environ.get("DATABASE", "")
USUAL = ["--year", "2013", "--timezone", "UTC"]
HEADER = ("date,sender,client_ip,client_name,helo,message_id,recipients,size,"
          "outcome,mta,mta_host,queue_id\n")
APPLICATION_ID = 0x53704876

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE, "tests", "database"))
from accidents import Span, Tally  # after what keeps the tree clean

results = []


def report(good, name, details=""):
    results.append(good)
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), name),
          flush=True)
    if not good:
        print("".join("# %s\n" % x for x in str(details).splitlines()[:40]),
              end="", flush=True)


def same(got, wanted, name):
    report(got == wanted, name, "got: %.1500s\nwanted: %.1500s" % (got, wanted))


class SQLite:
    """A file in the current folder."""
    name = "SQLite"
    server = False

    def __init__(self, number=0):
        self.uri = "kept%d.db" % number

    def make(self):
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(self.uri + suffix)

    def sql(self, *statements):
        """The rows of the last one, each a tuple of bytes."""
        with contextlib.closing(sqlite3.connect(
                self.uri, isolation_level=None, timeout=20)) as base:
            base.text_factory = bytes
            for text in statements:
                rows = base.execute(text).fetchall()
        return [tuple(x if isinstance(x, bytes) or x is None else
                      str(x).encode() for x in row) for row in rows]

    def set_version(self, version):
        self.sql("PRAGMA user_version = %d" % version,
                 "UPDATE spamharvest SET schema_version = %d" % version)

    def half_made(self):
        """As a version before the first would leave it."""
        self.sql("PRAGMA application_id = %d" % APPLICATION_ID,
                 *schema("sqlite.sql")[::2])


class MySQL:
    """A database that is dropped first."""
    name = "MySQL"
    server = True

    def __init__(self, number=0):
        self.parts = urllib.parse.urlsplit(SERVER)
        self.base = self.parts.path.strip("/") + str(number or "")
        self.uri = urllib.parse.urlunsplit(
            self.parts._replace(path="/" + self.base))

    def client(self, base, statements):
        options = dict(urllib.parse.parse_qsl(self.parts.query))
        command = ["mariadb", "--batch", "--skip-column-names",
                   "--binary-as-hex", "--default-character-set=utf8mb4"]
        for name, value in (("user", self.parts.username),
                            ("host", self.parts.hostname),
                            ("port", self.parts.port),
                            ("socket", options.get("socket"))):
            if value:
                command.append("--%s=%s" % (name, value))
        done = subprocess.run(command + base, check=False, input="".join(
            x + ";\n" for x in statements).encode(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        if done.returncode:
            raise RuntimeError(done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def make(self):
        self.client([], ["DROP DATABASE IF EXISTS `%s`" % self.base,
                         "CREATE DATABASE `%s`" % self.base])

    def sql(self, *statements):
        out = self.client([self.base], statements)
        return [tuple(unhex(x) for x in line.split(b"\t"))
                for line in out.split(b"\n") if line]

    def set_version(self, version):
        self.sql("UPDATE spamharvest SET schema_version = %d" % version)

    def half_made(self):
        self.sql(*schema("mysql.sql")[:1], *schema("mysql.sql")[2::2])


def unhex(text):
    """A value as the client shows it."""
    if text == b"NULL":
        return None
    if re.fullmatch(rb"0x([0-9A-F]{2})*", text):
        return bytes.fromhex(text[2:].decode())
    return text


def schema(name):
    with open(os.path.join(SOURCE, "tests", "schema", name),
              encoding="utf-8") as file:
        return file.read().split(";\n")[:-1]


# ---- runs ----

def start(*arguments, **more):
    return subprocess.Popen(
        [PROGRAM, *USUAL, *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=dict(os.environ, LC_ALL="C", TZ="UTC"),
        **{"stdin": subprocess.DEVNULL, **more})


def finish(run):
    """(status, what it wrote, what it complained of)"""
    out, err = run.communicate(timeout=300)
    return run.returncode, out, err.decode("utf-8", "replace")


def run(*arguments, **more):
    return finish(start(*arguments, **more))


def quiet(*arguments):
    """A run that must have nothing to say; what it wrote."""
    status, out, err = run(*arguments)
    if status or err:
        report(False, "spamharvest " + " ".join(arguments), (status, err))
    return out.decode("utf-8", "surrogateescape")


def write(path, text, mode="w"):
    with open(path, mode, encoding="utf-8",
              errors="surrogateescape", newline="") as file:
        file.write(text)


@functools.lru_cache(maxsize=4)
def generate(mta, size, seed=1):
    """A log, and a line some days later: nothing is waited for any more."""
    return subprocess.run(
        [sys.executable, os.path.join(SOURCE, "tests", "bench", "generate.py"),
         "--mta", mta, "--size", str(size), "--keys", "300", "--seed",
         str(seed)], stdout=subprocess.PIPE, check=True).stdout.decode() + (
             "Mar 10 00:00:00 mx1 postfix/anvil[7]: statistics: max cache "
             "size 1 at Mar  9 23:50:00\n")


def settled(path):
    """The log has been silent for days: nothing is waited for."""
    past = time.time() - 2 * 86400
    os.utime(path, (past, past))


def rows(*arguments):
    """Message rows of all outcomes, in any order."""
    text = quiet("-m", "-f", "csv", "--outcome", "all", *arguments)
    return sorted(text.split("\n"))


def content(base):
    """What is in the tables of messages."""
    return (sorted(base.sql("SELECT * FROM messages")),
            sorted(base.sql("SELECT * FROM recipients")))


def difference(a, b):
    return "".join(["lost: %s\n" % (x,) for x in a if x not in b][:5] +
                   ["too much: %s\n" % (x,) for x in b if x not in a][:5]
                   ) + "%d, %d rows" % (len(a), len(b))


def same_rows(got, wanted, name):
    report(got == wanted and len(got) > 3, name, difference(wanted, got))


def refusal(second, sender="r@x.example", host="mx1"):
    return ("Mar  7 04:12:%02d %s postfix/smtpd[471]: NOQUEUE: reject: RCPT "
            "from unknown[198.51.100.9]: 554 5.7.1 <t@y.example>: Relay access "
            "denied; from=<%s> to=<t@y.example> proto=ESMTP helo=<pc>\n"
            % (second, host, sender))


# ---- what goes in comes out ----

def check_equal(kind):
    for mta in ("postfix", "sendmail"):
        base = kind()
        base.make()
        write("log", generate(mta, 300000) + refusal(50) * 3 + refusal(51))
        settled("log")
        quiet("-d", base.uri, "--outcome", "all", "log")
        same_rows(rows(base.uri), rows("log"), "rows of a log: " + mta)
        before = content(base)
        quiet("-d", base.uri, "--outcome", "all", "log")
        shutil.copyfile("log", "copy")
        quiet("-d", base.uri, "--outcome", "all", "copy", "log")
        report(content(base) == before, "nothing is counted again: " + mta)
        quiet("-m", "-f", "csv", "--outcome", "all", "-o", "rows.csv", "log")
        for options in ([], ["-u", "client_ip", "--min-count", "3"],
                        ["-u", "sender_domain,day"], ["-u", "recipient"],
                        ["-t", "info@spampot.example"],
                        ["-x", "192.0.2.0/24", "-x", "@spam.example"],
                        ["--outcome", "rejected", "-u", "client_ip"],
                        ["--since", "2013-03-07T04:12:36"],
                        ["--until", "2013-03-07T04:12:36", "--outcome", "all"],
                        ["--since", "2013-03-08"], ["--min-days", "1"],
                        ["-u", "client_net", "-F", "client_net,count"],
                        ["-m", "-F", "sender,client_ip,recipients"],
                        ["-m", "-f", "jsonl"]):
            same(quiet("-f", "csv", *options, base.uri),
                 quiet("-f", "csv", *options, "rows.csv"),
                 "%s, read back: %s" % (mta, " ".join(options)))


def check_views(kind):
    base = kind()
    base.make()
    write("log", generate("postfix", 300000) + refusal(55) * 2)
    settled("log")
    quiet("-d", base.uri, "--outcome", "all", "log")
    wanted = sorted(tuple(x.encode() for x in row) for row in csv.reader(
        io.StringIO(quiet("-f", "csv", "log"))))[:-1]
    got = sorted(base.sql("SELECT * FROM sightings"))
    report(got == wanted and len(got) > 100,
           "the view sightings is what the program writes",
           difference(wanted, got))
    daily = base.sql("SELECT day, accepted, rejected, clients FROM daily")
    counts = [len(rows("--outcome", x, "log")) - 2 for x in ("accepted",
                                                             "rejected")]
    counts.append(len(quiet("-f", "csv", "-u", "client_ip", "--outcome", "all",
                            "log").split("\n")) - 2)
    same(daily, [(b"2013-03-07", *(str(x).encode() for x in counts))],
         "the view daily")
    top = base.sql("SELECT client_ip, accepted, rejected, senders FROM clients"
                   " WHERE client_ip = '198.51.100.9'")
    same(top, [(b"198.51.100.9", b"0", b"2", b"1")], "the view clients")
    sender = base.sql("SELECT sender, accepted, rejected, clients FROM senders"
                      " WHERE sender LIKE 'r@x.%'")
    same(sender, [(b"r@x.example", b"0", b"2", b"1")], "the view senders")
    # Domains compare without case.
    write("rows.csv", HEADER + "".join(
        "2013-03-0%d,%s,192.0.2.7,,,,,,accepted,postfix,mx,%d\n"
        % (i, sender, i) for i, sender in
        ((1, "joe@A.example"), (2, "joe@a.Example"), (3, "Joe@a.example"))
    ).replace(",joe", "T04:12:31+00:00,joe").replace(
        ",Joe", "T04:12:31+00:00,Joe"))
    base.make()
    quiet("-d", base.uri, "rows.csv")
    got = [x[2:4] for x in sorted(base.sql("SELECT * FROM sightings"))]
    same(got, [(b"2", b"joe@A.example"), (b"1", b"Joe@a.example")],
         "sightings know no case of domains")


HOSTILE = ["a\u00e4@x.example", "\U0001f4a9@\U0001f4a9.example",
           "\udcff\udcfe@x.example", "o'brien\\@x.example", 'q"uo"te@x',
           "semi;colon--@x", "%s%n?@x", "tab\t@x", " ", "nul\0byte@x.example",
           "trailing@x.example\\", "NULL", "<>", "X'00'", "A" * 3000 + "@x"]


def check_bytes(kind):
    """A sender is whatever its client liked."""
    base = kind()
    base.make()
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(HEADER.strip().split(","))
    for number, sender in enumerate(HOSTILE):
        table.writerow(["2013-03-07T04:12:%02d+01:00" % number, sender,
                        "2001:db8::%x" % (number + 1), sender, sender, sender,
                        "t@trap.example", "", "accepted", "postfix", "mx",
                        "ID%d" % number if number % 2 else ""])
    write("rows.csv", text.getvalue())
    quiet("-d", base.uri, "rows.csv")
    quiet("-d", base.uri, "rows.csv")
    same_rows(rows(base.uri), rows("rows.csv"), "any byte comes back")
    same(base.sql("SELECT COUNT(*) FROM messages"),
         [(str(len(HOSTILE)).encode(),)], "and is the same the second time")
    base.sql("SELECT * FROM sightings", "SELECT * FROM senders",
             "SELECT * FROM clients", "SELECT * FROM daily")


def check_rows(kind):
    """Rows are a union."""
    base, other = kind(), kind(1)
    write("one", generate("postfix", 60000, 1) + refusal(50) * 2)
    write("two", generate("postfix", 60000, 2).replace(" mx1 ", " mx2 ") +
          refusal(50) * 3 + refusal(52, host="mx2"))
    for log in ("one", "two"):
        settled(log)
        quiet("-m", "-f", "csv", "--outcome", "all", "-o", log + ".csv", log)
        quiet("-m", "-f", "jsonl", "--outcome", "all", "-o", log + ".jsonl",
              log)
    wanted = rows("one.csv", "two.csv")
    for names in (["one.csv", "two.csv"], ["two.jsonl", "one.csv"],
                  ["one.csv", "one.jsonl", "two.csv", "one.csv"]):
        base.make()
        for _ in range(2):
            quiet("-d", base.uri, "--outcome", "all", *names)
        same_rows(rows(base.uri), wanted, "the union of " + " ".join(names))
    other.make()
    quiet("-d", other.uri, "--outcome", "all", "two.csv")
    same_rows(rows(other.uri, "one.csv"), wanted, "database and rows")
    quiet("-d", other.uri, "--outcome", "all", base.uri)
    same_rows(rows(other.uri), wanted, "a database into a database")
    same(quiet("-f", "csv", base.uri, other.uri),
         quiet("-f", "csv", "one.csv", "two.csv"), "two databases are read")
    quiet("-f", "csv", "-o", "sightings.csv", "one.csv")
    status, _, err = run("-d", base.uri, "sightings.csv")
    report(status == 1 and "has sightings" in err, "sightings are refused",
           (status, err))


def check_numbers(kind):
    """Another message has the number that one would have."""
    base = kind()
    base.make()
    write("log", generate("postfix", 20000) + refusal(50) * 2)
    settled("log")
    forget = ["DELETE FROM " + table for table in ("logs", "hosts",
                                                   "in_flight")]
    quiet("-d", base.uri, "log")
    wanted = rows("--outcome", "accepted", "log")
    count = len(wanted) - 2
    # All of them, and none of them is what it was.
    base.sql("UPDATE messages SET queue_id = 'X'", *forget)
    for turn in ("have", "still have"):
        quiet("-d", base.uri, "log")
        same(base.sql("SELECT COUNT(*), COUNT(DISTINCT id) FROM messages"),
             [(b"%d" % (2 * count),) * 2], "messages %s numbers of their own" %
             turn)
        base.sql(*forget)
    base.sql("DELETE FROM recipients WHERE id IN (SELECT id FROM messages "
             "WHERE queue_id = 'X')", "DELETE FROM messages WHERE queue_id = "
             "'X'")
    same_rows(rows(base.uri), wanted, "and their recipients")


INDEXES = ("SELECT COUNT(*) FROM sqlite_master WHERE type = 'index' AND sql "
           "IS NOT NULL")


def check_indexes(kind):
    """They may lack after a run that was killed."""
    base = kind()
    base.make()
    write("log", generate("postfix", 20000))
    settled("log")
    names = ["messages_client", "messages_sender", "messages_day"]
    count, drop = INDEXES, ["DROP INDEX " + x for x in names]
    if base.server:
        count = ("SELECT COUNT(DISTINCT INDEX_NAME) - 1 FROM information_schema"
                 ".STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = "
                 "'messages'")
        drop = [x + " ON messages" for x in drop]
    quiet("-d", base.uri, "log")
    same(base.sql(count), [(b"3",)], "a new database has its indexes")
    base.sql(*drop)
    quiet("-d", base.uri, "log")
    same(base.sql(count), [(b"3",)], "and gets those that lack")


# ---- logs that grow ----

def check_growing(kind):
    for mta, manner in (("postfix", "rename"), ("sendmail", "copy"),
                        ("postfix", "copy")):
        rng = random.Random(mta + manner)
        base = kind()
        base.make()
        text = generate(mta, 60000, 3)
        text = re.sub("^(.{15}) (?=mx1)", lambda m: refusal(
            0).replace("Mar  7 04:12:00", m[1]) * (rng.random() < 0.02) + m[0],
                      text, flags=re.M)
        write("whole", text)
        settled("whole")
        for name in os.listdir("."):
            if name.startswith("log"):
                os.remove(name)
        fed = text.find("\n", 5000) + 1
        write("log", text[:fed])
        while True:
            quiet("-d", base.uri, "--outcome", "all", "log")
            if fed == len(text):
                break
            size = int(rng.expovariate(1 / 2500))
            write("log", text[fed:fed + size], "a")
            fed = min(fed + size, len(text))
            if rng.random() < 0.3:
                end = text.find("\n", fed) + 1 or len(text)
                write("log", text[fed:end], "a")
                fed = end
                for i in range(40, 0, -1):
                    if os.path.exists("log.%d" % i):
                        os.rename("log.%d" % i, "log.%d" % (i + 1))
                if manner == "rename":
                    os.rename("log", "log.1")
                else:
                    shutil.copyfile("log", "log.1")
                write("log", "")
        settled("log")
        quiet("-d", base.uri, "--outcome", "all", "log")
        same_rows(rows(base.uri), rows("whole"),
                  "%s, in pieces, rotated by %s" % (mta, manner))


def big_log(name, size):
    write(name, generate("postfix", size, 7) + "".join(
        refusal(50 + i % 9, "r%d@x.example" % (i // 4)) for i in range(40)))
    settled(name)


def check_killed(kind):
    rng = random.Random(1)
    size = 2000000 if SANITIZED else 24000000  # a server: several commits
    big_log("log", size)
    wanted = rows("log")
    base = kind()
    base.make()
    began = time.monotonic()
    quiet("-d", base.uri, "--outcome", "all", "log")
    took = time.monotonic() - began
    same_rows(rows(base.uri), wanted, "a large log")
    spans = [Span(took) for _ in range(6)]  # some of the log is there
    kills = Tally("runs were killed", 15, 8, 15)
    wrong = []
    while kills.is_open() and not wrong:
        base.make()
        for span in spans:
            one = start("-d", base.uri, "--outcome", "all", "log")
            began = time.monotonic()
            moment = span.moment(rng)
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.wait(moment)
            moment = min(moment, time.monotonic() - began)
            one.kill()
            hit = finish(one)[0] == -signal.SIGKILL
            span.learn(moment, hit)
            kills.hits += hit
            if not hit:
                break  # there is nothing left to do
        quiet("-d", base.uri, "--outcome", "all", "log")
        if rows(base.uri) != wanted:
            wrong.append(difference(wanted, rows(base.uri)))
    report(not wrong, "killed at any time, and gone on", "".join(wrong))
    wrong = list(kills.complaints())
    report(not wrong, "killed often enough", "\n".join(wrong))


def check_together(kind):
    size = 2000000 if SANITIZED else 24000000
    big_log("log", size)
    shutil.copyfile("log", "copy")
    settled("copy")
    wanted = rows("log")
    base = kind()
    base.make()
    runs = [start("-d", base.uri, "--outcome", "all",
                  "log" if i % 2 else "copy") for i in range(3)]
    done = [finish(x) for x in runs]
    report(all(x == (0, b"", "") for x in done),
           "three runs over one log at once end well", done)
    same_rows(rows(base.uri), wanted, "and each message is there once")
    # Different logs: each run has its own, and nobody begins anew.
    base = kind()
    base.make()
    for i in range(3):
        write("mx%d" % i, generate("postfix", size // 20, i).replace(
            " mx1 ", " mx%d " % i))
        settled("mx%d" % i)
    done = [finish(x) for x in [start("-d", base.uri, "--outcome", "all",
                                      "mx%d" % i) for i in range(3)]]
    report(all(x == (0, b"", "") for x in done), "three logs, three runs",
           done)
    same_rows(rows(base.uri), rows("mx0", "mx1", "mx2"), "all of them")


def check_machines(kind):
    """Each machine has its own /var/log/mail.log, and they rotate."""
    base = kind()
    base.make()
    if subprocess.run(["unshare", "--uts", "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode:
        results.append(True)
        print("ok %d - machines # SKIP no namespaces here" % len(results))
        return
    if not base.server:
        base.uri = os.path.abspath(base.uri)
    texts = [generate("postfix", 30000, 20 + i).replace(" mx1 ", " mx%d " % i)
             for i in range(3)]
    fed = [0] * 3
    wrong = []
    for turn in range(6):
        for i, text in enumerate(texts):
            folder = "machine%d" % i
            os.makedirs(folder, exist_ok=True)
            log = os.path.join(folder, "mail.log")
            end = text.find("\n", (turn + 1) * len(text) // 6 - 1) + 1
            write(log, text[fed[i]:end or len(text)], "a")
            fed[i] = end or len(text)
            if turn % 2:
                with contextlib.suppress(FileNotFoundError):
                    os.rename(log + ".1", log + ".2")
                os.rename(log, log + ".1")
                write(log, "")
        for i in range(3):
            done = subprocess.run(
                ["unshare", "--uts", "sh", "-c",
                 "hostname machine%d; exec \"$@\"" % i, "sh", PROGRAM, *USUAL,
                 "-d", base.uri, "mail.log"], cwd="machine%d" % i,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if done.returncode or done.stdout:
                wrong.append((turn, i, done.stdout))
    for i in range(3):
        settled("machine%d/mail.log" % i)
        write("whole%d" % i, texts[i])
        settled("whole%d" % i)
    report(not wrong, "machines with one name for their logs", wrong)
    for i in range(3):
        subprocess.run(
            ["unshare", "--uts", "sh", "-c",
             "hostname machine%d; exec \"$@\"" % i, "sh", PROGRAM, *USUAL,
             "-d", base.uri, "mail.log"], cwd="machine%d" % i, check=True)
    same_rows(rows("--outcome", "accepted", base.uri),
              rows("--outcome", "accepted", *("whole%d" % i
                                              for i in range(3))),
              "do not get into each other's way")


def check_follow(kind):
    base = kind()
    base.make()
    text = generate("postfix", 40000, 9)
    half = text.find("\n", 20000) + 1
    write("log", text[:half])
    one = start("--follow", "-d", base.uri, "log")
    time.sleep(2 if SANITIZED else 1)
    write("log", text[half:], "a")
    deadline = time.monotonic() + 100
    found = 0
    while found == 0 and time.monotonic() < deadline:
        time.sleep(0.2)
        with contextlib.suppress(sqlite3.OperationalError, RuntimeError):
            found = int(base.sql("SELECT COUNT(*) FROM messages")[0][0])
    one.send_signal(signal.SIGTERM)
    done = finish(one)
    report(found > 0 and done == (0, b"", ""), "a log that is followed",
           (found, done))
    with open("log", encoding="utf-8") as file:
        done = run("-d", base.uri, stdin=file)
    report(done == (0, b"", ""), "the same from standard input", done)
    settled("log")
    quiet("-d", base.uri, "log")
    same_rows(rows("--outcome", "accepted", base.uri),
              rows("--outcome", "accepted", "log"),
              "and each message is there once")


def check_expire(kind):
    base = kind()
    base.make()
    write("log", "".join(
        "2013-03-%02dT04:12:31+00:00 mx1 postfix/smtpd[4]: %s: client=a[192.0."
        "2.7]\n2013-03-%02dT04:12:31+00:00 mx1 postfix/qmgr[2]: %s: from=<s%d@"
        "x>, size=8, nrcpt=1 (queue active)\n"
        "2013-03-%02dT04:12:31+00:00 mx1 postfix/virtual[3]: %s: to=<t@y>, "
        "relay=virtual, delay=0.1, dsn=2.0.0, status=sent (ok)\n"
        "2013-03-%02dT04:12:31+00:00 mx1 postfix/qmgr[2]: %s: removed\n"
        % (d, "3F1A2B4C%02d" % d, d, "3F1A2B4C%02d" % d, d, d,
           "3F1A2B4C%02d" % d, d, "3F1A2B4C%02d" % d) for d in range(1, 11)))
    settled("log")
    quiet("-d", base.uri, "log")
    same(base.sql("SELECT COUNT(*) FROM messages"), [(b"10",)], "ten messages")
    quiet("-d", base.uri, "--expire", "2013-03-04T04:12:31Z", "log")
    same(base.sql("SELECT MIN(day), COUNT(*) FROM messages"),
         [(b"2013-03-04", b"7")], "the oldest leave")
    same(base.sql("SELECT COUNT(*) FROM recipients"), [(b"7",)],
         "and their recipients with them")
    shutil.copyfile("log", "other")
    write("other", "2013-03-11T04:12:31+00:00 mx1 x: y\n", "a")
    base.make()
    quiet("-d", base.uri, "--expire", "2013-03-08", "other")
    same(base.sql("SELECT MIN(day), COUNT(*) FROM messages"),
         [(b"2013-03-08", b"3")], "what is older does not come in")
    check_forgets(base)


def check_forgets(base):
    """Logs that were rotated long ago; the last of its name is not."""
    base.make()
    for day in range(1, 11):
        with contextlib.suppress(FileNotFoundError):
            os.rename("maillog", "maillog.1")
        write("maillog", "2013-03-%02dT04:12:31+00:00 mx1 postfix/smtpd[4]: "
              "NOQUEUE: reject: RCPT from a[192.0.2.7]: 550 5.1.1 <t@y>: no; "
              "from=<s%d@x> to=<t@y> proto=SMTP helo=<h>\n" % (day, day))
        settled("maillog")
        quiet("-d", base.uri, "--outcome", "all", "maillog")
        if day == 1:
            shutil.copyfile("maillog", "oldest")
    count = "SELECT (SELECT COUNT(*) FROM logs), (SELECT COUNT(*) FROM messages)"
    same(base.sql(count), [(b"10", b"10")], "ten logs")
    quiet("-d", base.uri, "--outcome", "all", "--expire", "2013-03-06",
          "maillog")
    same(base.sql(count), [(b"6", b"5")],
         "what has left is forgotten, with a day to spare")
    quiet("-d", base.uri, "--outcome", "all", "--expire", "2013-03-06",
          "oldest", "maillog")
    same(base.sql(count), [(b"7", b"5")], "a log forgotten adds nothing")
    quiet("-d", base.uri, "--outcome", "all", "--expire", "2014-03-06",
          "maillog")
    same(base.sql("SELECT first_line FROM logs ORDER BY first_line"),
         [(b"2013-03-01T04:12:31+00:00",), (b"2013-03-10T04:12:31+00:00",)],
         "the last of each name is known as long as there is a database")


# ---- what is refused ----

def refused(base, text, name, *options):
    done = run(*options, "-d", base.uri, "log")
    report(done[0] == 3 and text in done[2] and not done[1] and
           len(done[2].splitlines()) == 1, name, done)


def check_refused(kind):
    write("log", generate("postfix", 20000))
    settled("log")
    base = kind()
    base.make()
    base.sql("CREATE TABLE mine (a INTEGER)", "INSERT INTO mine VALUES (7)")
    refused(base, "none of spamharvest's", "a database of others")
    same(base.sql("SELECT * FROM mine"), [(b"7",)], "is as it was")
    status, _, err = run(base.uri)
    report(status == 1 and "none of spamharvest's" in err,
           "nor is it read", (status, err))
    base.make()
    quiet("-d", base.uri, "log")
    before = content(base)
    base.set_version(99)
    refused(base, "newer version", "a newer version")
    report(content(base) == before, "is as it was")
    base.make()
    base.half_made()
    status, _, err = run(base.uri)
    report(status == 1 and "older version" in err, "an older one is not read",
           (status, err))
    quiet("-d", base.uri, "log")
    report(content(base) == before, "but brought forward by -d",
           difference(before[0], content(base)[0]))
    base.make()
    status, _, err = run(base.uri)
    report(status == 1, "an empty one is not read", (status, err))
    base.make()
    quiet("-d", base.uri, "log")
    status, _, err = run("-d", base.uri, base.uri)
    report(status == 1 and "written to (-d)" in err, "no database is INPUT of "
           "itself", (status, err))


def check_usage(kind):
    base = kind()
    for options in (["-a", "x.csv"], ["-u", "sender"], ["-f", "csv"],
                    ["-F", "sender"], ["-o", "x"], ["--min-count", "2"],
                    ["--safe-csv"], ["--explain"]):
        status, out, err = run("-d", base.uri, *options, "log")
        report(status == 2 and not out and "-d" in err, "-d and " +
               " ".join(options), (status, err))
    for uri in ("mysql://joe:hunter2@localhost/spam", "mysql://localhost/",
                "mysql:spam", "sqlite:", "-"):
        status, out, err = run("-d", uri, "log")
        report(status == 2 and "hunter2" not in err, "-d " + uri.replace(
            "hunter2", "..."), (status, err))
    status, out, err = run("mysql://joe:hunter2@localhost/spam")
    report(status == 1 and not out and "hunter2" not in err and "MYSQL_PWD" in
           err, "a password in an INPUT", (status, err))
    report(sorted(os.listdir(".")) == [], "nothing was made",
           os.listdir("."))


def check_files(kind):
    """What can happen to a file only."""
    base = kind()
    write("log", generate("postfix", 20000))
    settled("log")
    write(base.uri, "Mar  7 04:12:31 mx1 a log, and no database\n" * 50)
    refused(base, "not a database", "a file that is none")
    os.remove(base.uri)
    os.mkdir(base.uri)
    refused(base, "regular file", "a folder")
    os.rmdir(base.uri)
    quiet("-d", base.uri, "log")
    wanted = rows(base.uri)
    with open(base.uri, "rb") as file:
        whole = file.read()
    with open(base.uri, "wb") as file:
        file.write(whole[:len(whole) // 2])
    write("log", generate("postfix", 20000, 2), "a")
    settled("log")
    refused(base, "malformed", "a torn one")
    with open(base.uri, "wb") as file:
        file.write(whole)
    # Somebody else is writing.
    with contextlib.closing(sqlite3.connect(base.uri)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        refused(base, "locked by another program (waited 1 second)",
                "one that is locked", "--lock-wait", "1")
        took = time.monotonic() - began
        report(0.9 < took < 30, "is waited for", took)
        same_rows(rows(base.uri), wanted, "and can be read")
        one = start("-d", base.uri, "log")
        time.sleep(0.5)
        other.rollback()
        done = finish(one)
        report(done == (0, b"", ""), "until it is free", done)
    missing = kind()
    missing.uri = "nowhere/kept.db"
    refused(missing, "nowhere/kept.db", "a folder that is not there")
    if os.geteuid() == 0:
        check_read_only(base)


def as_nobody(*command):
    """As somebody who may write nothing."""
    return subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, check=False)


def check_read_only(base):
    os.chmod(".", 0o755)
    os.chmod(base.uri, 0o644)
    wanted = quiet("-f", "csv", base.uri).encode()
    done = as_nobody(PROGRAM, "-f", "csv", base.uri)
    report((done.returncode, done.stdout) == (0, wanted),
           "read without the right to write", done.stderr)
    write("log", generate("postfix", 20000, 3), "a")
    settled("log")
    done = as_nobody(PROGRAM, *USUAL, "-d", base.uri, "log")
    report(done.returncode == 3 and b"readonly" in done.stderr.replace(
        b"read-only", b"readonly"), "but not written", done.stderr)
    # A run was killed, and its log is still beside.
    with contextlib.closing(sqlite3.connect(base.uri)) as other:
        other.execute("DELETE FROM in_flight")
        other.commit()
        shutil.copyfile(base.uri, "torn.db")
        shutil.copyfile(base.uri + "-wal", "torn.db-wal")
    done = as_nobody(PROGRAM, "-f", "csv", "torn.db")
    report(done.returncode == 1 and b"a run was killed" in done.stderr,
           "what a killed run left is told", done.stderr)
    same(quiet("-f", "csv", "torn.db").encode(), wanted,
         "and mended by who may write")


def killed_while_filled(base):
    """A run over "log", into a new file, that was killed when rows were in it
    and what takes them back was beside."""
    journal = base.uri + "-journal"
    for _ in range(20):
        base.make()
        one = start("-d", base.uri, "--outcome", "all", "log")
        while one.poll() is None:
            with contextlib.suppress(FileNotFoundError):
                if os.path.getsize(base.uri) > 1000000 and os.path.getsize(
                        journal):
                    one.kill()
        if finish(one)[0] == -signal.SIGKILL and begins_in_earnest(journal):
            return True
    return False


def begins_in_earnest(path):
    """Before it is on the disk a journal begins with zeros, and is none."""
    with contextlib.suppress(FileNotFoundError):
        with open(path, "rb") as file:
            return file.read(1).strip(b"\0") != b""
    return False


def check_filled(kind):
    """A new file is filled without WAL and without indexes."""
    base = kind()
    base.make()
    big_log("log", 8000000 if SANITIZED else 24000000)
    wanted = rows("log")
    report(killed_while_filled(base), "killed while a new file was filled")
    if os.geteuid() == 0:
        os.chmod(".", 0o755)
        for suffix in ("", "-journal"):
            shutil.copyfile(base.uri + suffix, "torn.db" + suffix)
            os.chmod("torn.db" + suffix, 0o644)
        done = as_nobody(PROGRAM, "-f", "csv", "torn.db")
        report(done.returncode == 1 and b"a run was killed" in done.stderr,
               "what it left is told to who may not mend it", done.stderr)
    same(base.sql("PRAGMA integrity_check"), [(b"ok",)], "it is whole")
    quiet("-d", base.uri, "--outcome", "all", "log")
    same_rows(rows(base.uri), wanted, "and the next run goes on")
    same(base.sql("PRAGMA journal_mode"), [(b"wal",)], "it is left in WAL")
    same(base.sql(INDEXES), [(b"3",)], "with its indexes")
    report(sorted(os.listdir(".")) in ([base.uri, "log"], [
        base.uri, "log", "torn.db", "torn.db-journal"]), "nothing is beside",
           os.listdir("."))


def main():
    kinds = []
    if SERVER:
        kinds.append(MySQL)
    elif b"\nSQLite 3" in subprocess.run([PROGRAM, "--version"], check=True,
                                         stdout=subprocess.PIPE).stdout:
        kinds.append(SQLite)
    checks = [check_usage, check_equal, check_views, check_bytes, check_rows,
              check_numbers, check_indexes, check_growing, check_killed,
              check_together, check_machines, check_follow, check_expire,
              check_refused]
    for kind in kinds:
        for check in checks + ([] if kind.server else [check_files,
                                                            check_filled]):
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                print("# %s: %s" % (kind.name, check.__name__))
                check(kind)
                os.chdir("/")
    if not kinds:
        print("1..0 # SKIP built without SQLite")
        return 0
    print("1..%d" % len(results))
    return 0 if all(results) else 1


sys.exit(main())
