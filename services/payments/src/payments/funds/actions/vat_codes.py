"""Add, change and list VAT codes with their rates."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import invalid
from payments.funds.actions import records
from payments.funds.rules.validity import list_changed_past
from payments.funds.schemas.vat_codes import NewVatCode, VatCode, VatCodeChange, VatRate
from payments.funds.store import rates as stored_rates
from payments.funds.store import records as store
from payments.funds.tables import vat_code
from payments.shared import days


async def create_code(session: Session, council: str, caller: Caller, body: NewVatCode) -> VatCode:
    """Add a VAT code. Raises Problem 403, 409."""
    await records.begin_change(session, council, caller)
    await records.check_room(session, vat_code, council)
    await records.check_name(session, vat_code, council, "code", body.code)
    values = {**body.model_dump(exclude={"rates"}), "id": ids.new(), **records.stamp(caller.subject)}
    await store.insert_records(session, vat_code, council, [values])
    await stored_rates.insert_rates(session, council, to_rate_values(values["id"], body.rates))
    return await get_code(session, council, values["id"])


async def change_code(
    session: Session,
    council: str,
    record: UUID,
    caller: Caller,
    precondition: Precondition,
    body: VatCodeChange,
) -> VatCode:
    """Change a VAT code. Raises Problem 400, 403, 404, 412."""
    await records.begin_change(session, council, caller)
    row = await records.lock_row(session, vat_code, council, record, precondition)
    if body.rates is not None:
        await _replace_rates(session, council, record, body.rates)
    changes = records.pick_changes(body, exclude=["rates"])
    await records.update_row(session, vat_code, council, row, caller, changes)
    return await get_code(session, council, record)


async def _replace_rates(session: Session, council: str, record: UUID, rates: Collection[VatRate]) -> None:
    rows = await stored_rates.list_rates(session, council, [record])
    before = {row.from_date: row.basis_points for row in rows}
    after = {rate.from_date: rate.basis_points for rate in rates}
    if changed := list_changed_past(before, after, days.today()):
        message = f"from {changed[0]} has begun and stays as it is; give the rates that have begun unchanged"
        raise invalid("body.rates", message, "rate_has_begun")
    await stored_rates.delete_rates(session, council, record)
    await stored_rates.insert_rates(session, council, to_rate_values(record, rates))


def to_rate_values(record: UUID, rates: Collection[VatRate]) -> list[dict[str, Any]]:
    """Give the columns of the rates of a VAT code."""
    return [{**rate.model_dump(), "vat_code": record} for rate in rates]


async def get_code(session: ReadSession, council: str, record: UUID) -> VatCode:
    """Get a VAT code. Raises Problem 404."""
    row = await records.get_row(session, vat_code, council, record)
    return _to_model(row, await stored_rates.list_rates(session, council, [record]))


async def list_codes(
    session: ReadSession, council: str, code: str | None, after: UUID | None, fetch: int
) -> list[VatCode]:
    """List a council's VAT codes in the order in which they were added."""
    rows = await store.list_page(session, vat_code, council, code, after, fetch)
    rates: dict[UUID, list[Row[Any]]] = {row.id: [] for row in rows}
    for rate in await stored_rates.list_rates(session, council, rates.keys()):
        rates[rate.vat_code].append(rate)
    return [_to_model(row, rates[row.id]) for row in rows]


def _to_model(row: Row[Any], rates: Collection[Row[Any]]) -> VatCode:
    models = [VatRate(from_date=rate.from_date, basis_points=rate.basis_points) for rate in rates]
    return VatCode.model_validate({**row._asdict(), "rates": models})
