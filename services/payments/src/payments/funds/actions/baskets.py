"""The basket of a payment: its lines checked against the funds of the day, or one line made for it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.database import ReadSession, Session
from chassis.problems import FieldError, Problem
from payments.funds.actions import imports
from payments.funds.rules import baskets as rules
from payments.funds.rules.baskets import Basket, Fault
from payments.funds.rules.charts import Chart
from payments.funds.schemas.baskets import NewLine
from payments.funds.store import charts, records


async def read_chart(session: ReadSession, council: str, on_date: date) -> Chart:
    """Read the council's funds of a day: one statement. It may be used for many baskets."""
    return await charts.read_chart(session, council, on_date)


async def read_charts(session: ReadSession, council: str, days: Collection[date]) -> dict[date, Chart]:
    """Read the council's funds of some days: one statement."""
    return await charts.read_charts(session, council, days)


def check_basket(chart: Chart, amount: int, lines: Sequence[NewLine], *, staff: bool = False) -> Basket:
    """Make the basket of lines. Raises Problem 422 for the whole basket."""
    requested = [line.to_rules() for line in lines]
    return _accept(rules.check_basket(chart, amount, requested, staff=staff))


async def find_codes(session: ReadSession, council: str, funds: Collection[UUID]) -> dict[UUID, str]:
    """Find the codes of funds, as events and files name them."""
    return await charts.find_codes(session, council, funds)


async def list_labels(session: ReadSession, council: str, funds: Collection[UUID]) -> Sequence[Row[Any]]:
    """List ids, codes and names of funds, as people read them."""
    return await charts.list_labels(session, council, funds)


async def resolve_basket(
    session: Session,
    council: str,
    on_date: date,
    *,
    amount: int,
    lines: Sequence[NewLine] | None,
    default_fund: UUID | None = None,
    metadata_fund: object = None,
    reference: str = "",
    staff: bool = False,
) -> Basket:
    """Make the basket of a payment: of its lines, else of one line. Raises Problem 422 for the whole basket.

    Without lines the fund is the first that takes the reference and the amount: that of the key, then that
    which the metadata name; else the money goes to suspense, for staff to place. Only the funds that are
    named are read.
    """
    if lines is not None:
        names = {line.fund for line in lines}
        chart = await charts.read_named(session, council, on_date, names, with_suspense=False)
        return check_basket(chart, amount, lines, staff=staff)
    candidates = (default_fund, _read_metadata(metadata_fund))
    names = {name for name in candidates if name is not None}
    chart = await charts.read_named(session, council, on_date, names, with_suspense=True)
    if chart.get_suspense() is None:
        chart = await _add_suspense(session, council, on_date)
    return _accept(rules.place_whole(chart, amount, reference, candidates))


async def read_chart_with_suspense(session: Session, council: str, on_date: date) -> tuple[Chart, UUID]:
    """Read the council's funds of a day, and the id of its suspense fund, which is made if there is none."""
    chart = await charts.read_chart(session, council, on_date)
    suspense = chart.get_suspense()
    if suspense is None:
        chart = await _add_suspense(session, council, on_date)
        suspense = chart.get_suspense()
    if suspense is None:
        raise RuntimeError(f"{council} has no suspense fund")
    return chart, suspense.id


async def _add_suspense(session: Session, council: str, on_date: date) -> Chart:
    """Give the council a suspense fund, unless another payment has done so since. Return its funds."""
    await records.lock_finance(session, council)
    chart = await charts.read_chart(session, council, on_date)
    if chart.get_suspense() is not None:
        return chart
    await imports.add_suspense(session, council, on_date)
    return await charts.read_chart(session, council, on_date)


def _accept(outcome: Basket | list[Fault]) -> Basket:
    if isinstance(outcome, Basket):
        return outcome
    errors = [FieldError(field=fault.field, message=fault.message, code=fault.code) for fault in outcome]
    first = outcome[0]
    detail = f"The payment was refused, nothing was taken: {first.field} {first.message}."
    raise Problem(422, "basket-refused", detail, errors=errors)


def _read_metadata(value: object) -> UUID | str | None:
    """Read a fund's id or code from metadata, which may hold anything."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    try:
        return ids.read(text)
    except ValueError:
        return text.upper() if text.isprintable() else None
