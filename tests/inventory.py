#!/usr/bin/env python3
"""Nothing in the tree is forgotten by Makefile.am. Prints TAP.

Automake wants its sources named one by one, and what is not named is neither
built, nor run, nor in the tarball, without a word. Golden cases need no entry:
their folder goes into the tarball whole.
"""
import os
import re
import sys

SOURCE = os.environ.get(
    "SOURCE", os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def found(top, pattern):
    """Files under top whose path, from the tree's root, matches."""
    for folder, folders, names in os.walk(os.path.join(SOURCE, top)):
        folders[:] = [f for f in folders if f != "__pycache__"]
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), SOURCE)
            if re.fullmatch(pattern, path):
                yield path


def main():
    with open(os.path.join(SOURCE, "Makefile.am")) as file:
        named = set(re.sub(r"#.*", "", file.read()).split())
    kinds = [
        ("sources", "src", r"src/.*\.[ch]", lambda p: p),
        ("headers of unit tests", "tests/unit", r"tests/unit/.*\.h",
         lambda p: p),
        ("unit tests", "tests/unit", r"tests/unit/.*_test\.c",
         lambda p: p[:-2]),
        ("fuzz targets", "tests/fuzz", r"tests/fuzz/.*_fuzz\.c",
         lambda p: p[:-2]),
        ("rule files", "src", r"src/.*\.rules", lambda p: p),
        ("test scripts", "tests", r"tests/[^/]*\.(py|sh)", lambda p: p),
        ("manual pages", "man", r"man/.*\.[0-9]", lambda p: p),
    ]
    generated = {"src/parse/rules_builtin.c"}
    print("1..%d" % len(kinds))
    failed = 0
    for number, (kind, top, pattern, entry) in enumerate(kinds, 1):
        missing = sorted(p for p in found(top, pattern)
                         if entry(p) not in named | generated)
        for path in missing:
            print("# %s is not in Makefile.am" % path)
        print("%s %d - all %s are in Makefile.am" % (
            "not ok" if missing else "ok", number, kind))
        failed += bool(missing)
    return 1 if failed else 0


sys.exit(main())
