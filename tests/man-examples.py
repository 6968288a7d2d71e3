#!/usr/bin/env python3
"""The manuals' examples do what the manuals say.

Every literal display of a manual carries a mark on the line before it:

    .\\" example: file NAME     its text is the content of that file
    .\\" example: run           lines that begin with "$ " are commands; what
                               follows each one is what it prints

Files are made, and commands run, in the order of the page and in one folder
for each page. Files were last written in March 2013. In a display a line that
ends in a backslash goes on, less its indentation, on the next one.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("SOURCE", ".")
PROGRAM = os.environ.get("SPAMHARVEST", os.path.abspath("spamharvest"))
PAGES = ["spamharvest.1", "spamharvest-rules.5"]
if shutil.which("sqlite3") and b"\nSQLite 3" in subprocess.run(
        [PROGRAM, "--version"], stdout=subprocess.PIPE, check=True).stdout:
    PAGES.append("spamharvest-db.5")
WRITTEN = 1362787200  # 2013-03-09T00:00:00Z


def plain(line):
    """A line of mdoc source as a reader sees it."""
    line = re.sub(r"^\\&", "", line)
    return line.replace(r"\e", "\\").replace(r"\(aq", "'").replace(r"\-", "-")


def displays(page):
    """Yields (line number, mark, text) of each literal display."""
    with open(os.path.join(SOURCE, "man", page), encoding="utf-8") as file:
        lines = file.read().split("\n")
    for i, line in enumerate(lines):
        if not line.startswith(".Bd -literal"):
            continue
        mark = re.match(r'\.\\" example: (.*)', lines[i - 1])
        end = lines.index(".Ed", i)
        text = "".join(plain(x) + "\n" for x in lines[i + 1:end])
        yield i + 1, mark.group(1) if mark else None, text


def continued(text):
    return re.sub(r"\\\n +", "", text)


def commands(text):
    """Yields (command, what it prints)."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        lines = part.split("\n")
        last = 0
        while lines[last].endswith("\\"):
            last += 1
        yield "\n".join(lines[:last + 1]), "\n".join(lines[last + 1:])


def run(command, folder):
    env = dict(os.environ, TZ="UTC0", LC_ALL="C",
               PATH=os.path.join(folder, ".bin") + ":" + os.environ["PATH"])
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode("utf-8", "replace"), done.returncode


def check(page, folder, report):
    os.mkdir(os.path.join(folder, ".bin"))
    os.symlink(PROGRAM, os.path.join(folder, ".bin", "spamharvest"))
    for line, mark, text in displays(page):
        where = "%s:%d" % (page, line)
        if mark is None:
            report(False, where + ": a display without mark")
        elif mark.startswith("file "):
            path = os.path.join(folder, mark[5:])
            with open(path, "w", encoding="utf-8") as file:
                file.write(continued(text))
            os.utime(path, (WRITTEN, WRITTEN))
        elif mark == "run":
            for command, expected in commands(text):
                got, status = run(command, folder)
                report(got == expected and status == 0,
                       "%s: %s" % (where, command.split("\n")[0]),
                       "expected:\n%sgot (status %d):\n%s"
                       % (expected, status, got))
        else:
            report(False, "%s: unknown mark: %s" % (where, mark))


def main():
    count = failed = 0

    def report(good, name, details=""):
        nonlocal count, failed
        count += 1
        failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", count, name))
        if not good:
            print("".join("# %s\n" % x for x in details.splitlines()), end="")

    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            check(page, folder, report)
    print("1..%d" % count)
    return failed > 0


sys.exit(main())
