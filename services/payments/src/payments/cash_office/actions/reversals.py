"""What is taken back of receipts later: cheques that the bank returned, credit notes, lines that move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from chassis.problems import conflict
from chassis.web.sign_in import Staff
from payments.cash_office.actions import bags, receipts, records
from payments.cash_office.actions.receipt_postings import publish, read_amounts
from payments.cash_office.rules.postings import CHEQUE, post_credit_note, post_returned_cheque
from payments.cash_office.rules.tills import Status
from payments.cash_office.schemas.receipts import ReturnedCheque
from payments.cash_office.store import receipts as store
from payments.cash_office.store import records as records_store
from payments.cash_office.tables import counter_receipt, till
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Transaction
from payments.payments.rules.postings import LineAmounts
from payments.shared.days import today
from payments.shared.money import compute_refund_vat

POSTED, RETURNED = "posted", "returned"


@dataclass(frozen=True, slots=True)
class _ReturnedCheque:
    """What the bank is to take back. It has the receipt's id: a cheque is returned once."""

    id: UUID
    number: str
    banked_on: date


async def return_cheque(session: Session, staff: Staff, receipt_id: UUID, body: ReturnedCheque) -> None:
    """Take back what a returned cheque paid, against the bank, which takes the money on its own.

    The bank's line is matched by the cheque's number. Raises Problem 403, 404, 409, 422.
    """
    records.require_person(staff)
    earlier = await records.get(session, counter_receipt, staff, receipt_id)
    if earlier.kind != CHEQUE:
        raise conflict("no-cheque", "This receipt is of cash, which no bank returns.")
    if earlier.till is not None:
        owner = await records.get(session, till, staff, earlier.till)
        if owner.status != Status.BANKED:
            raise conflict("not-banked", "This cheque has not been banked. Void its receipt instead.")
    row = await receipts.lock_whole(session, staff, receipt_id)
    [cheque] = await store.list_cheques(session, staff.council, [receipt_id])
    lines = read_amounts(await store.list_lines(session, staff.council, [receipt_id]))
    returned = _ReturnedCheque(receipt_id, cheque.number, body.returned_on)
    await bags.add(session, staff, returned, bags.RETURNED_CHEQUE, row.office, 0, -row.amount)
    transaction = Transaction(
        ids.new(),
        Kind.CHEQUE_RETURNED,
        receipt_id,
        row.method,
        today(),
        post_returned_cheque(receipt_id, receipt_id, lines),
        value_date=body.returned_on,
    )
    await postings.post(session, staff.council, staff.mode, [transaction])
    await receipts.end(session, staff, row, RETURNED, RETURNED)
    await publish(session, staff, row, transaction.id, lines, -1)
    await records.record(
        session,
        staff,
        "cheque-returned",
        counter_receipt,
        receipt_id,
        reason=RETURNED,
        note=body.note,
        amount=row.amount,
    )


async def lock_to_move(session: Session, council: str, mode: str, receipt_id: UUID) -> Row[Any] | None:
    """Lock a receipt that stands; None if there is none."""
    row = await records_store.lock(session, counter_receipt, council, mode, receipt_id)
    return row if row is not None and row.status == POSTED else None


async def lock_to_refund(session: Session, staff: Staff, receipt_id: UUID) -> Row[Any]:
    """Lock a receipt of which money may be given back. Raises Problem 404, 409, 422."""
    row = await records.lock(session, counter_receipt, staff, receipt_id)
    if row.status != POSTED:
        raise conflict("receipt-ended", f"This receipt is {row.status}. Nothing was changed.")
    if row.till is not None:
        owner = await records.get(session, till, staff, row.till)
        if owner.status == Status.OPEN:
            raise conflict("till-open", "The till of this receipt is open. Void the receipt there.")
    return row


async def list_lines(session: ReadSession, council: str, receipt_id: UUID) -> Sequence[Row[Any]]:
    """List the lines of a receipt, with what was given back of them, and moved."""
    return await store.list_lines(session, council, [receipt_id])


async def take_from_line(session: Session, council: str, receipt_id: UUID, n: int, **amounts: int) -> None:
    """Count what a journal or a credit note took from a line: refunded, moved, and the VAT of each."""
    await store.take_from_line(session, council, receipt_id, n, **amounts)


async def post_refund(
    session: Session, staff: Staff, row: Row[Any], cause: UUID, shares: Mapping[int, int]
) -> UUID:
    """Post a credit note of a locked receipt: ``shares``, of each line, are owed to the payer.

    They leave by the payments ledger. Raises ValueError for more than is left of a line.
    """
    parts = [
        _take_share(line, shares[line.n])
        for line in await list_lines(session, staff.council, row.id)
        if line.n in shares
    ]
    if len(parts) != len(shares):
        raise ValueError("the receipt has no such line")
    transaction = Transaction(
        ids.new(), Kind.CREDIT_NOTE, cause, row.method, today(), post_credit_note(row.id, parts)
    )
    await postings.post(session, staff.council, staff.mode, [transaction])
    for line in parts:
        await take_from_line(
            session, staff.council, row.id, line.n, refunded=line.amount, refunded_vat=line.vat
        )
    await publish(session, staff, row, transaction.id, parts, -1)
    return transaction.id


def _take_share(line: Row[Any], share: int) -> LineAmounts:
    vat = compute_refund_vat(
        line.amount,
        line.vat,
        line.basis_points,
        line.refunded + line.moved,
        line.refunded_vat + line.moved_vat,
        share,
    )
    return replace(read_amounts([line])[0], amount=share, vat=vat)
