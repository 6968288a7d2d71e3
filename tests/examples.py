#!/usr/bin/env python3
"""What is in examples/ works: as it stands there, but for paths. Prints TAP.

The systemd units are verified and hold a level of security; the cron job is
one that cron takes, and silent; logs are rotated by logrotate itself, in all
manners, between runs of it, and nothing is lost or comes twice; the commands
of the run-book run; what GNU parallel harvests equals one run; SQL answers what it is
to answer (that for MariaDB: see tests/database, as for a fleet).

Needs systemd, cron, logrotate, GNU parallel and sqlite3; a part whose program is
missing is skipped.
"""
import concurrent.futures
import csv
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = os.environ.get("SOURCE", ".")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE, "tests", "database"))
import questions
PROGRAM = os.path.abspath(os.environ.get("SPAMHARVEST", "spamharvest"))
EXAMPLES = os.path.join(SOURCE, "examples")
EXPOSURE = "5"  # tenths; 100 is a service with no protection at all

results = []


def report(good, name, details=""):
    results.append(good)
    print("%s %d - %s" % ("ok" if good else "not ok", len(results), name))
    if not good:
        print("".join("# %s\n" % x for x in str(details).splitlines()), end="")


def has(program, name):
    """Whether it is installed; if not, a test by that name is skipped."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    if shutil.which(program, path=path):
        return True
    results.append(True)
    print("ok %d - %s # SKIP there is no %s" % (len(results), name, program))
    return False


def run(*command, **more):
    """(status, what it printed)"""
    env = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8", PATH=":".join(
        [os.path.dirname(PROGRAM), os.environ["PATH"], "/usr/sbin", "/sbin"]))
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **more)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def example(*path):
    with open(os.path.join(EXAMPLES, *path), encoding="utf-8") as file:
        return file.read()


def write(path, text, mode="w"):
    with open(path, mode, encoding="utf-8") as file:
        file.write(text)


# ---- systemd ----

def check_systemd(top):
    if not has("systemd-analyze", "systemd units"):
        return
    paths = []
    for unit in ("spamharvest.service", "spamharvest.timer"):
        paths.append(os.path.join(top, unit))
        write(paths[-1], example("systemd", unit).replace(
            "/usr/local/bin/spamharvest", PROGRAM))
    status, said = run("systemd-analyze", "verify", "--man=no", *paths)
    report(status == 0 and not said, "systemd-analyze verifies the units",
           said)
    status, said = run("systemd-analyze", "security", "--offline=true",
                       "--no-pager", "--threshold=" + EXPOSURE, paths[0])
    report(status == 0, "the service is exposed to no more than %s of 100"
           % EXPOSURE, said)


# ---- logs to be rotated ----

def message(number):
    """The lines of a message whose sender tells which it is."""
    stamp = "2013-03-07T%02d:%02d:%02d+00:00" % (
        4 + number // 360, number // 6 % 60, number % 6 * 10)
    texts = [
        "smtpd[471]: %s: client=c%d.example[192.0.2.7]" % ("%s", number),
        "cleanup[475]: %%s: message-id=<%d@c.example>" % number,
        "qmgr[402]: %%s: from=<m%d@c.example>, size=812, nrcpt=1 "
        "(queue active)" % number,
        "virtual[480]: %s: to=<info@trap.example>, relay=virtual, delay=0.2, "
        "delays=0.1/0/0/0.1, dsn=2.0.0, status=sent (delivered)",
        "qmgr[402]: %s: removed",
    ]
    return "".join("%s mx1 postfix/%s\n" % (stamp, x % ("%010X" % (
        0x3F1A2B0000 + number))) for x in texts)


def rows(collection):
    with open(collection, encoding="utf-8") as file:
        return list(csv.DictReader(file))


# ---- cron ----

def check_cron(top):
    jobs = [x for x in example("cron", "spamharvest").splitlines()
            if x and not x.startswith("#")]
    if has("crontab", "cron takes the jobs"):
        path = os.path.join(top, "crontab")
        mine = [re.sub(r"^(\S+ +\S+ +\S+ +\S+ +\S+ +)\S+ +", r"\1", x)
                for x in jobs]
        write(path, "\n".join(mine) + "\n")
        status, said = run("crontab", "-n", path)
        report(status == 0 and "bad" not in said, "cron takes the jobs", said)
    log = os.path.join(top, "mail.log")
    write(log, message(1) + message(2))
    for job in jobs:
        if re.match(r"\w+=", job):
            continue
        command = re.split(r"\s+", job, maxsplit=6)[6]
        for old, new in (("/var/lib/spamharvest", top), ("/var/log", top)):
            command = command.replace(old, new)
        done = run("sh", "-c", command.replace(" 365d", " 1970-01-01"))
        report(done == (0, "") and "%" not in command,
               "it does its work in silence: " + job.split("  ")[-1], done)


# ---- logrotate ----

# What becomes of the example's directives; "" takes one away.
MANNERS = {
    "as in the example": {},
    "numbers, create": {"dateext": ""},
    "numbers, uncompressed": {"dateext": "", "compress": "",
                              "delaycompress": ""},
    "compressed at once": {"delaycompress": ""},
    "numbers, compressed at once": {"dateext": "", "delaycompress": ""},
    "copytruncate": {"create .*": "copytruncate"},
    "numbers, copytruncate": {"create .*": "copytruncate", "dateext": ""},
    "copytruncate, compressed at once": {"create .*": "copytruncate",
                                         "delaycompress": ""},
    "no new log": {"create .*": "nocreate"},
    "extension": {"dateext": "dateext\n    extension .log"},
    "xz": {"compress": "compress\n    compresscmd /usr/bin/xz\n"
                       "    compressext .xz", "dateext": ""},
}


def rotation(top, changes):
    """The example's text with other paths, and in another manner."""
    text = example("logrotate", "maillog")
    text = text.replace("/var/log", top)
    text = text.replace("/usr/lib/rsyslog/rsyslog-rotate", "true")
    text = text.replace(" root adm", "")
    for old, new in changes.items():
        text = re.sub(r"^    %s$" % old, "    " + new if new else "", text,
                      flags=re.M)
    # A name for each rotation, and not for each day only.
    return re.sub(r"^    dateext$",
                  "    dateext\n    dateformat -%Y%m%d-%s", text, flags=re.M)


class Host:
    """A log that grows and is rotated."""

    def __init__(self, top, changes):
        self.top = top
        self.log = os.path.join(top, "mail.log")
        self.config = os.path.join(top, "logrotate.conf")
        write(self.config, rotation(top, changes))
        os.chmod(self.config, 0o600)
        self.dates = "dateext" not in changes or changes["dateext"] != ""
        self.written = []

    def writes(self, count):
        for _ in range(count):
            number = len(self.written)
            self.written.append("m%d@c.example" % number)
            write(self.log, message(number), "a")

    def rotates(self):
        if self.dates:  # the next second has another name
            time.sleep(1.01 - time.time() % 1)
        return run("logrotate", "-f", "-s", os.path.join(self.top, "turns"),
                   self.config)

    def collects(self, collection, *options):
        return run(PROGRAM, "-a", os.path.join(self.top, collection), *options,
                   self.log)


def live_through(host):
    """Writes, rotates and collects; yields what went wrong."""
    for writes, rotations, after in ((3, 0, 0), (2, 1, 2), (1, 1, 0),
                                     (4, 2, 3), (0, 0, 2), (2, 1, 1),
                                     (1, 3, 1)):
        host.writes(writes)
        for turn in range(rotations):
            if turn:
                host.writes(2)
            done = host.rotates()
            if done != (0, ""):
                yield "logrotate: %s" % (done,)
        host.writes(after)
        for collection, options in (("sightings.csv", []),
                                    ("messages.csv", ["-m"])):
            done = host.collects(collection, *options)
            # With nocreate there may be no log yet.
            if done != (0, "") and os.path.exists(host.log):
                yield "%s: %s" % (collection, done)


def try_manner(folder, changes):
    """What went wrong, as lines."""
    os.mkdir(folder, 0o700)
    host = Host(folder, changes)
    wrong = list(live_through(host))
    for collection in ("sightings.csv", "messages.csv"):
        got = rows(os.path.join(folder, collection))
        found = [x["sender"] for x in got]
        if sorted(found) != sorted(host.written):
            wrong.append("%s: lost %s, twice %s" % (
                collection, sorted(set(host.written) - set(found)),
                sorted({x for x in found if found.count(x) > 1})))
        again = [x["sender"] for x in got if x.get("count", "1") != "1"]
        if again:
            wrong.append("%s: counted again: %s" % (collection, again))
    if wrong:
        wrong += sorted(os.listdir(folder))
    return wrong


def check_logrotate(top):
    if not has("logrotate", "logrotate between runs"):
        return
    folders = [os.path.join(top, "rotate%d" % i) for i in range(len(MANNERS))]
    with concurrent.futures.ThreadPoolExecutor(len(MANNERS)) as pool:
        for name, wrong in zip(MANNERS, pool.map(try_manner, folders,
                                                 MANNERS.values())):
            report(not wrong, "nothing lost, nothing twice: " + name,
                   "\n".join(wrong))


# ---- a forensic case ----

def check_run_book(top):
    folder = os.path.join(top, "forensics")
    os.makedirs(os.path.join(folder, "archive"))
    for name in ("postfix.log", "sendmail.log"):
        shutil.copyfile(os.path.join(EXAMPLES, name), os.path.join(
            folder, "archive", name.replace("postfix", "mail")))
    commands = re.findall(r"^    \$ (.*)$", example("forensics", "RUN-BOOK"),
                          re.M)
    script = os.path.join(folder, "script")
    write(script, "\n".join("%s || echo \"failed: %d\"" % (x, i + 1)
                            for i, x in enumerate(commands)) + "\n")
    status, said = run("sh", script, cwd=folder)
    report(status == 0 and "failed" not in said and len(commands) > 10,
           "the run-book's commands run", said)
    found = rows(os.path.join(folder, "case", "messages.csv"))
    report(len(found) >= 8, "the run-book finds the messages", found)


# ---- GNU parallel ----

def check_parallel(top):
    if not has("parallel", "GNU parallel"):
        return
    archive = os.path.join(top, "archive")
    for host, log in (("mx1", "postfix.log"), ("mx 2", "sendmail.log")):
        os.makedirs(os.path.join(archive, host))
        with open(os.path.join(EXAMPLES, log), encoding="utf-8") as file:
            lines = file.readlines()
        half = os.path.join(archive, host, "maillog.1")
        write(half, "".join(lines[:len(lines) // 2]))
        run("gzip", half)
        write(os.path.join(archive, host, "maillog"),
              "".join(lines[len(lines) // 2:]))
    logs = [os.path.join(archive, x, y) for x in ("mx1", "mx 2")
            for y in ("maillog", "maillog.1.gz")]
    for kind in ([], ["-u", "sender"], ["-u", "client_net,outcome"], ["-m"]):
        options = ["--year", "2013", "--outcome", "all"]
        got = run(os.path.join(EXAMPLES, "parallel", "harvest"), *kind,
                  archive, *options)
        one = run(PROGRAM, "-f", "csv", *kind, *options, *logs)
        if kind == ["-m"]:
            got, one = ((x, sorted(y.splitlines())) for x, y in (got, one))
        report(got == one and one[0] == 0 and len(one[1]) > 6,
               "harvest per host and merge equals one run: %s"
               % (" ".join(kind) or "sightings"), "%s\n%s" % (got, one))
    status, said = run(os.path.join(EXAMPLES, "parallel", "harvest"),
                       archive, "--nonsense")
    report(status == 1, "harvest tells when a host failed", said)


# ---- SQL ----

def check_sql(top):
    if not has("sqlite3", "SQL for SQLite"):
        return
    base, log = os.path.join(top, "harvest.db"), os.path.join(top, "trap.log")
    asked = questions.Questions()
    write(log, asked.log())
    done = run(PROGRAM, "--outcome", "all", "-d", base, log)
    report(done == (0, ""), "a database to ask", done)

    def ask(path, sender):
        told = ["-cmd", ".parameter set @sender '%s'" % sender] if sender \
            else []
        status, said = run("sqlite3", *told, "-separator", "\t", base,
                           ".read '%s'" % path)
        return [x.split("\t") for x in said.splitlines()] if not status \
            else said

    wrong = list(questions.complaints(
        asked, pathlib.Path(EXAMPLES, "sql"), "sqlite", ask))
    report(not wrong, "SQL for SQLite answers", "\n".join(wrong))


with tempfile.TemporaryDirectory() as folder:
    for check in (check_systemd, check_cron, check_logrotate, check_run_book,
                  check_parallel, check_sql):
        check(folder)
print("1..%d" % len(results))
sys.exit(not all(results))
