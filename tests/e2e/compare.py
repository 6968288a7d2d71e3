#!/usr/bin/env python3
"""Holds the rows that spamharvest makes of a log against what the client knows.

usage: compare.py PROGRAM CASE FOLDER

FOLDER has mail.log and truth.jsonl (see client.py). Prints TAP without a
plan: a test for each thing that must hold, and under a failed one what
differs, with the log lines it is about.
"""

import codecs
import collections
import csv
import dataclasses
import datetime
import io
import re
import subprocess
import sys

import cases
import client
import machine

SCREENED = ("450 4.3.2 ", "550 5.5.1 ")  # what postscreen says
SHOWN = 5  # differences that are printed with their log lines, a test


def no_brackets(message_id):
    if len(message_id) > 1 and message_id[0] + message_id[-1] == "<>":
        return message_id[1:-1]
    return message_id


@dataclasses.dataclass
class Expected:
    """A row there must be. What is None may be anything."""
    outcome: str
    truth: client.Truth
    queue_id: str | None = None
    sender: str | None = None
    message_id: str | None = None
    recipients: set | None = None
    some_recipients: bool = False   # of recipients, at least one
    helo: str | None = None

    def may_be(self, row):
        if self.queue_id:
            return row["queue_id"] == self.queue_id
        return row["client_ip"] == self.truth.client_ip

    def differences(self, row):
        """Yields the name of each field that is not as it must be."""
        truth = self.truth
        for field in ("outcome", "queue_id", "sender", "message_id", "helo"):
            want = getattr(self, field)
            if want is not None and row[field] != want:
                yield f"{field}: {want!r}, reported {row[field]!r}"
        if row["client_ip"] != truth.client_ip:
            yield f"client_ip: {truth.client_ip}, reported {row['client_ip']}"
        names = {truth.client_name}
        if truth.forged_name:
            names.add(truth.forged_name + " (may be forged)")
        if row["client_name"] not in names:
            yield f"client_name: {names}, reported {row['client_name']!r}"
        yield from self.recipient_differences(row)
        yield from self.date_differences(row)
        if self.outcome == "accepted" and row["size"] and not (
                truth.size * .9 <= int(row["size"]) <= truth.size * 1.1 + 2000):
            yield f"size: {truth.size}, reported {row['size']}"

    def recipient_differences(self, row):
        if self.recipients is None:
            return
        got = set(split_recipients(row["recipients"]))
        if self.some_recipients:
            agree = got and got <= self.recipients
        else:
            agree = got == self.recipients
        if not agree:
            yield f"recipients: {self.recipients}, reported {got}"

    def date_differences(self, row):
        date = datetime.datetime.fromisoformat(row["date"]).timestamp()
        if not self.truth.start - 2 <= date <= self.truth.end + 2:
            yield f"date: {self.truth.start}, reported {row['date']}"


def taken(reply):
    return reply.startswith("25")


def split_recipients(text):
    """The addresses of a list that is joined by blanks, which may be quoted."""
    return re.findall(r'(?:"(?:[^"\\]|\\.)*"|\S)+', text)


class Postfix:
    """What Postfix makes of what a client sends."""

    def __init__(self, case, log):
        self.case = case
        self.log = log
        self.proxy = "smtpd_proxy_filter" in case.main
        # A proxy that hides the client: what came to nothing stands under
        # NOQUEUE on one side, and is the proxy's own on the other.
        self.hidden = self.proxy and True in case.relay
        self.utf8 = "smtputf8_enable = no" not in case.main

    def printable(self, text):
        """What no terminal could show is ? in its log."""
        raw = text.encode("utf-8", "surrogateescape")
        if self.utf8:
            text = raw.decode("utf-8", "replace_each_byte")
        else:
            text = re.sub(rb"[\x80-\xff]", b"?", raw).decode("ascii")
        return re.sub(r"[\x00-\x1f\x7f]", "?", text)

    def sender(self, sent):
        """As the queue manager logs it."""
        if sent == "":
            return "<>"
        if "@" not in sent:
            sent += "@mx1.spampot.example"
        return self.printable(sent)

    def message_id(self, truth):
        if truth.message_id is None:
            return None if self.proxy else ""
        return no_brackets(self.printable(truth.message_id.strip()))

    def helo(self, sent):
        return re.sub(r'[<>()\\";@ ]', "?", sent)

    def rows(self, truth):
        """Yields what must be reported of a mail."""
        yield from self.refusals(truth)
        accepted = {to for to, reply in truth.recipients if taken(reply)}
        if truth.outcome == "accepted" and self.seen(truth):
            yield self.accepted(truth, accepted)
        elif truth.outcome == "refused-end":
            yield Expected("rejected", truth,
                           message_id=self.message_id(truth))
        elif accepted and not self.hidden:
            yield self.unfinished(truth)

    def seen(self, truth):
        """Of mail discarded before it came the log does not say that it did."""
        return (f"{truth.queue_id}: from=<" in self.log
                or f"{truth.queue_id}: message-id=" in self.log)

    def accepted(self, truth, recipients):
        known = f"{truth.queue_id}: from=<" in self.log
        expected = Expected("accepted", truth, truth.queue_id,
                            self.sender(truth.sender), self.message_id(truth),
                            set(map(self.printable, recipients)), not known)
        if not known and "@" not in truth.sender:
            expected.sender = None  # smtpd's verdict has it as it came
        if not known and "; from=<" in truth.sender and re.search(
                truth.queue_id + ": (hold|discard): header", self.log):
            # Header, sender and recipient cannot be told apart.
            expected.sender = ""
            expected.recipients = set()
            expected.some_recipients = False
        return expected

    def unfinished(self, truth):
        """A message that did not come; was a recipient refused, that is it."""
        replies = list(truth.recipients)
        while not taken(replies[0][1]):
            replies.pop(0)
        refused = {to for to, reply in replies if not taken(reply)}
        if refused and not self.proxy:
            return Expected("rejected", truth, truth.queue_id or None,
                            self.printable(truth.sender) or "<>", None,
                            set(map(self.printable, refused)))
        return Expected("aborted", truth, truth.queue_id or None)

    def refusals(self, truth):
        """Those that are rows of their own: before there is a queue ID."""
        if truth.outcome == "refused-mail" and self.logged(truth.reply):
            yield self.refusal(truth, None)
        for recipient, reply in truth.recipients:
            if taken(reply) and not self.proxy:
                return
            if not taken(reply) and self.logged(reply):
                yield self.refusal(truth, recipient)

    def logged(self, reply):
        """Errors of syntax, and of Postfix's own, are no refusals."""
        return not reply.startswith(("501 ", "451 4.3.0"))

    def refusal(self, truth, recipient):
        expected = Expected("rejected", truth, None,
                            self.printable(truth.sender) or "<>", "",
                            {self.printable(recipient)} if recipient else set(),
                            helo=self.helo(truth.helo))
        if dict(truth.recipients).get(recipient, "").startswith(SCREENED):
            expected.helo = truth.helo
            expected.truth = dataclasses.replace(truth, client_name="")
        return expected


class Sendmail:
    """What sendmail makes of what a client sends."""

    def __init__(self, case, log):
        self.refused_net = case.refused_net
        self.refused = set()    # sessions

    def rows(self, truth):
        if self.refused_net and truth.client_ip.startswith(self.refused_net):
            # Refused when it came, however often it is told so afterwards.
            if truth.session not in self.refused:
                yield Expected("rejected", truth, "", "", "", set())
            self.refused.add(truth.session)
        elif truth.sender is not None:
            yield self.row(truth)

    def row(self, truth):
        """What must be reported of a mail, if anything."""
        sender = cut(f"<{truth.sender}>", 200)[1:].removesuffix(">") or "<>"
        accepted = {to for to, reply in truth.recipients if taken(reply)}
        refused = {to for to, reply in truth.recipients
                   if self.logged(reply)}
        if truth.outcome == "accepted":
            # Sent to one user, all of a trap's addresses are one delivery,
            # and the log has one of them.
            return Expected("accepted", truth, truth.queue_id, sender,
                            self.message_id(truth), accepted, True)
        if truth.outcome == "refused-mail":
            if not self.logged(truth.reply):
                return None
            return Expected("rejected", truth, None, sender, "", set())
        if refused:
            return Expected("rejected", truth, None, sender, "", refused)
        return Expected("aborted", truth, None, sender, "")

    def message_id(self, truth):
        message_id = (truth.message_id or "").strip()
        if message_id == "":
            return None  # sendmail makes one
        return no_brackets(cut(message_id, 100))

    def logged(self, reply):
        """Those of rulesets are, errors of syntax and of size are not."""
        return not reply.startswith(("25", "501 ", "553 5.1.0 "))


def cut(text, size):
    raw = text.encode("utf-8", "surrogateescape")[:size]
    return raw.decode("utf-8", "surrogateescape")


def replace_each_byte(error):
    return "?" * (error.end - error.start), error.end


class Comparison:
    def __init__(self, program, case, folder):
        self.program = program
        self.log_path = f"{folder}/mail.log"
        with open(self.log_path, encoding="utf-8",
                  errors="surrogateescape") as file:
            self.log = file.read()
        self.truths = client.read_truths(f"{folder}/truth.jsonl")
        self.case = case
        self.unparsed = f"{folder}/unparsed"
        mta = Postfix if case.mta == "postfix" else Sendmail
        self.mta = mta(case, self.log)
        self.rows = self.harvest("-m", "--outcome", "all", "--unparsed",
                                 self.unparsed)

    def harvest(self, *options):
        run = subprocess.run([self.program, "-q", "-f", "csv", "--timezone",
                              "UTC", *options, self.log_path],
                             stdout=subprocess.PIPE, check=True)
        text = run.stdout.decode("utf-8", "surrogateescape")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def run(self):
        expected = [row for truth in self.truths
                    for row in self.mta.rows(truth) if row]
        left = self.rows
        good = self.say("the client met nothing unexpected",
                        self.surprises())
        for outcome in ("accepted", "rejected", "aborted"):
            wanted = [e for e in expected if e.outcome == outcome]
            found = [row for row in left if row["outcome"] == outcome]
            problems = self.match(wanted, found)
            good &= self.say(f"{len(wanted)} {outcome}", problems)
        good &= self.say("every line is understood", self.not_understood())
        good &= self.say("sightings count the accepted", self.sightings())
        good &= self.say("local mail stays out", self.local())
        return good

    def match(self, wanted, found):
        """Pairs each expected row with one that was found; tells the rest.

        Where the client does not know the queue ID, the row of the same
        client that differs least is meant.
        """
        pairs = []
        for expected in wanted:
            for row in found:
                if expected.may_be(row):
                    differences = list(expected.differences(row))
                    pairs.append((len(differences), len(pairs), expected, row,
                                  differences))
        problems = []
        taken = set()
        for _, _, expected, row, differences in sorted(pairs,
                                                       key=lambda p: p[:2]):
            if id(expected) in taken or id(row) in taken:
                continue
            taken |= {id(expected), id(row)}
            problems += [(difference, row["queue_id"] or row["client_ip"])
                         for difference in differences]
        problems += [(f"missing: {expected.outcome}: {expected.truth}",
                      expected.queue_id or expected.truth.client_ip)
                     for expected in wanted if id(expected) not in taken]
        problems += [(f"nobody sent this: {row}",
                      row["queue_id"] or row["client_ip"])
                     for row in found if id(row) not in taken]
        return problems

    def surprises(self):
        """What makes a comparison worthless: too little that can differ."""
        taken_mails = sum(truth.outcome == "accepted"
                          for truth in self.truths)
        if taken_mails < self.case.mails / 2:
            yield f"of {self.case.mails} mails {taken_mails} were taken", None
        for truth in self.truths:
            if truth.outcome in ("closed", "refused-connect", "refused-helo"):
                yield f"{truth}", truth.client_ip

    def local(self):
        """Yields an error unless local mail is told only when asked for."""
        everything = self.harvest("-m", "--include-local")
        more = len(everything) - len(self.harvest("-m"))
        if more != len(machine.LOCAL_USERS):
            yield f"{len(machine.LOCAL_USERS)} sent, reported {more}", None

    def not_understood(self):
        with open(self.unparsed, encoding="utf-8", errors="replace") as file:
            for line in file:
                yield line.rstrip("\n"), None

    def sightings(self):
        counts = collections.Counter(
            (row["sender"], row["client_ip"]) for row in self.rows
            if row["outcome"] == "accepted")
        total = sum(counts.values())
        got = sum(int(row["count"]) for row in self.harvest())
        if got != total:
            yield f"{total}, counted {got}", None

    def say(self, what, problems):
        problems = list(problems)
        print(f"{'not ok' if problems else 'ok'} - {self.case.name}: {what}")
        for text, about in problems[:SHOWN]:
            show(text)
            lines = [line for line in self.log.splitlines()
                     if about and about in line]
            for line in lines[:8]:
                show("    " + line)
        if len(problems) > SHOWN:
            show(f"... and {len(problems) - SHOWN} more")
        return not problems


def show(text):
    print("# " + text.encode("utf-8", "backslashreplace").decode())


def main():
    codecs.register_error("replace_each_byte", replace_each_byte)
    program, case, folder = sys.argv[1:4]
    sys.exit(not Comparison(program, cases.BY_NAME[case], folder).run())


if __name__ == "__main__":
    main()
