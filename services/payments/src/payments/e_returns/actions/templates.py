"""Templates of e-returns: what a service takes money for."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis.database import Session
from chassis.etags import Precondition
from chassis.web.sign_in import Staff
from payments.cash_office.actions import offices, records
from payments.e_returns.schemas import NewTemplate, Template, TemplateChange
from payments.e_returns.tables import e_return_template


async def create(session: Session, staff: Staff, body: NewTemplate) -> Template:
    """Add a template. Raises Problem 404, 409."""
    await offices.get_open(session, staff, body.office)
    rows = [row.model_dump(mode="json") for row in body.rows]
    values = {
        "id": body.id,
        "office": body.office,
        "name": body.name,
        "kind": body.kind,
        "rows": rows,
        "is_closed": False,
    }
    await offices.add_once(session, e_return_template, staff, values)
    return show(await records.get(session, e_return_template, staff, body.id))


async def change(
    session: Session, staff: Staff, template: UUID, precondition: Precondition, body: TemplateChange
) -> Template:
    """Change a template. Raises Problem 400, 404, 412."""
    await offices.change_record(session, e_return_template, staff, template, precondition, body)
    return show(await records.get(session, e_return_template, staff, template))


def show(row: Row[Any]) -> Template:
    """Show a template as the API does."""
    return Template.model_validate(row, from_attributes=True)
