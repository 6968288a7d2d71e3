"""machine - what both MTAs need of the sandbox: names, users, a log

Everything here writes into the sandbox's own root (see sandbox), so plain
paths such as /etc/hosts are meant.
"""

import os
import pathlib
import socket
import threading
import time

# Clients that the name service knows: NAMED.n is hostN.bulk.example, and
# FORGED.n says that it is forgedN.example, which denies it.
NAMED = "192.0.2."
FORGED = "203.0.113."
NAMED_CLIENTS = range(2, 60)

# Mails that no client brings: users of the machine write to the trap, too.
LOCAL_USERS = [f"user{number}@here.example" for number in range(3)]
LOCAL_MAIL = "Subject: client=h.example[9.9.9.9]\n\nx\n"


def known_name(address):
    """The name that address and name both lead to, or ''."""
    last = address.rsplit(".", 1)[-1]
    if address.startswith(NAMED) and int(last) in NAMED_CLIENTS:
        return f"host{last}.bulk.example"
    return ""


def forged_name(address):
    """The name an address claims and has no right to, or ''."""
    last = address.rsplit(".", 1)[-1]
    if address.startswith(FORGED) and int(last) in NAMED_CLIENTS:
        return f"forged{last}.example"
    return ""


def write(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def name_service():
    """All names come from /etc/hosts: there is nobody else to ask."""
    hosts = ["127.0.0.1 localhost",
             "::1 localhost",
             "192.0.2.1 mx1.spampot.example mx1"]
    for last in NAMED_CLIENTS:
        hosts.append(f"{NAMED}{last} host{last}.bulk.example")
        # The first line of a name is its address, that of an address its name.
        hosts.append(f"198.51.100.250 forged{last}.example")
        hosts.append(f"{FORGED}{last} forged{last}.example")
    write("/etc/hosts", "\n".join(hosts) + "\n")
    write("/etc/nsswitch.conf",
          "passwd: files\ngroup: files\nhosts: files\nservices: files\n")
    write("/etc/host.conf", "multi off\n")
    write("/etc/resolv.conf", "")


def add_user(name, uid, *groups):
    with open("/etc/group", "a", encoding="ascii") as group:
        group.write(f"{name}:x:{uid}:\n")
        for other, gid in groups:
            group.write(f"{other}:x:{gid}:\n")
    with open("/etc/passwd", "a", encoding="ascii") as passwd:
        passwd.write(f"{name}:x:{uid}:{uid}::/nonexistent:/bin/false\n")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as any_port:
            any_port.bind(("::1", 0))
            return True
    except OSError:
        return False


def wait_for_smtp(seconds=90):
    """Until somebody greets on port 25."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", 25), 1) as wire:
                wire.settimeout(seconds)
                if wire.recv(3) == b"220":
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("nobody greets on port 25")


def wait_for_silence(seconds=60):
    """Until the log does not grow: what is logged last comes by other
    processes."""
    log = pathlib.Path("/var/log/mail.log")
    deadline = time.monotonic() + seconds
    size = -1
    while size != log.stat().st_size and time.monotonic() < deadline:
        size = log.stat().st_size
        time.sleep(1)


class Syslog:
    """What a syslogd does: /dev/log into a file, host name added."""

    def __init__(self, path, iso=False):
        self.iso = iso
        self.file = open(path, "ab", buffering=0)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        threading.Thread(target=self.copy, daemon=True).start()

    def copy(self):
        while True:
            record = self.socket.recv(65536).rstrip(b"\0\n")
            # <PRI>Mmm dd hh:mm:ss TAG[PID]: text
            stamp, rest = record.split(b">", 1)[1][:15], \
                record.split(b">", 1)[1][16:]
            if self.iso:
                now = time.time()
                stamp = (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
                         + f".{int(now % 1 * 1e6):06}+00:00").encode()
            self.file.write(stamp + b" mx1 " + rest + b"\n")
