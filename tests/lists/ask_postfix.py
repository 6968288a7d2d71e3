#!/usr/bin/env python3
"""Lists as tables of Postfix: by postmap, and by an smtpd that refuses."""

import asking
import machine
import postfix
import truth


DOMAIN_PORT = 2525  # where the other list of senders is asked


class Case:
    smtpd = "- smtpd"
    master = f"""
{DOMAIN_PORT} inet n - n - - smtpd
  -o smtpd_sender_restrictions=check_sender_access,hash:/out/sender_domain.postfix
"""
    syslog = None
    files = {}
    main = """
smtpd_delay_reject = no
smtpd_client_restrictions = check_client_access cidr:/out/client_ip.postfix
smtpd_sender_restrictions = check_sender_access hash:/out/sender.postfix
smtputf8_enable = yes
"""


def load():
    """postmap takes every line, as an entry, without a word."""
    for name in ("sender", "sender_domain", "empty-sender",
                 "empty-sender_domain"):
        path = f"/out/{name}.postfix"
        asking.report_equal(asking.run("postmap", "hash:" + path), (0, ""),
                            f"postmap loads {name}")
        _, text = asking.run("postmap", "-s", "hash:" + path)
        keys = [line.split("\t")[0] for line in text.splitlines()]
        lines = [line.rsplit("\tREJECT", 1)[0]
                 for line in asking.lines_of(f"{name}.postfix")]
        asking.report_same(keys, lines, f"postmap -s: {name} has the keys of its lines")
        asking.report(
            len(keys) == asking.entries_told(f"{name}.postfix")
            and all(line.endswith("\tREJECT caught by a spam trap")
                    for line in text.splitlines()),
            f"postmap -s: {name} has as many as told, all REJECT", text)


def query(table, key):
    status, text = asking.run("postmap", "-q", key, table)
    return status == 0 and text.startswith("REJECT")


def ask_tables():
    caught = truth.CAUGHT4 + truth.CAUGHT6
    asking.must_answer(
        lambda ip: query("cidr:/out/client_ip.postfix", ip), caught,
        truth.ALLOWED + truth.RESERVED + truth.INNOCENT, "postmap: client_ip")
    asking.must_answer(
        lambda ip: query("cidr:/out/client_net.postfix", ip),
        [ip for ip in asking.everybody() if truth.in_nets(ip)],
        [ip for ip in asking.everybody() if not truth.in_nets(ip)],
        "postmap: client_net")
    asking.must_answer(
        lambda ip: query("cidr:/out/empty-client_ip.postfix", ip), [],
        asking.everybody(), "postmap: an empty list")
    asking.must_answer(
        lambda domain: query("hash:/out/sender_domain.postfix", domain),
        [domain.lower() for domain in truth.DOMAINS],
        truth.INNOCENT_DOMAINS, "postmap: sender_domain")


def ask_server():
    asking.must_answer(
        asking.is_refused_client, asking.known(truth.CAUGHT4 + truth.CAUGHT6),
        asking.known([ip for ip in truth.ALLOWED + truth.INNOCENT]),
        "smtpd: clients")
    senders = [sender for _, sender, carried, _ in truth.SENDERS if carried]
    asking.must_answer(
        asking.is_refused_sender, [s for s in senders if s],
        truth.INNOCENT_SENDERS + truth.ALLOWED_SENDERS, "smtpd: senders")
    asking.must_answer(
        lambda sender: asking.is_refused_sender(sender, DOMAIN_PORT),
        ["any@" + d for d in truth.DOMAINS],
        ["any@" + d for d in truth.INNOCENT_DOMAINS], "smtpd: domains")


def main():
    asking.open_network()
    server = postfix.Postfix(Case)
    load()
    ask_tables()
    server.start()
    try:
        ask_server()
    finally:
        server.stop()


main()
