#!/usr/bin/env python3
"""Run the golden cases: what the program must print, byte for byte.

usage: golden.py [-v] [--wrap COMMAND] [--as-is] [CASE...]

Each folder tests/golden/CASE holds

    README      what must hold, and which MTA and version wrote the lines
    cmd         a shell command, as a user would type it
    input...    what it reads; any other files that cmd names
    expected    standard output
    stderr      standard error; absent: it must be empty
    status      exit status; absent: 0
    only-as-is  absent for nearly all: the case is run as it stands and in no
                variation; the file says why. Lines "gzip: why", "threads:
                why", "pipe: why" leave out that variation only.

A case runs in a temporary folder of its own, with the program in PATH; and
again with each input gzipped, with one thread and with eight on tiny blocks,
and, if a single input is read once, from a slow pipe. All must print the
same. Prints TAP: a line per case.

--as-is     no variations
--wrap      COMMAND goes before the program: a memory checker, for instance;
            cases that wait ("sleep") or limit it ("ulimit") are left out then
-v          shows the whole difference, not its first lines
Environment: SPAMHARVEST (the program), SOURCE (the tree), COVERAGE (set: a
build that counts; cases with "ulimit" are left out).
"""
import argparse
import concurrent.futures
import difflib
import gzip
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("SOURCE", os.path.dirname(HERE))
PROGRAM = os.path.abspath(os.environ.get("SPAMHARVEST", "spamharvest"))
NOT_INPUT = {"README", "cmd", "expected", "stderr", "status", "only-as-is"}
TIMEOUT = 180          # a command that hangs, whatever the machine is busy with
DIFF_LINES = 24


def read(path, default=b""):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return default


class Case:
    def __init__(self, folder):
        self.folder = folder
        self.name = os.path.basename(folder)
        self.cmd = read(os.path.join(folder, "cmd")).decode()
        self.expected = read(os.path.join(folder, "expected"), None)
        self.stderr = read(os.path.join(folder, "stderr"))
        self.status = int(read(os.path.join(folder, "status"), b"0") or 0)
        self.files = sorted(set(os.listdir(folder)) - NOT_INPUT)
        self.inputs = [f for f in self.files if f.startswith("input")]
        self.left_out = self.read_left_out()

    def read_left_out(self):
        """The variations that only-as-is takes out; True: all of them."""
        text = read(os.path.join(self.folder, "only-as-is"), None)
        if text is None:
            return set()
        named = re.findall(r"^(gzip|threads|pipe): ", text.decode(), re.M)
        return set(named) if named else True

    def complaints(self):
        if not self.cmd.strip():
            yield "has no cmd"
        if self.expected is None:
            yield "has no expected"
        if not read(os.path.join(self.folder, "README")).strip():
            yield "has no README that says what must hold"
        if read(os.path.join(self.folder, "only-as-is"), b"why").strip() == b"":
            yield "only-as-is does not say why"

    def variations(self):
        """Names of variations with what each needs."""
        yield "as it stands", {}
        if self.left_out is True or ARGS.as_is:
            return
        if "threads" not in self.left_out:
            yield "-j 1", {"options": "-j 1"}
            yield "-j 8", {"options": "-j 8"}
            yield "-j 1, blocks of 1 byte", {
                "options": "-j 1 --block-size 1"}
            yield "-j 8, blocks of 97 bytes", {
                "options": "-j 8 --block-size 97"}
            # Only a run that tells of them tries the rules of no matter.
            yield "all rules tried", {"options": "--unparsed /dev/null"}
        if "gzip" not in self.left_out and self.inputs:
            yield "gzipped input", {"gzip": True}
        if "pipe" not in self.left_out and self.reads_once():
            yield "from a slow pipe", {"pipe": True}

    def reads_once(self):
        """Whether one call reads one input: more would wait for ever."""
        return (len(self.inputs) == 1 and len(self.files) == 1 and
                len(self.cmd.strip().splitlines()) == 1 and
                self.cmd.count("spamharvest") == 1 and
                not re.match(r"\s*(for|while|until)\b", self.cmd) and
                len(re.findall(r"(?<![\w./-])input[\w.-]*", self.cmd)) == 1)


def prepare(case, folder, gzip_input, pipe):
    """Copies the case's files to folder; returns the pipe to be fed."""
    for name in case.files:
        source = os.path.join(case.folder, name)
        target = os.path.join(folder, name)
        if os.path.isdir(source):
            shutil.copytree(source, target)
        elif name in case.inputs and pipe:
            os.mkfifo(target)
        elif name in case.inputs and gzip_input:
            with open(target, "wb") as file:
                file.write(gzip.compress(read(source), 6, mtime=0))
            shutil.copystat(source, target)
        else:
            shutil.copyfile(source, target)
            shutil.copystat(source, target)
            os.chmod(target, os.stat(target).st_mode | 0o200)
    return os.path.join(folder, case.inputs[0]) if pipe else None


def write_wrapper(bin_folder):
    """What "spamharvest" in PATH is: one for all cases, written before any
    runs, since a file that is open for writing cannot be executed."""
    path = os.path.join(bin_folder, "spamharvest")
    command = [*shlex.split(ARGS.wrap), PROGRAM]
    with open(path, "w") as file:
        file.write("#!/bin/sh\nexec %s $GOLDEN_OPTIONS \"$@\"\n" %
                   shlex.join(command))
    os.chmod(path, 0o755)


def feed_slowly(path, content, done):
    """Writes content in small pieces, as a daemon would."""
    fd = None
    while fd is None:
        try:
            fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            if done.wait(0.002):
                return
    os.set_blocking(fd, True)
    size = max(7, len(content) // 60)
    try:
        for start in range(0, len(content), size):
            os.write(fd, content[start:start + size])
            time.sleep(0.002)
    except BrokenPipeError:
        pass
    os.close(fd)


def run(case, options="", gzip=False, pipe=False):
    """One variation: (stdout, stderr, status)."""
    with tempfile.TemporaryDirectory(prefix="golden-") as top:
        folder = os.path.join(top, "case")
        os.mkdir(folder)
        fifo = prepare(case, folder, gzip, pipe)
        env = dict(os.environ, GOLDEN_OPTIONS=options, LC_ALL="C", TZ="UTC")
        done = threading.Event()
        feeder = None
        if fifo:
            content = read(os.path.join(case.folder, case.inputs[0]))
            feeder = threading.Thread(target=feed_slowly,
                                      args=(fifo, content, done))
            feeder.start()
        try:
            result = subprocess.run(
                ["/bin/sh", "-c", case.cmd], cwd=folder, env=env,
                stdin=subprocess.DEVNULL, capture_output=True,
                timeout=TIMEOUT * (10 if ARGS.wrap else 1))
            return result.stdout, result.stderr, result.returncode
        except subprocess.TimeoutExpired:
            return b"", b"stopped: it took too long\n", -1
        finally:
            done.set()
            if feeder:
                feeder.join()


def difference(what, want, got):
    if want == got:
        return
    yield "%s differs:" % what
    lines = list(difflib.unified_diff(
        want.decode("utf-8", "backslashreplace").splitlines(),
        got.decode("utf-8", "backslashreplace").splitlines(),
        "expected", "got", lineterm=""))
    if not lines:
        yield "(only in how lines end: expected %r, got %r)" % (
            want[-40:], got[-40:])
    shown = lines if ARGS.verbose else lines[:DIFF_LINES]
    yield from shown
    if len(lines) > len(shown):
        yield "... %d more lines (-v shows all)" % (len(lines) - len(shown))


def judge(case):
    """What is wrong with the case, as lines; nothing: it passed."""
    wrong = list(case.complaints())
    if wrong:
        return wrong
    for name, how in case.variations():
        stdout, stderr, status = run(case, **how)
        found = [*difference("standard output", case.expected, stdout),
                 *difference("standard error", case.stderr, stderr)]
        if status != case.status:
            found.append("status is %d, not %d" % (status, case.status))
        if found:
            # The variations of a wrong case say nothing new.
            return ["%s:" % name, *found]
    return []


def main():
    top = os.path.join(SOURCE, "tests", "golden")
    names = [os.path.basename(n.rstrip("/")) for n in ARGS.case] or sorted(
        n for n in os.listdir(top) if os.path.isdir(os.path.join(top, n)))
    cases = [Case(os.path.join(top, name)) for name in names]
    if os.environ.get("COVERAGE"):  # its counts would hit the limit too
        cases = [case for case in cases if "ulimit" not in case.cmd]
    if ARGS.wrap:
        cases = [case for case in cases
                 if "sleep" not in case.cmd and "ulimit" not in case.cmd]
    print("1..%d" % len(cases))
    failed = 0
    with tempfile.TemporaryDirectory(prefix="golden-") as bin_folder, \
            concurrent.futures.ThreadPoolExecutor(4 * os.cpu_count()) as pool:
        write_wrapper(bin_folder)
        os.environ["PATH"] = bin_folder + ":" + os.environ["PATH"]
        for number, (case, wrong) in enumerate(
                zip(cases, pool.map(judge, cases)), 1):
            print("%s %d - %s" % ("not ok" if wrong else "ok", number,
                                  case.name))
            for line in wrong:
                print("# " + line)
            failed += bool(wrong)
            sys.stdout.flush()
    print("# %d passed, %d failed" % (len(cases) - failed, failed))
    return 1 if failed else 0


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--wrap", default="", metavar="COMMAND")
    parser.add_argument("--as-is", action="store_true")
    parser.add_argument("case", nargs="*")
    return parser.parse_args()


if __name__ == "__main__":
    ARGS = arguments()
    sys.exit(main())
