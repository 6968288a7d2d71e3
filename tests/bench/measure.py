"""measure - what benchmarks have in common: turns, ratios, bars, a table

hyperfine times the commands of a group in turn, round after round, and what
counts is the median of the ratios of single rounds, so that a machine that is
busy, or slow, spoils little.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOM = "{log}"


def cells(*texts):
    """A row of a table in Markdown."""
    return "| %s |" % " | ".join(text.replace("|", "\\|") for text in texts)


class Bar:
    """What is to be reached; got is None where it was not measured."""

    def __init__(self, what, bar, unit, got, at_most=False):
        self.what, self.bar, self.unit = what, bar, unit
        self.got, self.at_most = got, at_most

    def reached(self):
        if self.got is None or self.bar is None:
            return ""
        met = self.got <= self.bar if self.at_most else self.got >= self.bar
        return "yes" if met else "no"

    def row(self):
        digits = 0 if self.unit.startswith(("MiB", "instr", "bytes")) else 2
        bar = "" if self.bar is None else "%s %g %s" % (
            "at most" if self.at_most else "at least", self.bar, self.unit)
        got = "not measured" if self.got is None else "%.*f %s" % (
            digits, self.got, self.unit)
        return cells(self.what, bar, got, self.reached())


class Measuring:
    """Logs, and what was measured; args has size, keys and rounds."""

    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.bars = []
        self.times = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def log(self, mta, size=None, keys=None, *more):
        size, keys = size or self.args.size, keys or self.args.keys
        name = "-".join([mta, size, str(keys)] + [m[2:] for m in more])
        path = self.path(name + ".log")
        if not os.path.exists(path):
            print("making", os.path.basename(path), file=sys.stderr)
            with open(path + ".new", "wb") as out:
                subprocess.run([sys.executable, HERE + "/generate.py",
                                "--mta", mta, "--size", size, "--keys",
                                str(keys), *more], stdout=out, check=True)
            os.rename(path + ".new", path)
        return self.cached(path)

    @staticmethod
    def cached(path):
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
        return path

    def time(self, title, log, commands, rounds=None, shell=True,
             prepare=None):
        """Seconds by name, a list with one for each round; a command of the
        same name in prepare runs before, outside of what is timed."""
        commands = {name: text.replace(ROOM, log)
                    for name, text in commands.items() if have(text)}
        seconds = {name: [] for name in commands}
        result = self.path("times.json")
        before = [word for name in commands for word in
                  ("--prepare", prepare.get(name, "true"))] if prepare else []
        for _ in range(rounds or self.args.rounds):
            subprocess.run(
                ["hyperfine", "--style", "none", "--runs", "1", "--warmup",
                 "0", "--export-json", result, *([] if shell else ["-N"]),
                 *before, *commands.values()],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                check=True)
            with open(result) as file:
                for name, run in zip(commands, json.load(file)["results"]):
                    seconds[name].append(run["median"])
        print(title, *("%s %.0f ms" % (name, 1000 * statistics.median(s))
                       for name, s in seconds.items()), sep="; ",
              file=sys.stderr)
        self.times.append((title, seconds))
        return seconds

    def bar(self, what, bar, unit, got, at_most=False):
        self.bars.append(Bar(what, bar, unit, got, at_most))
        print(self.bars[-1].row(), file=sys.stderr)

    def ratio_bar(self, what, bar, unit, seconds, rival, ours="all"):
        """How many times ours is faster than the rival."""
        self.bar(what, bar, unit, ratio(seconds, rival, ours))

    def tables(self):
        """Lines of Markdown: bars, and how long it all took."""
        return ["| what | bar | got | reached |", "|-|-|-|-|",
                *(bar.row() for bar in self.bars), "",
                "Milliseconds: median (least to most), all output to "
                "nowhere.", "", "| log | command | time |", "|-|-|-|",
                *(cells(title, name, "%.0f (%.0f to %.0f)" % tuple(
                    1000 * f(s) for f in (statistics.median, min, max)))
                  for title, seconds in self.times
                  for name, s in seconds.items())]


def have(command):
    """Whether each program of a pipeline is there."""
    words = re.findall(r"(?:^|\| *)(?:[A-Z_]+=\S+ +)*(\S+)", command)
    return all(shutil.which(word) for word in words)


def ratio(seconds, over, under):
    """The median of what one took over what the other took, by round."""
    if over not in seconds or under not in seconds:
        return None
    return statistics.median(a / b for a, b in
                             zip(seconds[over], seconds[under]))


def crowding():
    """How many times as long a loop takes when each processor runs one.

    Those of a virtual machine may be no whole cores, for some minutes or
    always; then two threads of ours gain little.
    """
    def loops(count):
        begun = time.monotonic()
        running = [subprocess.Popen(
            ["sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"])
            for _ in range(count)]
        for process in running:
            process.wait()
        return time.monotonic() - begun

    return statistics.median(loops(os.cpu_count()) / loops(1)
                             for _ in range(5))


def made_of(program):
    """Its version, those of its libraries, and its compiler, as they say; and
    the machine's processors."""
    version = subprocess.run([program, "--version"], text=True,
                             stdout=subprocess.PIPE, check=True).stdout
    text = subprocess.run(["readelf", "-p", ".comment", program], text=True,
                          stdout=subprocess.PIPE, check=False).stdout
    found = re.search(r"\] +(.*)", text)
    return "%s; %d processors (all at once: %.2f times as long), %s" % (
        ", ".join(version.split("\n")).strip(", "), os.cpu_count(), crowding(),
        found[1].strip() if found else "an unknown compiler")
