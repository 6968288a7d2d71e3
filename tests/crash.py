#!/usr/bin/env python3
"""A collection does not care how the runs that fill it end. Prints TAP.

The model of a machine: its log grows by pieces, half lines among them, and
is rotated in the manners of logrotate; a cron job adds what is new to a
collection. Its runs are killed at any time, or at any call that changes or
opens a file, or that call fails; some run side by side. In the end the log
falls silent, and one more run must leave the collection that a single run
over the whole log leaves: the same rows, and no stray file. The collection is
a file of rows, or an SQLite database.

What must hold of each run: killed, or done and silent, or, where a call was
made to fail, status 1 or 3 and a message that names the file.

Environment: SPAMHARVEST, BUILD (for crash_preload.so), SANITIZED, COVERAGE; and
  SEED=N     other logs and other accidents than the usual (0)
  CRASHES=N  how many runs over growing logs are killed (usual: 120); those of
             the sweeps over all calls come on top. From 1000 on all sweeps
             are made, and the log with nothing new has a gigabyte.
  KEEP=1     leaves the folders of failed cases, and tells where
"""
import bz2
import collections
import concurrent.futures
import contextlib
import gzip
import itertools
import lzma
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(os.environ.get("SPAMHARVEST", "spamharvest"))
PRELOAD = os.path.join(os.path.abspath(os.environ.get("BUILD", ".")),
                       "tests", "crash_preload.so")
SEED = int(os.environ.get("SEED", "0"))
COVERAGE = os.environ.get("COVERAGE", "") != ""
SANITIZED = os.environ.get("SANITIZED", "") != ""  # some ten times slower
CRASHES = int(os.environ.get("CRASHES", "32" if SANITIZED else "120"))
FULL = CRASHES >= 1000
SWEEPS = 1 if FULL else 11 if SANITIZED else 5  # of so many, one is made

USUAL = ["--year", "2013", "--timezone", "UTC"]
TIMEOUT = 120
SILENCE = 2 * 86400  # after which no message is waited for
BYTES_PER_RUN = 1500
KILLS = ("kill", "torn")
HARMLESS = ("eintr", "short")
FAILURES = ("enospc", "eio")
FOREIGN = ("spamharvest: %s: fits no state of a run before: taken as it "
           "stands, and logs are read from their beginning\n")


class Trouble(Exception):
    pass


Kind = collections.namedtuple("Kind", "mta messages form")
KINDS = [Kind(*k) for k in itertools.product(("postfix", "sendmail"),
                                             (False, True), ("csv", "jsonl"))]
FILES = list(KINDS)
if b"\nSQLite 3" in subprocess.run([PROGRAM, "--version"], check=True,
                                   stdout=subprocess.PIPE).stdout:
    KINDS += [Kind("postfix", True, "db"), Kind("sendmail", True, "db")]
BASES = [(True, k.form) for k in KINDS[len(FILES):][:1]]


def name_of(kind):
    return "%s, %s, %s" % (kind.mta, "messages" if kind.messages else
                           "sightings", kind.form)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content, mode="wb"):
    with open(path, mode) as file:
        file.write(content)


def generate(mta, size, seed):
    return subprocess.run(
        [sys.executable, os.path.join(HERE, "bench", "generate.py"), "--mta",
         mta, "--size", str(size), "--keys", "300", "--seed", str(seed)],
        stdout=subprocess.PIPE, check=True).stdout


# ---- one run ----

class Accident:
    """What happens to a run: a kill after some time, or a fault at the N-th
    call; nothing, if there are not that many."""

    def __init__(self, fault=None, at=0, seconds=None):
        self.fault = fault
        self.at = at
        self.seconds = seconds

    def __str__(self):
        if self.seconds is not None:
            return "killed after %.1f ms" % (self.seconds * 1000)
        return "%s at %d" % (self.fault, self.at) if self.fault else "calm"

    def env(self):
        env = dict(os.environ, LC_ALL="C", TZ="UTC")
        if self.fault:
            env["LD_PRELOAD"] = PRELOAD
            env["SPAMHARVEST_FAULT"] = self.fault
            env["SPAMHARVEST_FAULT_AT"] = str(self.at)
            env["ASAN_OPTIONS"] = "%s:verify_asan_link_order=0" % env.get(
                "ASAN_OPTIONS", "")
        return env

    def may_kill(self):
        return self.seconds is not None or self.fault in KILLS


CALM = Accident()


def start(folder, kind, accident):
    command = [PROGRAM, *USUAL, "-d" if kind.form == "db" else "-a",
               "kept." + kind.form, "maillog"]
    if kind.messages:
        command.insert(1, "-m")
    return subprocess.Popen(command, cwd=folder, env=accident.env(),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def finish(run, accident, wanted=(0, "")):
    """Whether it was killed; Trouble if it ended as it must not."""
    if accident.seconds is not None:
        time.sleep(accident.seconds)
        run.kill()
    try:
        out, err = run.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        run.kill()
        raise Trouble("%s: does not end" % accident)
    err = err.decode("utf-8", "replace")
    if COVERAGE:  # its counts meet the accident too, and it says so
        err = re.sub(r"(?m)^profiling:.*\n", "", err)
    status = run.returncode
    if status == -9 and accident.may_kill():
        return True
    bad = "%s: status %d, %r" % (accident, status, (out, err))
    # SQLite takes a call that was broken off for one that failed.
    failures = FAILURES + ("eintr",) * ("kept.db" in run.args)
    if accident.fault in failures and status in (1, 3) and not out:
        lines = err.splitlines()
        if not lines or not all(
                line.startswith("spamharvest: ") and
                ("kept." in line or "maillog" in line) for line in lines):
            raise Trouble("does not tell which file: " + bad)
    elif out or (status, err) != wanted:
        raise Trouble(bad)
    return False


# ---- the machine ----

def shift(folder):
    """maillog.1 becomes maillog.2, and so on; older ones are packed."""
    turned = sorted((int(name.split(".")[1]), name)
                    for name in os.listdir(folder)
                    if name.startswith("maillog."))
    for number, name in reversed(turned):
        rest = name.split(".")[2:]
        os.rename(os.path.join(folder, name), os.path.join(
            folder, ".".join(["maillog", str(number + 1), *rest])))


def pack(folder, name, rng):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return
    suffix, packer = rng.choice(((".gz", gzip.compress),
                                 (".xz", lzma.compress),
                                 (".bz2", bz2.compress)))
    write(path + suffix, packer(read(path)))
    shutil.copystat(path, path + suffix)
    os.remove(path)


class Machine:
    """A log, how it grows and is rotated, and the cron job."""

    def __init__(self, folder, kind, text, manner, rng):
        self.folder = folder
        self.kind = kind
        self.text = text
        self.manner = manner
        self.rng = rng
        self.fed = 0
        self.turns = 0
        self.seen = False  # by a run that was done
        self.kills = 0
        self.runs = 0
        self.diary = []
        self.time = 0.01 if not SANITIZED else 0.2  # a run's, about
        self.log = os.path.join(folder, "maillog")
        os.makedirs(folder, exist_ok=True)
        write(self.log, b"")

    def note(self, text):
        self.diary.append(text)

    def feed(self, size, whole=False, to=None):
        """The log grows; whole: to the end of a line."""
        end = min(self.fed + size, len(self.text))
        if whole or not self.seen:
            end = self.text.find(b"\n", max(end - 1, 0)) + 1 or len(self.text)
        write(to or self.log, self.text[self.fed:end], "ab")
        self.fed = end
        self.note("fed to %d" % end)

    def piece(self):
        return int(self.rng.expovariate(1 / BYTES_PER_RUN))

    # Rotation leaves whole lines, as syslogd writes them.

    def rename(self):
        self.feed(0, whole=True)
        pack(self.folder, "maillog.1", self.rng)
        shift(self.folder)
        os.rename(self.log, self.log + ".1")

    def renamed(self):
        """renamed, and packed a turn later"""
        self.rename()
        write(self.log, b"")

    def copied(self):
        """copied and truncated"""
        self.feed(0, whole=True)
        shift(self.folder)
        shutil.copyfile(self.log, self.log + ".1")
        os.truncate(self.log, 0)

    def dated(self):
        """renamed by date, and packed a turn later"""
        self.feed(0, whole=True)
        pack(self.folder, "maillog-201303%02d" % self.turns, self.rng)
        os.rename(self.log, self.log + "-201303%02d" % (self.turns + 1))
        write(self.log, b"")

    def recreated(self):
        """renamed, written on to, and made anew only later"""
        self.rename()
        for _ in range(self.rng.randrange(3)):
            self.feed(self.piece(), whole=True, to=self.log + ".1")
            self.note("no log")
            self.run(CALM, (1, "spamharvest: maillog: No such file or "
                            "directory\n"))
        write(self.log, b"")

    def rotate(self):
        self.note("rotated")
        self.manner(self)
        self.turns += 1

    def run(self, accident, wanted=(0, "")):
        self.runs += 1
        began = time.monotonic()
        killed = finish(start(self.folder, self.kind, accident), accident,
                        wanted)
        took = time.monotonic() - began
        self.note("%s: %s" % (accident, "killed" if killed else "done"))
        self.kills += killed
        if accident is CALM:
            self.time = 0.9 * self.time + 0.1 * took
        self.seen |= not killed and accident.fault not in FAILURES

    def side_by_side(self, accident):
        """Three runs at once, one with an accident."""
        all_of = [accident, CALM, CALM]
        self.rng.shuffle(all_of)
        runs = [start(self.folder, self.kind, a) for a in all_of]
        for run, what in zip(runs, all_of):
            self.kills += finish(run, what)
        self.note("side by side, one of them %s" % accident)
        self.runs += 3
        self.seen = True

    def accident(self):
        if self.rng.random() < 0.4:
            return Accident(seconds=self.rng.random() * self.time * 1.2)
        fault = self.rng.choice(("kill", "kill", "torn") + HARMLESS + FAILURES)
        return Accident(fault, self.rng.randrange(1, 30))

    def settle(self):
        """The log has been silent for long, and the job runs once more."""
        past = time.time() - SILENCE
        os.utime(self.log, (past, past))
        self.run(CALM)

    def state(self):
        """The collection's rows: those of messages may come in any order."""
        path = os.path.join(self.folder, "kept." + self.kind.form)
        if self.kind.form == "db":
            return tables(path)
        rows = read(path)
        if not self.kind.messages:
            return rows
        return b"".join(sorted(rows.splitlines(True)))

    def complaints(self, reference):
        got = self.state()
        if got != reference:
            yield from difference(reference, got)
        stray = {name for name in os.listdir(self.folder)
                 if not name.startswith("maillog")}
        stray -= {"kept." + self.kind.form + s
                  for s in (("",) if self.kind.form == "db" else
                            ("", ".state", ".lock"))}
        if stray:
            yield "left behind: " + " ".join(sorted(stray))


def tables(path):
    """What a database has, a row a line, and that it is sound."""
    lines = []
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.text_factory = bytes
        lines += base.execute("PRAGMA integrity_check").fetchall()
        lines += base.execute("SELECT * FROM messages").fetchall()
        lines += base.execute("SELECT * FROM recipients").fetchall()
    return "".join(sorted(repr(x) + "\n" for x in lines)).encode()


def difference(want, got):
    a, b = (collections.Counter(x.splitlines()) for x in (want, got))
    for what, rows in (("lost", a - b), ("too much", b - a)):
        for row in itertools.islice(rows, 3):
            yield "%s (of %d): %s" % (what, sum(rows.values()),
                                      row.decode("utf-8", "replace"))
    if a == b:
        yield "the same rows in another order"


def undisturbed(folder, kind, text):
    """What one run makes of the whole log."""
    machine = Machine(folder, kind, text, None, None)
    machine.feed(len(text))
    machine.settle()
    return machine.state()


# ---- the tests: each yields what is wrong ----

def growing(folder, kind, manner, crashes, seed):
    rng = random.Random(seed)
    text = generate(kind.mta, int(crashes * 1.7 * BYTES_PER_RUN), seed)
    reference = undisturbed(os.path.join(folder, "whole"), kind, text)
    m = Machine(os.path.join(folder, "job"), kind, text, manner, rng)
    yield m
    m.feed(200)
    while m.kills < crashes or m.fed < len(text):
        m.feed(m.piece())
        for _ in range(rng.choice((0, 0, 0, 0, 0, 0, 1, 1, 2))):
            if m.seen:
                m.rotate()
                m.feed(m.piece())
        if rng.random() < 0.1:
            m.side_by_side(m.accident())
        else:
            m.run(m.accident() if rng.random() < 0.8 else CALM)
    m.settle()
    yield from m.complaints(reference)


def prepare(m, rng, rotated):
    """A machine whose next run has much to do."""
    if rotated == "new":
        m.feed(len(m.text))
        return
    m.feed(len(m.text) // 2)
    m.run(CALM)
    if rotated == "rotated":
        m.feed(len(m.text) // 6)
        m.rotate()
        m.feed(len(m.text) // 6)
        m.rotate()
    m.feed(len(m.text))


def sweep(folder, kind, situation, seed):
    """One commit, with each accident at each of its calls."""
    rng = random.Random(seed)
    text = generate(kind.mta, 24 << 10, seed)
    reference = undisturbed(os.path.join(folder, "whole"), kind, text)
    m = Machine(os.path.join(folder, "job"), kind, text,
                rng.choice((Machine.renamed, Machine.dated)), rng)
    yield m
    prepare(m, rng, situation)
    before = os.path.join(folder, "before")
    shutil.copytree(m.folder, before)
    calls = 0
    for fault in KILLS + HARMLESS + FAILURES:
        for at in itertools.count(1):
            shutil.rmtree(m.folder)
            shutil.copytree(before, m.folder)
            kills = m.kills
            m.diary.clear()
            m.run(Accident(fault, at))
            if rng.random() < 0.2:
                m.run(CALM)
            m.settle()
            wrong = list(m.complaints(reference))
            if wrong:
                yield "%s at %d" % (fault, at)
                yield from wrong
            if fault == "kill" and m.kills == kills:
                calls = at
            if at == calls:
                break
            if wrong:
                return


def foreign(folder, kind, seed):
    """A state that is torn, or of another collection, or of no FILE."""
    rng = random.Random(seed)
    text = generate(kind.mta, 24 << 10, seed)
    reference = undisturbed(os.path.join(folder, "whole"), kind, text)
    m = Machine(os.path.join(folder, "job"), kind, text, None, rng)
    yield m
    kept = os.path.join(m.folder, "kept." + kind.form)
    others = os.path.join(folder, "whole", "kept." + kind.form)
    warned = (0, FOREIGN % os.path.basename(kept))
    m.feed(len(text) // 2)
    m.run(CALM)
    m.run(CALM)
    yesterday, state = read(kept), read(kept + ".state")
    m.feed(len(text) // 4)
    m.run(CALM)
    # Both of yesterday: as if nothing had been.
    write(kept, yesterday)
    write(kept + ".state", state)
    m.run(CALM)
    for change in ("torn", "another's", "restored"):
        if change == "torn":
            state = read(kept + ".state")
            write(kept + ".state", state[:rng.randrange(len(state))])
        elif change == "another's":
            shutil.copyfile(others + ".state", kept + ".state")
        else:
            write(kept, yesterday)
        m.note(change)
        if not kind.messages:
            # Counted again; so only once, and from no rows.
            write(kept, read(kept).splitlines(True)[0]
                  if kind.form == "csv" else b"")
            if kind.form == "jsonl":
                warned = (0, "")
        m.run(CALM, warned)
        m.run(CALM)
    m.feed(len(text))
    m.settle()
    yield from m.complaints(reference)


def nothing_new(folder, kind, size):
    """A run with nothing new costs nothing, however large the log is."""
    text = generate(kind.mta, 8 << 20, SEED)
    large, small = machines = [
        Machine(os.path.join(folder, name), kind, b"", None, None)
        for name in ("job", "small")]
    yield large
    for m, total in ((large, size), (small, 4096)):
        with open(m.log, "wb") as file:
            for _ in range(0, total, len(text)):
                file.write(text[:total])
        m.run(CALM)
    times = [[], []]
    for _, (m, took) in itertools.product(range(11), zip(machines, times)):
        began = time.monotonic()
        m.run(CALM)
        took.append(time.monotonic() - began)
    # Of others who keep the machine busy the shortest has least.
    took, least = (min(x) * 1000 for x in times)
    print("# nothing new over %d MB: %.1f ms, over none %.1f ms"
          % (size >> 20, took, least))
    if took > 3 * least + 10:
        yield "costs %.1f ms, that of no log %.1f ms" % (took, least)


def tests():
    """Each test: what must hold, the function, its arguments."""
    manners = (Machine.renamed, Machine.copied, Machine.dated,
               Machine.recreated)
    each = -(-CRASHES // (len(KINDS) * len(manners)))
    for number, (manner, kind) in enumerate(itertools.product(manners,
                                                              KINDS)):
        yield ("%s; the log is %s" % (name_of(kind), manner.__doc__), growing,
               kind, manner, each, SEED * 1000 + number)
    for number, ((messages, form), how) in enumerate(itertools.product(
            itertools.chain(itertools.product((False, True),
                                              ("csv", "jsonl")),
                            BASES), ("new", "grown", "rotated"))):
        kind = Kind(("postfix", "sendmail")[number % 2], messages, form)
        if number % SWEEPS == SEED % SWEEPS:
            yield ("%s; a call of a run over a %s log" % (name_of(kind), how),
                   sweep, kind, how, SEED * 1000 + number)
    for number, kind in enumerate(FILES):
        yield ("%s; a state of another FILE" % name_of(kind), foreign, kind,
               SEED * 1000 + number)
    yield ("nothing new costs nothing", nothing_new, KINDS[0],
           1 << 30 if FULL else 64 << 20)


def judge(top, number, test):
    """What is wrong; how many runs there were, and how many were killed."""
    what, function, *args = test
    folder = os.path.join(top, str(number))
    machine, wrong = None, []
    try:
        steps = function(folder, *args)
        machine = next(steps)
        wrong = list(steps)
    except Trouble as trouble:
        wrong = [str(trouble)]
    if wrong and machine:
        wrong += machine.diary[-12:]
    if wrong and "KEEP" in os.environ:
        wrong.append("see " + folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return (wrong, machine.runs, machine.kills) if machine else (wrong, 0, 0)


def main():
    top = tempfile.mkdtemp(prefix="crash-")
    all_of = list(tests())
    print("1..%d" % len(all_of), flush=True)
    runs = kills = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda n: judge(top, n, all_of[n]),
                           range(len(all_of)))
        for number, (wrong, ran, killed) in enumerate(results):
            for line in wrong[:30]:
                print("# " + line)
            print("%s %d - %s" % ("not ok" if wrong else "ok", number + 1,
                                  all_of[number][0]), flush=True)
            failed += bool(wrong)
            runs += ran
            kills += killed
    print("# %d runs, %d of them killed" % (runs, kills))
    if not (failed and "KEEP" in os.environ):
        shutil.rmtree(top, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
