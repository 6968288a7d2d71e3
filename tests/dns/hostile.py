"""hostile - a DNS server for tests: DNS lists that answer, and that do not

The first label of a zone says how it behaves: those are the methods of Zone.
More may follow, so that there can be several of a kind: drop.test, drop.b.test.
What is listed is told by the server's table, else by the last byte of an
address (even ones are) and the beginning of a domain (that is "bad").
"""

import collections
import select
import socket
import struct
import threading
import time

A, NS, CNAME, SOA = 1, 2, 5, 6
NO_ERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
TTL = 300
LATE = 0.4              # seconds
SO_TIMESTAMPNS = 35     # of most of Linux


def pack_name(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(x)]) + x for x in labels) + b"\0"


def record(name, kind, data, ttl=TTL):
    return (pack_name(name) + struct.pack("!HHIH", kind, 1, ttl, len(data))
            + data)


def address(name, text, ttl=TTL):
    return record(name, A, socket.inet_aton(text), ttl)


def soa(zone, ttl):
    return record(zone, SOA, pack_name("ns.test") + pack_name("who.test")
                  + struct.pack("!5I", 1, 3600, 600, 86400, ttl), ttl)


class Query:
    """A question, and how to answer it."""

    def __init__(self, packet, tcp):
        self.packet, self.tcp = packet, tcp
        self.id = packet[:2]
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii"))
            at += 1 + packet[at]
        self.question = packet[12:at + 5]
        self.name = ".".join(labels)

    def reply(self, rcode=NO_ERROR, answers=(), authority=(), flags=0x8180,
              ident=None, question=None):
        return ((ident or self.id)
                + struct.pack("!5H", flags | rcode, 1, len(answers),
                              len(authority), 0)
                + (question or self.question)
                + b"".join(answers) + b"".join(authority))


class Zone:
    """What a list says. Each method gives the packets to send, if any."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.ttl = TTL

    def subject(self, query):
        return query.name.lower()[:-len(self.name) - 1]

    def codes(self, query):
        """The addresses a list answers with: none if it is not listed."""
        subject = self.subject(query)
        if subject in self.server.listed:
            return self.server.listed[subject].split()
        labels = subject.split(".")
        if subject in ("1.0.0.127", "invalid") or subject.startswith("_"):
            return []
        if len(labels) in (4, 32):
            return ["127.0.0.2"] if int(labels[0], 16) % 2 == 0 else []
        return ["127.0.0.2"] if labels[0].startswith("bad") else []

    def truth(self, query):
        codes = self.codes(query)
        if codes:
            return query.reply(answers=[address(query.name, x, self.ttl)
                                        for x in codes])
        return query.reply(NXDOMAIN, authority=[soa(self.name, self.ttl)])

    def good(self, query):
        yield self.truth(query)

    def brief(self, query):
        """May be kept for a second."""
        self.ttl = 1
        yield self.truth(query)

    def drop(self, query):
        return ()

    def lossy(self, query):
        """The first packet for a name is lost."""
        if self.server.asked[query.name] > 1:
            yield self.truth(query)

    def late(self, query):
        yield LATE
        yield self.truth(query)

    def servfail(self, query):
        yield query.reply(SERVFAIL)

    def refused(self, query):
        yield query.reply(REFUSED)

    def outside(self, query):
        """A resolver that makes up answers for names that are not."""
        yield query.reply(answers=[address(query.name, "192.0.2.80")])

    def blocked(self, query):
        yield query.reply(answers=[address(query.name, "127.255.255.254")])

    def everything(self, query):
        yield query.reply(answers=[address(query.name, "127.0.0.2")])

    def forged(self, query):
        """Lies under another ID, another name, and as a question first."""
        lie = [address(query.name, "127.0.0.9")]
        yield query.reply(answers=lie,
                          ident=bytes([query.id[0] ^ 1, query.id[1]]))
        yield query.reply(answers=[address("x.test", "127.0.0.9")],
                          question=pack_name("x.test") + b"\0\1\0\1")
        yield query.reply(answers=lie, flags=0x0180)[:9]
        yield self.truth(query)

    def other(self, query):
        """Addresses, but of another name."""
        yield query.reply(answers=[address("x.test", "127.0.0.2")])

    def loop(self, query):
        yield query.reply(answers=[
            record(query.name, CNAME, pack_name("x.test")),
            record("x.test", CNAME, pack_name(query.name))])

    def alias(self, query):
        """As lists of other lists do it."""
        if not self.codes(query):
            yield self.truth(query)
            return
        yield query.reply(answers=[
            record(query.name, CNAME, pack_name("x.test")),
            address("x.test", "127.0.0.2")])

    def nodata(self, query):
        yield query.reply(authority=[soa(self.name, TTL)])

    def referral(self, query):
        yield query.reply(authority=[record(self.name, NS,
                                            pack_name("ns.test"))],
                          flags=0x8100)

    def garbage(self, query):
        yield query.reply(answers=[b"\xc0\xff" * 9])

    def short(self, query):
        yield self.truth(query)[:-3]

    def truncated(self, query):
        """All of it only by TCP."""
        yield (self.truth(query) if query.tcp
               else query.reply(flags=0x8380))

    def hangup(self, query):
        """By UDP truncated, and by TCP nothing."""
        if not query.tcp:
            yield query.reply(flags=0x8380)

    def flood(self, query):
        for number in range(200):
            yield query.reply(answers=[address(query.name, "127.0.0.9")],
                              ident=struct.pack("!H", number))
        yield self.truth(query)


def arrival(notes):
    """When the kernel had a packet: this program may have been late."""
    for _, kind, data in notes:
        if kind == SO_TIMESTAMPNS:
            seconds, part = struct.unpack("@ll", data)
            return seconds + part / 1e9
    return time.time()


BEHAVIOURS = {name for name in vars(Zone) if not name.startswith("_")} - {
    "subject", "codes", "truth"}


class Server:
    """with Server() as server: it answers at server.port, UDP and TCP."""

    def __init__(self, listed=None, tcp=True, host="127.0.0.1"):
        self.listed = listed or {}      # what stands before the zone: codes
        self.asked = collections.Counter()
        self.times = []                 # when packets came, by UDP
        self.host = host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.tcp = socket.socket(family, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.bind(tcp)
        self.over = threading.Event()
        self.waiting = []               # (time, packet, to)
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.serve_udp)]
        if tcp:
            self.threads.append(threading.Thread(target=self.serve_tcp))

    def bind(self, tcp):
        """One port for both."""
        for _ in range(50):
            self.udp = socket.socket(self.tcp.family, socket.SOCK_DGRAM)
            self.udp.bind((self.host, 0))
            self.port = self.udp.getsockname()[1]
            try:
                if tcp:
                    self.tcp.bind((self.host, self.port))
                    self.tcp.listen(64)
            except OSError:
                self.udp.close()
                continue
            self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            self.udp.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            return
        raise OSError("no port is free for both")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.udp.close()
        self.tcp.close()

    @property
    def address(self):
        form = "[%s]:%d" if ":" in self.host else "%s:%d"
        return form % (self.host, self.port)

    def packets(self, packet, tcp):
        query = Query(packet, tcp)
        with self.lock:
            self.asked[query.name] += 1
        labels = query.name.lower().split(".")
        for at in reversed(range(len(labels))):
            if labels[at] in BEHAVIOURS:
                zone = Zone(self, ".".join(labels[at:]))
                return getattr(zone, labels[at])(query)
        return [query.reply(NXDOMAIN)]

    def serve_udp(self):
        while not self.over.is_set():
            if select.select([self.udp], [], [], 0.02)[0]:
                packet, notes, _, whence = self.udp.recvmsg(4096, 64)
                self.times.append(arrival(notes))
                due = time.monotonic()
                for part in self.packets(packet, False):
                    if isinstance(part, float):
                        due += part
                    else:
                        self.waiting.append((due, part, whence))
            now = time.monotonic()
            for _, part, whence in [x for x in self.waiting if x[0] <= now]:
                try:
                    self.udp.sendto(part, whence)
                except OSError:
                    pass                # who asked is gone
            self.waiting = [x for x in self.waiting if x[0] > now]

    def serve_tcp(self):
        wires = {}
        while not self.over.is_set():
            ready = select.select([self.tcp, *wires], [], [], 0.02)[0]
            for wire in ready:
                if wire is self.tcp:
                    wires[self.tcp.accept()[0]] = b""
                elif not self.read_tcp(wire, wires):
                    wire.close()
                    del wires[wire]
        for wire in wires:
            wire.close()

    def read_tcp(self, wire, wires):
        try:
            more = wire.recv(65536)
        except OSError:
            return False
        wires[wire] += more
        while len(wires[wire]) >= 2:
            size = struct.unpack("!H", wires[wire][:2])[0]
            if len(wires[wire]) < 2 + size:
                break
            packet = wires[wire][2:2 + size]
            wires[wire] = wires[wire][2 + size:]
            answers = [x for x in self.packets(packet, True)
                       if not isinstance(x, float)]
            if not answers:
                return False
            for part in answers:
                wire.sendall(struct.pack("!H", len(part)) + part)
        return bool(more)
