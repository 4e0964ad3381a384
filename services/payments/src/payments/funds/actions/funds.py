"""Add, change and list funds, and check a reference against one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import invalid, not_found
from payments.funds.actions import records
from payments.funds.rules import baskets
from payments.funds.rules.charts import SUSPENSE
from payments.funds.rules.validity import Period, is_taken
from payments.funds.schemas.funds import Fund, FundChange, NewFund, ReferenceCheck
from payments.funds.store import charts
from payments.funds.store import records as store
from payments.funds.tables import fund, reference_rule, vat_code
from payments.shared import days

_NAMED: tuple[tuple[str, Table], ...] = (("reference_rule", reference_rule), ("vat_code", vat_code))


async def create_fund(session: Session, council: str, caller: Caller, body: NewFund) -> Fund:
    """Add a fund. Raises Problem 400, 403, 409."""
    await records.begin_change(session, council, caller)
    await records.check_room(session, fund, council)
    values = {**dict(body), "id": ids.new(), **records.stamp(caller.subject)}
    await _check_values(session, council, values)
    await _check_code(session, council, values)
    await store.insert_records(session, fund, council, [values])
    return await get_fund(session, council, values["id"])


async def change_fund(
    session: Session, council: str, record: UUID, caller: Caller, precondition: Precondition, body: FundChange
) -> Fund:
    """Change a fund. Raises Problem 400, 403, 404, 409, 412."""
    await records.begin_change(session, council, caller)
    row = await records.lock_row(session, fund, council, record, precondition)
    changes = records.pick_changes(body)
    values = {**row._asdict(), **changes}
    await _check_values(session, council, values)
    if not _get_period(row._asdict()).contains(_get_period(values)):  # after a merge two have one code
        await _check_code(session, council, values)
    await records.update_row(session, fund, council, row, caller, changes)
    return await get_fund(session, council, record)


async def get_fund(session: ReadSession, council: str, record: UUID) -> Fund:
    """Get a fund. Raises Problem 404."""
    return to_model(await records.get_row(session, fund, council, record))


async def list_funds(
    session: ReadSession, council: str, code: str | None, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List a council's funds, those that have ended too, in the order in which they were added."""
    return await store.list_page(session, fund, council, code, after, fetch)


def to_model(row: Row[Any]) -> Fund:
    """Convert a row to the API's model."""
    return Fund.model_validate(row, from_attributes=True)


async def check_reference(session: ReadSession, council: str, record: UUID, text: str) -> ReferenceCheck:
    """Check whether a text is a reference of a fund that takes money today. Raises Problem 404.

    It looks at the text alone, never at accounts.
    """
    chart = await charts.read_chart(session, council, days.today())
    if record not in chart.funds:
        raise not_found("fund with this id that takes money today")
    checked = chart.funds[record]
    reference, fault = baskets.check_reference(checked, text)
    if fault is None:
        message = f"This is a reference of {checked.name}."
    else:
        way_out = checked.help or "Compare it with the bill or letter that has it."
        message = f"This is not a reference of {checked.name}: it {fault.message}. {way_out}"
    return ReferenceCheck(
        right=fault is None,
        reference=reference,
        code=fault.code if fault is not None else None,
        message=message,
        help=checked.help,
        help_cy=checked.help_cy,
    )


async def _check_values(session: Session, council: str, values: dict[str, Any]) -> None:
    """Check what no schema tells of one fund. Raises Problem 400."""
    if values["valid_to"] is not None and values["valid_to"] < values["valid_from"]:
        raise invalid("body.valid_to", "is before valid_from")
    if values["kind"] == SUSPENSE and (values["reference_rule"] or values["max_amount"]):
        raise invalid("body.kind", "takes any reference and amount: leave out reference_rule and max_amount")
    for member, table in _NAMED:
        if values[member] and await store.get_record(session, table, council, values[member]) is None:
            raise invalid(f"body.{member}", "is not one of this council")


async def _check_code(session: Session, council: str, values: dict[str, Any]) -> None:
    """Check that no other fund has the code on any day of this one. Raises Problem 409."""
    rows = await store.list_page(session, fund, council, values["code"], None, records.MAX_RECORDS)
    others = [_get_period(row._asdict()) for row in rows if row.id != values["id"]]
    if is_taken(_get_period(values), others):
        raise records.name_taken(fund, "code", values["code"])


def _get_period(values: dict[str, Any]) -> Period:
    return Period(values["valid_from"], values["valid_to"])
