"""Requests of staff: made by one person, checked by another, with an entry of the audit for each act."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from chassis import audit, clock, ids
from chassis.audit import by_staff
from chassis.database import ReadSession, Session
from chassis.problems import Problem, not_found
from chassis.web.sign_in import Staff
from payments.office.rules import requests as rules
from payments.office.rules.requests import Kind, Limit, Reason, Status
from payments.office.store import erasure
from payments.office.store import requests as store
from payments.shared.card_numbers import has_card_number
from payments.shared.days import today

AGGREGATES = {
    Kind.REFUND: "payments.payment",
    Kind.JOURNAL: "payments.journal",
    Kind.UNDO: "payments.journal",
    Kind.CREDIT_NOTE: "payments.counter_receipt",
}
_MAX_OF_SUBJECT = 100
_LONDON = ZoneInfo("Europe/London")


def require_person(staff: Staff) -> None:
    """Require a person: a machine neither makes nor checks. Raises Problem 403."""
    if staff.subject == staff.caller.client_id or staff.caller.delegated:
        raise Problem(403, "person-needed", "Only a member of staff can do this, with a token of their own.")


def check_words(reason: Reason, note: str) -> None:
    """Check what a person wrote. Raises Problem 422."""
    if reason is Reason.OTHER and not note.strip():
        raise Problem(422, "note-needed", "Say in words what the reason is.", field="note")
    if has_card_number(note):
        detail = "There is a card number in it, which we must not store. Leave it out."
        raise Problem(422, "card-number", detail, field="note")


def require_other_account(staff: Staff, email: str | None) -> None:
    """Require that a person has nothing to do with the payment. Raises Problem 403."""
    if rules.is_own_account(staff.email, email):
        raise Problem(403, "own-account", "This payment is your own. Somebody else must see to it.")


async def read_limit(session: ReadSession, staff: Staff) -> Limit:
    """Read what a person may give back alone."""
    rows = await store.list_limits(session, staff.council)
    limits = [(row.scope, Limit(row.refund, row.daily)) for row in rows]
    return rules.choose_limit(limits, staff.caller.scopes)


async def is_within_limit(session: Session, staff: Staff, limit: Limit, amount: int) -> bool:
    """Check whether a person may give an amount back alone; two tabs of theirs take turns."""
    midnight = datetime.combine(today(), time(), _LONDON)
    total = await store.sum_done(session, staff.council, staff.mode, staff.subject, midnight)
    return rules.is_within(limit, amount, total)


def make_row(
    staff: Staff, request_id: UUID, kind: Kind, subject: UUID, amount: int, **values: Any
) -> dict[str, Any]:
    """Make the row of a new request; ``values``: reason, content, note, and what differs from a proposal."""
    return {
        "council": staff.council,
        "id": request_id,
        "mode": staff.mode,
        "kind": kind,
        "subject": subject,
        "line": None,
        "amount": amount,
        "maker_limit": 0,
        "status": Status.PROPOSED,
        "requested_by": staff.subject,
        "requested_at": clock.now(),
        "checked_by": None,
        "checked_at": None,
        "result": None,
        "answer": "",
        "requested_by_name": staff.name,
        "checked_by_name": "",
        **values,
    }


async def insert(session: Session, staff: Staff, row: Mapping[str, Any]) -> None:
    """Write a request and its entry of the audit. Raises Problem 409 for an id that is taken."""
    if not await store.insert_request(session, row):
        raise Problem(409, "request-exists", "This was sent before. Look at the list of requests.")
    await record(session, staff, row, f"{row['kind']}-{row['status']}", row["note"])


async def record(session: Session, staff: Staff, row: Mapping[str, Any], act: str, words: str) -> None:
    """Record an act on a request."""
    kind = Kind(row["kind"])
    aggregate_id = row["subject"] if kind is not Kind.JOURNAL else row["id"]
    await audit.record(
        session,
        staff.council,
        by_staff(staff.caller),
        act,
        AGGREGATES[kind],
        ids.show(aggregate_id),
        changes={"request": [None, ids.show(row["id"])], "amount": [None, row["amount"]]},
        personal={"note": [None, words]} if words else None,
        reason=row["reason"],
    )


async def find(session: ReadSession, staff: Staff, request_id: UUID) -> Row[Any] | None:
    """Find a request of the person's mode."""
    return await store.find_request(session, staff.council, staff.mode, request_id)


async def get(session: ReadSession, staff: Staff, request_id: UUID) -> Row[Any]:
    """Get a request. Raises Problem 404."""
    row = await find(session, staff, request_id)
    if row is None:
        raise not_found("request")
    return row


async def list_page(
    session: ReadSession, staff: Staff, status: str | None, start: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List requests, the newest first."""
    return await store.list_requests(session, staff.council, staff.mode, status, start, fetch)


async def list_by_subject(session: ReadSession, staff: Staff, subject: UUID) -> Sequence[Row[Any]]:
    """List the requests about a payment, an item in suspense or a journal."""
    return await store.list_by_subject(session, staff.council, subject, _MAX_OF_SUBJECT)


async def lock(session: Session, staff: Staff, request_id: UUID) -> Row[Any]:
    """Lock a request until the transaction ends. Raises Problem 404."""
    row = await store.lock_request(session, staff.council, staff.mode, request_id)
    if row is None:
        raise not_found("request")
    return row


async def lock_to_check(session: Session, staff: Staff, request_id: UUID) -> Row[Any]:
    """Lock a request that the person may check. Raises Problem 403, 404, 409."""
    require_person(staff)
    row = await lock(session, staff, request_id)
    fault = rules.find_check_fault(row.status, row.requested_by, staff.subject, staff.caller.scopes)
    if fault is not None:
        raise Problem(*fault)
    return row


async def approve(session: Session, staff: Staff, row: Row[Any], result: UUID) -> None:
    """Write that a locked request is approved, and what came of it."""
    await _end(session, staff, row, Status.APPROVED, result=result)


async def reject(session: Session, staff: Staff, request_id: UUID, answer: str) -> None:
    """Reject a request, with words that stay with it. Raises Problem 403, 404, 409, 422."""
    row = await lock_to_check(session, staff, request_id)
    if not answer.strip():
        raise Problem(422, "answer-needed", "Say why, so that its maker can do better.", field="answer")
    check_words(Reason.OTHER, answer)
    await _end(session, staff, row, Status.REJECTED, answer=answer)


async def withdraw(session: Session, staff: Staff, request_id: UUID) -> None:
    """Withdraw a request of one's own. Raises Problem 403, 404, 409."""
    require_person(staff)
    row = await lock(session, staff, request_id)
    if row.requested_by != staff.subject:
        raise Problem(403, "not-own-request", "Only its maker withdraws a request. You can reject it.")
    if row.status != Status.PROPOSED:
        raise Problem(409, "request-ended", f"This request is {row.status}. Nothing was changed.")
    values = {"checked_by": None, "checked_by_name": "", "checked_at": None, "answer": "", "result": None}
    await store.end_request(session, row, {**values, "status": Status.WITHDRAWN})
    await record(session, staff, _columns(row), f"{row.kind}-withdrawn", "")


async def erase_words(session: Session, council: str, payments: Sequence[UUID]) -> Sequence[UUID]:
    """Erase what staff wrote in requests about these payments; return the journals among them."""
    return await erasure.erase_by_payment(session, council, payments)


async def erase_old_words(session: Session, council: str, last_day: date, most: int) -> Sequence[UUID | None]:
    """Erase words and names of a batch of requests up to a day; return for each its journal, if any."""
    return await erasure.erase_old(session, council, last_day, most)


async def _end(
    session: Session,
    staff: Staff,
    row: Row[Any],
    status: Status,
    answer: str = "",
    result: UUID | None = None,
) -> None:
    values = {
        "status": status,
        "checked_by": staff.subject,
        "checked_by_name": staff.name,
        "checked_at": clock.now(),
        "answer": answer,
        "result": result,
    }
    await store.end_request(session, row, values)
    await record(session, staff, _columns(row), f"{row.kind}-{status}", answer)


def _columns(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "kind", "subject", "amount", "reason")}
