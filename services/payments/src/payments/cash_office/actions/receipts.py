"""Receipts at the counter: posted as they are written, and undone by a reversal."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.database import ReadSession, Session
from chassis.problems import conflict
from chassis.web.sign_in import Staff
from payments.cash_office.actions import receipt_texts, records, tills
from payments.cash_office.actions.receipt_postings import NewTaking, publish, read_amounts, write
from payments.cash_office.rules.postings import CASH, CHEQUE, till_account
from payments.cash_office.schemas.receipts import NewReceipt, Receipt, ReceiptLine
from payments.cash_office.schemas.values import Because, Cheque
from payments.cash_office.store import erasure
from payments.cash_office.store import receipts as store
from payments.cash_office.tables import counter_receipt, till
from payments.funds.actions import baskets, payment_methods
from payments.ledger.actions import postings
from payments.ledger.rules import Kind
from payments.shared.retention import find_records_end


async def post(session: Session, staff: Staff, till_id: UUID, body: NewReceipt) -> None:
    """Take cash or a cheque on the person's own till. Sent again with its id it is one receipt.

    The till is locked: two tabs take turns, and a till that is counted takes nothing more. Raises Problem
    403, 404, 409, 422.
    """
    records.require_person(staff)
    if await _is_repeated(session, staff, till_id, body.id):
        return
    row = await tills.lock_own(session, staff, till_id)
    if await _is_repeated(session, staff, till_id, body.id):
        return
    kind = CHEQUE if body.cheque else CASH
    basket = await baskets.resolve_basket(
        session, staff.council, row.day, amount=body.amount, lines=body.lines, staff=True
    )
    taking = NewTaking(
        id=body.id,
        till=till_id,
        e_return=None,
        office=row.office,
        kind=kind,
        method=await payment_methods.find_code(session, staff.council, kind, body.method),
        place=till_account(kind, till_id, row.office),
        taken_on=row.day,
        tendered=body.tendered,
        metadata=body.metadata or {},
        lines=basket.lines,
        cheque=body.cheque,
    )
    [number] = await write(session, staff, [taking])
    await records.change(session, till, staff, row)
    await records.record(
        session, staff, "receipt-posted", counter_receipt, body.id, number=number, amount=body.amount
    )
    if body.email:
        await receipt_texts.queue_email(session, staff, body)


async def void(session: Session, staff: Staff, receipt_id: UUID, body: Because) -> None:
    """Undo a receipt of a till that is still open, and the person's own. Raises Problem 403, 404, 409."""
    receipt = await records.get(session, counter_receipt, staff, receipt_id)
    if receipt.till is None:
        detail = "This receipt is of an e-return. Give the money back with a credit note."
        raise conflict("not-of-a-till", detail)
    owner = await tills.lock_own(session, staff, receipt.till)
    row = await lock_whole(session, staff, receipt_id)
    reversal = await postings.post_reversal(
        session, staff.council, staff.mode, receipt_id, Kind.COUNTER, owner.day
    )
    await end(session, staff, row, "voided", body.reason)
    await records.change(session, till, staff, owner)
    lines = read_amounts(await store.list_lines(session, staff.council, [receipt_id]))
    await publish(session, staff, row, reversal, lines, -1)
    await records.record(
        session,
        staff,
        "receipt-voided",
        counter_receipt,
        receipt_id,
        reason=body.reason,
        note=body.note,
        amount=row.amount,
    )


async def lock_whole(session: Session, staff: Staff, receipt_id: UUID) -> Row[Any]:
    """Lock a receipt that stands as it was posted. Raises Problem 404, 409."""
    row = await records.lock(session, counter_receipt, staff, receipt_id)
    if row.status != "posted":
        raise conflict("receipt-ended", f"This receipt is {row.status}. Nothing was changed.")
    lines = await store.list_lines(session, staff.council, [receipt_id])
    if any(line.refunded or line.moved for line in lines):
        detail = "Some of it was given back or moved. Undo the journal first, or use a credit note."
        raise conflict("receipt-changed", detail)
    return row


async def end(session: Session, staff: Staff, row: Row[Any], status: str, reason: str) -> None:
    """Write that a locked receipt is undone."""
    values = {"status": status, "reason": reason, "ended_by": staff.subject, "ended_at": clock.now()}
    await records.change_plain(session, counter_receipt, staff, row, **values)


async def read(session: ReadSession, staff: Staff, receipt_id: UUID) -> Receipt:
    """Read a receipt with its lines and its cheque. Raises Problem 404."""
    row = await records.get(session, counter_receipt, staff, receipt_id)
    lines = await store.list_lines(session, staff.council, [receipt_id])
    cheques = await store.list_cheques(session, staff.council, [receipt_id])
    return show(row, lines, cheques)


def show(row: Row[Any], lines: Sequence[Row[Any]] = (), cheques: Sequence[Row[Any]] = ()) -> Receipt:
    """Show a receipt as the API does."""
    members = {name: value for name, value in row._asdict().items() if name in Receipt.model_fields}
    change = row.tendered - row.amount if row.tendered is not None else None
    return Receipt(
        **members,
        change=change,
        lines=[_pick(ReceiptLine, line) for line in lines],
        cheque=_pick(Cheque, cheques[0]) if cheques else None,
    )


def _pick(model: type[Any], row: Row[Any]) -> Any:
    return model(**{name: value for name, value in row._asdict().items() if name in model.model_fields})


async def _is_repeated(session: Session, staff: Staff, till_id: UUID, receipt_id: UUID) -> bool:
    """Check whether the person sent this before. Raises Problem 409 for an id that another has."""
    earlier = await records.find(session, counter_receipt, staff, receipt_id)
    if earlier is None:
        return False
    if earlier.till == till_id and earlier.created_by == staff.subject:
        return True
    raise conflict("id-taken", "There is a receipt with this id. Load the page again.")


async def erase_due(session: Session, council: str, day: date, most: int) -> list[UUID]:
    """Erase what is due on a day of a batch of receipts; return which.

    First the payer and what a service sent along; the narratives of lines with the financial records.
    """
    ends = {
        row.id: find_records_end(row.taken_on) for row in await erasure.lock_due(session, council, day, most)
    }
    if ends:
        following = {receipt: end if end > day else None for receipt, end in ends.items()}
        await erasure.erase_payers(session, council, following)
        over = [receipt for receipt, end in following.items() if end is None]
        await erasure.erase_narratives(session, council, over)
    return list(ends)
