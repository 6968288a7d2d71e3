#!/usr/bin/env python3
"""The walk-through with sendmail: the access map, and the list in DNS."""

import pathlib

import asking
import sendmail
import walk
from walk import (FRIEND, FORWARDER, INNOCENT, LATE_SPAMMER, SPAMMER,
                  SPAMMER6, TRAP, USER)


class Case:
    mc = (pathlib.Path("/examples/lists/sendmail.mc").read_text()
          + "LOCAL_DOMAIN(`ours.example')\n")
    syslog = "bsd"
    files = {"access": "Spam:spampot.example\tFRIEND\n"}


def before(server):
    walk.must_all("accepted", [SPAMMER, SPAMMER6, *INNOCENT], USER,
                  "at first all mail is taken")
    walk.must_all("accepted", [SPAMMER, SPAMMER6, FRIEND, FORWARDER], TRAP,
                  "spam is sent to the trap, by friends, too")
    server.wait_until_idle()


def by_map():
    walk.follow(1)
    walk.update_until(SPAMMER, "rbldnsd")
    walk.follow(2)
    walk.follow(7)
    walk.must_refuse([SPAMMER, SPAMMER6],
                     "the next mail of a spammer is refused",
                     words="Access denied")
    walk.must_all("accepted", INNOCENT, USER, "that of others is not")
    walk.must_all("accepted", [SPAMMER], TRAP, "the trap goes on catching")


def by_dns(server):
    """One who is not in the map yet is refused by what rbldnsd says."""
    walk.follow(4)
    walk.must_all("accepted", [LATE_SPAMMER], USER, "a new client is taken")
    walk.must_all("accepted", [LATE_SPAMMER], TRAP, "until it meets the trap")
    server.wait_until_idle()
    walk.update_until(LATE_SPAMMER, "rbldnsd")
    asking.report(
        walk.until(lambda: walk.resolves("1.40.22.11.spamharvest.example"), 120),
        "rbldnsd has seen the new list")
    walk.must_refuse([LATE_SPAMMER], "then the list in DNS refuses it",
                     words="spamharvest.example")
    walk.must_all("accepted", INNOCENT, USER, "and nobody else")
    walk.must_all("accepted", [LATE_SPAMMER], TRAP,
                  "the trap goes on catching it, too")


def main():
    server = sendmail.Sendmail(Case)
    walk.prepare()
    with open("/etc/mail/aliases", "a", encoding="ascii") as aliases:
        aliases.write("joe: /dev/null\n")
    server.start()
    try:
        before(server)
        by_map()
        by_dns(server)
    finally:
        walk.stop_rbldnsd()
        server.stop()


main()
