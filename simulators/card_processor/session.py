"""One account's records within one transaction of the database."""

import json
from typing import Any

from simulators.card_processor import clock
from simulators.card_processor.accounts import Account, shorten_digest
from simulators.card_processor.database import Database, Record, dump
from simulators.card_processor.errors import ApiError


class AccountSession:
    """Reads and writes of one account at one time of its clock.

    ``key``: the idempotency key of the request, from which the ids of new records follow.
    ``fails``: the request's fault is that what it asks for ends in an error.
    ``announced``: a webhook was queued.
    """

    def __init__(self, database: Database, account: Account, now: str, url: str) -> None:
        self.database = database
        self.account = account
        self.now = now
        self.url = url
        self.key: str | None = None
        self.fails = False
        self.announced = False
        self._ids = 0

    def next_sequence(self) -> int:
        """Return the next number of the account's records."""
        self.account.sequence += 1
        return self.account.sequence

    def new_id(self, prefix: str) -> str:
        """Return an id that follows from the account and the idempotency key, else from its records."""
        self._ids += 1
        source = f"key:{self._ids}:{self.key}" if self.key else f"sequence:{self.next_sequence()}"
        return f"{prefix}_{shorten_digest(f'{self.account.id}:{source}')}"

    def add(self, kind: str, record: Record, parent: str = "") -> Record:
        """Add a record."""
        statement = "INSERT INTO record (account, kind, id, sequence, parent, body) VALUES (?, ?, ?, ?, ?, ?)"
        sequence = self.next_sequence()
        self.database.run(statement, self.account.id, kind, record["id"], sequence, parent, dump(record))
        return record

    def save(self, kind: str, record: Record) -> None:
        """Save a record that was changed."""
        statement = "UPDATE record SET body = ? WHERE account = ? AND kind = ? AND id = ?"
        self.database.run(statement, dump(record), self.account.id, kind, record["id"])

    def move(self, kind: str, record: Record, parent: str) -> None:
        """Save a record under another parent."""
        statement = "UPDATE record SET body = ?, parent = ? WHERE account = ? AND kind = ? AND id = ?"
        self.database.run(statement, dump(record), parent, self.account.id, kind, record["id"])

    def find(self, kind: str, record_id: str) -> Record | None:
        """Find a record of the account."""
        statement = "SELECT body FROM record WHERE account = ? AND kind = ? AND id = ?"
        row = self.database.row(statement, self.account.id, kind, record_id)
        return dict(json.loads(row[0])) if row else None

    def get(self, kind: str, record_id: str) -> Record:
        """Return a record. Raises ApiError if the account has none of this id."""
        if (record := self.find(kind, record_id)) is None:
            raise ApiError(404, "not_found", f"This account has no {kind.replace('_', ' ')} of this id")
        return record

    def list_children(self, kind: str, parent: str) -> list[Record]:
        """List the records under a parent, oldest first."""
        statement = "SELECT body FROM record WHERE account = ? AND kind = ? AND parent = ? ORDER BY sequence"
        return [json.loads(body) for (body,) in self.database.rows(statement, self.account.id, kind, parent)]

    def schedule(self, kind: str, seconds: int, subject: str) -> None:
        """Have something happen when the account's clock has moved on."""
        statement = "INSERT INTO timer (account, due, sequence, kind, subject) VALUES (?, ?, ?, ?, ?)"
        due = clock.add_seconds(self.now, seconds)
        self.database.run(statement, self.account.id, due, self.next_sequence(), kind, subject)


def public(record: Record) -> dict[str, Any]:
    """Return a record as the API shows it: without the members that only the simulator knows."""
    return {name: value for name, value in record.items() if not name.startswith("_")}
