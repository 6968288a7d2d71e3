#!/usr/bin/env python3
"""What DNS lists say, asked of servers of our own that lie. Prints TAP.

The servers are in dns/hostile.py; real ones are asked by dns/run.
"""
import fcntl
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "dns"))
import hostile  # after the path to it

PROGRAM = os.path.abspath(os.environ.get("SPAMHARVEST", "spamharvest"))
SLOW = 10 if os.environ.get("SANITIZED") else 1
CASES = []


class Trouble(Exception):
    pass


class Skipped(Exception):
    pass


def case(function):
    CASES.append(function)
    return function


def same(got, want, what=""):
    if got != want:
        raise Trouble("%s\n got %r\nwant %r" % (what, got, want))


def holds(good, what):
    if not good:
        raise Trouble(what)


def run(*args, stdin=None, status=0, err="", **more):
    """Standard output; err must occur in standard error, "" that is empty."""
    done = subprocess.run([PROGRAM, *args], input=stdin, text=True,
                          stdin=None if stdin else subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=120,
                          **more)
    same(done.returncode, status, " ".join(args) + "\n" + done.stderr)
    if err == "":
        same(done.stderr, "", " ".join(args))
    holds(err in done.stderr, "%s: no %r in %r" % (args, err, done.stderr))
    return done.stdout


def ask(server, *args, **more):
    """A server that is slow is not asked again, unless args say so."""
    return run("--dns-server", server.address, "--dns-timeout", "60", *args,
               **more)


def message(number, client, sender, host="mx"):
    ident = "4%09X" % number
    head = "Mar  7 %02d:%02d:%02d %s postfix/" % (
        number // 3600 % 24, number // 60 % 60, number % 60, host)
    return "".join(head + text + "\n" for text in (
        "smtpd[9]: %s: client=unknown[%s]" % (ident, client),
        "cleanup[9]: %s: message-id=<%d@x>" % (ident, number),
        "qmgr[9]: %s: from=<%s>, size=9, nrcpt=1 (queue active)"
        % (ident, sender),
        "virtual[9]: %s: to=<a@t.example>, relay=virtual, delay=0.1, "
        "delays=0.1/0/0/0, dsn=2.0.0, status=sent (delivered)" % ident,
        "qmgr[9]: %s: removed" % ident))


def log(*mails, name="log"):
    """A log of (client, sender); more than one of each client, if asked."""
    with open(name, "w", encoding="ascii") as file:
        for number, (client, sender) in enumerate(mails):
            file.write(message(number, client, sender))
    return name


def addresses(count):
    return ["192.%d.%d.%d" % (2 + i // 65536, i // 256 % 256, i % 256)
            for i in range(count)]


TWO = [("192.0.2.2", "a@bad.example"), ("192.0.2.3", "b@fine.example")]
SHOW = ["-F", "client_ip,listed"]
SECONDS = ["--dns-timeout", "2"]


def listed(server, *zones, mails=None, **more):
    """The field listed of two mails: the first is listed, if any is."""
    out = ask(server, *SECONDS, *zones, "-F", "listed",
              log(*(mails or TWO)), **more)
    return out.splitlines()


@case
def three_answers():
    unknown = ["?l", "?l"]
    want = {
        "good": ["l", ""], "brief": ["l", ""], "lossy": ["l", ""],
        "late": ["l", ""], "alias": ["l", ""], "truncated": ["l", ""],
        "forged": ["l", ""], "flood": ["l", ""], "nodata": ["", ""],
        "drop": unknown, "servfail": unknown, "refused": unknown,
        "outside": unknown, "blocked": unknown, "other": unknown,
        "loop": unknown, "referral": unknown, "garbage": unknown,
        "short": unknown,
    }
    same(set(want), hostile.BEHAVIOURS - {"everything", "hangup"})
    zones = [x for zone in want for x in ("--dnsbl", zone + ".test=" + zone)]
    with hostile.Server() as server:
        got = [row.split() for row in listed(server, *zones)]
        for zone, answer in want.items():
            same([next((word.replace(zone, "l") for word in row
                        if word.strip("?") == zone), "") for row in got],
                 answer, zone)


@case
def in_every_format():
    zones = ["--dnsbl", "good.test=a", "--dnsbl", "good.b.test",
             "--dnswl", "good.c.test=c", "--dnsbl", "servfail.test=d",
             "--dnsbl", "@good.dom.test=dom"]
    words = "a good.b.test !c ?d dom"
    with hostile.Server() as server:
        text = ask(server, *zones, "-F", "client_ip,listed", log(*TWO))
        same(text, "192.0.2.2\t%s\n192.0.2.3\t?d\n" % words)
        csv = ask(server, *zones, "-f", "csv", log(*TWO)).splitlines()
        same(csv[0], "first_seen,last_seen,count,sender,client_ip,"
                     "client_name,message_id,listed")
        holds(csv[1].endswith(",0@x," + words), csv)
        rows = [json.loads(x) for x in ask(
            server, *zones, "-f", "jsonl", "-m", log(*TWO)).splitlines()]
        same([x["listed"] for x in rows], [words.split(), ["?d"]])
        same(list(rows[0])[-1], "listed")


@case
def codes_of_known_lists():
    table = {"2.2.0.192": "127.0.0.2 127.0.0.11 127.0.0.10",
             "3.2.0.192": "127.255.255.254"}
    with hostile.Server(table) as server:
        same(listed(server, "--dnsbl", "good.test=l"), ["l", "?l"])
    # The names of real lists, which nobody here asks.
    with hostile.Server(table) as server:
        same(listed(server, "--dnsbl", "good.zen.spamhaus.org=z"),
             ["z:sbl z:pbl", "?z"])


@case
def ipv6():
    mails = [("IPv6:2001:db8::2", "a@x.example"),
             ("2001:db8::3", "a@x.example"), ("::ffff:192.0.2.4", "a@x.example")]
    mails = [(client.replace("IPv6:", ""), sender) for client, sender in mails]
    with hostile.Server() as server:
        same(listed(server, "--dnsbl", "good.test=l", mails=mails),
             ["l", "", "l"])
        name = ("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0."
                "0.2.good.test")
        same(server.asked[name], 1)
        same(server.asked["4.2.0.192.good.test"], 1)
    with hostile.Server(host="::1") as server:
        same(listed(server, "--dnsbl", "good.test=l", mails=mails),
             ["l", "", "l"])


@case
def domains():
    mails = [("192.0.2.2", "a@bad.Example"), ("192.0.2.3", "b@BAD.example."),
             ("192.0.2.4", "b@fine.example"), ("192.0.2.5", ""),
             ("192.0.2.6", "b"), ("192.0.2.7", "b@[192.0.2.9]"),
             ("192.0.2.8", '"b c"@bad_1.example')]
    with hostile.Server() as server:
        same(listed(server, "--dnsbl", "@good.test=l", mails=mails),
             ["l", "l", "", "", "", "?l", "l"])
        same(server.asked["bad.example.good.test"], 1)
        same(sorted(server.asked), ["bad.example.good.test",
                                    "bad_1.example.good.test",
                                    "fine.example.good.test",
                                    "invalid.good.test"])
        out = ask(server, "-u", "sender_domain", "--dnsbl", "@good.test=l",
                  "-F", "sender_domain,listed", log(*mails[:3:2]))
        same(out, "bad.Example\tl\nfine.example\t\n")


@case
def selects():
    mails = [*TWO, ("192.0.2.5", "c@x.example")]
    table = {"5.2.0.192": "127.255.255.254"}
    with hostile.Server(table) as server:
        for more in ([], ["-m"]):
            for option, want in (("--listed", ["192.0.2.2"]),
                                 ("--unlisted", ["192.0.2.3", "192.0.2.5"])):
                out = ask(server, *more, "--dnsbl", "good.test",
                          "--dnswl", "good.w.test", option, "-F", "client_ip",
                          log(*mails))
                same(out.split(), want)


@case
def asks_each_once():
    clients = addresses(300)
    mails = [(client, "s%d@x.example" % i) for i, client in
             enumerate(clients * 3)]
    seen = set()
    for more in (["-j1"], ["-j4", "--block-size", "3000"], ["-j2", "-m"]):
        with hostile.Server() as server:
            out = ask(server, "--dnsbl", "good.test=l", "--dnsbl",
                      "good.b.test=m", *more, *SHOW, log(*mails))
            same(set(server.asked.values()), {1})
            same(len(server.asked), 2 * (300 + 1))
            seen.add("".join(sorted(out.splitlines(True)))
                     if "-m" in more else out)
            holds("-m" in more or
                  out == "".join("%s\t%s\n" % (c, "" if i % 2 else "l m")
                                 for i, c in enumerate(clients * 3)), out)
    same(len(seen), 2)


@case
def order_of_messages_stays():
    mails = [(client, "a@x.example") for client in addresses(50)]
    name = log(*mails)
    plain = run("-m", "-F", "client_ip", "--year", "2013", name).split()
    with hostile.Server() as server:
        out = ask(server, *SECONDS, "-m", "--dnsbl", "late.test=l", "--dnsbl",
                  "lossy.test=m", "-F", "client_ip", "--year", "2013", name)
        same(out.split(), plain)


def timed(function):
    start = time.monotonic()
    result = function()
    return time.monotonic() - start, result


@case
def dead_servers_cost_little():
    mails = [(client, "a@x.example") for client in addresses(3000)]
    name = log(*mails)
    for more in ([], ["-m"]):
        with hostile.Server() as server:
            took, out = timed(lambda: ask(
                server, "--dns-timeout", "1", *more, "--dnsbl", "drop.test=d", "--dnsbl",
                "good.test=l", *SHOW, name,
                err="DNS list d: given up, as it does not answer"))
            asked = sum(".drop." in name for name in server.asked)
            holds(64 <= asked < 500, "%d names" % asked)
            holds(took < 20 * SLOW, "%.1f seconds" % took)
            want = ["%s\t?d%s" % (c, "" if i % 2 else " l")
                    for i, (c, _) in enumerate(mails)]
            same(sorted(out.splitlines()), sorted(want))
    took, out = timed(lambda: run(
        "--dns-server", server.address, "--dnsbl", "x.test=x", "-F", "listed",
        name, err="DNS list x: given up"))
    holds(took < 20 * SLOW, "%.1f seconds" % took)
    same(out, "?x\n" * 3000)


@case
def useless_answers_are_given_up():
    name = log(*((c, "a@x.example") for c in addresses(2000)))
    with hostile.Server() as server:
        out = ask(server, "--dnsbl", "blocked.test=b", "-F", "listed", name,
                  err="DNS list b: given up, as its answers tell nothing")
        same(out, "?b\n" * 2000)
        holds(len(server.asked) < 500, len(server.asked))


@case
def lists_that_list_everything():
    with hostile.Server() as server:
        for at in ("", "@"):
            same(listed(server, "--dnsbl", at + "everything.test=e",
                        err="DNS list e: not believed"), ["?e", "?e"])


@case
def no_tcp():
    zones = ["--dnsbl", "truncated.test=t", "--dnsbl", "good.test=l"]
    with hostile.Server(tcp=False) as server:
        same(listed(server, *zones), ["?t l", "?t"])
    with hostile.Server() as server:
        same(listed(server, "--dnsbl", "hangup.test=t", *zones[2:]),
             ["?t l", "?t"])


@case
def rate():
    name = log(*((c, "a@x.example") for c in addresses(60)))
    with hostile.Server() as server:
        took, _ = timed(lambda: ask(server, "--dns-rate", "40", "--dnsbl",
                                    "good.test", name))
        # A tenth of a second's worth may come together.
        holds(1.2 < took < 8 * SLOW, "%.1f seconds for 61 at 40" % took)
        times = server.times
        holds(len(times) >= 61, len(times))
        for i in range(len(times) - 20):
            holds(times[i + 20] - times[i] > 0.25, "too fast at %d" % i)


@case
def output_is_input():
    with hostile.Server() as server:
        zones = ["--dnsbl", "good.test=l"]
        plain = run("-f", "csv", "--year", "2013", log(*TWO))
        for form in ("csv", "jsonl"):
            for more in ([], ["-m"]):
                out = ask(server, *zones, "-f", form, *more, "--year", "2013",
                          log(*TWO))
                with open("rows", "w", encoding="ascii") as file:
                    file.write(out)
                same(run("-f", "csv", "rows"), plain)
                same(ask(server, *zones, "-f", form, *more, "rows"), out)
                if not more:
                    continue
                # A union: twice the same.
                same(ask(server, *zones, "-f", form, *more, "rows", "rows"),
                     out)
        run("-a", "rows", "log", status=3,
            err="it has the column listed, which none keeps")


@case
def streams():
    """A row comes out while the input is still open."""
    with hostile.Server() as server, subprocess.Popen(
            [PROGRAM, "-m", "--dns-server", server.address, "--dnsbl",
             "late.test=l", *SHOW], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True) as child:
        timer = threading.Timer(30 * SLOW, child.kill)
        timer.start()
        for number in range(3):
            child.stdin.write(message(number, "192.0.2.%d" % (number + 2),
                                      "a@x.example"))
        child.stdin.flush()
        got = [child.stdout.readline() for _ in range(3)]
        open_still = child.poll() is None
        child.stdin.close()
        got.append(child.stdout.read())
        same(child.wait(), 0)
        timer.cancel()
        same(got, ["192.0.2.2\tl\n", "192.0.2.3\t\n", "192.0.2.4\tl\n", ""])
        holds(open_still, "the rows came with the end")


@case
def cache_of_a_collection():
    with hostile.Server() as server:
        args = ["--dnsbl", "good.test=l", "--dnsbl", "brief.test=b",
                "--dnswl", "servfail.test=s", "-a", "c.csv", "--year", "2013"]
        same(ask(server, *args, log(*TWO)), "")
        first = dict(server.asked)
        same(set(first.values()), {1})
        with open("log", "a", encoding="ascii") as file:
            for number, (client, sender) in enumerate(TWO, 10):
                file.write(message(number, client, sender))
        time.sleep(1.1)
        same(ask(server, *args, "log"), "")
        again = {name: count for name, count in server.asked.items()
                 if count > first.get(name, 0)}
        # What holds is not asked for anew: only what may not be kept.
        same(set(name.split(".", 4)[-1] for name in again),
             {"brief.test", "servfail.test"})
        with open("c.csv", encoding="ascii") as file:
            rows = file.read().splitlines()
        same(rows[0].split(",")[-1], "message_id")
        same(len(rows), 3)
        with open("c.csv.state", encoding="ascii") as file:
            state = file.read()
        holds("dns,good.test,192.0.2.2," in state, state)
        # A run that asks nobody keeps what is there.
        run("-a", "c.csv", "log")
        with open("c.csv.state", encoding="ascii") as file:
            holds("dns,good.test,192.0.2.2," in file.read(), "forgotten")


def state_of(name):
    with open(name + ".state", encoding="ascii") as file:
        rows = file.read().splitlines()
    return ([x for x in rows if x.startswith("dns,")],
            [x for x in rows if not x.startswith(("dns,", "end,", "collection,"))])


def wait_until_locked(path):
    for _ in range(600):
        with open(path, "r+b") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
        time.sleep(0.1)
    raise Trouble("nobody locks " + path)


@case
def cache_of_an_input():
    """A collection that is read lends its cache, and nothing else changes."""
    args = ["--dnsbl", "good.test=l", *SHOW, "c.csv"]
    want = "192.0.2.2\tl\n192.0.2.3\t\n"
    # One message is still in flight.
    name = log(*TWO)
    with open(name, "a", encoding="ascii") as file:
        file.write(message(9, "192.0.2.9", "a@x.example")[:300])
    run("-a", "c.csv", "--year", "2013", name)
    rest = state_of("c.csv")[1]
    with open("c.csv", encoding="ascii") as file:
        rows = file.read()
    with hostile.Server() as server:
        same(ask(server, *args), want)
        asked = dict(server.asked)
        same(len(state_of("c.csv")[0]), 3)
        same(state_of("c.csv")[1], rest)
        same(ask(server, *args), want)
        same(dict(server.asked), asked)
        # Nor does a run that adds to it lose what it knows.
        ask(server, *args[:2], "-a", "c.csv", "--year", "2013", name)
        same(dict(server.asked), asked)
        # What an earlier run wrote is there, and no server need be.
    same(ask(server, *args), want)
    with open("c.csv", encoding="ascii") as file:
        same(file.read(), rows)
    with hostile.Server() as server, subprocess.Popen(
            [PROGRAM, "-a", "c.csv", "--follow", name]) as holder:
        wait_until_locked("c.csv.lock")
        try:
            same(ask(server, *args), want)  # it is locked, and lends, too
            same(dict(server.asked), {})
        finally:
            holder.terminate()
        same(holder.wait(), 0)


@case
def cache_on_a_medium_for_reading():
    """What may not be written lends its cache; that nothing goes back is no
    trouble."""
    some = {"user": 65534} if os.geteuid() == 0 else {}
    name = log(*TWO)
    with hostile.Server() as server:
        ask(server, "--dnsbl", "good.test=l", "-a", "c.csv", "--year", "2013",
            name)
    # A build for coverage writes to its folder, where nobody may not.
    os.mkdir("counts")
    os.chmod("counts", 0o777)
    os.environ["GCOV_PREFIX"] = os.path.abspath("counts")
    os.chmod(".", 0o555)
    try:
        run("--version", **some)
        for mode in 0o444, 0o666:
            for file in "c.csv", "c.csv.state", "c.csv.lock":
                os.chmod(file, mode)
            for zone, count in ("good.test", 0), ("brief.test", 3):
                with hostile.Server() as server:
                    out = ask(server, "--dnsbl", zone + "=l", *SHOW, "c.csv",
                              **some)
                    same(out.splitlines()[0], "192.0.2.2\tl")
                    same(len(server.asked), count)
    except PermissionError as error:
        raise Skipped("the program is not for all to run") from error
    finally:
        os.chmod(".", 0o755)
        del os.environ["GCOV_PREFIX"]


@case
def lists():
    """What a list of the good has enters none, nor a network that has it."""
    mails = [("192.1.2.%d" % i, "a@x.example") for i in range(200)]
    table = {"77.2.1.192": "127.0.10.3", "3.2.1.192": "127.255.255.254"}
    bad = {"%d.2.1.192" % i: "" for i in range(0, 256, 2)}
    with hostile.Server({**bad, **table}) as server:
        wl = ["--dnswl", "good.list.test=good"]
        out = ask(server, *wl, "-f", "list", log(*mails))
        entries = [x for x in out.splitlines() if not x.startswith("#")]
        same(len(entries), 199)
        holds("192.1.2.77" not in entries and "192.1.2.3" in entries, out)
        holds("1 allowed" in out and "--dnswl ..." in out, out[:300])
        out = ask(server, *wl, "-f", "list", "--aggregate", "20", log(*mails))
        entries = [x for x in out.splitlines() if not x.startswith("#")]
        holds("192.1.2.77" not in entries and "192.1.2.0/24" not in entries
              and "192.1.2.77/32" not in entries, out)
        # Seen too seldom to be listed, and good all the same.
        often = [m for m in mails for _ in range(2) if m[0] != "192.1.2.77"]
        args = ["-f", "list", "--aggregate", "20", "--min-count", "2"]
        holds("192.1.2.0/24" in run(*args, log(*often, mails[77])), "whole")
        out = ask(server, *wl, *args, "log")
        holds("192.1.2.0/24" not in out and "192.1.2.77" not in out, out)
        out = ask(server, "--dnsbl", "good.b.test", "--unlisted", "-f", "list",
                  log(("192.1.3.4", "a@x.example"), ("192.1.3.5", "")))
        same([x for x in out.splitlines() if not x.startswith("#")],
             ["192.1.3.5"])
    with hostile.Server() as server:
        mails = [("192.0.2.2", "a@Bad.x.example"), ("192.0.2.2", "a@x.example"),
                 ("192.0.2.2", "a@y.example")]
        wl = ["--dnswl", "@good.test=good"]
        for key, want in (("sender", ["a@x.example", "a@y.example"]),
                          ("sender_domain", ["y.example"])):
            out = ask(server, *wl, "-u", key, "-f", "list", log(*mails))
            same([x for x in out.splitlines() if not x.startswith("#")], want)


@case
def usage():
    for args, why in (
            (["--dnsbl", "a b"], "not a ZONE"),
            (["--dnsbl", "@"], "not a ZONE"),
            (["--dnsbl", "a..b"], "not a ZONE"),
            (["--dnsbl", "a.example="], "not a ZONE"),
            (["--dnsbl", "a.example=x y"], "not a ZONE"),
            (["--dnsbl", "a.example=?x"], "not a ZONE"),
            (["--dnsbl", "a.example=x", "--dnswl", "b.example=x"],
             "another zone has that name"),
            (["--dns-server", "localhost"], "not an address"),
            (["--dns-server", "127.0.0.1:"], "not an address"),
            (["--dns-server", "127.0.0.1:65536"], "not an address"),
            (["--dns-server", "[::1"], "not an address"),
            (["--dns-rate", "0"], "not a number"),
            (["--dns-timeout", "61"], "not a number"),
            (["--listed"], "--listed needs a --dnsbl"),
            (["--unlisted", "--dnswl", "a.example"], "needs a --dnsbl"),
            (["--listed", "--unlisted", "--dnsbl", "a.example"],
             "does not go with"),
            (["-F", "listed"], "'listed' is none of"),
            (["-u", "listed", "--dnsbl", "a.example"], "'listed' is none of"),
            (["-u", "sender", "--dnsbl", "a.example"], "have no client_ip"),
            (["-u", "client_ip", "--dnsbl", "@a.example"], "have no sender"),
            (["--explain", "--dnsbl", "a.example"], "asks no DNS lists"),
            (["-a", "c", "--listed", "--dnsbl", "a.example"],
             "does not go with -a")):
        run(*args, status=2, err=why)


def main():
    os.environ["TZ"] = "UTC"
    print("1..%d" % len(CASES))
    failed = 0
    for number, function in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            result, directive = "ok", ""
            try:
                function()
            except Skipped as why:
                directive = " # SKIP %s" % why
            except (Trouble, subprocess.TimeoutExpired, OSError) as error:
                print("\n".join("# " + x for x in str(error).splitlines()))
                result = "not ok"
                failed += 1
            os.chdir("/")
        print("%s %d - %s%s" % (result, number, function.__name__.replace(
            "_", " "), directive), flush=True)
    return 1 if failed else 0


sys.exit(main())
