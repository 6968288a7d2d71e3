"""walk - examples/lists/WALK-THROUGH, step by step, with real mail

What is common to both MTAs: who sends what to whom, and the commands of the
text, which run as they stand there.
"""

import os
import pathlib
import re
import shutil
import subprocess
import time

import asking
import client
import machine

FOLDER = pathlib.Path("/examples/lists")
TRAP, USER = "info@spampot.example", "joe@ours.example"

SPAMMER, LATE_SPAMMER, SPAMMER6 = "11.22.33.44", "11.22.40.1", "3ffe:1::25"
FRIEND = "11.22.33.45"      # its address is in examples/lists/allow
FORWARDER = "11.22.33.47"   # its name is
BYSTANDER = "11.22.33.46"
INNOCENT = [FRIEND, FORWARDER, BYSTANDER]
BOTS = [f"11.60.{number}.7" for number in range(1, 131)]

RBLDNS = 905


def prepare():
    asking.open_network()
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:" + os.environ["PATH"]
    for lock in pathlib.Path("/etc").glob("*.lock"):
        lock.unlink()  # whoever had it is not in this machine
    with open("/etc/hosts", "a", encoding="ascii") as hosts:
        hosts.write(f"{FORWARDER} mx7.relay.partner.example\n")
    machine.write("/etc/resolv.conf", "nameserver 127.0.0.2\n")
    machine.add_user("rbldns", RBLDNS)
    shutil.copy("/out/spamharvest", "/usr/local/bin/spamharvest")
    pathlib.Path("/etc/cron.d").mkdir(exist_ok=True)
    # There is no systemd here; what it would do with rbldnsd:
    systemctl = pathlib.Path("/usr/local/sbin/systemctl")
    machine.write(systemctl, '#!/bin/sh\n. /etc/default/rbldnsd\n'
                  'set -- $RBLDNSD\nshift\n'
                  'exec rbldnsd -p /run/rbldnsd.pid "$@" >/dev/null\n')
    systemctl.chmod(0o755)


def section(number):
    """The commands of one section of the text."""
    text = (FOLDER / "WALK-THROUGH").read_text(encoding="utf-8")
    part = re.split(r"^\d\. ", text, flags=re.M)[number]
    return re.findall(r"^    \$ (.*)$", part, re.M)


def follow(number):
    """Runs them; returns all that they said."""
    said = ""
    for command in section(number):
        status, text = asking.run("sh", "-c", command, cwd=FOLDER)
        asking.report(status == 0, f"{number}. {command}",
                      f"status {status}: {text}")
        said += text
    return said


def send(ip, recipient, port=25):
    """One mail; the truth of what became of it."""
    mail = client.Mail("sender@x.example", [recipient], "<walk@x.example>",
                       200)
    session = client.Session(ip, "client.example", [mail], smtputf8=False)
    truths = client.Client(0, session, port).run()
    return truths[-1]


def outcomes(clients, recipient, port=25):
    return {ip: send(ip, recipient, port).outcome
            for ip in asking.known(clients)}


def must_all(outcome, clients, recipient, name, port=25):
    got = outcomes(clients, recipient, port)
    asking.report(set(got.values()) == {outcome}, name, got)


def is_refused(ip, port=25):
    return send(ip, USER, port).outcome.startswith("refused")


def must_refuse(clients, name, port=25, words=""):
    """At the next connection, and for the reason that has words in it."""
    wrong = []
    for ip in asking.known(clients):
        truth = send(ip, USER, port)
        said = truth.reply + str(truth.recipients)
        if truth.outcome not in ("refused-rcpt", "refused-mail",
                                 "refused-connect") or words not in said:
            wrong.append(f"{ip}: {truth.outcome} {said}")
    asking.report(not wrong, name, "\n".join(wrong))


def listed(kind):
    path = pathlib.Path(f"/var/lib/spamharvest/lists/clients.{kind}")
    if not path.exists():
        return set()
    return {re.split(r"[\t/]", line)[0]
            for line in path.read_text(encoding="ascii").splitlines()
            if line and line[0] not in "#:"}


def update(**settings):
    return asking.run("update-lists", env=dict(os.environ, **settings))


def update_until(ip, kind):
    """The log may be a moment behind the mail."""
    for _ in range(100):
        done = update()
        if done != (0, "") or ip in listed(kind):
            break
        time.sleep(0.5)
    asking.report_equal(done, (0, ""), "update-lists is silent")
    asking.report(ip in listed(kind), f"{ip} is listed", listed(kind))


def send_from_bots():
    mails = [client.Session(ip, "bot.example",
                            [client.Mail("bot@x.example", [TRAP], None, 200)],
                            smtputf8=False) for ip in BOTS]
    truths = client.send_all(mails)
    asking.report({truth.outcome for truth in truths} == {"accepted"},
                  f"{len(BOTS)} bots write to the trap")


def until(condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.5)
    return False


def resolves(name):
    status, text = asking.run("dig", "+short", "@127.0.0.2", name)
    return status == 0 and text.strip() == "127.0.0.2"


def stop_rbldnsd():
    path = pathlib.Path("/run/rbldnsd.pid")
    if path.exists():
        subprocess.run(["kill", path.read_text().strip()], check=False)
