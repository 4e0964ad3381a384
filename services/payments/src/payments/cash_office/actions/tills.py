"""Tills: opened, counted blind, and checked by a second person where they differ too much."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict
from chassis.web.sign_in import Staff
from payments.cash_office.actions import offices, records
from payments.cash_office.rules.postings import CASH, post_difference
from payments.cash_office.rules.tills import Count, Status, find_check_fault, sum_denominations
from payments.cash_office.schemas.tills import NewTill, Till, TillCount
from payments.cash_office.schemas.values import Because
from payments.cash_office.store import erasure, receipts
from payments.cash_office.tables import counter_office, till
from payments.funds.actions import payment_methods
from payments.ledger.actions import postings
from payments.ledger.rules import Kind, Transaction
from payments.shared.days import today
from payments.shared.scopes import APPROVE

_TO_COUNT = {Status.OPEN, Status.RECOUNT}


async def open_till(session: Session, staff: Staff, body: NewTill) -> Till:
    """Open a till for today. Sent again with its id it is one till. Raises Problem 403, 404, 409."""
    records.require_person(staff)
    office = await offices.get_open(session, staff, body.office)
    values = {
        "id": body.id,
        "office": office.id,
        "day": today(),
        "opening_float": body.opening_float,
        "status": Status.OPEN,
        "opened_by": staff.subject,
        "opened_at": clock.now(),
        "opened_by_name": staff.name,
        "note": "",
        **records.stamp(staff.caller),
    }
    if await records.add(session, till, staff, values):
        amount = body.opening_float
        await records.record(session, staff, "till-opened", till, body.id, opening_float=amount)
    row = await records.find(session, till, staff, body.id)
    if row is None or row.opened_by != staff.subject or row.office != office.id:
        raise conflict("till-open", "You have a till open. Count it before you open another.")
    return show(row)


async def lock_own(session: Session, staff: Staff, till_id: UUID) -> Row[Any]:
    """Lock a till that is open, today's, and the person's own. Raises Problem 403, 404, 409."""
    records.require_person(staff)
    row = await records.lock(session, till, staff, till_id)
    if row.opened_by != staff.subject:
        raise Problem(403, "not-your-till", "Somebody else opened this till. Open one of your own.")
    if row.status != Status.OPEN:
        raise conflict("till-counted", "This till has been counted. Open another.")
    if row.day != today():
        raise conflict("till-of-another-day", f"This till is of {row.day}. Count it, and open another.")
    return row


async def count(
    session: Session, staff: Staff, till_id: UUID, precondition: Precondition, body: TillCount
) -> None:
    """Count a till: nothing is taken on it any more. Raises Problem 403, 404, 409, 412.

    The precondition is what makes it a count of all: a receipt posted meanwhile gives the till a new version.
    """
    records.require_person(staff)
    row = await records.lock(session, till, staff, till_id, precondition)
    _require_own(staff, row)
    if row.status not in _TO_COUNT:
        raise conflict("till-counted", "This till has been counted before. Nothing was changed.")
    sums = await receipts.sum_till(session, staff.council, till_id)
    values = {
        "counted": {str(pence): number for pence, number in body.counted.items() if number},
        "counted_cash": sum_denominations(body.counted),
        "counted_cheques": body.cheques,
        "expected_cash": row.opening_float + sums.cash,
        "expected_cheques": sums.cheques,
        "counted_by": staff.subject,
        "counted_at": clock.now(),
    }
    outcome = Count(values["counted_cash"], body.cheques, values["expected_cash"], values["expected_cheques"])
    status = Status.BALANCED if outcome.is_balanced else Status.COUNTED
    await records.change(session, till, staff, row, status=status, **values)
    await records.record(
        session, staff, "till-counted", till, till_id, counted=outcome.cash, cheques=outcome.cheques
    )


async def explain(
    session: Session, staff: Staff, till_id: UUID, precondition: Precondition, body: Because
) -> None:
    """Say why a till is over or short: it is booked, or waits for a second person.

    Raises Problem 403, 404, 409, 412.
    """
    records.require_person(staff)
    row = await records.lock(session, till, staff, till_id, precondition)
    _require_own(staff, row)
    if row.status != Status.COUNTED:
        raise conflict("till-not-counted", f"This till is {row.status}. Nothing was changed.")
    office = await records.get(session, counter_office, staff, row.office)
    outcome = read_count(row)
    status = Status.CHECKING if outcome.exceeds(office.difference_limit) else Status.BALANCED
    values = {"reason": body.reason, "note": body.note, "explained_by": staff.subject, "status": status}
    if status is Status.BALANCED:
        await _post(session, staff, row, outcome)
    await records.change(session, till, staff, row, **values)
    await _record(session, staff, row, f"till-difference-{status}", body.reason, body.note)


async def check(session: Session, staff: Staff, till_id: UUID) -> None:
    """Accept what a till of somebody else is over or short: it is booked. Raises Problem 403, 404, 409."""
    row = await _lock_to_check(session, staff, till_id)
    await _post(session, staff, row, read_count(row))
    await records.change(session, till, staff, row, status=Status.BALANCED, checked_by=staff.subject)
    await _record(session, staff, row, "till-checked", row.reason)


async def require_recount(session: Session, staff: Staff, till_id: UUID, answer: str) -> None:
    """Have a till of somebody else counted again. Raises Problem 403, 404, 409."""
    row = await _lock_to_check(session, staff, till_id)
    await records.change(session, till, staff, row, status=Status.RECOUNT)
    await _record(session, staff, row, "till-recount-required", row.reason, answer)


def read_count(row: Row[Any]) -> Count:
    """Read what a till was counted as, with its float."""
    return Count(row.counted_cash, row.counted_cheques, row.expected_cash, row.expected_cheques)


async def _lock_to_check(session: Session, staff: Staff, till_id: UUID) -> Row[Any]:
    records.require_person(staff)
    row = await records.lock(session, till, staff, till_id)
    makers = frozenset({row.opened_by, row.counted_by, row.explained_by})
    fault = find_check_fault(row.status, makers, staff.subject, staff.caller.scopes)
    if fault is not None:
        raise Problem(*fault)
    return row


def _require_own(staff: Staff, row: Row[Any]) -> None:
    """Require the person who took the money, or one who may stand in for them. Raises Problem 403."""
    if row.opened_by != staff.subject and not staff.may(APPROVE):
        detail = f"Somebody else opened this till. To count it for them you need {APPROVE}."
        raise Problem(403, "not-your-till", detail)


async def _post(session: Session, staff: Staff, row: Row[Any], outcome: Count) -> None:
    """Book a difference, for the till's day: it is not closed before the till is balanced."""
    legs = post_difference(row.id, row.office, outcome)
    method = await payment_methods.find_code(session, staff.council, CASH)
    transaction = Transaction(ids.new(), Kind.TILL_DIFFERENCE, row.id, method, row.day, legs)
    await postings.post(session, staff.council, staff.mode, [transaction])


async def _record(
    session: Session, staff: Staff, row: Row[Any], act: str, reason: str, note: str = ""
) -> None:
    outcome = read_count(row)
    await records.record(
        session,
        staff,
        act,
        till,
        row.id,
        reason=reason,
        note=note,
        cash_difference=outcome.cash_difference,
        cheque_difference=outcome.cheque_difference,
    )


def show(row: Row[Any]) -> Till:
    """Show a till as the API does."""
    difference = None
    if row.counted_cash is not None:
        difference = row.counted_cash + row.counted_cheques - row.expected_cash - row.expected_cheques
    return Till.model_validate({**row._asdict(), "difference": difference})


async def erase_notes(session: Session, council: str, last_day: date, most: int) -> list[UUID]:
    """Erase what staff wrote about a batch of tills up to a day; return which."""
    return await erasure.erase_notes(session, council, last_day, most)


async def erase_names(session: Session, council: str, last_day: date, most: int) -> list[UUID]:
    """Erase the names of staff at a batch of tills up to a day, with what else they wrote; return which."""
    return await erasure.erase_names(session, council, last_day, most)
