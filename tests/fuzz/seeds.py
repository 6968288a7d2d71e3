#!/usr/bin/env python3
"""Make what fuzzing begins with: seeds.py FOLDER fills FOLDER/TARGET.

From the golden cases, the samples of the rules, and crashes of old that are
kept in tests/fuzz/regress/TARGET.
"""
import gzip
import hashlib
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("SOURCE", os.path.dirname(os.path.dirname(HERE)))
STAMP = "Mar  7 04:12:33 mx1 "
SIZE_MAX = 1 << 15


def read(path):
    with open(path, "rb") as file:
        content = file.read()
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError):
            pass
    return content


def golden_files():
    """The inputs of all cases, and what they print, which is input too."""
    top = os.path.join(SOURCE, "tests", "golden")
    for folder, _, names in sorted(os.walk(top)):
        for name in sorted(names):
            if name == "expected" or name.startswith("input"):
                yield read(os.path.join(folder, name))


def rule_files():
    folder = os.path.join(SOURCE, "src", "parse", "rules")
    for name in sorted(os.listdir(folder)):
        yield read(os.path.join(folder, name)).decode("utf-8", "replace")


def rule_blocks():
    """Each rule with its samples, behind what the file begins with."""
    for text in rule_files():
        head, block = [], []
        for line in text.splitlines(True):
            if re.match(r"(mta|tag|foreign|queue_id|unescape|split|"
                        r"irrelevant|define) ", line):
                head.append(line)
            elif re.match(r"[=!\s]", line):
                block.append(line)
            elif not line.startswith("#"):
                if block:
                    yield "".join(head + block).encode()
                block = [line]


def patterns():
    """Those of the scanner's unit test."""
    path = os.path.join(SOURCE, "tests", "unit", "scanner_test.c")
    for text in re.findall(r'"(\^(?:[^"\\]|\\.)*)"',
                           read(path).decode("utf-8", "replace")):
        yield text.encode().decode("unicode_escape").encode("latin-1")


def senders():
    """Those of the unit test of lists."""
    path = os.path.join(SOURCE, "tests", "unit", "list_test.c")
    for text in re.findall(r'^        \{"((?:[^"\\]|\\.)*)"',
                           read(path).decode("utf-8", "replace"), re.M):
        yield text.encode().decode("unicode_escape").encode("latin-1")


def sample_lines():
    """What stands below the rules, as lines of a log."""
    for text in rule_files():
        service = "-"
        for line in text.splitlines():
            if line.startswith(("= ", "! ")):
                tag = ("sm-mta[471]: " if service == "-" else
                       "postfix/%s[471]: " % service)
                yield (STAMP + tag + line[2:]).encode()
            elif re.match(r"[a-z-]", line):
                service = line.split()[0].split(",")[0]


def seeds():
    """(target, content) of each seed."""
    for sample in sample_lines():
        yield "line", sample
        yield "header", sample
        yield "scanner", b"\n" + sample.split(b": ", 1)[1] + b"\n"
    for block in rule_blocks():
        yield "rules", block
    for pattern in patterns():
        yield "scanner", pattern + b"\naab\nab=1, x\n\"a\\\"b\",\n"
    for sender in senders():
        for pick in range(8):
            yield "list", bytes([pick]) + sender
    for content in golden_files():
        head = content[:SIZE_MAX]
        first = content.partition(b"\n")[0]
        for pick in range(2):
            yield "stream", bytes([len(content) + pick & 7]) + head
        if first.startswith(b"{"):
            yield "journal" if b"__REALTIME" in first else "jsonl", head
        elif first.startswith(b"__") or re.match(rb"[A-Z_]+=", first):
            yield "journal", head
        elif re.match(rb"[a-z_]+(,[a-z_]+)+\r?$", first):
            yield "csv", head
        else:
            yield "header", head
            for line in head.splitlines()[:40]:
                yield "line", line
    for reply in replies():
        yield "reply", reply
    yield "csv", (b"first_seen,last_seen,count,sender,client_ip,client_name,"
                  b"message_id\n2013-03-07T04:12:33+01:00,2013-03-07T04:12:34"
                  b"+01:00,2,\"\"\"a, b\"\"@x.example\",192.0.2.7,,<\n")
    yield "jsonl", (b'{"date": "2013-03-07T04:12:33Z", "sender": "<>", '
                    b'"client_ip": "2001:db8::1", "message_id": "\\u00e4", '
                    b'"recipients": ["a@b", "\\"c d\\"@e"], "size": 9, '
                    b'"mta_host": "mx1", "queue_id": "3F1A2B4C5D"}\n')
    yield "journal", (b'{"__REALTIME_TIMESTAMP":"1362625953123456","MESSAGE":'
                      b'[97,98,255],"_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":'
                      b'"postfix/smtpd","SYSLOG_PID":["7","8"]}\n')
    yield "journal", (b"__REALTIME_TIMESTAMP=1362625953123456\n_HOSTNAME=mx1\n"
                      b"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n_PID=7\n\n")


def replies():
    """Answers of a DNS list: two addresses by a CNAME; no such name."""
    name = b"\x017\x012\x010\x03192\x02bl\x07example\0"
    question = name + b"\0\1\0\1"
    head = b"\x12\x67\x81"
    cname = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\3\1x\0"
    address = b"\1x\0\0\1\0\1\0\0\1\0\0\4\x7f\0\0"
    soa = (b"\xc0\x16\0\6\0\1\0\0\2\0\0\x1a\1a\0\1b\0" + 4 * b"\0\0\0\1"
           + b"\0\0\1\0")
    yield (head + b"\x80\0\1\0\3\0\0\0\0" + question + cname
           + address + b"\2" + address + b"\x0a")
    yield head + b"\x83\0\1\0\0\0\1\0\0" + question + soa


def regress():
    top = os.path.join(HERE, "regress")
    for folder, _, names in os.walk(top):
        for name in names:
            if folder != top:
                yield (os.path.basename(folder),
                       read(os.path.join(folder, name)))


def main():
    top = sys.argv[1]
    for target, content in [*seeds(), *regress()]:
        folder = os.path.join(top, target)
        os.makedirs(folder, exist_ok=True)
        name = hashlib.sha1(content).hexdigest()
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


main()
