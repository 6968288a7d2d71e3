#!/usr/bin/env python3
"""Runs one case inside the sandbox: trap.py CASE

Leaves the log in /out/mail.log and what the client knows in
/out/truth.jsonl.
"""

import shutil
import sys

import cases
import client
import machine
import postfix
import relay
import sendmail

SEED = 20130307


def send(case):
    sessions = list(client.make_sessions(case.mails, SEED + len(case.name),
                                         machine.has_ipv6()))
    truths = client.send_all(sessions)
    if case.screened:
        # postscreen wants to see a client again before it lets it pass.
        truths += client.send_all(sessions)
    return truths


def main():
    case = cases.BY_NAME[sys.argv[1]]
    mta = {"postfix": postfix.Postfix,
           "sendmail": sendmail.Sendmail}[case.mta](case)
    if case.relay:
        relay.start(*case.relay)
    mta.start()
    try:
        truths = send(case)
        mta.submit_locally()
        mta.wait_until_idle()
    finally:
        mta.stop()
        shutil.copy("/var/log/mail.log", "/out/mail.log")
    client.write_truths("/out/truth.jsonl", truths)


main()
