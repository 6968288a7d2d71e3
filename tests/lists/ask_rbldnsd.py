#!/usr/bin/env python3
"""Lists as served by rbldnsd, asked with dig."""

import ipaddress
import subprocess
import time

import asking
import machine
import truth

RBLDNS = 905  # it will not run as root
ZONES = {
    "ip.list": "ip4set:client_ip.rbldnsd",
    "net.list": "ip4set:client_net.rbldnsd",
    "ip6.list": "ip6trie:client_ip.rbldnsd6",
    "net6.list": "ip6trie:client_net.rbldnsd6",
    "domain.list": "dnset:sender_domain.rbldnsd",
    "crowd.list": "ip4set:crowd.rbldnsd",
    "empty.list": "ip4set:empty-client_ip.rbldnsd",
    "empty6.list": "ip6trie:empty-client_ip.rbldnsd6",
    "emptydomain.list": "dnset:empty-sender_domain.rbldnsd",
}


class Server:
    def __init__(self):
        machine.add_user("rbldns", RBLDNS)
        self.port = asking.free_port()
        self.process = subprocess.Popen(
            ["/usr/sbin/rbldnsd", "-n", "-f", "-u", "rbldns:rbldns", "-w",
             "/out", "-b", f"127.0.0.1/{self.port}"]
            + [f"{zone}:{data}" for zone, data in ZONES.items()],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(100):
            if self.answers("2.0.0.127.ip.list"):
                break
            time.sleep(0.1)

    def dig(self, name, kind="A"):
        _, text = asking.run("dig", "+short", "+time=2", "+tries=2", "-p",
                             str(self.port), "@127.0.0.1", name, kind)
        return text.strip()

    def answers(self, name):
        return self.dig(name) == "127.0.0.2"

    def stop(self):
        self.process.terminate()
        said, _ = self.process.communicate(timeout=60)
        return said


def reverse(ip, zone):
    """RFC 5782, 2.1 and 2.4."""
    name = ipaddress.ip_address(ip).reverse_pointer
    return name.rsplit(".", 2)[0] + "." + zone


def ask_addresses(server, version, ip_zone, net_zone):
    def of(addresses):
        return [ip for ip in addresses
                if ipaddress.ip_address(ip).version == version]

    caught = of(truth.CAUGHT4 + truth.CAUGHT6)
    asking.must_answer(
        lambda ip: server.answers(reverse(ip, ip_zone)), caught,
        of(truth.ALLOWED + truth.RESERVED + truth.INNOCENT), ip_zone)
    asking.must_answer(
        lambda ip: server.answers(reverse(ip, net_zone)),
        [ip for ip in of(asking.everybody()) if truth.in_nets(ip)],
        [ip for ip in of(asking.everybody()) if not truth.in_nets(ip)],
        net_zone)
    asking.report(
        server.dig(reverse(caught[0], ip_zone), "TXT") ==
        f'"{caught[0]} was caught by a spam trap"', f"{ip_zone}: why",
        server.dig(reverse(caught[0], ip_zone), "TXT"))


def ask_tests(server):
    """RFC 5782, 5: what is in every list, and what in none."""
    asking.must_answer(
        server.answers,
        [name + "." + zone for zone in ("ip.list", "net.list", "empty.list")
         for name in ["2.0.0.127"]]
        + [reverse("::ffff:127.0.0.2", zone)
           for zone in ("ip6.list", "empty6.list")]
        + ["test.domain.list", "TEST.emptydomain.list"],
        [name + "." + zone for zone in ("ip.list", "net.list", "empty.list")
         for name in ["1.0.0.127"]]
        + [reverse("::ffff:127.0.0.1", zone)
           for zone in ("ip6.list", "empty6.list")]
        + ["invalid.domain.list", "invalid.emptydomain.list"],
        "test entries")


def main():
    asking.open_network()
    server = Server()
    try:
        ask_tests(server)
        ask_addresses(server, 4, "ip.list", "net.list")
        ask_addresses(server, 6, "ip6.list", "net6.list")
        asking.must_answer(
            lambda domain: server.answers(domain + ".domain.list"),
            [domain.lower() for domain in truth.DOMAINS] + ["a.example"],
            truth.INNOCENT_DOMAINS, "domain.list")
        asking.must_answer(
            lambda ip: server.answers(reverse(ip, "crowd.list")),
            ["11.50.3.199", "11.50.3.255"], ["11.50.4.1"],
            "crowd.list, an aggregate")
        asking.must_answer(
            lambda ip: server.answers(reverse(ip, "empty.list")), [],
            truth.CAUGHT4, "empty.list")
    finally:
        said = server.stop()
    asking.report("error" not in said.lower()
                  and "invalid" not in said.lower()
                  and "warning" not in said.lower()
                  and "bad" not in said.lower(),
                  "rbldnsd has no complaint", said)


main()
