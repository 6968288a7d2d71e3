"""embedded - what must hold of an SQLite file alone: see suite for the form"""

import contextlib
import itertools
import os
import sqlite3
import subprocess

import harvest
import mariadb
from harvest import Run, file_limit, generate, into, message, run, truth
from suite import refused

LIMITS = (0, 4096, 20000, 50000, 100000, 200000)  # of files, in bytes
PRELOAD = os.path.join(os.path.abspath(os.environ.get(
    "BUILD", harvest.TREE / "build")), "tests", "crash_preload.so")
MOUNT = """
mount -t tmpfs -o size=%s none "$1" && cd "$1" || exit 99
"$3" $4 -d harvest.db "$2"
echo "status $?" >&2
mount -o remount,size=64m "$1" || exit 99
"$3" $4 -d harvest.db "$2" || exit
sqlite3 harvest.db 'PRAGMA wal_checkpoint(TRUNCATE)' >&2
cp harvest.db "$5"
"""


def read_only(room):
    """a file that may only be read is refused"""
    text = generate(size="400K")
    yield from room.harvest(room.half(text))
    log = room.log(text)
    with_rights(room, 0o555, 0o444)
    try:
        yield from refused(room, log, "harvest.db", **as_nobody(room))
    finally:
        with_rights(room, 0o755, 0o644)
    yield from room.harvest(log)
    yield from room.compare(truth(log))


def read_only_folder(room):
    """a folder that may only be read has no new database"""
    log = room.log(generate(size="200K"))
    with_rights(room, 0o555, 0o444)
    try:
        done = run(*into(room.base.uri, log), **as_nobody(room))
        yield from done.complaints(3, "harvest.db")
    finally:
        with_rights(room, 0o755, 0o644)
    if room.base.files():
        yield "left something behind"


def with_rights(room, folder, files):
    os.chmod(room.folder, folder)
    for path in room.base.files():
        os.chmod(path, files)


def as_nobody(_):
    """Root may write what may only be read."""
    return mariadb.as_unprivileged()


def not_a_database(room):
    """a file that is no database, or a torn one, is refused"""
    log = room.log(generate(size="200K"))
    yield from room.harvest(log)
    whole = room.base.copy("whole.db").path.read_bytes()
    for name, content in (("text", b"date,sender\n" * 100),
                          ("noise", os.urandom(9000)),
                          ("head", whole[:700]),
                          ("holes", whole[:4096] + bytes(len(whole) - 4096))):
        room.base.forget()
        room.base.path.write_bytes(content)
        done = run(*into(room.base.uri, log))
        yield from done.complaints(3, "harvest.db")
        if room.base.path.read_bytes() != content:
            yield f"{name}: refused, but changed"


def no_such_folder(room):
    """a database in a folder that is not there"""
    log = room.log(generate(size="200K"))
    done = run(*into(room.folder / "none" / "harvest.db", log))
    yield from done.complaints(3, "none/harvest.db")


def no_room(room):
    """files that may not grow: nothing half done, and whole when they may"""
    log = room.log(generate(size="600K"))
    want = truth(log)
    for limit in LIMITS:
        room.base.forget()
        done = run(*into(room.base.uri, log), preexec_fn=file_limit(limit),
                   restore_signals=False)
        yield from done.complaints(3, "harvest.db")
        yield from room.harvest(log)
        yield from room.compare(want)
        yield from room.base.check()


def full_disk(room):
    """a full disk: nothing half done, and whole when there is room again"""
    if os.geteuid() != 0 and not can_mount():
        yield "# SKIP no mount namespace"
        return
    log = room.log(generate(size="600K"))
    want = truth(log)
    for size in ("20k", "100k", "300k"):
        disk = room.folder / f"disk{size}"
        disk.mkdir()
        room.base.forget()
        done = subprocess.run(
            ["unshare", "--mount", *([] if os.geteuid() == 0 else ["-r"]),
             "sh", "-c", MOUNT % size, "sh", disk, log, harvest.PROGRAM,
             " ".join(harvest.USUAL), room.base.path],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
            env=dict(os.environ, LC_ALL="C"))
        if done.returncode or "status 3\n" not in done.stdout or \
                "spamharvest: " not in done.stdout:
            yield f"{size}: {done.returncode}: {done.stdout}"
            continue
        yield from room.compare(want)


def can_mount():
    return subprocess.run(
        ["unshare", "--mount", "-r", "sh", "-c", "mount -t tmpfs none /mnt"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode == 0


def each_call(room):
    """killed before each call that changes the file, and half way in writes"""
    log = room.log(b"".join(map(message, range(40))))
    want = truth(log)
    calls = 0
    for fault in ("kill", "torn"):
        for at in itertools.count(1):
            room.base.forget()
            done = run(*into(room.base.uri, log), env={
                "LD_PRELOAD": PRELOAD, "SPAMHARVEST_FAULT": fault,
                "SPAMHARVEST_FAULT_AT": str(at)})
            alive = done.status == 0
            yield from room.harvest(log)
            wrong = list(room.compare(want)) + list(room.base.check())
            if wrong:
                yield f"{fault} at {at}:"
                yield from wrong
            # Of calls that write nothing, no half is made.
            if alive and at >= calls:
                break
        calls = max(calls, at)
    if calls < 10:
        yield f"only {calls} calls"


def each_failure(room):
    """each call that changes the file fails: status 3, and nothing lost"""
    log = room.log(b"".join(map(message, range(40))))
    want = truth(log)
    for fault in ("enospc", "eio"):
        for at in itertools.count(1):
            room.base.forget()
            done = run(*into(room.base.uri, log), env={
                "LD_PRELOAD": PRELOAD, "SPAMHARVEST_FAULT": fault,
                "SPAMHARVEST_FAULT_AT": str(at)})
            if done.status == 0:
                break
            if done.status not in (1, 3) or "spamharvest: " not in done.err:
                yield f"{fault} at {at}: {done.status}, {done.err!r}"
            yield from room.harvest(log)
            for fault_found in room.compare(want):
                yield f"{fault} at {at}: {fault_found}"


def locked(room):
    """another program writes: waited for, and status 3 if it does not end"""
    text = generate(size="400K")
    yield from room.harvest(room.half(text))
    log = room.log(text)
    with contextlib.closing(sqlite3.connect(
            room.base.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = run("--lock-wait", "1", *into(room.base.uri, log))
        yield from done.complaints(3, "harvest.db")
        if not 0.5 < done.took < 30:
            yield f"waited {done.took} s, not one"
        one = Run("--lock-wait", "100", *into(room.base.uri, log))
        if not one.wait(1.5):
            yield "did not wait"
        other.rollback()
        yield from one.end().complaints()
    yield from room.compare(truth(log))


def reader_stays(room):
    """a reader in the middle of its rows sees them as they were"""
    text = generate(size="600K")
    yield from room.harvest(room.half(text))
    with contextlib.closing(sqlite3.connect(room.base.path)) as other:
        other.execute("BEGIN")
        count = "SELECT COUNT(*) FROM messages"
        before = other.execute(count).fetchone()
        log = room.log(text)
        yield from room.harvest(log)
        if other.execute(count).fetchone() != before:
            yield "the reader saw rows come"
    yield from room.compare(truth(log))


ALL = [read_only, read_only_folder, not_a_database, no_such_folder, no_room,
       full_disk, each_call, each_failure, locked, reader_stays]
