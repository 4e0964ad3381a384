"""SQL of the funds and VAT codes that are in force on a day."""

import json
from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from chassis.database import ReadSession
from payments.funds.rules.charts import SUSPENSE, Chart, Fund, VatCode
from payments.funds.tables import fund, reference_rule, vat_code, vat_rate

_COUNCIL = bindparam("council_", type_=fund.c.council.type)
_DAY = bindparam("day", type_=fund.c.valid_from.type)
_DAYS = bindparam("days", type_=ARRAY(fund.c.valid_from.type))


def _select_funds(day: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            fund.c.id,
            fund.c.code,
            fund.c.name,
            fund.c.name_cy,
            fund.c.kind,
            cast(reference_rule.c.rule, Text).label("rule"),
            func.coalesce(reference_rule.c.help, "").label("help"),
            func.coalesce(reference_rule.c.help_cy, "").label("help_cy"),
            fund.c.vat_code,
            fund.c.vat_override,
            fund.c.ledger_code,
            fund.c.max_amount,
            fund.c.refund_spread,
            fund.c.retention_months,
        )
        .select_from(
            fund.outerjoin(
                reference_rule,
                and_(
                    reference_rule.c.council == fund.c.council, reference_rule.c.id == fund.c.reference_rule
                ),
            )
        )
        .where(
            fund.c.council == _COUNCIL,
            fund.c.valid_from <= day,
            or_(fund.c.valid_to.is_(None), fund.c.valid_to >= day),
        )
    )


def _select_vat_codes(day: ColumnElement[Any]) -> Select[Any]:
    rate = (
        select(vat_rate.c.basis_points, vat_rate.c.from_date)
        .where(
            vat_rate.c.council == vat_code.c.council,
            vat_rate.c.vat_code == vat_code.c.id,
            vat_rate.c.from_date <= day,
        )
        .order_by(vat_rate.c.from_date.desc())
        .limit(1)
        .lateral("rate")
    )
    return (
        select(
            vat_code.c.id,
            vat_code.c.code,
            vat_code.c.treatment,
            rate.c.from_date.is_not(None).label("has_rate"),
            rate.c.basis_points,
        )
        .select_from(vat_code.outerjoin(rate, true()))
        .where(vat_code.c.council == _COUNCIL)
    )


def _as_json(rows: Select[Any], name: str) -> ColumnElement[str]:
    """Make a column of a query's rows, as the text of a JSON array in the order of their ids."""
    table = rows.subquery(name)
    array = func.json_agg(aggregate_order_by(literal_column(name), table.c.id))
    return cast(select(func.coalesce(array, literal_column("'[]'"))).scalar_subquery(), Text).label(name)


_CHART = select(_as_json(_select_funds(_DAY), "funds"), _as_json(_select_vat_codes(_DAY), "codes"))
_IS_NAMED = or_(
    fund.c.id == func.any(bindparam("ids", type_=ARRAY(fund.c.id.type))),
    fund.c.code == func.any(bindparam("codes", type_=ARRAY(Text))),
    fund.c.kind == func.any(bindparam("kinds", type_=ARRAY(Text))),
)
_NAMED = select(
    _as_json(_select_funds(_DAY).where(_IS_NAMED), "funds"), _as_json(_select_vat_codes(_DAY), "codes")
)
# On most days a council's funds are those of the day before: each chart comes once, with its days.
_OF_DAY: ColumnElement[Any] = literal_column("days.day", type_=fund.c.valid_from.type)
_BY_DAY = (
    select(
        _OF_DAY.label("day"),
        _as_json(_select_funds(_OF_DAY), "funds"),
        _as_json(_select_vat_codes(_OF_DAY), "codes"),
    )
    .select_from(text("unnest(:days) AS days (day)").bindparams(_DAYS))
    .subquery()
)
_CHARTS = select(func.array_agg(_BY_DAY.c.day).label("days"), _BY_DAY.c.funds, _BY_DAY.c.codes).group_by(
    _BY_DAY.c.funds, _BY_DAY.c.codes
)
_CODES = select(fund.c.id, fund.c.code, fund.c.name).where(
    fund.c.council == _COUNCIL, fund.c.id == func.any(bindparam("funds", type_=ARRAY(fund.c.id.type)))
)


async def find_codes(session: ReadSession, council: str, funds: Collection[UUID]) -> dict[UUID, str]:
    """Find the codes of funds, whenever they are in force."""
    return {row.id: row.code for row in await list_labels(session, council, funds)}


async def list_labels(session: ReadSession, council: str, funds: Collection[UUID]) -> Sequence[Row[Any]]:
    """List ids, codes and names of funds, whenever they are in force."""
    return await session.all(_CODES, {"council_": council, "funds": list(funds)})


async def read_chart(session: ReadSession, council: str, day: date) -> Chart:
    """Read a council's funds on a day: one statement, however many there are."""
    return await _read(session, _CHART, {"council_": council, "day": day})


async def read_named(
    session: ReadSession, council: str, day: date, names: Collection[UUID | str], *, with_suspense: bool
) -> Chart:
    """Read those of a council's funds on a day that have one of the names, an id or a code.

    A payment's few of them are read for every payment and seldom change, so what was parsed before is not
    parsed again. ``with_suspense``: those for money that cannot be placed, too.
    """
    values = {
        "ids": [name for name in names if isinstance(name, UUID)],
        "codes": [name for name in names if isinstance(name, str)],
        "kinds": [SUSPENSE] if with_suspense else [],
    }
    return await _read(session, _NAMED, {"council_": council, "day": day, **values})


async def _read(session: ReadSession, statement: Select[str, str], values: dict[str, Any]) -> Chart:
    row = await session.first(statement, values)
    if row is None:
        raise LookupError("a query without a table has one row")
    return _parse_chart(row.funds, row.codes)


async def read_charts(session: ReadSession, council: str, days: Collection[date]) -> dict[date, Chart]:
    """Read a council's funds on some days: one statement, however many days there are."""
    rows = await session.all(_CHARTS, {"council_": council, "days": list(days)})
    return {day: chart for row in rows for chart in [_parse_chart(row.funds, row.codes)] for day in row.days}


@lru_cache(maxsize=500)
def _parse_chart(funds: str, codes: str) -> Chart:
    parsed_funds = [
        Fund(**{**row, "id": UUID(row["id"]), "vat_code": UUID(row["vat_code"])}) for row in json.loads(funds)
    ]
    parsed_codes = [VatCode(**{**row, "id": UUID(row["id"])}) for row in json.loads(codes)]
    return Chart({row.id: row for row in parsed_funds}, {row.id: row for row in parsed_codes})
