#!/usr/bin/env python3
"""Lists as sendmail's access map: by makemap, and by a daemon that refuses."""

import asking
import sendmail
import truth

MAKEMAP = sendmail.BINARIES + "makemap"


class Case:
    mc = "FEATURE(`access_db', `hash -T<TMPF> /out/all')\n"
    syslog = "bsd"
    files = {}


def make_map(name, text):
    path = asking.LISTS / name
    path.write_text(text, encoding="utf-8")
    with open(path, "rb") as table:
        return asking.run(MAKEMAP, "hash", str(path), stdin=table)


def load():
    """makemap takes every line, as an entry, without a word."""
    for name in ("client_ip", "client_net", "sender", "sender_domain",
                 "crowd", "empty-client_ip", "empty-sender"):
        text = (asking.LISTS / f"{name}.sendmail").read_text()
        asking.report_equal(make_map(name, text), (0, ""),
                            f"makemap loads {name}")
        _, dump = asking.run(MAKEMAP, "-u", "hash",
                             str(asking.LISTS / name))
        lines = [line.lower() for line in
                 asking.lines_of(f"{name}.sendmail")]
        asking.report_same(dump.lower().splitlines(), lines,
                           f"makemap -u: {name} has its lines, no more")


def serve(server, name, *lists):
    """Has the daemon use these lists as its map."""
    status, text = make_map("all", "".join(
        (asking.LISTS / f"{part}.sendmail").read_text() for part in lists))
    asking.report_equal((status, text), (0, ""), f"makemap loads {name}")
    server.start()


def ask_clients_and_senders(server):
    serve(server, "clients and senders", "client_ip", "sender")
    try:
        asking.must_answer(
            asking.is_refused_client,
            asking.known(truth.CAUGHT4 + truth.CAUGHT6),
            asking.known(truth.ALLOWED + truth.INNOCENT), "sendmail: clients")
        asking.must_answer(
            asking.is_refused_sender,
            [sender for _, sender, _, carried in truth.SENDERS
             if carried and sender],
            truth.INNOCENT_SENDERS + truth.ALLOWED_SENDERS,
            "sendmail: senders")
    finally:
        server.stop()


def ask_nets_and_domains(server):
    everybody = asking.known(truth.CAUGHT4 + truth.CAUGHT6 + truth.ALLOWED
                             + truth.INNOCENT)
    # Of a /64 with an allowed address not all parts are of whole groups.
    carried = [ip for ip in everybody
               if truth.in_nets(ip) and ip != "3ffe:1::25"]
    serve(server, "networks and domains", "client_net", "sender_domain")
    try:
        asking.must_answer(
            asking.is_refused_client, carried,
            [ip for ip in everybody if ip not in carried],
            "sendmail: networks")
        asking.must_answer(
            asking.is_refused_sender, ["any@" + d for d in truth.DOMAINS],
            ["any@" + d for d in truth.INNOCENT_DOMAINS if "." in d],
            "sendmail: domains")
    finally:
        server.stop()


def main():
    asking.open_network()
    server = sendmail.Sendmail(Case)  # makemap wants its sendmail.cf
    load()
    ask_clients_and_senders(server)
    ask_nets_and_domains(server)


main()
