"""The places where money is taken, and the templates of their e-returns."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table

from chassis.database import Session
from chassis.etags import Precondition
from chassis.problems import Problem, conflict
from chassis.web.sign_in import Staff
from payments.cash_office.actions import records
from payments.cash_office.schemas.offices import NewOffice, Office, OfficeChange
from payments.cash_office.tables import counter_office
from payments.funds.schemas.values import Change


async def create(session: Session, staff: Staff, body: NewOffice) -> Office:
    """Add an office. Raises Problem 409."""
    await add_once(
        session, counter_office, staff, {**body.model_dump(exclude={"id"}), "id": body.id, "is_closed": False}
    )
    return show(await records.get(session, counter_office, staff, body.id))


async def change(
    session: Session, staff: Staff, office: UUID, precondition: Precondition, body: OfficeChange
) -> Office:
    """Change an office. Raises Problem 404, 412."""
    await change_record(session, counter_office, staff, office, precondition, body)
    return show(await records.get(session, counter_office, staff, office))


async def get_open(session: Session, staff: Staff, office: UUID) -> Row[Any]:
    """Get an office that takes money. Raises Problem 404, 409."""
    row = await records.get(session, counter_office, staff, office)
    if row.is_closed:
        raise conflict("office-closed", f"{row.name} takes no money any more. Choose another office.")
    return row


def show(row: Row[Any]) -> Office:
    """Show an office as the API does."""
    return Office.model_validate(row, from_attributes=True)


async def add_once(session: Session, table: Table, staff: Staff, values: dict[str, Any]) -> None:
    """Add finance data that has a version. Raises Problem 409 for an id that is taken."""
    if not await records.add(session, table, staff, {**values, **records.stamp(staff.caller)}):
        raise conflict("id-taken", "There is a record with this id. Choose another, or leave it out.")
    await records.record(session, staff, "created", table, values["id"], name=values["name"])


async def change_record(
    session: Session, table: Table, staff: Staff, record: UUID, precondition: Precondition, body: Change
) -> None:
    """Change finance data that has a version. Raises Problem 400, 404, 412."""
    row = await records.lock(session, table, staff, record, precondition)
    changes = body.model_dump(exclude_unset=True, mode="json")
    if missing := sorted(name for name, value in changes.items() if value is None):
        raise Problem(400, "invalid-request", f"{missing[0]} cannot be null; leave it out to keep it.")
    await records.change(session, table, staff, row, **changes)
    await records.record(session, staff, "changed", table, record, **changes)
