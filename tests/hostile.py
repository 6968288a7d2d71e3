#!/usr/bin/env python3
"""Inputs made to crash, stall or swell the program, and outputs that fail.

Each case tells how much memory it may take, which status it must end with and
what must be said. Prints TAP. Sizes are small so that "make check" stays
quick; HOSTILE=full takes those that were promised: gigabytes, three million
queue IDs.

Memory is not judged under sanitizers (SANITIZED=1), which need their own.
"""
import gzip
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.path.abspath(os.environ.get("SPAMHARVEST", "spamharvest"))
FULL = os.environ.get("HOSTILE") == "full"
SANITIZED = bool(os.environ.get("SANITIZED"))
MIB = 1 << 20
LIMIT = 128 * MIB
LIMIT_IDS = 512 * MIB
TIMEOUT = 600


def size(small, full):
    return full if FULL else small


# --- Running the program ---------------------------------------------------

class Run:
    """What came of one call."""

    def __init__(self, status, out, err, usage):
        self.status, self.out, self.err = status, out, err
        self.peak = usage.ru_maxrss * 1024
        # Of the processor: a busy machine changes it less than the clock's.
        self.seconds = usage.ru_utime + usage.ru_stime

    def closing(self, word):
        """The number before word in the closing line, or None."""
        found = re.search(r"(\d[\d,' ]*) %s" % word, self.err)
        return int(re.sub(r"\D", "", found[1])) if found else None


def feed(pipe, pieces):
    try:
        for piece in pieces:
            pipe.write(piece)
        pipe.close()
    except BrokenPipeError:
        pass


def call(*args, pieces=None, stdout=subprocess.PIPE, preexec=None):
    """Runs the program; pieces (an iterable of bytes) is standard input."""
    # Output of unknown length goes to files, so that nobody waits.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [PROGRAM, *args], preexec_fn=preexec,
            stdin=subprocess.DEVNULL if pieces is None else subprocess.PIPE,
            stdout=out if stdout == subprocess.PIPE else stdout, stderr=err)
        if pieces is not None:
            feeder = threading.Thread(target=feed,
                                      args=(process.stdin, pieces))
            feeder.start()
        killer = threading.Timer(TIMEOUT, process.kill)
        killer.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        killer.cancel()
        if pieces is not None:
            feeder.join()
        out.seek(0)
        err.seek(0)
        # This process must stay small: what it takes counts as the peak of
        # those that it starts.
        return Run(process.returncode, out.read(MIB),
                   err.read().decode("utf-8", "backslashreplace"), usage)


def memory(run, limit):
    if run.peak > limit and not SANITIZED:
        yield "took %d MiB, more than %d" % (run.peak >> 20, limit >> 20)


def ended(run, status=0):
    if run.status != status:
        yield "status %d, not %d; it said: %s" % (run.status, status,
                                                  run.err[:300])


def said(run, text):
    if text not in run.err:
        yield "did not say %r but %r" % (text, run.err[:300])


# --- Hostile input ---------------------------------------------------------

POSTFIX = ("Mar  7 04:12:33 mx1 postfix/smtpd[471]: "
           "3F1A2B4C5D: client=h.example[192.0.2.7]\n"
           "Mar  7 04:12:33 mx1 postfix/cleanup[472]: "
           "3F1A2B4C5D: message-id=<a@h.example>\n"
           "Mar  7 04:12:33 mx1 postfix/qmgr[473]: "
           "3F1A2B4C5D: from=<s@h.example>, size=1, nrcpt=1 (queue active)\n"
           "Mar  7 04:12:34 mx1 postfix/qmgr[473]: "
           "3F1A2B4C5D: removed\n").encode()


def repeat(piece, total):
    for _ in range(total // len(piece)):
        yield piece


def with_catch(pieces):
    """The pieces between two copies of a catch: what is around must count."""
    yield POSTFIX
    yield from pieces
    yield b"\n" + POSTFIX.replace(b"3F1A2B4C5D", b"3F1A2B4C5E").replace(
        b"s@h", b"t@h")


def both_catches(run):
    rows = run.out.splitlines()
    if len(rows) != 2:
        yield "%d rows, not the 2 around the hostile bytes" % len(rows)


def judge_noise(pieces, too_long=None):
    """The bytes change no row and no more, and the closing line is true."""
    lines = 0

    def counted():
        nonlocal lines
        for piece in with_catch(pieces):
            lines += piece.count(b"\n")
            yield piece

    run = call("-v", "--year", "2013", "--timezone", "UTC", pieces=counted())
    yield from ended(run)
    yield from memory(run, LIMIT)
    yield from both_catches(run)
    if run.closing("lines") != lines:
        yield "it read %d lines and said %r" % (lines, run.err[:300])
    if too_long is not None and run.closing("lines too long") != too_long:
        yield "%d line too long; it said %r" % (too_long, run.err[:300])


def random_bytes():
    """bytes of a random generator, with a fixed seed"""
    rng = random.Random(3)
    yield from judge_noise(rng.randbytes(MIB)
                           for _ in range(size(16, 100)))


def one_line():
    """one line without end"""
    yield from judge_noise(repeat(b"x" * MIB, size(64 * MIB, 1024 * MIB)), 1)


def one_log_line():
    """one log line without end"""
    head = (b"Mar  7 04:12:33 mx1 postfix/qmgr[9]: 3F1A2B4C5D: from=<",)
    yield from judge_noise(
        (piece for part in (head, repeat(b"x" * MIB, size(64, 1024) * MIB))
         for piece in part), 1)


def nul_bytes():
    """nothing but NUL bytes"""
    yield from judge_noise(repeat(b"\0" * MIB, size(64 * MIB, 1024 * MIB)),
                           1)


def empty_lines():
    """nothing but newlines"""
    yield from judge_noise(repeat(b"\n" * MIB, size(16 * MIB, 256 * MIB)))


def postfix_ids(count):
    for start in range(0, count, 1000):
        yield "".join(
            "Mar  7 04:%02d:%02d mx1 postfix/smtpd[%d]: %X: "
            "client=h%d.example[10.%d.%d.%d]\n" % (
                n // 60000 % 60, n // 1000 % 60, n % 30000, 0x3F1A200000 + n,
                n % 1000, n >> 16 & 255, n >> 8 & 255, n & 255)
            for n in range(start, start + 1000)).encode()


def sendmail_ids(count):
    for start in range(0, count, 1000):
        yield "".join(
            "Mar  7 04:%02d:%02d mx1 sm-mta[%d]: r274%s%06d: from=<u%d@e."
            "example>, size=1, class=0, nrcpts=2, msgid=<%d@e.example>, "
            "proto=ESMTP, daemon=MTA, relay=[10.%d.%d.%d]\n" % (
                n // 60000 % 60, n // 1000 % 60, n % 30000,
                "%04d" % (n // 100000), n % 100000, n % 1000, n,
                n >> 16 & 255, n >> 8 & 255, n & 255)
            for n in range(start, start + 1000)).encode()


def judge_ids(make):
    """Twice as many must not take much more than twice as long."""
    count = size(100_000, 3_000_000)
    half = call("-q", "-u", "client_net", "--year", "2013",
                pieces=make(count // 2))
    run = call("-v", "-u", "client_net", "--year", "2013", pieces=make(count))
    yield from ended(run)
    yield from memory(run, LIMIT_IDS)
    if run.closing("lines") != count:
        yield "closing line does not tell %d lines: %r" % (count, run.err)
    if run.seconds > 3.5 * half.seconds + 1:
        yield "%d IDs took %.1f s, half of them %.1f s" % (
            count, run.seconds, half.seconds)


def unfinished_postfix():
    """Postfix queue IDs that never finish"""
    yield from judge_ids(postfix_ids)


def unfinished_sendmail():
    """sendmail queue IDs that never finish"""
    yield from judge_ids(sendmail_ids)


BACKTRACK = [
    # Each repeats what a pattern could stop at, and never ends as it must.
    ("postfix/qmgr[9]: 3F1A2B4C5D: from=<", ">, size=1, nrcpt=1 (queue ",
     "x"),
    ("postfix/qmgr[9]: 3F1A2B4C5D: from=<", ">, size=1", ""),
    ("postfix/smtpd[9]: NOQUEUE: reject: RCPT from h[192.0.2.7]: 554 ",
     "; from=<\"\\\"> to=<\"", " proto=ESMTP helo=<"),
    ("postfix/smtpd[9]: NOQUEUE: reject: RCPT from h[192.0.2.7]: 554 ",
     "; from=<a> to=<b> proto=ESMTP helo=<h>", "x"),
    ("postfix/smtpd[9]: 3F1A2B4C5D: client=", "a[1.2.3.4], ", ""),
    ("postfix/smtp[9]: 3F1A2B4C5D: to=<", "a>, relay=b[1.2.3.4]:25, dsn=",
     ", status=sent (x"),
    ("postfix/local[9]: 3F1A2B4C5D: to=<", "\"a>, orig_to=<\\\"", ""),
    ("postfix/local[9]: 3F1A2B4C5D: to=<\"", ">, orig_to=<b",
     ", status=sent (x"),
    ("postfix/local[9]: 3F1A2B4C5D: to=<\"", ">, relay=b, delay=0, dsn=",
     ", status=sent (x"),
    ("postfix/cleanup[9]: 3F1A2B4C5D: milter-reject: END-OF-MESSAGE from "
     "h[192.0.2.7]: ", "; from=<\"", ""),
    ("postfix/postscreen[9]: NOQUEUE: reject: RCPT from [192.0.2.7]:9: 550 ",
     "; from=<a>, to=<\"b", ""),
    ("postfix/bounce[9]: 3F1A2B4C5D: ", "3F1A2B4C5D: ", ""),
    ("sm-mta[9]: r274CXab000009: from=<", "a>, size=1, class=0, nrcpts=1, "
     "msgid=<", ""),
    ("sm-mta[9]: r274CXab000009: from=<\"", "\\\\\\\"", ""),
    ("sm-mta[9]: r274CXab000009: from=<a>, size=1, class=0, nrcpts=1, msgid=",
     ", proto=ESMTP, daemon=MTA, relay=a [1.2.3.4]", "x"),
    ("sm-mta[9]: r274CXab000009: ", "to=<\"a>, ctladdr=<", ", delay="),
    ("sm-mta[9]: r274CXab000009: to=", "<a@b>,", "x"),
    ("sm-mta[9]: r274CXab000009: ruleset=check_mail, arg1=<",
     "\">, relay=[1.2.3.4], reject=5", ""),
    ("sm-mta[9]: r274CXab000009: ruleset=h, arg1=", ", relay=[1.2.3.4]", ""),
    ("sm-mta[9]: ", "r274CXab000009: ", "x"),
    ("odd-label[9]: r274CXab000009: from=<", "a>, size=1, ", ""),
]


def aimed_lines(fill, count):
    for start, middle, end in BACKTRACK:
        text = "Mar  7 04:12:33 mx1 " + start
        text += middle * ((fill - len(text)) // len(middle)) + end + "\n"
        yield text.encode() * count


def backtracking():
    """lines aimed at backtracking patterns, up to the longest read"""
    for fill in (1000, 2000, 8000, 16000):
        count = size(4_000_000, 40_000_000) // fill // len(BACKTRACK)
        run = call("-v", "--year", "2013", pieces=aimed_lines(fill, count))
        megabytes = fill * count * len(BACKTRACK) / 1e6
        yield from ended(run)
        yield from memory(run, LIMIT)
        # Some hundred times slower than usual is still no stall.
        if run.seconds > (10 if SANITIZED else 1) * megabytes + 2:
            yield "%.0f MB in lines of %d bytes took %.1f s" % (
                megabytes, fill, run.seconds)


def split_records():
    """sendmail records in parts that never end"""
    def parts():
        for n in range(size(40_000, 1_000_000)):
            yield (b"Mar  7 04:12:33 mx1 sm-mta[9]: r274CXab%06d[%d]: "
                   b"from=<%s ...\n" % (n % 5000, 1 + n // 5000,
                                        b"a" * 900))
    run = call("-v", "--year", "2013", pieces=parts())
    yield from ended(run)
    yield from memory(run, LIMIT)


def many_recipients():
    """one message with recipients without end"""
    def lines():
        yield POSTFIX.replace(b"removed", b"skipped")
        for n in range(size(100_000, 1_000_000)):
            yield (b"Mar  7 04:12:33 mx1 postfix/local[9]: 3F1A2B4C5D: "
                   b"to=<u%d@t.example>, relay=local, delay=0.1, "
                   b"delays=0/0/0/0.1, dsn=2.0.0, status=sent (ok)\n" % n)
    run = call("-v", "-m", "--year", "2013", pieces=lines())
    yield from ended(run)
    yield from memory(run, LIMIT_IDS)
    if run.seconds > 60:
        yield "took %.0f s" % run.seconds


def twice_as_long():
    """a log twice as long takes twice the time"""
    generator = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             "bench", "generate.py")
    with tempfile.TemporaryDirectory() as folder:
        times = []
        for number, megabytes in enumerate((size(8, 100), size(16, 200))):
            log = os.path.join(folder, "log%d" % number)
            with open(log, "wb") as file:
                subprocess.run([sys.executable, generator, "--size",
                                "%dM" % megabytes, "--keys", "20000"],
                               stdout=file, check=True)
            runs = [call("-q", "-j", "1", "--year", "2013", log)
                    for _ in range(3)]
            times.append(min(run.seconds for run in runs))
            yield from memory(runs[0], LIMIT)
        if times[1] > 3 * times[0] + 0.05:
            yield "took %.3f s and %.3f s" % tuple(times)


# --- Inputs and outputs that fail ------------------------------------------

def as_nobody():
    """Root may read everything; another user may not."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def bad_inputs():
    """missing, unreadable and a directory: the rest is read, status 1"""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        # A build for coverage writes to its folder, where nobody may not.
        os.environ["GCOV_PREFIX"] = folder
        good = os.path.join(folder, "good")
        locked = os.path.join(folder, "locked")
        for name in (good, locked):
            with open(name, "wb") as file:
                file.write(POSTFIX)
        os.chmod(good, 0o644)
        os.chmod(locked, 0)
        for bad, why in ((os.path.join(folder, "missing"),
                          "No such file or directory"),
                         (locked, "Permission denied"),
                         (folder, "directory")):
            try:
                run = call("--year", "2013", bad, good, preexec=as_nobody)
            except (PermissionError, subprocess.SubprocessError):
                if bad == locked:
                    continue  # the program itself is out of nobody's reach
                run = call("--year", "2013", bad, good)
            for line in (*ended(run, 1), *said(run, why), *said(run, bad)):
                yield "%s: %s" % (os.path.basename(bad), line)
            if len(run.out.splitlines()) != 1:
                yield "%s: the good input was not read" % bad
            if len(run.err.splitlines()) != 1:
                yield "%s: more than one line: %r" % (bad, run.err)
        del os.environ["GCOV_PREFIX"]


def corrupt_gzip():
    """an archive that is cut: what came before is out, status 1"""
    whole = gzip.compress(POSTFIX + b"\n".join(
        random.Random(4).randbytes(60).hex().encode() for _ in range(4000)))
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "cut.gz")
        with open(name, "wb") as file:
            file.write(whole[:len(whole) // 2])
        run = call("--year", "2013", name)
        yield from ended(run, 1)
        yield from said(run, "cut.gz")
        if len(run.out.splitlines()) != 1:
            yield "the catch before the cut is missing"


def thousands_of_logs():
    """each of many logs takes its room, and its descriptor, in turn"""
    count = size(400, 5000)
    # Of the two kinds one is dated at once, the other side by side.
    large = (b"x" * 59999 + b"\n") * 5
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, str(n)) for n in range(count)]
        for number, name in enumerate(names):
            text = POSTFIX.replace(b"3F1A2B4C5D", b"%010X" % number)
            with open(name, "wb") as out:
                out.write(text + large if number % 2 else gzip.compress(text))
        run = call("-q", *names, preexec=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (200, 200)))
    yield from ended(run)
    yield from memory(run, 32 * MIB)
    if run.out.split(b"\t")[2:3] != [b"%d" % count]:
        yield "rows are %r" % run.out[:200]


def full_device():
    """/dev/full: a message, status 1"""
    for args in ((), ("-o", "/dev/full"), ("-f", "csv"), ("-f", "jsonl"),
                 ("-m",), ("--help",), ("--version",),
                 ("--unparsed", "/dev/full")):
        pieces = [POSTFIX, b"Mar  7 04:12:33 mx1 postfix/smtpd[1]: 3F1A2B4C5"
                  b"D: what is this\n"]
        with open("/dev/full", "wb") as full:
            run = call("--year", "2013", *args, pieces=pieces, stdout=full)
        for line in (*ended(run, 1), *said(run, "No space left on device")):
            yield "%s: %s" % (" ".join(args) or "plain", line)


def reader_gone():
    """a reader that goes away ends it silently"""
    for args in (("-m",), ("-m", "-f", "csv"), ("-m", "-f", "jsonl"), ()):
        read_end, write_end = os.pipe()
        os.close(read_end)
        pieces = (POSTFIX.replace(b"3F1A2B4C", b"%08X" % n)
                  for n in range(20000))
        run = call("--year", "2013", *args, pieces=pieces, stdout=write_end)
        os.close(write_end)
        if run.err or run.status not in (0, -13):
            yield "%s: status %d, said %r" % (" ".join(args), run.status,
                                              run.err[:200])


def is_closed():
    """standard output or input closed: no crash, no silence"""
    run = call("--year", "2013", pieces=[POSTFIX],
               preexec=lambda: os.close(1))
    yield from ended(run, 1)
    run = call("--year", "2013", preexec=lambda: os.close(0))
    yield from ended(run, 1)


CASES = [random_bytes, one_line, one_log_line, nul_bytes, empty_lines,
         unfinished_postfix, unfinished_sendmail, backtracking, split_records,
         many_recipients, twice_as_long, bad_inputs, corrupt_gzip,
         thousands_of_logs,
         full_device, reader_gone, is_closed]


def main():
    wanted = sys.argv[1:]
    cases = [c for c in CASES if not wanted or c.__name__ in wanted]
    print("1..%d" % len(cases))
    failed = 0
    for number, case in enumerate(cases, 1):
        start = time.monotonic()
        wrong = list(case())
        for line in wrong:
            print("# " + line)
        print("%s %d - %s: %s (%.1f s)" % (
            "not ok" if wrong else "ok", number, case.__name__,
            case.__doc__.strip(), time.monotonic() - start), flush=True)
        failed += bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
