"""Where a journal takes money from: an item in suspense, or a line of a payment; locked meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import ReadSession, Session
from chassis.problems import Problem, not_found
from chassis.web.sign_in import Staff
from payments.cash_office.actions import reversals
from payments.ledger.actions import postings, takings
from payments.ledger.rules import Kind
from payments.office.rules.journals import take_in_order
from payments.office.schemas import SuspenseItem
from payments.payments.actions import payments
from payments.payments.rules.postings import LineAmounts
from payments.payments.rules.states import Status
from payments.search.actions import staff_search
from payments.shared.days import today
from payments.shared.money import compute_refund_vat

_NO_VAT = UUID(int=0)  # of money in suspense, which has none


@dataclass(frozen=True, slots=True)
class Source:
    """What a journal moves. ``payment`` or ``receipt``: the locked one whose lines these are, if any."""

    lines: Sequence[LineAmounts]
    taken_on: date
    payment: Row[Any] | None
    email: str | None
    receipt: UUID | None = None


async def lock(session: Session, staff: Staff, item: UUID, line: int | None, amount: int) -> Source:
    """Lock an item in suspense, or a payment or receipt with ``line``, that has this amount left.

    Raises Problem 404, 422.
    """
    payment = await _find_payment(session, staff, item)
    if payment is not None:
        return await _lock_payment(session, payment, line, amount)
    receipt = await reversals.lock_to_move(session, staff.council, staff.mode, item)
    if receipt is not None:
        lines = await reversals.list_lines(session, staff.council, item)
        return Source(_take(lines, line, amount), receipt.taken_on, None, None, item)
    if line is not None:
        raise not_found("payment")
    row = await takings.lock_suspense(session, staff.council, staff.mode, item)
    if row is None:
        raise not_found("item in suspense")
    if row.amount < amount:
        raise _too_much(row.amount)
    reference = row.reference or ""
    source = LineAmounts(1, row.fund, True, "", reference, _NO_VAT, amount, 0)  # noqa: FBT003 - a column
    return Source([source], row.taken_on, None, None)


async def lock_moved(session: Session, staff: Staff, journal: Row[Any], vat: int) -> Source:
    """Lock what a journal moved, to move it back: its payment's lines, with the VAT it moved."""
    payment = await _find_payment(session, staff, journal.subject)
    receipt = None
    if payment is not None:
        lines = await payments.list_lines(session, staff.council, payment.id)
    elif await reversals.lock_to_move(session, staff.council, staff.mode, journal.subject) is not None:
        receipt = journal.subject
        lines = await reversals.list_lines(session, staff.council, receipt)
    else:
        return Source([], today_of(journal), None, None)
    chosen = [row for row in lines if (row.n == journal.line if journal.line else row.is_suspense)]
    shares = take_in_order(journal.amount, [row.moved for row in chosen])
    moved = [
        _to_amounts(row, share, vat if journal.line else 0)
        for row, share in zip(chosen, shares, strict=True)
        if share
    ]
    return Source(moved, today_of(journal), payment, payment.email if payment else None, receipt)


async def move(session: Session, council: str, source: Source, sign: int) -> None:
    """Count what a journal moved on the lines of a payment or receipt; ``sign`` -1: moved back."""
    for line in source.lines:
        amount, vat = sign * line.amount, sign * line.vat
        if source.payment is not None:
            await payments.move_line(session, source.payment, line.n, amount, vat)
        elif source.receipt is not None:
            await reversals.take_from_line(
                session, council, source.receipt, line.n, moved=amount, moved_vat=vat
            )


def today_of(journal: Row[Any]) -> date:
    """Return the day of a journal."""
    day: date = journal.requested_at.date()
    return day


async def _find_payment(session: Session, staff: Staff, item: UUID) -> Row[Any] | None:
    """Lock the payment that an item in suspense is of; None if it is of something else."""
    if await staff_search.find(session, staff.council, staff.mode, item) is None:
        return None
    return await staff_search.lock(session, staff.council, staff.mode, item)


async def _lock_payment(session: Session, payment: Row[Any], line: int | None, amount: int) -> Source:
    transaction = await postings.find_transaction(
        session, payment.council, payment.mode, payment.id, Kind.RECEIPT
    )
    lines = await payments.list_lines(session, payment.council, payment.id)
    if transaction is None or payment.status != Status.CAPTURED:
        raise not_found("item in suspense" if line is None else "line")
    if payment.refunds_blocked:
        raise Problem(422, "disputed", "A dispute of this payment is open. Wait until it is over.")
    return Source(_take(lines, line, amount), transaction.taken_on, payment, payment.email)


def _take(lines: Sequence[Row[Any]], line: int | None, amount: int) -> list[LineAmounts]:
    """Take an amount from a line, or from those in suspense. Raises Problem 404, 422."""
    chosen = [row for row in lines if (row.n == line if line is not None else row.is_suspense)]
    if not chosen:
        raise not_found("item in suspense" if line is None else "line")
    left = [row.amount - row.refunded - row.moved for row in chosen]
    try:
        shares = take_in_order(amount, left)
    except ValueError as error:
        raise _too_much(sum(left)) from error
    return [
        _to_amounts(row, share, _share_vat(row, share))
        for row, share in zip(chosen, shares, strict=True)
        if share
    ]


def _share_vat(row: Row[Any], share: int) -> int:
    return compute_refund_vat(
        row.amount,
        row.vat,
        row.basis_points,
        row.refunded + row.moved,
        row.refunded_vat + row.moved_vat,
        share,
    )


def _to_amounts(row: Row[Any], amount: int, vat: int) -> LineAmounts:
    return LineAmounts(
        row.n, row.fund, row.is_suspense, row.ledger_code, row.reference, row.vat_code, amount, vat
    )


def _too_much(left: int) -> Problem:
    detail = f"This is more than the {left} pence that are left of it."
    return Problem(422, "too-much", detail, field="lines")


async def list_suspense(
    session: ReadSession, staff: Staff, start: tuple[date, str] | None, fetch: int
) -> Sequence[Row[Any]]:
    """List what is in suspense, the oldest first."""
    return await takings.list_suspense(session, staff.council, staff.mode, start, fetch)


async def get_suspense(session: ReadSession, staff: Staff, item: UUID) -> SuspenseItem:
    """Get an item that is in suspense. Raises Problem 404."""
    row = await takings.find_suspense(session, staff.council, staff.mode, item)
    if row is None or row.amount == 0:
        raise not_found("item in suspense")
    return show_suspense(row)


def show_suspense(row: Row[Any]) -> SuspenseItem:
    """Show an item in suspense."""
    return SuspenseItem(
        item=UUID(row.code),
        fund=row.fund,
        amount=row.amount,
        taken_on=row.taken_on,
        days=(today() - row.taken_on).days,
        reference=row.reference or "",
    )
