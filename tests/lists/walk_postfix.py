#!/usr/bin/env python3
"""The walk-through with Postfix, from the first spam to the firewall."""

import pathlib
import subprocess

import asking
import postfix
import walk
from walk import (BOTS, BYSTANDER, FRIEND, FORWARDER, INNOCENT, LATE_SPAMMER,
                  SPAMMER, SPAMMER6, TRAP, USER)

DNS_PORT = 2525  # another mail host, which has only the list in DNS


class Case:
    smtpd = "- smtpd"
    syslog = None
    files = {}
    main = ""
    master = f"""
{DNS_PORT} inet n - n - - smtpd
  -o smtpd_recipient_restrictions=reject_unauth_destination,reject_rbl_client,spamharvest.example
"""


def before(server):
    walk.must_all("accepted", [SPAMMER, SPAMMER6, *INNOCENT], USER,
                  "at first all mail is taken")
    walk.must_all("accepted", [SPAMMER, SPAMMER6, FRIEND, FORWARDER], TRAP,
                  "spam is sent to the trap, by friends, too")
    server.wait_until_idle()


def by_table():
    walk.follow(1)
    walk.update_until(SPAMMER, "postfix")
    said = walk.follow(2)
    asking.report(f"entries: {1 + len(asking.known([SPAMMER6]))}; "
                  "left out: 2 allowed" in said, "the list tells whom it spared",
                  said)
    asking.report_equal(walk.listed("postfix"),
                        {SPAMMER, *asking.known([SPAMMER6])},
                        "spammers are listed, friends are not")
    walk.follow(3)
    walk.must_refuse([SPAMMER, SPAMMER6], "the next mail of a spammer is refused",
                     words="caught by a spam trap")
    walk.must_all("accepted", INNOCENT, USER, "that of others is not")
    walk.must_all("accepted", [SPAMMER], TRAP, "the trap goes on catching")


def by_dns():
    walk.must_all("accepted", [SPAMMER, SPAMMER6, *INNOCENT], USER,
                  "the other host takes all mail", DNS_PORT)
    walk.follow(4)
    walk.until(lambda: walk.resolves("44.33.22.11.spamharvest.example"), 60)
    # An smtpd remembers what it was told of a client, until it is told to go.
    subprocess.run(["postfix", "reload"], check=True,
                   stderr=subprocess.DEVNULL)
    walk.until(lambda: walk.is_refused(SPAMMER, DNS_PORT), 60)
    walk.must_refuse([SPAMMER, SPAMMER6], "the other host refuses spammers, too",
                     DNS_PORT, "blocked using spamharvest.example")
    walk.must_all("accepted", INNOCENT, USER, "and nobody else", DNS_PORT)


def in_time(server):
    walk.follow(5)
    job = pathlib.Path("/etc/cron.d/update-lists").read_text().split(None, 6)
    asking.report_equal(job[5:], ["root", "update-lists\n"],
                        "cron has its job")
    walk.must_all("accepted", [LATE_SPAMMER], USER, "a new client is taken")
    walk.must_all("accepted", [LATE_SPAMMER], TRAP, "until it meets the trap")
    server.wait_until_idle()
    walk.update_until(LATE_SPAMMER, "postfix")
    walk.must_refuse([SPAMMER, LATE_SPAMMER], "then it is refused")
    asking.report(
        walk.until(lambda: walk.resolves("1.40.22.11.spamharvest.example"), 120),
        "rbldnsd has seen the new list")
    walk.must_refuse([SPAMMER, LATE_SPAMMER], "and by the other host", DNS_PORT)


def in_moderation(server):
    """A list that would be gone is not; unless somebody wants it so."""
    walk.send_from_bots()
    server.wait_until_idle()
    walk.update_until(BOTS[-1], "postfix")
    status, said = walk.update(KEEP="0m")
    asking.report(status == 3 and "not replaced" in said
                  and "--max-change 50" in said,
                  "a list that loses all of its entries is refused", said)
    walk.must_refuse([SPAMMER, BOTS[7]], "and the old one stays")
    asking.report_equal(walk.update(KEEP="0m", MAX_CHANGE="1000"), (0, ""),
                        "one may insist")
    walk.must_all("accepted", [SPAMMER, BOTS[7]], USER,
                  "then all are let go")
    walk.update_until(SPAMMER, "postfix")


def by_firewall():
    walk.follow(6)
    asking.report(walk.send(SPAMMER, TRAP).outcome == "refused-connect",
                  "the firewall refuses a spammer's packets")
    walk.must_all("accepted", INNOCENT, USER, "and no others")
    subprocess.run(["nft", "flush", "ruleset"], check=True)


def main():
    server = postfix.Postfix(Case)
    walk.prepare()
    subprocess.run(["postconf", "mydestination = $myhostname, ours.example"],
                   check=True)
    with open("/etc/aliases", "a", encoding="ascii") as aliases:
        aliases.write("joe: /dev/null\n")
    subprocess.run(["newaliases"], check=True)
    server.start()
    try:
        before(server)
        by_table()
        by_dns()
        in_time(server)
        in_moderation(server)
        by_firewall()
    finally:
        walk.stop_rbldnsd()
        server.stop()


main()
