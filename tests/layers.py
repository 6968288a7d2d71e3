#!/usr/bin/env python3
"""No folder of src may include a higher one. Prints TAP."""
import os
import re
import sys

# Lowest first; above them all, and one layer, are run/ and the files directly
# in src.
LAYERS = ["base", "mail", "format", "input", "parse", "join", "collect",
          "lookup", "store"]
SOURCE = os.environ.get(
    "SOURCE", os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.M)


def rank(path):
    """Of a file, relative to src; None: a folder that is no layer."""
    folder, slash, _ = path.partition("/")
    if not slash or folder == "run":
        return len(LAYERS)
    return LAYERS.index(folder) if folder in LAYERS else None


def sources():
    top = os.path.join(SOURCE, "src")
    for folder, _, names in os.walk(top):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(folder, name), top)


def wrong_includes(path):
    with open(os.path.join(SOURCE, "src", path), "rb") as file:
        text = file.read()
    if rank(path) is None:
        yield "src/%s: its folder is no layer" % path
        return
    for match in INCLUDE.finditer(text):
        included = match[1].decode()
        line = text.count(b"\n", 0, match.start(1)) + 1
        place = "src/%s:%d: \"%s\"" % (path, line, included)
        if not os.path.exists(os.path.join(SOURCE, "src", included)):
            yield place + ": name it from src, as base/slice.h"
        elif rank(included) is None or rank(included) > rank(path):
            yield place + ": a lower layer includes a higher one"


def main():
    wrong = [line for path in sources() for line in wrong_includes(path)]
    print("1..1")
    for line in wrong:
        print("# " + line)
    print("%s 1 - includes run downward" % ("not ok" if wrong else "ok"))
    return 1 if wrong else 0


sys.exit(main())
