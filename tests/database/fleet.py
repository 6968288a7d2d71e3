"""fleet - what must hold of a Galera cluster: see suite for the form

Nodes commit without asking each other first, so that a conflict comes out only
at COMMIT, or later still; a node may be killed, or cut off from the others.
The room's base is that of the first node.
"""

import os
import random
import subprocess
import threading
import time

import backends
import harvest
from accidents import Span, Tally
from harvest import FIELDS, Run, difference, generate, into, run, truth, write
from server import PATIENCE, strike, wait_for

PAIRS = 4
FIRSTS = 6               # new fleets
NODE_WAIT = "200"        # --lock-wait, while a node is away
RUN_SECONDS = 240
ISOLATE = "SET GLOBAL wsrep_provider_options = 'gmcast.isolate={}'"


def nodes(room):
    return room.base.server.cluster.nodes


def bases(room):
    """The database, as each living node has it."""
    return [backends.MariaDB(node) for node in nodes(room)
            if node.process.poll() is None]


def same_everywhere(room, want):
    """Yields what a node has not, or too much; they apply what others
    committed a moment later, so they are given that moment."""
    for base in bases(room):
        base.server.sql("SET SESSION wsrep_sync_wait = 15; "
                        "SELECT COUNT(*) FROM messages", base.database)
        for text in difference(want, base.rows().counted(FIELDS)):
            yield f"{base.server.folder.name}: {text}"
    states = [base.state() for base in bases(room)]
    if any(state != states[0] for state in states):
        yield "the nodes' states differ"


def texts(room, size="400K"):
    return [generate(mta, size, room.seed + n, host)
            for n, (mta, host) in enumerate((("postfix", "mx1"),
                                             ("sendmail", "mx2"),
                                             ("postfix", "mx3")))]


def made(room):
    """A new database that has its tables."""
    room.base.forget()
    yield from room.harvest(room.log(b"", "nothing"))
    for base in bases(room):
        wait_for("tables everywhere", PATIENCE,
                 lambda base=base: base.sql("SHOW TABLES LIKE 'daily'"))


def at_once(room, logs, *options):
    """Runs, each at its node."""
    return [Run(*options, *into(backends.MariaDB(node).uri, log))
            for node, log in zip(nodes(room), logs)]


def ended(runs):
    """All of them, since a room must not be left to a run."""
    return [text for one in runs for text in one.end(RUN_SECONDS).complaints()]


def writers(room):
    """three MX hosts write at once, each to its own node"""
    logs = [room.log(text, f"log{n}") for n, text in enumerate(texts(room))]
    want = truth(*logs)
    for _ in range(PAIRS):
        yield from made(room)
        yield from ended(at_once(room, logs))
        yield from same_everywhere(room, want)


def first_runs(room):
    """three first runs at once: a new fleet, whose tables none has made"""
    logs = [room.log(text, f"log{n}") for n, text in enumerate(texts(room))]
    want = truth(*logs)
    for _ in range(FIRSTS):
        room.base.forget()
        yield from ended(at_once(room, logs))
        yield from same_everywhere(room, want)


def one_log(room):
    """one log, harvested through all nodes at once: counted once"""
    text = texts(room)[0]
    logs = []
    for n, _ in enumerate(nodes(room)):
        folder = room.folder / f"machine{n}"
        folder.mkdir()
        logs.append(write(folder / "maillog", text))
    want = truth(logs[0])
    for _ in range(PAIRS):
        yield from made(room)
        yield from ended(at_once(room, logs))
        yield from same_everywhere(room, want)


def turns(room):
    """a log that grows, each piece through another node, at once"""
    text = texts(room)[0]
    log = room.log(b"", settled=False)
    size = len(text) // 9
    for turn in range(9):
        with open(log, "ab") as file:
            file.write(text[turn * size:][:size if turn < 8 else None])
        node = nodes(room)[turn % len(nodes(room))]
        yield from run(*into(backends.MariaDB(node).uri, log)).complaints()
    harvest.settle(log)
    yield from room.harvest(log)
    yield from same_everywhere(room, truth(log))


def node_killed(room):
    """a node is killed (-9) in the middle: nothing lost, nothing twice"""
    rng = random.Random(room.seed)
    logs = [room.log(text, f"log{n}")
            for n, text in enumerate(texts(room, "1M"))]
    want = truth(*logs)
    first, victim = nodes(room)[0], nodes(room)[2]
    span = yield from time_of(room, logs, 2)
    kills = Tally("nodes were killed in the middle", 2, 1, 30)
    while kills.is_open():
        yield from made(room)
        # The victim's own writer, and one at each of the others.
        runs = at_once(room, logs, "--lock-wait", NODE_WAIT)
        kills.hits += strike(runs[2], span, rng)
        victim.kill()
        yield from ended(runs[:2])
        # Its client can go on when it comes back.
        victim.start()
        first.cluster.wait_for(len(nodes(room)))
        yield from ended(runs[2:])
        yield from same_everywhere(room, want)
        # The same logs through other nodes: nothing comes twice.
        for node, log in zip(nodes(room), reversed(logs)):
            yield from run(*into(backends.MariaDB(node).uri, log)) \
                .complaints()
        yield from same_everywhere(room, want)
    yield from kills.complaints()


def time_of(room, logs, number):
    """How long the run at that node takes beside the others."""
    yield from made(room)
    runs = at_once(room, logs)
    yield from ended(runs)
    return Span(runs[number].took)


def not_ready(room):
    """a node that is cut off is not ready (1047): waited for"""
    text = texts(room)[0]
    yield from room.harvest(room.half(text))
    log = room.log(text)
    node = nodes(room)[1]
    uri = backends.MariaDB(node).uri
    node.sql(ISOLATE.format(1))
    try:
        wait_for("a node that is not ready", PATIENCE,
                 lambda: node.status("ready") == "OFF")
        done = run("--lock-wait", "1", *into(uri, log))
        yield from done.complaints(3, "error 1")
        one = Run("--lock-wait", NODE_WAIT, *into(uri, log))
        if not one.wait(1.5):
            yield "did not wait"
    finally:
        node.sql(ISOLATE.format(0))
    yield from one.end().complaints()
    node.cluster.wait_for(len(nodes(room)))
    yield from same_everywhere(room, truth(log))


def cut_off(room):
    """a node is cut off in the middle, and comes back"""
    rng = random.Random(room.seed)
    logs = [room.log(text, f"log{n}") for n, text in enumerate(texts(room))]
    want = truth(*logs)
    node = nodes(room)[1]
    span = yield from time_of(room, logs, 1)
    cuts = Tally("nodes were cut off in the middle", 2, 1, 30)
    while cuts.is_open():
        yield from made(room)
        runs = at_once(room, logs, "--lock-wait", NODE_WAIT)
        cuts.hits += strike(runs[1], span, rng)
        node.sql(ISOLATE.format(1))
        time.sleep(4)
        node.sql(ISOLATE.format(0))
        yield from ended(runs)
        node.cluster.wait_for(len(nodes(room)))
        yield from same_everywhere(room, want)
    yield from cuts.complaints()


def example(room):
    """examples/fleet: made as it says, and a dead node is gone round"""
    folder = harvest.TREE / "examples" / "fleet"
    first, second, third = nodes(room)
    logs = [room.log(text, f"log{n}") for n, text in enumerate(texts(room))]
    first.sql(folder.joinpath("setup.sql").read_text())
    first.sql("ALTER USER harvest IDENTIFIED BY 'not so secret'")
    home = room.folder / "home"
    home.mkdir(mode=0o700)
    home.joinpath(".my.cnf").write_text(
        "[client]\nuser=harvest\npassword='not so secret'\n")

    def harvested(order, log):
        return subprocess.run(
            ["sh", folder / "harvest", *harvest.USUAL, log],
            env=dict(os.environ, HOME=str(home), LC_ALL="C", TZ="UTC",
                     PATH=f"{harvest.PROGRAM.parent}:{os.environ['PATH']}",
                     WAIT="5", NODES=" ".join(
                         f"127.0.0.1:{node.port}" for node in order)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)

    results = []
    threads = [threading.Thread(target=lambda n=n: results.append(
        harvested(nodes(room)[n:] + nodes(room)[:n], logs[n])))
        for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    third.kill()
    results.append(harvested([third, second], logs[2]))
    alone = harvested([third], logs[2])
    third.start()
    first.cluster.wait_for(3)
    for done in results:
        if done.returncode or done.stdout:
            yield f"status {done.returncode}: {done.stdout}"
    if alone.returncode != 3 or "spamharvest: " not in alone.stdout:
        yield f"no node at all: {alone.returncode}, {alone.stdout!r}"
    yield from same_everywhere(room, truth(*logs))


ALL = [writers, one_log, turns, not_ready, cut_off, node_killed, example,
       first_runs]
