"""Post transactions and reversals, in the caller's transaction."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from payments.ledger.rules import Account, Kind, Posting, Transaction, reverse
from payments.ledger.store import postings as store

_MAX_KNOWN = 50_000
_MILLISECONDS = 80  # the bits of a UUIDv7 below its time
_LONGEST_TRANSACTION = 300_000  # milliseconds


class AccountIds:
    """The ids of ledger accounts, kept by the process: an account never changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, Account], UUID] = {}

    async def find(
        self, session: Session, council: str, mode: str, accounts: set[Account]
    ) -> dict[Account, UUID]:
        """Find the accounts' ids, and make those that do not exist.

        A young account is not remembered: the transaction that made it may still be rolled back.
        """
        account_ids = {
            account: account_id
            for account in accounts
            if (account_id := self._known.get((council, mode, account))) is not None
        }
        if missing := sorted(accounts - account_ids.keys(), key=str):
            committed = await store.find_accounts(session, council, mode, missing)
            self._remember(council, mode, committed)
            account_ids |= committed
        if missing := sorted(accounts - account_ids.keys(), key=str):
            await store.insert_accounts(session, council, mode, missing)
            account_ids |= await store.find_accounts(session, council, mode, missing)
        return account_ids

    def _remember(self, council: str, mode: str, accounts: dict[Account, UUID]) -> None:
        if len(self._known) + len(accounts) > _MAX_KNOWN:
            self._known.clear()
        oldest = (ids.new().int >> _MILLISECONDS) - _LONGEST_TRANSACTION
        for account, account_id in accounts.items():
            if account_id.int >> _MILLISECONDS < oldest:
                self._known[council, mode, account] = account_id


_accounts = AccountIds()


async def post(session: Session, council: str, mode: str, transactions: Sequence[Transaction]) -> None:
    """Post transactions: one statement for all of them.

    A cause has one transaction of a kind; posting it again raises an integrity error.
    """
    accounts = {posting.account for transaction in transactions for posting in transaction.postings}
    account_ids = await _accounts.find(session, council, mode, accounts)
    await store.insert_transactions(session, council, mode, transactions, account_ids)


async def find_transaction(
    session: Session, council: str, mode: str, cause: UUID, kind: Kind
) -> Transaction | None:
    """Find the transaction of a cause."""
    rows = await store.find_postings(session, council, mode, cause, kind)
    if not rows:
        return None
    first = rows[0]
    postings = [
        Posting(Account(row.role, row.code, row.fund), row.amount, row.line, row.reference) for row in rows
    ]
    return Transaction(
        first.id, Kind(first.kind), first.cause, first.method, first.taken_on, postings, first.value_date
    )


async def list_by_causes(
    session: ReadSession, council: str, mode: str, causes: Sequence[UUID]
) -> Sequence[Row[Any]]:
    """List what was posted for a payment, its refunds and journals."""
    return await store.list_by_causes(session, council, mode, causes)


async def post_reversal(
    session: Session, council: str, mode: str, cause: UUID, kind: Kind, taken_on: date
) -> UUID:
    """Undo the transaction of a cause; return the reversal's id. Raises LookupError if there is none."""
    transaction = await find_transaction(session, council, mode, cause, kind)
    if transaction is None:
        raise LookupError(f"no transaction {kind} of {cause}")
    reversal = reverse(transaction, ids.new(), taken_on)
    await post(session, council, mode, [reversal])
    return reversal.id
