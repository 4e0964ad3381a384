"""One account's records within one transaction, at one time of its clock."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from simulators.direct_debit.database import Database, Record, dump
from simulators.direct_debit.errors import not_found

_SATURDAY = 5


class AccountSession:
    """Reads and writes of one account. ``account``: its settings, faults that wait and webhook."""

    def __init__(self, database: Database, name: str, account: Record, now: datetime) -> None:
        self.database = database
        self.name = name
        self.account = account
        self.now = now
        self.announced = False

    @property
    def today(self) -> date:
        """Return the day of the account's clock."""
        return self.now.date()

    def new_id(self, prefix: str) -> str:
        """Return the id of the account's next record."""
        self.account["sequence"] += 1
        digest = hashlib.sha256(f"{self.name}:{self.account['sequence']}".encode()).hexdigest()
        return f"{prefix}{digest[:16].upper()}"

    def add(self, kind: str, record: Record) -> Record:
        """Add a record."""
        self.account["sequence"] += 1
        statement = "INSERT INTO record (account, kind, id, sequence, body) VALUES (?, ?, ?, ?, ?)"
        self.database.run(statement, self.name, kind, record["id"], self.account["sequence"], dump(record))
        return record

    def save(self, kind: str, record: Record) -> None:
        """Save a record that was changed."""
        statement = "UPDATE record SET body = ? WHERE account = ? AND kind = ? AND id = ?"
        self.database.run(statement, dump(record), self.name, kind, record["id"])

    def get(self, kind: str, record_id: str) -> Record:
        """Return a record. Raises ApiError if the account has none of this id."""
        statement = "SELECT body FROM record WHERE account = ? AND kind = ? AND id = ?"
        rows = self.database.rows(statement, self.name, kind, record_id)
        if not rows:
            raise not_found(kind)
        return dict(json.loads(rows[0][0]))

    def list_all(self, kind: str) -> list[Record]:
        """List the records of a kind, oldest first."""
        statement = "SELECT body FROM record WHERE account = ? AND kind = ? ORDER BY sequence"
        return [json.loads(body) for (body,) in self.database.rows(statement, self.name, kind)]

    def take_fault(self, operation: str) -> str:
        """Take the next fault of an operation: its kind; empty if there is none."""
        faults = self.account["faults"]
        fault = next((fault for fault in faults if fault["operation"] == operation), None)
        if fault is None:
            return ""
        faults.remove(fault)
        return str(fault["kind"])

    def find_answer(self, key: str) -> tuple[str, str] | None:
        """Find what an idempotency key made: its kind and id."""
        statement = "SELECT kind, id FROM answer WHERE account = ? AND key = ?"
        rows = self.database.rows(statement, self.name, key)
        return (rows[0][0], rows[0][1]) if rows else None

    def save_answer(self, key: str, kind: str, record_id: str) -> None:
        """Remember what an idempotency key made."""
        statement = "INSERT INTO answer (account, key, kind, id) VALUES (?, ?, ?, ?)"
        self.database.run(statement, self.name, key, kind, record_id)

    def tell(self, resource: str, action: str, links: dict[str, str], **details: Any) -> None:
        """Add an event, and queue the webhook that carries it."""
        event = self.add(
            "events",
            {
                "id": self.new_id("EV"),
                "created_at": format_time(self.now),
                "resource_type": resource,
                "action": action,
                "links": links,
                "details": {"origin": "bank", "scheme": "bacs", **details},
                "metadata": {},
            },
        )
        if self.account["webhook"] is not None:
            self.add("webhooks", {"id": self.new_id("WB"), "events": [event["id"]], "state": "waiting"})
            self.announced = True


def format_time(moment: datetime) -> str:
    """Write a time as the API does: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def add_working_days(day: date, count: int) -> date:
    """Return the day that comes some working days later, or earlier. Bank holidays are not known here."""
    step = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= day.weekday() < _SATURDAY
    return day
