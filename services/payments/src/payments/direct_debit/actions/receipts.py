"""Post collections on their charge date, take them back when a bank does, and tell of each line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.database import ReadSession, Session
from chassis.outbox import Event
from payments import events
from payments.direct_debit.rules.postings import METHOD, UNPAID_METHOD, post_collection
from payments.direct_debit.rules.states import CollectionState
from payments.direct_debit.store import collections as store
from payments.direct_debit.store import mandates as mandate_store
from payments.funds.actions import baskets
from payments.ledger.actions import closed_days, postings
from payments.ledger.rules import Kind, reverse
from payments.payments.actions.receipts import to_amounts
from payments.payments.rules.postings import LineAmounts
from payments.shared.days import today

BATCH = 200
"""Collections that one transaction posts."""


async def post_charged(session: Session, council: str, user_id: UUID, mode: str) -> int:
    """Post a batch of a service user's collections whose day has come; return how many."""
    rows = await store.lock_charged(session, council, user_id, today(), BATCH)
    if not rows:
        return 0
    lines = await _read_lines(session, council, [row.id for row in rows])
    last_closed = await closed_days.find_last_day(session, council, mode)
    transactions = [
        post_collection(ids.new(), row, lines[row.id], _pick_day(row.charge_date, last_closed))
        for row in rows
    ]
    await postings.post(session, council, mode, transactions)
    values = {"state": CollectionState.COLLECTED, "posted_on": today(), "updated_at": clock.now()}
    await store.update_all(session, council, [row.id for row in rows], values)
    for mandate_id, day in sorted({row.mandate: row.charge_date for row in rows}.items()):
        await mandate_store.update_mandate(session, council, mandate_id, {"last_charged_on": day})
    receipts = [
        _Receipt(row, transaction.id, transaction.taken_on, METHOD, 1)
        for row, transaction in zip(rows, transactions, strict=True)
    ]
    await _publish(session, council, receipts, lines)
    return len(rows)


async def take_back(session: Session, row: Row[Any]) -> None:
    """Take a locked collection back in the ledger, in full. One that was never posted has nothing there."""
    if row.posted_on is None:
        return
    transaction = await postings.find_transaction(session, row.council, row.mode, row.id, Kind.RECEIPT)
    if transaction is None:
        raise LookupError(f"the collection {ids.show(row.id)} is collected and not posted")
    reversal = replace(reverse(transaction, ids.new(), today()), method=UNPAID_METHOD, value_date=None)
    await postings.post(session, row.council, row.mode, [reversal])
    lines = await _read_lines(session, row.council, [row.id])
    receipt = _Receipt(row, reversal.id, reversal.taken_on, UNPAID_METHOD, -1)
    await _publish(session, row.council, [receipt], lines)


async def find_of_payments(
    session: ReadSession, council: str, user_id: UUID, payments: Sequence[str]
) -> Sequence[Row[Any]]:
    """Find the collections that the provider has by these payments: of one presented again, both."""
    return await store.list_submitted(session, council, user_id, payments) if payments else ()


async def find_first_submission(session: ReadSession, council: str, user_id: UUID) -> datetime | None:
    """Find when the provider had a service user's first collection; None if it has none."""
    return await store.find_first_submission(session, council, user_id)


class _Receipt:
    """A posted collection, or its reversal (``sign`` -1)."""

    def __init__(self, row: Row[Any], receipt_id: UUID, taken_on: date, method: str, sign: int) -> None:
        self.row, self.id, self.sign = row, receipt_id, sign
        self.taken_on, self.method = taken_on, method

    def make_event(self, line: LineAmounts, code: str) -> Event:
        """Make the event of a line."""
        data = events.ReceiptPosted(
            receipt=self.id,
            line=line.n,
            mode=self.row.mode,
            fund=code,
            reference=line.reference,
            amount=self.sign * line.amount,
            taken_on=self.taken_on.isoformat(),
            method=self.method,
            metadata=self.row.metadata or {},
        )
        return Event(data, ids.show(self.id), line.n)


async def _publish(
    session: Session,
    council: str,
    receipts: Sequence[_Receipt],
    lines: Mapping[UUID, Sequence[LineAmounts]],
) -> None:
    funds = {line.fund for chosen in lines.values() for line in chosen}
    codes = await baskets.find_codes(session, council, funds)
    posted = [
        receipt.make_event(line, codes[line.fund]) for receipt in receipts for line in lines[receipt.row.id]
    ]
    await outbox.add_all(session, posted, council=council)


async def _read_lines(
    session: Session, council: str, collection_ids: Sequence[UUID]
) -> dict[UUID, list[LineAmounts]]:
    rows = await store.list_lines(session, council, collection_ids)
    return {collection_id: [to_amounts(line) for line in lines] for collection_id, lines in rows.items()}


def _pick_day(charge_date: date, last_closed: date | None) -> date:
    """Pick the day a collection is posted for: its charge date, and today if that is closed."""
    return today() if last_closed is not None and charge_date <= last_closed else charge_date
