"""The state: one SQLite file, so that what was answered outlives a kill of the process.

Each thing that the API shows is one JSON document. The commit is in the file before the answer leaves;
write-ahead logging loses none of it when the process is killed.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Row = tuple[Any, ...]
FILE = "card_processor.sqlite3"
_WAIT_SECONDS = 2  # for a process that is being killed to let go of the file

_SCHEMA = """
CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
    account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL,
    parent TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account, kind, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS record_in_order ON record (account, kind, sequence);
CREATE INDEX IF NOT EXISTS record_of_parent ON record (account, kind, parent, sequence);
CREATE INDEX IF NOT EXISTS record_by_id ON record (kind, id);
CREATE TABLE IF NOT EXISTS answer (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (account, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timer (
    account TEXT NOT NULL, due TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL,
    subject TEXT NOT NULL, PRIMARY KEY (account, due, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS webhook (
    account TEXT NOT NULL, sequence INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
    body TEXT NOT NULL, state TEXT NOT NULL, due TEXT NOT NULL, retry_at REAL NOT NULL,
    attempts INTEGER NOT NULL, error TEXT NOT NULL, PRIMARY KEY (account, sequence)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS webhook_waiting ON webhook (account, sequence) WHERE state = 'waiting';
"""


class Database:
    """The tables. All is used from one event loop, and no transaction waits for anything in its middle."""

    def __init__(self, folder: Path | None = None) -> None:
        target = ":memory:"
        if folder:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = folder / FILE
            file.touch(mode=0o600)
            target = str(file)
        self._connection = sqlite3.connect(target, timeout=_WAIT_SECONDS, isolation_level=None)
        # One process has the file: a second simulator on the same state is refused when it starts.
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside; after an error write none of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def rows(self, statement: str, *values: Any) -> list[Row]:
        """Run a statement and return its rows."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> Row | None:
        """Run a statement and return its first row."""
        result: Row | None = self._connection.execute(statement, values).fetchone()
        return result

    def run(self, statement: str, *values: Any) -> None:
        """Run a statement that returns no row."""
        self._connection.execute(statement, values)


def dump(value: Any) -> str:
    """Write JSON in one way, so that equal values are equal texts."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
