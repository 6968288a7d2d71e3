"""mariadb - private MariaDB servers, and what is asked of them

A server has a data folder, a socket and a port on loopback of its own, reads
no configuration of the machine's, and ends with the program that started it.
Started by root, it runs as somebody else: mysql if there is such a user, or
else nobody. (A Galera node that is root could not be sent its state: rsync's
daemon, started by root, gives up what it may write.)

Nothing of this machine is changed, so MariaDB's package with the scripts for
init, and for a Galera node's state transfer, is only unpacked (see packages).
"""

import contextlib
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

USER = "tester"          # may do what it likes in DATABASE, nothing else
DATABASE = "spamharvest"
START_SECONDS = 180
STOP_SECONDS = 180
SQL_SECONDS = 120

# A server that is fast to start, small, and as safe as any whose kernel lives
# on: what it has written survives it, synced or not.
OPTIONS = {
    "character-set-server": "utf8mb4",
    "skip-name-resolve": "1",
    "skip-log-bin": "1",
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "64M",
    "innodb-lock-wait-timeout": "2",
    "innodb-flush-method": "nosync",
    "performance-schema": "0",
    "max-connections": "60",
    "lc-messages": "en_US",
}


class Trouble(Exception):
    """What a test needs cannot be had, or went wrong; the text tells."""


def unprivileged():
    """Whom root lets do the work; None for anybody else, who does it."""
    if os.geteuid() != 0:
        return None
    for name in ("mysql", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Trouble("there is no user mysql, and no nobody")


def as_unprivileged():
    """Keywords of subprocess that let a program run as such."""
    user = unprivileged()
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give_away(path):
    """Lets the unprivileged user own a file or folder."""
    user = unprivileged()
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def die_with_parent():
    """For preexec_fn: no server outlives the test, however that ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_ports(count):
    """Ports of loopback that nobody listens on, none twice."""
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(count):
            wire = stack.enter_context(socket.socket())
            wire.bind(("127.0.0.1", 0))
            ports.append(wire.getsockname()[1])
        return ports


def command(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not path:
        raise Trouble(f"there is no {name}")
    return path


def template(folder):
    """The data folder of a server that was never started, to be copied."""
    data = folder / "template"
    for path in (data, folder / "tmp"):
        path.mkdir()
        give_away(path)
    done = subprocess.run(
        [command("mariadb-install-db"), "--no-defaults", "--skip-test-db",
         "--auth-root-authentication-method=normal", f"--datadir={data}",
         "--innodb-log-file-size=64M", "--innodb-flush-method=nosync",
         "--skip-log-bin", f"--tmpdir={folder}/tmp"], cwd="/",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
        timeout=START_SECONDS, **as_unprivileged())
    if done.returncode != 0:
        raise Trouble("mariadb-install-db: " + done.stdout[-2000:])
    return data


def certificate(path):
    """PATH.pem and PATH.key, of 127.0.0.1, which vouches for itself."""
    done = subprocess.run(
        [command("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", f"{path}.key", "-out",
         f"{path}.pem"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise Trouble("openssl: " + done.stdout)
    for end in (".key", ".pem"):
        give_away(f"{path}{end}")
    return path


class Session:
    """A client that stays: it may hold locks while others run."""

    def __init__(self, server):
        self.client = subprocess.Popen(
            [*server.client(), "--unbuffered", DATABASE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=die_with_parent)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stdin.close()
        self.client.kill()
        self.client.wait()
        self.client.stdout.close()

    def ask(self, text):
        """Says it, and waits until it is done; the rows' lines."""
        self.say(text + "; SELECT 'that was all'")
        lines = []
        for line in self.client.stdout:
            if line == b"that was all\n":
                return lines
            lines.append(line.rstrip(b"\n").decode())
        raise Trouble(f"{text}: {lines}")

    def say(self, text):
        self.client.stdin.write(text.encode() + b";\n")
        self.client.stdin.flush()


class Server:
    """A MariaDB of our own; not started yet."""

    def __init__(self, folder, data, **options):
        """Folder is made; data is a template. Options come on top of
        OPTIONS, "_" for "-"; None takes one away."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        give_away(self.folder)
        self.data = self.folder / "data"
        shutil.copytree(data, self.data)
        for top, folders, files in os.walk(self.data):
            for name in [".", *folders, *files]:
                give_away(os.path.join(top, name))
        # Each its own: a server that starts removes others' temporary tables.
        self.tmp = self.folder / "tmp"
        self.tmp.mkdir()
        give_away(self.tmp)
        self.socket = self.folder / "socket"
        self.log = self.folder / "log"
        self.port, = free_ports(1)
        self.process = None
        self.certificate = certificate(self.folder / "tls")
        self.options = dict(OPTIONS)
        self.options["ssl-cert"] = f"{self.certificate}.pem"
        self.options["ssl-key"] = f"{self.certificate}.key"
        self.options.update((name.replace("_", "-"), value)
                            for name, value in options.items())
        self.environment = dict(os.environ, LC_ALL="C", TZ="UTC")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def command(self):
        options = dict(self.options, datadir=self.data, socket=self.socket,
                       tmpdir=self.tmp, port=self.port, **{"bind-address": "127.0.0.1",
                                          "pid-file": self.folder / "pid"})
        return [command("mariadbd"), "--no-defaults",
                *(f"--{name}={value}" for name, value in options.items()
                  if value is not None)]

    def launch(self, *more):
        """Does not wait until it is ready."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.command(), *more], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd="/", env=self.environment,
                preexec_fn=die_with_parent, **as_unprivileged())

    def start(self, *more):
        self.launch(*more)
        self.wait_until_ready()
        return self

    def is_ready(self):
        """Whether it answers; Trouble if it has ended."""
        if self.process.poll() is not None:
            raise Trouble(f"mariadbd ended with {self.process.returncode}:\n"
                          + self.complaint())
        try:
            return self.sql("SELECT 1") == [["1"]]
        except Trouble:
            return False

    def wait_until_ready(self, seconds=START_SECONDS):
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise Trouble("mariadbd is not ready:\n" + self.complaint())
            time.sleep(0.05)

    def complaint(self):
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-30:])

    def stop(self):
        """In peace: what it has is written, as in a shutdown."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Trouble("mariadbd does not stop") from None

    def kill(self):
        """At once, as a power failure does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def client(self, user="root"):
        return [command("mariadb"), "--no-defaults", f"--user={user}",
                f"--socket={self.socket}", "--batch", "--raw",
                "--skip-column-names", "--default-character-set=utf8mb4"]

    def sql(self, text, database=None, user="root"):
        """Rows, each a list of texts (a NULL is "NULL")."""
        done = subprocess.run(
            self.client(user) + ([database] if database else []),
            input=text.encode("utf-8", "surrogateescape"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
            timeout=SQL_SECONDS)
        if done.returncode != 0:
            raise Trouble(done.stderr.decode("utf-8", "replace").strip())
        return [line.split("\t") for line in
                done.stdout.decode("utf-8", "surrogateescape")
                .removesuffix("\n").split("\n")] if done.stdout else []

    def session(self):
        return Session(self)

    def make_user(self):
        """Who harvests."""
        for host in ("localhost", "127.0.0.1"):
            self.sql(f"CREATE USER {USER}@'{host}';"
                     f"GRANT ALL ON `{DATABASE}%`.* TO {USER}@'{host}'")

    def make_database(self, name=DATABASE):
        """An empty one; that of the name before is gone."""
        self.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}")

    def uri(self, database=DATABASE, user=USER):
        return f"mysql://{user}@127.0.0.1:{self.port}/{database}"
