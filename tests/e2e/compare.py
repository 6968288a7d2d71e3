#!/usr/bin/env python3
"""Holds the rows that spamharvest makes of a log against what the client knows.

usage: compare.py PROGRAM CASE FOLDER

FOLDER has mail.log and truth.jsonl (see client.py). Prints TAP without a
plan: a test for each thing that must hold, and under a failed one what
differs, with the log lines it is about.
"""

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


def split_recipients(text):
    """The addresses of a list that is joined by blanks, which may be quoted."""
    return re.findall(r'(?:"(?:[^"\\]|\\.)*"|\S)+', text)


class Postfix:
    """What Postfix makes of what a client sends."""

    def __init__(self, case, log):
        self.case = case
        self.log = log
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

    def message_id(self, sent):
        if sent is None:
            return ""
        return no_brackets(self.printable(sent.strip()))

    def helo(self, sent):
        if len(sent) > 255 - 5:
            return None
        return re.sub(r'[<>()\\";@ ]', "?", sent)

    def rows(self, truth):
        """Yields what must be reported of a mail."""
        accepted = {to for to, reply in truth.recipients
                    if reply.startswith("25")}
        by_id = False
        for recipient, reply in truth.recipients:
            if reply.startswith("25"):
                by_id = not self.case.relay or "proxy" not in self.case.name
            elif not by_id or (not accepted):
                yield self.refusal(truth, recipient)
        if truth.outcome == "refused-mail" and "5.1.7" not in truth.reply:
            yield self.refusal(truth, None)
        elif truth.outcome == "accepted":
            yield Expected("accepted", truth, truth.queue_id,
                           self.sender(truth.sender),
                           self.message_id(truth.message_id),
                           set(map(self.printable, accepted)),
                           f"{truth.queue_id}: from=<" not in self.log)
        elif truth.outcome == "refused-end":
            yield Expected("rejected", truth, None, self.sender(truth.sender))
        elif accepted:
            refused = any(not reply.startswith("25")
                          for _, reply in truth.recipients)
            yield Expected("rejected" if by_id and refused and truth.recipients[-1] else "aborted", truth)

    def refusal(self, truth, recipient):
        return Expected("rejected", truth, None,
                        self.printable(truth.sender) or "<>", "",
                        {self.printable(recipient)} if recipient else set(),
                        helo=self.helo(truth.helo))


class Sendmail:
    """What sendmail makes of what a client sends."""

    def __init__(self, case, log):
        self.log = log

    def rows(self, truth):
        accepted = {to for to, reply in truth.recipients
                    if reply.startswith("25")}
        sender = f"<{truth.sender}>"[:200].removesuffix(">")[1:] or "<>"
        if truth.outcome == "accepted":
            message_id = (truth.message_id or "").strip()[:100]
            yield Expected("accepted", truth, truth.queue_id, sender,
                           no_brackets(message_id) if message_id else None,
                           accepted, True)


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
        expected = [row for truth in self.truths if truth.sender is not None
                    for row in self.mta.rows(truth)]
        left = self.rows
        good = True
        for outcome in ("accepted", "rejected", "aborted"):
            wanted = [e for e in expected if e.outcome == outcome]
            found = [row for row in left if row["outcome"] == outcome]
            problems = self.match(wanted, found)
            good &= self.say(f"{len(wanted)} {outcome}", problems)
        good &= self.say("every line is understood", self.not_understood())
        good &= self.say("sightings count the accepted", self.sightings())
        return good

    def match(self, wanted, found):
        """Pairs each expected row with one that was found; tells the rest."""
        problems = []
        found = list(found)
        for expected in wanted:
            same = [row for row in found
                    if expected.queue_id and row["queue_id"] == expected.queue_id
                    or row["client_ip"] == expected.truth.client_ip]
            if not same:
                problems.append((f"missing: {expected}", expected.truth.queue_id
                                 or expected.truth.client_ip))
                continue
            best = min(same, key=lambda row: len(list(expected.differences(row)))
                       + 9 * (expected.queue_id is not None
                              and row["queue_id"] != expected.queue_id))
            found.remove(best)
            for difference in expected.differences(best):
                problems.append((difference, best["queue_id"]
                                 or best["client_ip"]))
        for row in found:
            problems.append((f"nobody sent this: {row}", row["queue_id"]
                             or row["client_ip"]))
        return problems

    def not_understood(self):
        with open(self.unparsed, encoding="utf-8", errors="replace") as file:
            return [(line.rstrip("\n"), None) for line in file]

    def sightings(self):
        counts = collections.Counter(
            (row["sender"], row["client_ip"]) for row in self.rows
            if row["outcome"] == "accepted")
        total = sum(counts.values())
        got = sum(int(row["count"]) for row in self.harvest())
        return [] if got == total else [(f"{total}, counted {got}", None)]

    def say(self, what, problems):
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
    import codecs
    codecs.register_error("replace_each_byte", replace_each_byte)
    program, case, folder = sys.argv[1:4]
    sys.exit(not Comparison(program, cases.BY_NAME[case], folder).run())


if __name__ == "__main__":
    main()
