"""asking - what all machines share: the network, TAP, lists as they are"""

import pathlib
import re
import socket
import subprocess
import sys

sys.path.insert(0, "/e2e")
import client
import machine
import truth

LISTS = pathlib.Path("/out")
SERVER4, SERVER6 = "11.99.0.1", "::1"
PLAIN4 = "11.98.0.7"  # a client that is on no list


def open_network():
    """The loopback of this machine answers for all that truth names."""
    for net in ("11.99.0.1/8", "9.99.0.1/8", "100.99.0.1/8", "223.99.0.1/8",
                "1.99.0.1/8", "111.99.0.1/8", "44.99.0.1/8"):
        subprocess.run(["ip", "address", "add", net, "dev", "lo"], check=True)
    for net in ("3ffe::/16", "2001:200::/23"):
        subprocess.run(["ip", "-6", "route", "add", "local", net, "dev", "lo"],
                       check=False, stderr=subprocess.DEVNULL)


def report(good, name, details=""):
    print(("ok - " if good else "not ok - ") + name)
    if not good:
        for line in str(details).splitlines()[:20]:
            print("# " + line[:500])
    sys.stdout.flush()


def report_equal(got, want, name):
    report(got == want, name, f"got:    {got}\nwanted: {want}")


def report_same(got, want, name):
    """The same texts, in whatever order."""
    report(sorted(got) == sorted(want), name,
           f"only got: {sorted(set(got) - set(want))}\n"
           f"only wanted: {sorted(set(want) - set(got))}")


def lines_of(name):
    """The lines of a list that are no comments."""
    return [line for line in
            (LISTS / name).read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.startswith("#")]


def entries_told(name):
    """How many there are, by the comment on top."""
    text = (LISTS / name).read_text(encoding="utf-8")
    return int(re.search(r"^# entries: (\d+)", text, re.M)[1])


def known(addresses):
    """Those that this kernel can have."""
    return [ip for ip in addresses if "." in ip or machine.has_ipv6()]


def must_answer(ask, listed, innocent, name):
    """ask(x) is true of all that are listed, and of none that are not."""
    wrong = [f"{x} is not listed" for x in listed if not ask(x)]
    wrong += [f"{x} is listed" for x in innocent if ask(x)]
    report(not wrong, f"{name}: {len(listed)} listed, {len(innocent)} not",
           "\n".join(wrong))


def everybody():
    return (truth.CAUGHT4 + truth.CAUGHT6 + truth.ALLOWED + truth.RESERVED
            + truth.INNOCENT)


class Smtp:
    """One connection, from an address of the client's choice."""

    def __init__(self, client_ip, port=25):
        self.wire = client.Wire(client_ip, port)
        self.code, self.text = self.wire.reply()
        if self.code == 220:
            self.wire.send("EHLO client.example")

    def mail(self, sender):
        """The reply to MAIL, undone at once."""
        option = "" if sender.isascii() else " SMTPUTF8"
        code, text = self.wire.send(f"MAIL FROM:<{sender}>{option}")
        self.wire.send("RSET")
        return code, text

    def close(self):
        try:
            self.wire.send("QUIT")
        except (client.Lost, OSError):
            pass
        self.wire.close()


def is_refused_client(ip, sender=""):
    """Whether a client is told so at once, or when it says who it is."""
    smtp = Smtp(ip)
    code = smtp.code
    if code == 220:
        code, _ = smtp.mail(sender)
    smtp.close()
    return code in (550, 554)


def is_refused_sender(sender, port=25):
    smtp = Smtp(PLAIN4, port)
    code, text = smtp.mail(sender)
    smtp.close()
    if code not in (250, 550, 554):
        raise RuntimeError(f"{sender}: {text}")
    return code != 250


def run(*command, **more):
    """(status, all that it said)"""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, check=False, **more)
    return done.returncode, done.stdout


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]
