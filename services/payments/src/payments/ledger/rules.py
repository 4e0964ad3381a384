"""Accounts, transactions and the chain's hashes. Amounts are pence: debit positive, credit negative."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from chassis.json_values import canonical_json

MIN_POSTINGS, MAX_POSTINGS = 2, 500
MODES = ("sandbox", "live")
FIRST = bytes(32)
"""What the first seal of a chain takes for the hash before it."""


class Role(StrEnum):
    """What an account is for."""

    BANK = "bank"
    CLEARING = "clearing"  # captured, not paid out; code: the gateway account
    PAYOUT = "payout"  # paid out, not seen at the bank
    DIRECT_DEBIT = "direct-debit"  # collected, not seen at the bank
    CASH = "cash"
    CHEQUES = "cheques"
    TRANSIT = "transit"
    REFUNDS = "refunds"  # asked for, not confirmed
    DISPUTED = "disputed"
    FUND = "fund"
    VAT = "vat"
    SURCHARGES = "surcharges"
    FEES = "fees"
    DISPUTE_FEES = "dispute-fees"
    OVER_SHORT = "over-short"
    SUSPENSE = "suspense"


class Kind(StrEnum):
    """What a transaction records."""

    RECEIPT = "receipt"
    REFUND_REQUESTED = "refund-requested"
    REFUND_CONFIRMED = "refund-confirmed"
    SETTLEMENT = "settlement"
    BANK_LINE = "bank-line"
    DISPUTE_OPENED = "dispute-opened"
    DISPUTE_WON = "dispute-won"
    DISPUTE_LOST = "dispute-lost"
    TRANSFER = "transfer"
    COUNTER = "counter"
    BANKING = "banking"
    TILL_DIFFERENCE = "till-difference"
    CHEQUE_RETURNED = "cheque-returned"
    CREDIT_NOTE = "credit-note"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger account by its meaning. ``code``: the ledger code, VAT code, till or gateway account."""

    role: Role
    code: str = ""
    fund: UUID | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount on an account. ``line`` and ``reference`` are the basket line's."""

    account: Account
    amount: int
    line: int | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """Postings that sum to zero. ``cause`` is the payment, refund or file line it is posted for."""

    id: UUID
    kind: Kind
    cause: UUID
    method: str
    taken_on: date
    postings: Sequence[Posting]
    value_date: date | None = None
    reverses: UUID | None = None

    def __post_init__(self) -> None:
        """Refuse what the database would refuse. Raises ValueError."""
        if not MIN_POSTINGS <= len(self.postings) <= MAX_POSTINGS:
            raise ValueError(
                f"{len(self.postings)} postings: a transaction has {MIN_POSTINGS} to {MAX_POSTINGS}"
            )
        if total := sum(posting.amount for posting in self.postings):
            raise ValueError(f"the postings sum to {total} pence instead of 0")


def reverse(transaction: Transaction, new_id: UUID, taken_on: date) -> Transaction:
    """Return the transaction that undoes another, posting by posting."""
    postings = [replace(posting, amount=-posting.amount) for posting in transaction.postings]
    return replace(
        transaction,
        id=new_id,
        kind=Kind.REVERSAL,
        taken_on=taken_on,
        postings=postings,
        reverses=transaction.id,
    )


def sum_by_account(postings: Sequence[Posting]) -> dict[Account, int]:
    """Sum postings by account, without those that come to nothing."""
    sums: dict[Account, int] = {}
    for posting in postings:
        sums[posting.account] = sums.get(posting.account, 0) + posting.amount
    return {account: total for account, total in sums.items() if total}


class Record(Protocol):
    """A transaction as the store reads it. A posting is role, fund, code, amount, line, reference."""

    id: UUID
    mode: str
    kind: str
    cause: UUID
    method: str
    taken_on: date
    value_date: date | None
    reverses: UUID | None
    posted_at: datetime
    postings: list[list[Any]]


def describe_record(record: Record | Any) -> dict[str, Any]:
    """Describe a transaction as the chain hashes it and an auditor reads it. It names no council."""
    return {
        "id": str(record.id),
        "mode": record.mode,
        "kind": record.kind,
        "cause": str(record.cause),
        "method": record.method,
        "taken_on": record.taken_on.isoformat(),
        "value_date": record.value_date.isoformat() if record.value_date else None,
        "reverses": str(record.reverses) if record.reverses else None,
        "posted_at": record.posted_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "postings": record.postings,
    }


def seal(previous: bytes, record: Mapping[str, Any]) -> bytes:
    """Return the hash of a transaction's record and the hash before it (SHA-256)."""
    return hashlib.sha256(previous + canonical_json(record)).digest()


@dataclass(frozen=True, slots=True)
class Root:
    """The end of a chain on a day. ``chain``: its first transaction, which names it for ever."""

    chain: UUID
    day: date
    sequence: int
    hash: bytes

    def describe(self) -> dict[str, Any]:
        """Describe it as it is signed."""
        return {
            "chain": str(self.chain),
            "day": self.day.isoformat(),
            "sequence": self.sequence,
            "hash": self.hash.hex(),
        }


class ChainCheck:
    """Checks a chain record by record, as a file has them, with nothing but arithmetic.

    ``faults`` names what is wrong; a chain without faults, whose end is that of a root an auditor kept, is
    as it was when the root was signed.
    """

    def __init__(self) -> None:
        self.sequence, self.digest, self.faults = 0, FIRST, list[str]()
        self._roots: dict[int, bytes] = {}

    def add(self, sequence: int, record: Mapping[str, Any], digest: bytes) -> None:
        """Check the next record of a chain and its seal."""
        if sequence != self.sequence + 1:
            self.faults.append(f"seal {sequence} follows {self.sequence}: something is missing")
        total = sum(amount for _, _, _, amount, *_ in record["postings"])
        if total:
            self.faults.append(f"seal {sequence}: the postings sum to {total} pence")
        if seal(self.digest, record) != digest:
            self.faults.append(f"seal {sequence}: the record or one before it was changed")
        self.sequence, self.digest = sequence, digest
        self._roots[sequence] = digest

    def check_root(self, root: Mapping[str, Any]) -> None:
        """Check that a signed root is a seal of this chain."""
        if self._roots.get(int(root["sequence"])) != bytes.fromhex(str(root["hash"])):
            self.faults.append(f"the root of {root['day']} is no seal of this chain")
