#!/usr/bin/env python3
"""What must hold for every log, tried on made-up ones. Prints TAP.

The generator knows what it put in; the log is then cut, shuffled, packed and
split as logs are, and the rows must stay what they were. SEED picks other
logs than the usual (0).
"""
import bz2
import csv
import glob
import gzip
import io
import itertools
import json
import lzma
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(os.environ.get("SPAMHARVEST", "spamharvest"))
SEED = int(os.environ.get("SEED", "0"))
USUAL_UNDATED = ["-q", "--timezone", "UTC", "-f", "csv"]
USUAL = [*USUAL_UNDATED, "--year", "2013"]
STAMP_LEN = len("Mar  7 04:12:33")


class Trouble(Exception):
    pass


def harvest(*args, stdin=None, usual=USUAL):
    run = subprocess.run([PROGRAM, *usual, *args], input=stdin,
                         stdin=subprocess.DEVNULL if stdin is None else None,
                         capture_output=True, check=False)
    if run.returncode or run.stderr:
        raise Trouble("%s: status %d, %s" % (" ".join(args), run.returncode,
                                             run.stderr[:300]))
    return run.stdout


def write(name, content):
    with open(name, "wb") as file:
        file.write(content)
    return name


def read(name):
    with open(name, "rb") as file:
        return file.read()


class Log:
    """A made-up log in the current folder, and what is true of it."""

    def __init__(self, mta, stamps="rfc3164", size="600K"):
        self.mta = mta
        self.name = mta + ".log"
        with open(self.name, "wb") as file:
            subprocess.run(
                [sys.executable, os.path.join(HERE, "bench", "generate.py"),
                 "--mta", mta, "--size", size, "--keys", "900", "--stamps",
                 stamps, "--seed", str(SEED + 7), "--truth", "truth.csv"],
                stdout=file, check=True)
        self.text = read(self.name)
        self.lines = self.text.splitlines(True)
        self.truth = list(csv.reader(io.StringIO(read("truth.csv").decode())))
        self.rows = harvest(self.name)
        self.messages = harvest("-m", self.name)


def same(what, want, got):
    if want == got:
        return
    want, got = want.splitlines(), got.splitlines()
    for number, (a, b) in enumerate(itertools.zip_longest(want, got), 1):
        if a != b:
            yield "%s: row %d is %r, should be %r" % (what, number, b, a)
            return
    yield "%s: rows end differently" % what


def same_set(what, want, got):
    """Messages come as they complete: their order may differ."""
    yield from same(what, b"\n".join(sorted(want.splitlines())),
                    b"\n".join(sorted(got.splitlines())))


def truth(log, rng):
    """every pair of sender and address with its count, and no other"""
    wanted = {(s, ip): n for s, ip, n in log.truth[1:]}
    got = {(r["sender"], r["client_ip"]): r["count"]
           for r in csv.DictReader(io.StringIO(log.rows.decode()))}
    for key in sorted(wanted.keys() | got.keys()):
        if wanted.get(key) != got.get(key):
            yield "%s: %s rows, should be %s" % (key, got.get(key),
                                                 wanted.get(key))


def blocks(log, rng):
    """threads, block sizes and pipes change no byte"""
    for jobs, size in itertools.product((1, 2, 8), (1, 1000, 4096, 1 << 20)):
        how = ["-j", str(jobs), "--block-size", str(size)]
        if size == 1:
            size = rng.randrange(2, 300)
            how[-1] = str(size)
        yield from same(" ".join(how), log.rows, harvest(*how, log.name))
        yield from same(" ".join(["-m", *how]), log.messages,
                        harvest("-m", *how, log.name))
    yield from same("standard input", log.rows, harvest(stdin=log.text))
    yield from same_set("-m, standard input", log.messages,
                        harvest("-m", stdin=log.text))


def shuffled_lines(log, rng):
    """lines of one message in any order within seconds"""
    def second(line):
        hours, minutes, seconds = line[STAMP_LEN - 8:STAMP_LEN].split(b":")
        return int(hours) * 3600 + int(minutes) * 60 + int(seconds)

    # Which line opens or ends a session matters to its pid, and that is one
    # daemon's, whose lines are in order: those of one process stay so.
    def process(line):
        return re.search(rb"\[(\d+)\]: ", line)[1]

    moved = [[second(line) + rng.random() * 2, line] for line in log.lines]
    latest = {}
    for item in moved:
        item[0] = max(item[0], latest.get(process(item[1]), 0))
        latest[process(item[1])] = item[0]
    text = b"".join(line for _, line in sorted(moved, key=lambda m: m[0]))
    if text == log.text:
        yield "nothing was shuffled"
    write("shuffled", text)
    yield from same("shuffled", log.rows, harvest("shuffled"))
    yield from same_set("shuffled, -m", log.messages, harvest("-m",
                                                              "shuffled"))


def rotated(log, rng):
    """cut anywhere into rotated, packed logs, given in any order"""
    packers = [("", lambda b: b), (".gz", gzip.compress),
               (".bz2", bz2.compress), (".xz", lzma.compress)]
    for tool in ("zstd", "lz4"):
        packers.append(("." + tool, lambda b, tool=tool: subprocess.run(
            [tool, "-q", "-c"], input=b, capture_output=True,
            check=True).stdout))
    for turn in range(3):
        seams = sorted(rng.sample(range(1, len(log.lines)), 5))
        names = []
        for number, (start, end) in enumerate(
                zip([0, *seams], [*seams, len(log.lines)])):
            suffix, pack = packers[(number + turn) % len(packers)]
            names.append(write("part%d.%d%s" % (turn, number, suffix),
                               pack(b"".join(log.lines[start:end]))))
        rng.shuffle(names)
        yield from same(" ".join(names), log.rows, harvest(*names))
        yield from same(" ".join(names) + ", -m", log.messages,
                        harvest("-m", *names))


def five_archives(log, rng, fillers):
    """The log in five, packed; each with lines that no packer makes small."""
    packers = itertools.cycle([(".xz", lzma.compress), (".bz2", bz2.compress),
                               (".gz", gzip.compress)])
    for number, (suffix, pack) in zip(range(5), packers):
        lines = log.lines[len(log.lines) * number // 5:
                          len(log.lines) * (number + 1) // 5]
        stamp = lines[0][:STAMP_LEN]
        lines[1:1] = (b"%s mx1 kernel: %s\n" %
                      (stamp, rng.randbytes(500).hex().encode())
                      for _ in range(fillers))
        name = write("day%d%s" % (number, suffix), pack(b"".join(lines)))
        os.utime(name, (1364000000, 1364000000))  # March 2013
        yield name


def archives(log, rng):
    """archives are unpacked, and dated, side by side, or held if small"""
    for fillers, least in ((0, 0), (1200, 400000)):
        names = list(five_archives(log, rng, fillers))
        if min(os.path.getsize(name) for name in names) < least:
            yield "too small for threads of their own"
        rng.shuffle(names)
        for year in (["--year", "2013"], []):
            for how in (["-j1"], ["-j2"], ["-j8"],
                        ["-j8", "--block-size=20000"]):
                yield from same(" ".join(how + year), log.rows, harvest(
                    *how, *year, *names, usual=USUAL_UNDATED))

    # One in the middle is cut short: said once, and the others are read.
    write("day3.xz", read("day3.xz")[:-70000])
    runs = [subprocess.run([PROGRAM, *USUAL_UNDATED, "-m", jobs, *names],
                           capture_output=True, check=False)
            for jobs in ("-j1", "-j2", "-j8")]
    for run in runs:
        if run.returncode != 1 or b": day3.xz: " not in run.stderr:
            yield "cut: status %d, %s" % (run.returncode, run.stderr)
        yield from same("cut", runs[0].stdout, run.stdout)
        yield from same("cut, errors", runs[0].stderr, run.stderr)


def twice(log, rng):
    """the same log given twice, under other names and packed, counts once"""
    write("copy", log.text)
    write("copy.gz", gzip.compress(log.text))
    # A longer one of the same beginning goes on where the shorter one ended.
    write("begun", b"".join(log.lines[:len(log.lines) // 2]))
    for names in ([log.name, log.name], [log.name, "copy", "copy.gz"],
                  ["begun", log.name], [log.name, "begun", "copy.gz"]):
        yield from same(" ".join(names), log.rows, harvest(*names))


def by_host(log, rng):
    """shards of MTA hosts merged are one run, byte for byte"""
    hosts = [b"mx%d" % n for n in range(1, 5)]
    shards = {host: [] for host in hosts}
    all_lines = []
    for number, line in enumerate(log.lines):
        # Each host has its own traffic: the log, seen at other addresses.
        host = hosts[number * 4 // len(log.lines)]
        line = line.replace(b" mx1 ", b" %s " % host, 1)
        shards[host].append(line)
        all_lines.append(line)
    whole = write("all-hosts", b"".join(all_lines))
    want, want_messages = harvest(whole), harvest("-m", whole)
    for form in ("csv", "jsonl"):
        names, message_names = [], []
        for host, lines in shards.items():
            shard = write("shard", b"".join(lines))
            name = "%s.%s" % (host.decode(), form)
            names.append(write(name, harvest("-f", form, shard)))
            message_names.append(write(
                "m-" + name, harvest("-m", "-f", form, shard)))
        rng.shuffle(names)
        rng.shuffle(message_names)
        yield from same("merged " + form, want, harvest(*names))
        yield from same_set("merged messages, " + form, want_messages,
                            harvest("-m", *message_names))
        yield from same("sightings of merged messages, " + form, want,
                        harvest(*message_names))
        first = harvest(names[0], names[1])
        yield from same("merged in two steps, " + form, want,
                        harvest(write("first.csv", first), *names[2:]))
        yield from same("messages once more, " + form, want_messages[:0] +
                        harvest("-m", *message_names),
                        harvest("-m", *message_names, *message_names))


def coarser(log, rng):
    """a coarser key out of sightings is that key out of the log"""
    name = write("fine.csv", log.rows)
    for key in ("client_ip", "sender", "sender_domain", "client_net",
                "sender_domain,client_net"):
        want = list(csv.DictReader(io.StringIO(
            harvest("-u", key, log.name).decode())))
        got = list(csv.DictReader(io.StringIO(
            harvest("-u", key, name).decode())))
        if want != got:
            yield "-u %s: differs" % key
            yield from same("-u " + key, harvest("-u", key, log.name),
                            harvest("-u", key, name))


def forms(log, rng):
    """text, CSV and JSON Lines say the same"""
    rows = list(csv.DictReader(io.StringIO(log.rows.decode(), newline="")))
    jsonl = [json.loads(line) for line in
             harvest("-f", "jsonl", log.name).splitlines()]
    text = [line.split(b"\t") for line in
            harvest("-f", "text", log.name).splitlines()]
    if not len(rows) == len(jsonl) == len(text):
        yield "%d, %d, %d rows" % (len(rows), len(jsonl), len(text))
    for row, object_, cells in zip(rows, jsonl, text):
        if row != {k: str(v) for k, v in object_.items()}:
            yield "CSV %r, JSON %r" % (row, object_)
            break
        if [v.encode() for v in row.values()] != cells:
            yield "CSV %r, text %r" % (row, cells)
            break


def noise(log, rng):
    """lines of others between ours change nothing but the closing line"""
    strangers = [
        b"Mar  7 04:12:33 mx1 kernel: [1.5] eth0: up\n",
        b"\n", b"\0\0\0\n", b"not a log line\n", b"\xff\xfe\n",
        b"Mar  7 04:12:33 mx1 amavis[7]: (1-1) Blocked SPAM, <a@b> -> <c@d>,"
        b" Queue-ID: 3F1A2B4C5D, client=x[203.0.113.9]\n",
        b"Mar  7 04:12:33 mx1 last message repeated 3 times\n",
        b"x" * 70000 + b"\n",
    ]
    lines = []
    for line in log.lines:
        lines.append(line.rstrip(b"\n") + b"\r\n" if rng.random() < 0.1
                     else line)
        if rng.random() < 0.05:
            lines.append(rng.choice(strangers))
    write("noisy", b"".join(lines).rstrip(b"\n"))
    yield from same("noisy", log.rows, harvest("noisy"))
    yield from same("noisy, -m", log.messages, harvest("-m", "noisy"))


FIELDS = ("date,sender,client_ip,client_name,helo,message_id,size,outcome,"
          "mta,mta_host,queue_id")


def unread(log, rng):
    """all else is the same where nobody wants to know the recipients"""
    def compare(name):
        how = ["-m", "-F", FIELDS, "--outcome", "all", "--include-local", name]
        rows = csv.reader(io.StringIO(
            harvest(*how[:2], FIELDS + ",recipients", *how[3:]).decode(
                errors="surrogateescape"), newline=""))
        less = csv.reader(io.StringIO(
            harvest(*how).decode(errors="surrogateescape"), newline=""))
        for row, got in itertools.zip_longest(rows, less, fillvalue=[]):
            if row[:-1] != got:
                yield "%s: %r, should be %r" % (name, got, row[:-1])
                return

    for loss in (0, 0.02, 0.3):
        kept = [line for line in log.lines if rng.random() >= loss]
        late = [kept.pop(rng.randrange(len(kept))) for _ in range(20)]
        for line in late:
            kept.insert(rng.randrange(len(kept)), line)
        yield from compare(write("lossy", b"".join(kept)))
    for name in sorted(glob.glob(os.path.join(HERE, "golden", "*", "input"))):
        if b"%s[" % log.mta.encode() in read(name) or (
                b"%s/" % log.mta.encode() in read(name)):
            yield from compare(name)


PROPERTIES = [truth, unread, blocks, shuffled_lines, rotated, archives, twice,
              by_host, coarser, forms, noise]


def main():
    print("1..%d" % (2 * len(PROPERTIES)), flush=True)
    number = failed = 0
    for mta in ("postfix", "sendmail"):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            log = None
            for check in PROPERTIES:
                number += 1
                try:
                    log = log or Log(mta)
                    wrong = list(check(log, random.Random(SEED)))
                except Trouble as trouble:
                    wrong = [str(trouble)]
                for line in wrong[:10]:
                    print("# " + line)
                print("%s %d - %s: %s" % ("not ok" if wrong else "ok", number,
                                          mta, check.__doc__), flush=True)
                failed += bool(wrong)
            os.chdir("/")
    return 1 if failed else 0


sys.exit(main())
