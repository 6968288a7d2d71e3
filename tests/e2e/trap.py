#!/usr/bin/env python3
"""Runs one case inside the sandbox: trap.py CASE

Leaves the log in /out/mail.log and what the client knows in
/out/truth.jsonl.
"""

import shutil
import sys
import time

import cases
import client
import postfix
import relay
import sendmail

SEED = 20130307


def send(case):
    sessions = list(client.make_sessions(case.mails, SEED + len(case.name)))
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
        mta.wait_until_idle()
    finally:
        mta.stop()
        shutil.copy("/var/log/mail.log", "/out/mail.log")
    client.write_truths("/out/truth.jsonl", truths)
    time.sleep(0.1)


main()
