"""truth - who was caught, and what each list must say of whom

The rows are a collection that the lists are made of; nothing here knows how
spamharvest makes them. Addresses that are nobody's in documents are reserved,
and reserved ones are on no list, so these are of networks that are not
routed to their owners' mail (11/8, 3ffe::/16).
"""

import csv
import ipaddress
import random

HEADER = ("first_seen,last_seen,count,sender,client_ip,client_name,message_id"
          .split(","))
WHEN = "2013-03-07T04:12:31+00:00"

# Caught, and neither allowed nor reserved.
CAUGHT4 = ["11.22.33.44", "11.22.33.45", "11.22.34.1", "11.22.34.255",
           "11.22.35.0", "9.255.255.250", "100.63.255.250", "223.255.255.254"]
CAUGHT6 = ["3ffe:1::25", "3ffe:1::26", "3ffe:1:0:7:ffff:ffff:ffff:ffff",
           "3ffe:2:0:0:1::", "2001:200::1"]
# Caught, but in --allow, or reserved.
ALLOWED = ["11.22.33.46", "11.22.36.200", "3ffe:1::27"]
RESERVED = ["10.1.1.1", "127.0.0.3", "192.0.2.7", "192.168.1.1",
            "224.0.0.1", "2001:db8::7", "fd00::7"]
# Not caught; beside those who were, in value or in text.
INNOCENT = ["11.22.33.4", "11.22.33.144", "11.22.32.255", "11.22.37.1",
            "1.22.33.44", "111.22.33.44", "44.33.22.11", "9.255.255.251",
            "3ffe:1:0:8::25", "3ffe:11::25", "3ffe:2:0:1::", "2001:200:1::1"]
ALLOW = ["11.22.33.46", "11.22.36.128/25", "3ffe:1::27", "@partner.example"]

# A sender as logged; as the client says it, None if it cannot; whether a
# table of Postfix and a map of sendmail can have it.
SENDERS = [
    ("joe@a.example", "joe@a.example", True, True),
    ("Mixed.Case@A.Example", "mixed.CASE@a.example", True, True),
    ('"plain"@quoted.example', "plain@quoted.example", True, True),
    ("o'neil@ex.example", "o'neil@ex.example", True, True),
    ("user%relay@x.example", "user%relay@x.example", True, True),
    ("a!b@x.example", "a!b@x.example", True, True),
    ("+@x.example", "+@x.example", True, True),
    ("a+tag=x-1@x.example", "a+tag=x-1@x.example", True, True),
    ("{brace|pipe}~tilde@x.example", "{brace|pipe}~tilde@x.example",
     True, True),
    ("%s%n%x@fmt.example", "%s%n%x@fmt.example", True, True),
    ("*@star.example", "*@star.example", True, True),
    ("/./@slash.example", "/./@slash.example", True, True),
    ("$SOA@dollar.example", "$SOA@dollar.example", True, True),
    ("a&b^c`d?e@x.example", "a&b^c`d?e@x.example", True, True),
    ("#@hash.example", "#@hash.example", False, True),
    ("# comment@hash.example", None, False, False),
    ('"a b"@blank.example', '"a b"@blank.example', True, False),
    ('"a,b"@comma.example', '"a,b"@comma.example', True, False),
    ('"a\\"b"@quote.example', '"a\\"b"@quote.example', True, False),
    ('"a\\\\"@back.example', '"a\\\\"@back.example', True, False),
    ('"\\"@inject.example"@x.example', '"\\"@inject.example"@x.example',
     True, False),
    ('"victim@inject.example REJECT"@x.example',
     '"victim@inject.example REJECT"@x.example', True, False),
    ('"From:victim@inject.example REJECT"@x.example',
     '"From:victim@inject.example REJECT"@x.example', True, False),
    ("From:victim@inject.example", None, True, False),
    ('"a\tb"@tab.example', None, False, False),
    ('"x"@x.example\nvictim@inject.example REJECT', None, False, False),
    ('"\nvictim@inject.example"@x.example', None, False, False),
    ("a@x.example REJECT\nvictim@inject.example", None, False, False),
    ("a\0b@nul.example", None, False, False),
    ("caf\u00e9@utf8.example", "caf\u00e9@utf8.example", True, False),
    ("\u043f\u043e\u0447\u0442\u0430@\u043f\u0440\u0438.example",
     "\u043f\u043e\u0447\u0442\u0430@\u043f\u0440\u0438.example", True, False),
    ("caf\udce9@latin1.example", None, False, False),
    ("\u202emoc@bidi.example", None, False, False),
    ("a@11.22.33.99", None, False, False),
    ("a@[11.22.33.99]", None, False, False),
    ("just-a-local-part", None, False, False),
    ("a@-.example", None, False, False),
    ("a@!all.example", None, False, False),
    ("a@*.example", None, False, False),
    ("a@:127.0.0.9:text", None, False, False),
    ("a@$SOA.example", None, False, False),
]

# Nobody of these was caught, whatever stands in the text of others.
INNOCENT_SENDERS = ["victim@inject.example", "x@inject.example", "b@x.example",
                    "x@x.example", "reject@x.example", "a@com.example",
                    "b@quote.example", "soa@x.example", "partner@p.example"]
ALLOWED_SENDERS = ["boss@partner.example"]

DOMAINS = ["bulk-1.example", "under_score.example", "xn--e1afmkfd.example",
           "Deep.Sub.Spam.example"]
INNOCENT_DOMAINS = ["example", "spam.example", "bulk.example", "test.example",
                    "all.example"]


def rows():
    """(sender, client_ip) of all that was caught."""
    caught = [(sender, CAUGHT4[0]) for sender, _, _, _ in SENDERS]
    caught += [("x@" + domain, CAUGHT4[1]) for domain in DOMAINS]
    caught += [(sender, CAUGHT4[0]) for sender in ALLOWED_SENDERS]
    caught += [("<>", ip) for ip in CAUGHT4 + CAUGHT6 + ALLOWED + RESERVED]
    return caught


def write_rows(path, pairs):
    with open(path, "w", newline="", encoding="utf-8",
              errors="surrogateescape") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for sender, client_ip in pairs:
            writer.writerow([WHEN, WHEN, 1, sender, client_ip, "", ""])


def crowd(count):
    """Many addresses, some close together, for sets that must take them."""
    dice = random.Random(count)
    found = {f"11.{dice.randrange(40, 44)}.{dice.randrange(256)}."
             f"{dice.randrange(256)}" for _ in range(count)}
    found |= {f"11.50.{net}.{last}" for net in range(4)
              for last in range(200)}
    found |= {f"3ffe:{dice.randrange(1, 9999):x}::{dice.randrange(1, 9999):x}"
              for _ in range(count // 10)}
    return sorted(found)


def nets_of(addresses):
    """The /24 or /64 of each."""
    return {ipaddress.ip_network((ip, 24 if "." in ip else 64), strict=False)
            for ip in addresses}


def is_allowed(ip):
    address = ipaddress.ip_address(ip)
    return any(address in ipaddress.ip_network(net) for net in ALLOW
               if "@" not in net)


def in_nets(ip):
    """Whether a list of networks must have this address."""
    address = ipaddress.ip_address(ip)
    return not is_allowed(ip) and any(
        address in net for net in nets_of(CAUGHT4 + CAUGHT6 + ALLOWED))
