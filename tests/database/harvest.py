"""harvest - the program that is tested, the logs it reads, and the truth

The truth about a log is what "spamharvest -m -f csv" prints of it: messages,
with no state and no database involved.
"""

import collections
import contextlib
import csv
import io
import itertools
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

import mariadb

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = pathlib.Path(os.environ.get(
    "SPAMHARVEST", TREE / "build/spamharvest")).resolve()
USUAL = ["--year", "2013", "--timezone", "UTC", "--outcome", "all"]
RUN_SECONDS = 300        # until a run hangs, on a machine that is busy
SILENCE = 2 * 86400      # after which no message is waited for
SHOWN = 3                # rows of a difference


class Run:
    """One run of the program, from its start."""

    def __init__(self, *arguments, env=None, **more):
        self.arguments = arguments
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict(os.environ, LC_ALL="C", TZ="UTC", **(env or {})), **more)

    def wait(self, seconds):
        """Whether it is not done by then."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.is_running()

    def kill_after(self, seconds):
        """Whether it was not done before."""
        self.wait(seconds)
        self.process.kill()
        self.end()
        return self.status == -signal.SIGKILL

    def end(self, seconds=RUN_SECONDS):
        try:
            out, err = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise mariadb.Trouble(f"{self}: does not end in {seconds} s") \
                from None
        self.took = time.monotonic() - self.began
        self.status = self.process.returncode
        self.out = out
        self.err = err.decode("utf-8", "replace")
        return self

    def is_running(self):
        return self.process.poll() is None

    def __str__(self):
        return "spamharvest " + " ".join(map(str, self.arguments))

    def complaints(self, status=0, says=None):
        """Yields what is wrong; silence is wanted unless it is to say
        something, which every line of an error begins to do by our name."""
        lines = self.err.splitlines()
        good = not lines if says is None else lines and says in self.err and \
            all(line.startswith("spamharvest: ") for line in lines)
        if self.status != status or not good or self.out:
            yield f"{self}: status {self.status}, not {status}; " \
                  f"stderr {self.err!r}, stdout {self.out[:200]!r}" + \
                  (f"; to say {says!r}" if says is not None else "")


def run(*arguments, **more):
    return Run(*arguments, **more).end()


def into(uri, *logs):
    """The arguments of a harvest into a database."""
    return [*USUAL, "-d", uri, *logs]


def truth(*logs, options=()):
    """The rows of the logs, with how often each."""
    done = run("-m", "-f", "csv", *USUAL, *options, *logs)
    wrong = list(done.complaints()) if not done.out else []
    if wrong or done.status:
        raise mariadb.Trouble("\n".join(wrong) or done.err)
    return rows_of(done.out)


def rows_of(text):
    """CSV as rows by bytes."""
    table = csv.DictReader(io.StringIO(text.decode("latin-1"), newline=""))
    return collections.Counter(
        tuple(row[name].encode("latin-1") for name in FIELDS)
        for row in table)


FIELDS = ("date sender client_ip client_name helo message_id recipients size "
          "outcome mta mta_host queue_id").split()


def difference(want, got):
    """Yields what there is too little and too much of."""
    for what, rows in (("lost", want - got), ("too much", got - want)):
        for row, times in itertools.islice(rows.items(), SHOWN):
            yield f"{what} (of {sum(rows.values())}), {times} times: " + \
                b" | ".join(row).decode("utf-8", "backslashreplace")


# ---- logs ----

def generate(mta="postfix", size="300K", seed=1, host="mx1", keys=300):
    """A made-up log."""
    text = subprocess.run(
        [sys.executable, "-B", TREE / "tests/bench/generate.py", "--mta", mta,
         "--size", str(size), "--keys", str(keys), "--seed", str(seed)],
        stdout=subprocess.PIPE, check=True).stdout
    return text.replace(b" mx1 ", b" %s " % host.encode())


def write(path, text, settled=True):
    """A log; settled: it has been silent for long."""
    pathlib.Path(path).write_bytes(text)
    if settled:
        settle(path)
    return path


def settle(path):
    past = time.time() - SILENCE
    os.utime(path, (past, past))


def message(number, sender=b"joe@a.example", stamp=None, queue_id=None,
            host=b"mx1", client=b"a.example[192.0.2.7]",
            recipient=b"info@trap.example", message_id=None):
    """The lines of one message that Postfix took."""
    stamp = stamp or b"Mar  7 %02d:%02d:%02d" % (
        number // 3600 % 24, number // 60 % 60, number % 60)
    queue_id = queue_id or b"%010X" % (0x3F1A2B0000 + number)
    return b"".join(b"%s %s postfix/%s\n" % (stamp, host, text) for text in (
        b"smtpd[471]: %s: client=%s" % (queue_id, client),
        b"cleanup[475]: %s: message-id=<%s>" % (
            queue_id, message_id or b"%d@a.example" % number),
        b"qmgr[402]: %s: from=<%s>, size=812, nrcpt=1 (queue active)" % (
            queue_id, sender),
        b"virtual[480]: %s: to=<%s>, relay=virtual, delay=0.2, delays=0.1/0/0"
        b"/0.1, dsn=2.0.0, status=sent (delivered)" % (queue_id, recipient),
        b"qmgr[402]: %s: removed" % queue_id))


# ---- what makes a run's life hard ----

def file_limit(size):
    """For preexec_fn: no file grows beyond size; writing tells EFBIG."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit
