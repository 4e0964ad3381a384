"""The state: one SQLite file, written before an answer leaves, so that it outlives a kill of the process."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Record = dict[str, Any]
_FILE = "direct_debit.sqlite3"
_WAIT_SECONDS = 2  # for a process that is being killed to let go of the file
_SCHEMA = """
CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
    account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, sequence INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (account, kind, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS record_in_order ON record (account, kind, sequence);
CREATE TABLE IF NOT EXISTS answer (
    account TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (account, key)) WITHOUT ROWID;
"""


class Database:
    """The tables. All is used from one event loop, and no transaction waits for anything in its middle."""

    def __init__(self, folder: Path | None = None) -> None:
        target = ":memory:"
        if folder:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / _FILE).touch(mode=0o600)
            target = str(folder / _FILE)
        self._connection = sqlite3.connect(target, timeout=_WAIT_SECONDS, isolation_level=None)
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode = WAL")
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

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        return self._connection.execute(statement, values).fetchall()

    def run(self, statement: str, *values: Any) -> None:
        """Run a statement that returns no row."""
        self._connection.execute(statement, values)


def dump(value: Any) -> str:
    """Write JSON in one way."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
