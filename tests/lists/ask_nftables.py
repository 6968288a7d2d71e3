#!/usr/bin/env python3
"""Lists as nftables' sets: checked, loaded more than once, and in use."""

import ipaddress
import json
import socket

import asking
import truth

RULES = """\
table inet spamharvest {
    set spamharvest4 { type ipv4_addr; flags interval; }
    set spamharvest6 { type ipv6_addr; flags interval; }
    chain input {
        type filter hook input priority -10;
        tcp dport 25 ip saddr @spamharvest4 reject with tcp reset
        tcp dport 25 ip6 saddr @spamharvest6 reject with tcp reset
    }
}
"""


def load(name):
    return asking.run("nft", "-f", f"/out/{name}.nftables")


def has(ip):
    kind = "spamharvest" + str(ipaddress.ip_address(ip).version)
    status, _ = asking.run("nft", "get", "element", "inet", "spamharvest",
                           kind, f"{{ {ip} }}")
    return status == 0


def count(kind):
    _, text = asking.run("nft", "-j", "list", "set", "inet", "spamharvest",
                         kind)
    for item in json.loads(text)["nftables"]:
        if "set" in item:
            return len(item["set"].get("elem", []))
    return 0


def total():
    return count("spamharvest4") + count("spamharvest6")


def check():
    for name in ("client_ip", "client_net", "crowd", "empty-client_ip"):
        asking.report_equal(
            asking.run("nft", "-c", "-f", f"/out/{name}.nftables"), (0, ""),
            f"nft -c: {name}")


def load_in_turn():
    """Each replaces the one before, as one transaction, on first load too."""
    for name in ("client_ip", "client_ip", "crowd", "empty-client_ip",
                 "client_net", "crowd", "client_ip"):
        asking.report_equal(load(name), (0, ""), f"nft -f: {name}")
        asking.report_equal(total(), asking.entries_told(f"{name}.nftables"),
                            f"nft list: as many as {name} has")
        if name == "client_net":
            asking.must_answer(
                has, [ip for ip in asking.everybody() if truth.in_nets(ip)],
                [ip for ip in asking.everybody() if not truth.in_nets(ip)],
                "nft get: client_net")
    asking.must_answer(
        has, truth.CAUGHT4 + truth.CAUGHT6,
        truth.ALLOWED + truth.RESERVED + truth.INNOCENT, "nft get: client_ip")


def is_reset(ip):
    """Whether port 25 is closed to this client."""
    with socket.socket() as wire:
        wire.settimeout(5)
        wire.bind((ip, 0))
        try:
            wire.connect((asking.SERVER4, 25))
        except ConnectionRefusedError:
            return True
        return False


def use():
    """A rule goes on using the sets while lists come and go."""
    with open("/out/rules.nft", "w", encoding="ascii") as file:
        file.write(RULES)
    asking.report_equal(asking.run("nft", "-f", "/out/rules.nft"), (0, ""),
                        "nft -f: rules that use the sets")
    with socket.create_server(("0.0.0.0", 25), backlog=50):
        asking.must_answer(is_reset, truth.CAUGHT4,
                           [ip for ip in truth.INNOCENT if "." in ip]
                           + [asking.PLAIN4], "packets: client_ip")
        load("empty-client_ip")
        asking.must_answer(is_reset, [], truth.CAUGHT4, "packets: empty")
        load("client_ip")
        asking.must_answer(is_reset, truth.CAUGHT4, [asking.PLAIN4],
                           "packets: client_ip again")


def main():
    asking.open_network()
    check()
    load_in_turn()
    use()


main()
