"""E-returns: drawn up and submitted by one person, authorised by another, and posted then."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict, invalid
from chassis.web.sign_in import Staff
from payments.cash_office.actions import bags, records
from payments.cash_office.rules.tills import sum_denominations
from payments.e_returns import store
from payments.e_returns.rules import EDITABLE, Status, find_check_fault, may_become
from payments.e_returns.schemas import EReturn, EReturnContent, EReturnSummary, NewEReturn, Template
from payments.e_returns.tables import e_return, e_return_template
from payments.funds.actions import baskets
from payments.funds.rules.baskets import Basket
from payments.funds.schemas.baskets import NewLine
from payments.shared.days import today
from payments.shared.schemas import MAX_NOTE


async def draft(session: Session, staff: Staff, body: NewEReturn) -> None:
    """Draw up an e-return. Sent again with its id it is one. Raises Problem 400, 403, 404, 409, 422."""
    records.require_person(staff)
    template = await records.get(session, e_return_template, staff, body.template)
    if template.is_closed:
        raise conflict("template-closed", "No e-return is made of this template any more.")
    await _check(session, staff, template, body)
    values = {
        "id": body.id,
        "template": template.id,
        "office": template.office,
        "kind": template.kind,
        "status": Status.DRAFT,
        "created_by": staff.subject,
        "created_by_name": staff.name,
        "answer": "",
        **_to_columns(staff, body),
        **records.stamp(staff.caller),
    }
    if await records.add(session, e_return, staff, values):
        await _record(session, staff, "e-return-drafted", body.id, amount=body.amount)
        return
    earlier = await records.find(session, e_return, staff, body.id)
    if earlier is None or earlier.created_by != staff.subject or earlier.template != template.id:
        raise conflict("id-taken", "There is an e-return with this id. Load the page again.")


async def change(
    session: Session, staff: Staff, e_return_id: UUID, precondition: Precondition, body: EReturnContent
) -> None:
    """Change what a draft has, or one that was sent back. Raises Problem 400, 403, 404, 409, 412, 422."""
    records.require_person(staff)
    row = await records.lock(session, e_return, staff, e_return_id, precondition)
    if row.status not in EDITABLE:
        raise conflict("not-editable", f"This e-return is {row.status}. Nothing was changed.")
    template = await records.get(session, e_return_template, staff, row.template)
    await _check(session, staff, template, body)
    await records.change(session, e_return, staff, row, **_to_columns(staff, body))
    await _record(session, staff, "e-return-changed", row.id, amount=body.amount)


async def submit(session: Session, staff: Staff, e_return_id: UUID) -> None:
    """Submit an e-return to somebody else. Raises Problem 403, 404, 409."""
    row = await lock_to_become(session, staff, e_return_id, Status.SUBMITTED)
    values = {"submitted_by": staff.subject, "submitted_at": clock.now(), "status": Status.SUBMITTED}
    await records.change(session, e_return, staff, row, **values, checked_by=None, checked_at=None, answer="")
    await _record(session, staff, "e-return-submitted", row.id, amount=row.amount)


async def send_back(session: Session, staff: Staff, e_return_id: UUID, answer: str) -> None:
    """Send an e-return of somebody else back, and say why. Raises Problem 403, 404, 409."""
    row = await lock_to_check(session, staff, e_return_id, Status.RETURNED)
    checked = {"checked_by": staff.subject, "checked_at": clock.now()}
    await records.change(session, e_return, staff, row, status=Status.RETURNED, answer=answer, **checked)
    await _record(session, staff, "e-return-returned", row.id, note=answer, amount=row.amount)


async def void(session: Session, staff: Staff, e_return_id: UUID, answer: str) -> None:
    """Void an e-return that is not posted; its payers are forgotten. Raises Problem 403, 404, 409."""
    row = await lock_to_become(session, staff, e_return_id, Status.VOIDED)
    await records.change(session, e_return, staff, row, status=Status.VOIDED, answer=answer, cheques=[])
    await _record(session, staff, "e-return-voided", row.id, note=answer, amount=row.amount)


async def lock_to_become(
    session: Session,
    staff: Staff,
    e_return_id: UUID,
    status: Status,
    precondition: Precondition | None = None,
) -> Row[Any]:
    """Lock an e-return that may go to a state. Raises Problem 403, 404, 409, 412."""
    records.require_person(staff)
    row = await records.lock(session, e_return, staff, e_return_id, precondition)
    if not may_become(row.status, status):
        raise conflict("not-possible", f"This e-return is {row.status}. Nothing was changed.")
    return row


async def lock_to_check(
    session: Session,
    staff: Staff,
    e_return_id: UUID,
    status: Status,
    precondition: Precondition | None = None,
) -> Row[Any]:
    """Lock an e-return that the person may check. Raises Problem 403, 404, 409, 412."""
    row = await lock_to_become(session, staff, e_return_id, status, precondition)
    makers = frozenset({row.created_by, row.changed_by, row.submitted_by})
    fault = find_check_fault(makers, staff.subject, staff.caller.scopes)
    if fault is not None:
        raise Problem(*fault)
    return row


async def resolve(
    session: Session, staff: Staff, template: Row[Any] | Template, body: EReturnContent
) -> Basket:
    """Check the lines against the template and the funds. Raises Problem 400, 422."""
    rows = Template.model_validate(template, from_attributes=True).rows
    lines = []
    for n, line in enumerate(body.lines):
        if line.row > len(rows):
            raise invalid(f"body.lines.{n}.row", f"is no row of the template, which has {len(rows)}")
        row = rows[line.row - 1]
        lines.append(
            NewLine(
                fund=row.fund,
                amount=line.amount,
                reference=row.reference or line.reference,
                ledger_code=row.ledger_code,
                vat_code=row.vat_code,
                narrative=line.narrative or row.label,
            )
        )
    return await baskets.resolve_basket(
        session, staff.council, body.banked_on, amount=body.amount, lines=lines, staff=True
    )


async def list_waiting(session: ReadSession, council: str, mode: str, day: date) -> Sequence[Row[Any]]:
    """List the e-returns that keep a day from being closed; ten at most."""
    return await store.list_waiting(session, council, mode, day, bags.MAX_WAITING)


async def count_open(session: ReadSession, council: str, mode: str, day: date) -> Sequence[Row[Any]]:
    """Count the e-returns that nobody has submitted, or that were sent back."""
    return await store.count_open(session, council, mode, day)


async def read(session: ReadSession, staff: Staff, e_return_id: UUID) -> EReturn:
    """Read an e-return. Raises Problem 404."""
    return show(await records.get(session, e_return, staff, e_return_id))


def read_content(row: Row[Any]) -> EReturnContent:
    """Read what an e-return lists, its cheques included, unless they are posted and kept apart."""
    cheques = row.cheques or [None] * len(row.lines)
    lines = [{**line, "cheque": cheque} for line, cheque in zip(row.lines, cheques, strict=True)]
    members = {"number": row.bag_number, "banked_on": row.banked_on, "counted": row.counted, "lines": lines}
    return EReturnContent.model_validate(members)


def summarise(row: Row[Any]) -> EReturnSummary:
    """Show an e-return as a list does."""
    return EReturnSummary.model_validate({**row._asdict(), "number": row.bag_number})


def show(row: Row[Any]) -> EReturn:
    """Show an e-return as the API does."""
    cheques = row.cheques or [None] * len(row.lines)
    lines = [{**line, "cheque": cheque} for line, cheque in zip(row.lines, cheques, strict=True)]
    return EReturn.model_validate({**row._asdict(), "number": row.bag_number, "lines": lines})


async def _check(session: Session, staff: Staff, template: Row[Any], body: EReturnContent) -> None:
    if (body.counted is None) != (template.kind == "cheque"):
        raise invalid("body.counted", f"does not fit: the template is of {template.kind}")
    if body.counted is not None and (counted := sum_denominations(body.counted)) != body.amount:
        detail = f"{counted} pence were counted, and the lines have {body.amount}."
        raise Problem(422, "count-differs", detail, field="counted")
    if body.banked_on > today():
        raise Problem(422, "day-to-come", "This day is still to come.", field="banked_on")
    await resolve(session, staff, template, body)


def _to_columns(staff: Staff, body: EReturnContent) -> dict[str, Any]:
    lines = [line.model_dump(mode="json", exclude={"cheque"}) for line in body.lines]
    counted = None
    if body.counted is not None:
        counted = {str(pence): number for pence, number in body.counted.items() if number}
    return {
        "bag_number": body.number,
        "banked_on": body.banked_on,
        "counted": counted,
        "lines": lines,
        "cheques": [line.cheque.model_dump() for line in body.lines if line.cheque],
        "amount": body.amount,
        "changed_by": staff.subject,
    }


async def _record(
    session: Session, staff: Staff, act: str, e_return_id: UUID, *, note: str = "", amount: int
) -> None:
    await records.record(session, staff, act, e_return, e_return_id, note=note[:MAX_NOTE], amount=amount)
