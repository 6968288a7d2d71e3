"""server - what must hold of a MariaDB server alone: see suite for the form

Server and connection break, rows are locked by others, rights are missing;
the program comes back, or says why not, and nothing is half done.
"""

import contextlib
import random
import signal
import time

import backends
import harvest
import mariadb
from accidents import Span, Tally
from harvest import (FIELDS, Run, difference, generate, into, message, run,
                     truth)
from questions import Questions, complaints
from suite import refused

SERVER_KILLS = 8
SERVER_KILLS_LEAST = 4
KILL_SECONDS = 25
CUTS = 15
CUTS_LEAST = 8
CUT_SECONDS = 25
LOCK_SECONDS = 5         # for which one statement of the program's waits
DEADLOCK_TRIES = 3
PATIENCE = 100           # for what comes within a second, if nobody disturbs


def wait_for(what, seconds, test, pause=0.15):
    deadline = time.monotonic() + seconds
    while not test():
        if time.monotonic() > deadline:
            raise mariadb.Trouble(f"{what}: not in {seconds} s")
        # More often, and InnoDB would only tell again what it told before.
        time.sleep(pause)


# ---- server and connection end ----

def connected(one, server):
    """Waits until a run has reached the server: one that never did may not
    exist, and is not waited for."""
    wait_for("a connection", PATIENCE, lambda: not one.is_running() or connections(
        server), pause=0.002)


def connections(server):
    return [row[0] for row in server.sql(
        "SELECT id FROM information_schema.processlist "
        f"WHERE user = '{mariadb.USER}'")]


def server_killed(room):
    """kill -9 of the server at any time, which comes back at once"""
    rng = random.Random(room.seed)
    server = room.base.server
    log = room.log(generate(size="10M", keys=5000, seed=room.seed + 1))
    want = truth(log)
    span = Span(time_of(room, log))
    kills = Tally("runs had their server killed", SERVER_KILLS,
                  SERVER_KILLS_LEAST, KILL_SECONDS)
    while kills.is_open():
        room.base.forget()
        one = Run(*into(room.base.uri, log))
        connected(one, server)
        kills.hits += strike(one, span, rng)
        server.kill()
        server.launch()
        done = one.end()
        server.wait_until_ready()
        wrong = list(done.complaints(3, "(error 2")) if done.status else \
            list(done.complaints()) + list(room.compare(want))
        yield from room.harvest(log)
        wrong += room.compare(want)
        if wrong:
            yield f"after kill {kills.hits}"
            yield from wrong
            break
    yield from room.base.check()
    yield from kills.complaints()


def strike(one, span, rng):
    """Waits for the moment to strike; whether the run is still at work."""
    began = time.monotonic()
    moment = span.moment(rng)
    hit = one.wait(moment)
    span.learn(min(moment, time.monotonic() - began), hit)
    return hit


def time_of(room, log):
    """How long a run takes, in seconds."""
    began = time.monotonic()
    done = run(*into(room.base.uri, log))
    if done.status:
        raise mariadb.Trouble(done.err)
    return time.monotonic() - began


def server_gone(room):
    """a server that is not there, or goes: waited for, then status 3"""
    server = room.base.server
    text = generate(size="2M")
    log = room.log(text)
    server.stop()
    try:
        done = run("--lock-wait", "1", *into(room.base.uri, log))
        yield from done.complaints(3, "connect")
        if not 0.5 < done.took < 30:
            yield f"took {done.took} s"
        one = Run("--lock-wait", "100", *into(room.base.uri, log))
        time.sleep(0.5)
    finally:
        server.start()
    yield from one.end().complaints()
    for status, gone in ((3, 4), (0, 1)):
        room.base.forget()
        with server.session() as other:
            # So that the run is in the middle, for sure.
            yield from room.harvest(room.half(text))
            log = room.log(text)
            other.ask("BEGIN; UPDATE logs SET version = version")
            one = Run("--lock-wait", "2" if status else "100",
                      *into(room.base.uri, log))
            wait_for("a lock wait", PATIENCE, lambda: waits(server))
        server.kill()
        time.sleep(gone)
        server.start()
        yield from one.end().complaints(status, "(error 20" if status else
                                        None)
        yield from room.harvest(log)
        yield from room.compare(truth(log))


def connection_cut(room):
    """the connection is killed by the server at any time (2013)"""
    rng = random.Random(room.seed)
    server = room.base.server
    log = room.log(generate(size="10M", keys=5000, seed=room.seed + 1))
    want = truth(log)
    span = Span(time_of(room, log))
    cuts = Tally("runs had their connection cut", CUTS, CUTS_LEAST,
                 CUT_SECONDS)
    while cuts.is_open():
        room.base.forget()
        one = Run(*into(room.base.uri, log))
        connected(one, server)
        strike(one, span, rng)
        numbers = connections(server)
        for number in numbers:
            with contextlib.suppress(mariadb.Trouble):
                server.sql(f"KILL {number}")
        cuts.hits += numbers != []
        yield from one.end().complaints()
        yield from room.compare(want)
    yield from cuts.complaints()


def followed(room):
    """--follow while the server is killed and started, and stopped for long"""
    server = room.base.server
    log = room.log(b"", settled=False)
    number = 0

    def feed(count):
        nonlocal number
        with open(log, "ab") as file:
            for number in range(number + 1, number + count + 1):
                file.write(message(number))

    def stored(least):
        with contextlib.suppress(mariadb.Trouble):
            return len(room.base.sql("SELECT 1 FROM messages")) >= least
        return False

    one = Run("--follow", "--lock-wait", "200", *into(room.base.uri, log))
    try:
        feed(40)
        wait_for("the first rows", PATIENCE, lambda: stored(30))
        server.kill()
        feed(40)
        time.sleep(1)
        server.start()
        wait_for("rows after a kill", PATIENCE, lambda: stored(70))
        server.stop()
        feed(40)
        time.sleep(3)
        feed(40)
        server.start()
        wait_for("rows after a stop", PATIENCE, lambda: stored(150))
        feed(1)
    finally:
        one.process.send_signal(signal.SIGTERM)
        one.end()
    if one.status:
        yield f"{one}: {one.status}: {one.err}"
    harvest.settle(log)
    yield from room.harvest(log)
    yield from room.compare(truth(log))


# ---- rows are locked by others ----

def blocker(room, log):
    """A harvested log's rows, put aside; the statement that puts the last
    one back, so that who wants to write it has to wait."""
    server = room.base.server
    server.sql("""
        CREATE TABLE aside AS SELECT * FROM messages;
        DELETE FROM messages; DELETE FROM recipients;
        DELETE FROM logs; DELETE FROM hosts; DELETE FROM in_flight;
        CREATE TABLE weight (n INT PRIMARY KEY, filler CHAR(200));
        """, room.base.database)
    return ("INSERT INTO messages SELECT * FROM aside "
            "ORDER BY wall DESC, queue_id DESC LIMIT 1")


def waits(server):
    return server.sql("SELECT 1 FROM information_schema.innodb_trx "
                      "WHERE trx_state = 'LOCK WAIT'") != []


def lock_wait(room):
    """a row is locked by another client: retried (1205), then status 3"""
    server = room.base.server
    log = room.log(generate(size="400K"))
    want = truth(log)
    yield from room.harvest(log)
    block = blocker(room, log)
    with server.session() as other:
        other.ask("BEGIN; " + block)
        before = room.base.whole()
        done = run("--lock-wait", "3", *into(room.base.uri, log))
        yield from done.complaints(3, "ock wait timeout")
        if room.base.whole() != before:
            yield "gave up, but changed something"
        one = Run("--lock-wait", "60", *into(room.base.uri, log))
        wait_for("a lock wait", PATIENCE, lambda: waits(server))
        time.sleep(LOCK_SECONDS + 1)
        other.ask("ROLLBACK")
        yield from one.end().complaints()
    if one.took < LOCK_SECONDS:
        yield "did not wait"
    clear(room)
    yield from room.compare(want)


def deadlock(room):
    """a deadlock with another client, whom InnoDB lets win (1213)"""
    server = room.base.server
    log = room.log(generate(size="400K"))
    want = truth(log)
    yield from room.harvest(log)
    before = deadlocks(server)
    # The run waits for LOCK_SECONDS only, and a busy machine may be late.
    for _ in range(DEADLOCK_TRIES):
        yield from meet(room, log)
        yield from room.compare(want)
        if deadlocks(server) > before:
            return
    yield "there was no deadlock"


def meet(room, log):
    """Each wants what the other has."""
    server = room.base.server
    block = blocker(room, log)
    with server.session() as other:
        # InnoDB breaks off who has changed less.
        other.ask("BEGIN; INSERT INTO weight SELECT seq, REPEAT('x', 200) "
                  "FROM seq_1_to_20000; " + block)
        one = Run(*into(room.base.uri, log))
        wait_for("a lock wait", PATIENCE, lambda: waits(server))
        other.ask("SELECT COUNT(*) FROM (SELECT 1 FROM messages FOR UPDATE) "
                  "AS x")
        other.ask("ROLLBACK")
        yield from one.end().complaints()
    clear(room)


def deadlocks(server):
    return int(server.sql("SHOW STATUS LIKE 'Innodb_deadlocks'")[0][1])


def clear(room):
    room.base.server.sql("DROP TABLE aside; DROP TABLE weight",
                         room.base.database)


# ---- what the server does not let us do ----

def read_only_server(room):
    """a server that is read-only is refused (1290)"""
    text = generate(size="400K")
    yield from room.harvest(room.half(text))
    log = room.log(text)
    room.base.server.sql("SET GLOBAL read_only = 1")
    try:
        yield from refused(room, log, "read-only")
    finally:
        room.base.server.sql("SET GLOBAL read_only = 0")
    yield from room.harvest(log)
    yield from room.compare(truth(log))


def no_rights(room):
    """who may only read is refused (1142), and a stranger (1045)"""
    server = room.base.server
    text = generate(size="400K")
    yield from room.harvest(room.half(text))
    log = room.log(text)
    server.sql(f"CREATE OR REPLACE USER reader@'127.0.0.1'; GRANT SELECT ON "
               f"{room.base.database}.* TO reader@'127.0.0.1'")
    own = room.base.uri
    for user, says in (("reader", "denied"), ("stranger", "denied")):
        room.base.uri = server.uri(room.base.database, user)
        yield from refused(room, log, says)
    room.base.uri = own


def writer_only(room):
    """no right to make tables is needed once they are there"""
    server = room.base.server
    text = generate(size="400K")
    yield from room.harvest(room.half(text))
    server.sql(f"CREATE OR REPLACE USER writer@'127.0.0.1'; GRANT SELECT, "
               f"INSERT, UPDATE, DELETE ON {room.base.database}.* "
               "TO writer@'127.0.0.1'")
    log = room.log(text)
    yield from run(*into(server.uri(room.base.database, "writer"),
                         log)).complaints()
    yield from room.compare(truth(log))


def no_database(room):
    """a database that is not there is refused (1049)"""
    log = room.log(generate(size="200K"))
    done = run(*into(room.base.server.uri("spamharvest_none"), log))
    yield from done.complaints(3, "spamharvest_none")


def password(room):
    """a password from MYSQL_PWD or an option file, by socket and port"""
    server = room.base.server
    server.sql("CREATE OR REPLACE USER secret@'127.0.0.1' IDENTIFIED BY "
               "'gr\u00fcn & 50%'; CREATE OR REPLACE USER secret@localhost "
               "IDENTIFIED BY 'gr\u00fcn & 50%'; "
               f"GRANT ALL ON {room.base.database}.* TO secret@'127.0.0.1'; "
               f"GRANT ALL ON {room.base.database}.* TO secret@localhost")
    log = room.log(generate(size="200K"))
    uri = server.uri(room.base.database, "secret")
    yield from run(*into(uri, log)).complaints(3, "denied")
    word = "gr\u00fcn & 50%"
    yield from run(*into(uri, log), env={"MYSQL_PWD": word}).complaints()
    yield from room.compare(truth(log))
    room.base.forget()
    home = room.folder / "home"
    home.mkdir(mode=0o700)
    home.joinpath(".my.cnf").write_text(
        f"[client]\nuser=secret\npassword='{word}'\nsocket=/none\n"
        f"[spamharvest]\nsocket={server.socket}\n")
    yield from run(*into(f"mysql:///{room.base.database}", log),
                   env={"HOME": home}).complaints()
    yield from room.compare(truth(log))
    room.base.forget()
    yield from run(*into(f"mysql://secret@/{room.base.database}?socket="
                         f"{server.socket}", log),
                   env={"MYSQL_PWD": word}).complaints()
    yield from room.compare(truth(log))
    done = run(*into(uri.replace("secret@", "secret:word@"), log))
    if done.status != 2 or "word" not in done.err:
        yield f"a password in the URI: {done.status}, {done.err!r}"


def tls(room):
    """TLS: a user who must, by ssl-ca; another authority's is refused"""
    server = room.base.server
    server.sql("CREATE OR REPLACE USER veiled@'127.0.0.1' REQUIRE SSL; GRANT "
               f"ALL ON {room.base.database}.* TO veiled@'127.0.0.1'")
    log = room.log(generate(size="200K"))
    own = server.uri(room.base.database, "veiled")
    other = mariadb.certificate(room.folder / "other")
    for options, says in (
            ("", "denied"), (f"?ssl-ca={other}.pem", "ertificate"),
            ("?ssl-ca=/none.pem", "/none.pem")):
        done = run(*into(own + options, log))
        if done.status != 3 or says not in done.err:
            yield f"{options}: {done.status}, {done.err!r}, not {says!r}"
    yield from run(*into(f"{own}?ssl-ca={server.certificate}.pem",
                         log)).complaints()
    yield from room.compare(truth(log))
    room.base.forget()
    yield from run(*into(f"{own}?ssl-verify=no", log)).complaints()
    yield from room.compare(truth(log))


def small_packets(room):
    """a server that takes no packet larger than 64 KiB"""
    server = room.base.server
    size = server.sql("SELECT @@max_allowed_packet")[0][0]
    server.sql("SET GLOBAL max_allowed_packet = 65536")
    try:
        log = room.log(generate(size="1M"))
        yield from room.harvest(log)
        yield from room.compare(truth(log))
    finally:
        server.sql(f"SET GLOBAL max_allowed_packet = {size}")


def strange_mode(room):
    """sql_mode, charset and isolation of the server's make no difference"""
    server = room.base.server
    names = {"sql_mode": "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,"
                         "PAD_CHAR_TO_FULL_LENGTH'",
             "character_set_server": "'latin1'",
             "collation_server": "'latin1_german2_ci'",
             "transaction_isolation": "'READ-UNCOMMITTED'",
             "autocommit": "0", "time_zone": "'+05:45'"}
    kept = {name: server.sql(f"SELECT @@GLOBAL.{name}")[0][0]
            for name in names if name != "transaction_isolation"}
    try:
        for name, value in names.items():
            server.sql(f"SET GLOBAL {name} = {value}"
                       if name != "transaction_isolation" else
                       "SET GLOBAL TRANSACTION ISOLATION LEVEL "
                       "READ UNCOMMITTED")
        room.base.forget()
        log = room.log(generate(size="400K") + message(
            7, "\U0001f600 'x\\'@four.example".encode()))
        yield from room.harvest(log)
        yield from room.compare(truth(log))
    finally:
        for name, value in kept.items():
            server.sql(f"SET GLOBAL {name} = '{value}'" if not value.isdigit()
                       else f"SET GLOBAL {name} = {value}")
        server.sql("SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def asked(room):
    """examples/sql: the questions are answered"""
    server = room.base.server
    questions = Questions()
    log = room.log(questions.log().encode())
    yield from room.harvest(log)

    def ask(path, sender):
        told = f"SET @sender = '{sender}';\n" if sender else ""
        return server.sql(told + path.read_text(), room.base.database)

    yield from complaints(questions, harvest.TREE / "examples/sql", "mariadb",
                          ask)


def full_tablespace(room, small):
    """a tablespace that is full (1114): nothing half done"""
    base = backends.MariaDB(small)
    base.forget()
    log = room.log(generate(size="12M", keys=30000))
    done = run(*into(base.uri, log))
    yield from done.complaints(3, "full")
    rows = base.rows().counted(FIELDS)
    want = truth(log)
    if rows - want or (rows and not any(base.state())):
        yield f"{len(rows)} rows are there, and a state {base.state()!r}"
    small.stop()
    small.options["innodb-data-file-path"] = ROOMY
    small.start()
    yield from run(*into(base.uri, log)).complaints()
    yield from difference(want, base.rows().counted(FIELDS))


NARROW = "ibdata1:12M:autoextend:max:16M"
ROOMY = "ibdata1:12M:autoextend"
ALL = [server_killed, server_gone, connection_cut, followed, lock_wait,
       deadlock, read_only_server, no_rights, writer_only, no_database,
       password, tls, small_packets, strange_mode,
       asked]
