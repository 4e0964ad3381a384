"""Payments written straight into the tables, and the same searched for by brute force."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis import ids
from chassis.auth import Caller
from payments.payments.rules.states import PUBLIC, Status

MIDNIGHT = datetime(2026, 3, 30, tzinfo=UTC)  # the day after the clocks changed
_ACCOUNT = text("""INSERT INTO gateway_account
        (council, id, name, mode, processor, settings, is_default, version, created_at, updated_at)
    VALUES (:council, :id, 'Search', 'sandbox', 'sandbox', '{}', false, 1, now(), now())""")
_CLIENT = text("""INSERT INTO account_client (council, client_id, mode, account, created_at)
    VALUES (:council, :client_id, 'sandbox', :id, now())""")
_INSERT = text("""INSERT INTO payment (council, id, account, mode, processor, status, amount, surcharge,
        reference, description, language, delayed_capture, moto, authorisation_mode, visits, card_brand,
        refunded, refunds_blocked, created_by, version, created_at, expires_at, settled_on)
    VALUES (:council, :id, :account, 'sandbox', 'sandbox', 'created', 100, 0, :reference, 'd', 'en', false,
        false, 'web', 0, :card_brand, 0, false, '{}', 1, :created_at, :created_at, :settled_on)""")
_PAYER = text("""INSERT INTO payer (council, payment, account, created_at, email, last_digits)
    VALUES (:council, :id, :account, :created_at, :email, :last_digits)""")
_MOVE = text("UPDATE payment SET status = :status WHERE council = :council AND id = :id")
_REFUND = text("""INSERT INTO refund (council, id, payment, account, status, amount, created_by, created_at)
    VALUES (:council, :id, :payment, :account, 'success', 1, '{}', :created_at)""")


@dataclass
class World:
    """An account of its own, its payments as rows and as a list."""

    session: Any
    council: str = "citytown"
    account: UUID = field(default_factory=ids.new)
    payments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def caller(self) -> Caller:
        """The caller whose account it is."""
        name = ids.show(self.account)
        return Caller(name, name, name, frozenset({self.council}), frozenset(), "sandbox", 0)

    async def open(self) -> "World":
        """Write the account."""
        params = {"council": self.council, "id": self.account, "client_id": ids.show(self.account)}
        await self.session.execute(_ACCOUNT, params)
        await self.session.execute(_CLIENT, params)
        return self

    async def create(self, minutes: int = 0, **members: Any) -> UUID:
        """Create a payment so many minutes after midnight."""
        row = {
            "council": self.council,
            "id": ids.new(),
            "account": self.account,
            "created_at": MIDNIGHT + timedelta(minutes=minutes),
            **dict.fromkeys(("card_brand", "settled_on", "email", "last_digits")),
            "reference": "R",
            **members,
        }
        await self.session.execute(_INSERT, row)
        if row["email"] or row["last_digits"]:
            await self.session.execute(_PAYER, row)
        self.payments.append({**row, "state": "created"})
        return row["id"]

    async def move(self, number: int, status: Status) -> None:
        """Bring a payment, if there is any, into a state."""
        if self.payments:
            row = self.payments[number % len(self.payments)]
            await self.session.execute(_MOVE, {**row, "status": status})
            row["state"] = PUBLIC[status].status

    async def refund(self, number: int, minutes: int) -> None:
        """Refund a payment so many minutes after midnight."""
        row = self.payments[number % len(self.payments)]
        at = MIDNIGHT + timedelta(minutes=minutes)
        await self.session.execute(_REFUND, {**row, "payment": row["id"], "id": ids.new(), "created_at": at})

    def search(self, query: Any) -> list[UUID]:
        """List the ids of the payments that a search is for, the newest first."""
        tests = {
            "reference": lambda row, value: row["reference"].lower() == value.lower(),
            "state": lambda row, value: row["state"] == value,
            "card_brand": lambda row, value: (row["card_brand"] or "").lower() == value.lower(),
            "email": lambda row, value: value.lower() in (row["email"] or "").lower(),
            "last_digits_card_number": lambda row, value: row["last_digits"] == value,
            "from_date": lambda row, value: row["created_at"] >= value,
            "to_date": lambda row, value: row["created_at"] < value,
            "from_settled_date": lambda row, value: bool(row["settled_on"]) and row["settled_on"] >= value,
            "to_settled_date": lambda row, value: bool(row["settled_on"]) and row["settled_on"] < value,
        }
        values = query.model_dump(exclude_none=True, exclude={"page", "display_size"})
        rows = [r for r in self.payments if all(tests[name](r, value) for name, value in values.items())]
        rows.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)
        return [row["id"] for row in rows]
