#!/usr/bin/env python3
"""Parser, --help, completions and manual hold the same options; and the
manual of rule files the events and facts that there are.

The tables are read from the source; everything else is what the program
prints and the manuals' source says.
"""
import os
import re
import shutil
import subprocess
import sys

SOURCE = os.environ.get("SOURCE", ".")
PROGRAM = os.environ.get("SPAMHARVEST", os.path.abspath("spamharvest"))
SCREEN_AND_A_HALF = 54  # of 36 lines

results = []


def report(good, name, details=""):
    results.append(good)
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), name))
    if not good:
        print("".join("# %s\n" % x for x in str(details).splitlines()), end="")


def run(*arguments, **more):
    return subprocess.run(arguments, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE, check=False, **more)


def printed(*arguments):
    return run(PROGRAM, *arguments).stdout


def table():
    """{(letter or "", name, argument or "")} of the table in the source."""
    path = os.path.join(SOURCE, "src", "option_table.c")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    rows = re.findall(r'^    \{(?:0|\'(.)\'), "([a-z-]+)", (?:NULL|"(\w+)"),',
                      text, re.M)
    return set(rows)


def of_help(text):
    rows = re.findall(r"^  (?:-(\w), |    )--([a-z-]+)(?: ([A-Z]+))?(?:  |$)",
                      text, re.M)
    return set(rows)


def of_manual():
    path = os.path.join(SOURCE, "man", "spamharvest.1")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    rows = re.findall(
        r"^\.It Fl (?:(\w) , Fl )?-([a-z-]+)(?: Ar ([A-Z]+))?$", text, re.M)
    return set(rows)


def words(rows):
    """-f and --format of each row."""
    return {"-" + x[0] for x in rows if x[0]} | {"--" + x[1] for x in rows}


def of_bash(script):
    """What bash offers for a single dash, asked of bash itself."""
    ask = script + """
COMP_WORDS=(spamharvest -); COMP_CWORD=1; _spamharvest; echo "${COMPREPLY[@]}"
"""
    return set(run("bash", "-c", ask).stdout.split())


def bash_offers(script, *typed):
    quoted = " ".join("'%s'" % x for x in ("spamharvest",) + typed)
    ask = script + """
compopt() { :; }
COMP_WORDS=(%s); COMP_CWORD=%d; _spamharvest; printf '%%s\\n' "${COMPREPLY[@]}"
""" % (quoted, len(typed))
    return run("bash", "-c", ask).stdout.split()


def of_zsh(script):
    found = set()
    for letter, name, equals in re.findall(
            r"^    '[^']*'\{-(\w)\+?,--([a-z-]+)(=?)\}", script, re.M):
        found |= {"-" + letter, "--" + name}
    for name in re.findall(r"^    (?:'\*')?'--([a-z-]+)=?\[", script, re.M):
        found.add("--" + name)
    return found


def differences(a, b):
    return "only here: %s\nonly there: %s" % (sorted(a - b), sorted(b - a))


def check_sets():
    rows = table()
    text = printed("--help")
    report(len(rows) > 20, "the table is found", rows)
    for name, other in (("--help", of_help(text)), ("manual", of_manual())):
        report(other == rows, "table and %s agree" % name,
               differences(rows, other))
    for shell, find in (("bash", of_bash), ("zsh", of_zsh)):
        other = find(printed("--completion", shell))
        report(other == words(rows), "table and completion for %s agree"
               % shell, differences(words(rows), other))
    lines = text.splitlines()
    report(len(lines) <= SCREEN_AND_A_HALF and
           max(len(x) for x in lines) <= 80,
           "--help fits a screen and a half", text)


def check_parser():
    """Each option is known to the parser, and takes a value or none."""
    for letter, name, argument in sorted(table()):
        for option in ["--" + name] + (["-" + letter] if letter else []):
            # What follows is unknown: so an error about it means taken.
            done = run(PROGRAM, option, *(["x"] if argument else []),
                       "--nonsense")
            known = "no option " + option not in done.stderr
            alone = run(PROGRAM, option, stdin=subprocess.DEVNULL)
            wants = "needs a value: " + argument in alone.stderr
            report(known and wants == bool(argument),
                   "%s is parsed as the table says" % option,
                   done.stderr + alone.stderr)


def check_values():
    script = printed("--completion", "bash")
    cases = [
        (["-f", "c"], ["csv"]),
        (["--format", "=", "js"], ["jsonl"]),
        (["--format", "="], ["text", "csv", "jsonl", "list", "postfix",
                             "sendmail", "rbldnsd", "rbldnsd6", "nftables"]),
        (["-u", "sender,client_i"], ["sender,client_ip"]),
        (["--outcome", "rejected,ab"], ["rejected,aborted"]),
        (["--completion", ""], ["bash", "zsh"]),
        (["--year", "20"], []),
        (["--expl"], ["--explain"]),
    ]
    for typed, offered in cases:
        got = bash_offers(script, *typed)
        report(got == offered, "bash completes: %s" % " ".join(typed), got)
    if not shutil.which("zsh"):
        results.append(True)
        print("ok %d - zsh can read its completion # SKIP there is no zsh"
              % len(results))
    else:
        done = run("zsh", "-f", "-n", "/dev/stdin",
                   input=printed("--completion", "zsh"))
        report(done.returncode == 0 and not done.stderr,
               "zsh can read its completion", done.stderr)


def check_version():
    text = printed("--version")
    for library in ("spamharvest", "PCRE2", "libcsv", "Jansson", "libarchive",
                    "xxHash"):
        report(re.search(r"^%s \d+\.\d+" % library, text, re.M),
               "--version names %s" % library, text)


def check_rules_manual():
    with open(os.path.join(SOURCE, "src", "parse", "event.c"),
              encoding="utf-8") as file:
        code = file.read()
    with open(os.path.join(SOURCE, "man", "spamharvest-rules.5"),
              encoding="utf-8") as file:
        manual = file.read()
    made_by_parser = {"part", "unread", "none"}
    for what, array, macro in (("events", "kind_names", "Cm"),
                               ("facts", "fact_names", "Va")):
        body = re.search(array + r"\[.*?\] = \{(.*?)\n\};", code, re.S)
        names = set(re.findall(r'\] = "(\w+)"', body.group(1)))
        told = set()
        for line in re.findall(r"^\.It %s (.*)$" % macro, manual, re.M):
            told |= set(line.split(" , "))
        report(told == names - made_by_parser, "the rules' manual has the "
               + what, differences(names - made_by_parser, told))


check_sets()
check_rules_manual()
check_parser()
check_values()
check_version()
print("1..%d" % len(results))
sys.exit(not all(results))
