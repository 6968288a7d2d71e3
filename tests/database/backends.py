"""backends - a database to harvest into, and what is in it

Rows are read by SQL of our own, not by the program: it could read back what
it should not have written. Whatever the back end, a row is the texts of its
CSV columns as bytes, and beside it stands what is derived of them.
"""

import collections
import contextlib
import pathlib
import shutil
import sqlite3

import mariadb

KEY = ["id"]
NUMBERS = "id wall nth instant fraction size".split()
WORDS = "day date client_ip client_net outcome".split()
BYTES = ("mta_host queue_id sender sender_domain client_addr client_name helo "
         "message_id mta").split()
STATE = "spamharvest logs hosts in_flight".split()


class Rows:
    """What the tables hold."""

    def __init__(self, messages, recipients):
        """messages: dictionaries; recipients: by key, in order."""
        self.all = messages
        for row in messages:
            row["recipients"] = b" ".join(recipients.pop(
                tuple(row[name] for name in KEY), []))
        self.orphans = recipients

    def counted(self, fields):
        return collections.Counter(
            tuple(row[name] for name in fields) for row in self.all)


class SQLite:
    name = "SQLite"

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.uri = str(path)

    def forget(self):
        """No database, as before a first run."""
        for name in self.files():
            name.unlink()

    def files(self):
        return [path for path in self.path.parent.iterdir()
                if path.name.startswith(self.path.name)]

    def sql(self, text):
        """Rows of bytes, numbers and None."""
        with contextlib.closing(sqlite3.connect(self.path)) as base:
            base.text_factory = bytes
            rows = base.execute(text).fetchall()
            base.commit()
            return rows

    def rows(self):
        columns = KEY + [c for c in NUMBERS + WORDS + BYTES if c not in KEY]
        text = "SELECT %s FROM messages" % ", ".join(columns)
        messages = [dict(zip(columns, map(as_bytes, row)))
                    for row in self.sql(text)]
        recipients = collections.defaultdict(list)
        for row in self.sql("SELECT id, recipient FROM recipients "
                            "ORDER BY id, position"):
            recipients[as_bytes(row[0]),].append(as_bytes(row[1]))
        return Rows(messages, recipients)

    def state(self):
        """All that later runs go by, to be compared."""
        return [sorted(self.sql("SELECT * FROM " + table), key=repr)
                for table in STATE]

    def whole(self):
        """All there is, as text."""
        with contextlib.closing(sqlite3.connect(self.path)) as base:
            base.text_factory = lambda b: b.decode("latin-1")
            # The schema's version, and whose file it is, are in no dump.
            return (list(base.iterdump()),
                    base.execute("PRAGMA user_version").fetchall(),
                    base.execute("PRAGMA application_id").fetchall())

    def check(self):
        """Yields what its own check of the file finds."""
        said = self.sql("PRAGMA integrity_check")
        if said != [(b"ok",)]:
            yield f"integrity_check: {said}"

    def copy(self, name):
        """Another database with what this one has."""
        other = SQLite(self.path.with_name(name))
        with contextlib.closing(sqlite3.connect(self.path)) as base:
            base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.path, other.path)
        return other


class MariaDB:
    name = "MariaDB"

    def __init__(self, server, database=mariadb.DATABASE):
        self.server = server
        self.database = database
        self.uri = server.uri(database)

    def forget(self):
        self.server.make_database(self.database)

    def sql(self, text):
        """Rows of bytes and None; what is binary has to be asked for as
        HEX()."""
        return [tuple(None if x == "NULL" else
                      x.encode("utf-8", "surrogateescape") for x in row)
                for row in self.server.sql(text, self.database)]

    def rows(self):
        columns = NUMBERS + WORDS + BYTES
        text = "SELECT %s FROM messages" % ", ".join(
            f"HEX({c})" if c in BYTES else c for c in columns)
        messages = [dict(zip(columns, map(as_bytes, unhex(columns, row))))
                    for row in self.sql(text)]
        recipients = collections.defaultdict(list)
        columns = KEY + ["recipient"]
        for row in self.sql(
                "SELECT id, HEX(recipient) FROM recipients "
                "ORDER BY id, position"):
            *key, value = unhex(columns, row)
            recipients[tuple(key)].append(value)
        return Rows(messages, recipients)

    def state(self):
        return [sorted(self.dump(table)) for table in STATE]

    def dump(self, table):
        columns = [row[0].decode() for row in self.sql(
            f"SHOW COLUMNS FROM {table}")]
        return self.sql("SELECT %s FROM %s" % (
            ", ".join(f"HEX({c})" for c in columns), table))

    def whole(self):
        tables = self.sql("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
        return [(name, self.sql("SHOW CREATE TABLE " + name.decode()),
                 sorted(self.dump(name.decode()), key=repr))
                for name, _ in tables]

    def check(self):
        for row in self.sql("CHECK TABLE messages, recipients, "
                            + ", ".join(STATE)):
            if row[3] != b"OK":
                yield f"CHECK TABLE: {row}"


def as_bytes(value):
    if value is None:
        return b""
    return value if isinstance(value, bytes) else str(value).encode()


def unhex(columns, row):
    return [bytes.fromhex(value.decode()) if name in BYTES + ["recipient"]
            else value for name, value in zip(columns, row)]
