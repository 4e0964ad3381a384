"""Takings by day, fund and method of payment: for the API, a chart with its table, and a file."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chassis.database import ReadSession
from chassis.problems import Problem
from chassis.spreadsheets import write_cell
from chassis.web.sign_in import Staff
from payments.funds.actions import baskets
from payments.ledger.actions import takings as ledger
from payments.office.rules.takings import find_period_fault
from payments.office.schemas import Taking


class Period(NamedTuple):
    """Days, the last included."""

    first: date
    last: date


async def list_takings(session: ReadSession, staff: Staff, period: Period) -> list[Taking]:
    """Sum what was taken by day, fund and method. Raises Problem 400 for a period that is too long."""
    fault = find_period_fault(*period)
    if fault is not None:
        raise Problem(400, "wrong-period", fault, field="last")
    rows = await ledger.list_takings(session, staff.council, staff.mode, *period)
    if len(rows) == ledger.MAX_TAKINGS:
        raise Problem(400, "too-many", "There is too much in these days. Choose fewer.", field="last")
    labels = await baskets.list_labels(session, staff.council, {row.fund for row in rows if row.fund})
    by_fund = {label.id: label for label in labels}
    return [
        Taking(
            day=row.day,
            fund=by_fund[row.fund].code if row.fund else "",
            fund_name=by_fund[row.fund].name if row.fund else "",
            method=row.method,
            gross=row.gross,
            vat=row.vat,
        )
        for row in rows
    ]


def write_csv(takings: Sequence[Taking]) -> str:
    """Write takings as a file for spreadsheets, in pounds."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("day", "fund", "method", "gross", "vat", "net", "fund_name"))
    for taking in takings:
        amounts = map(_pounds, (taking.gross, taking.vat, taking.gross - taking.vat))
        texts = (write_cell(taking.fund), write_cell(taking.method))
        writer.writerow((taking.day, *texts, *amounts, write_cell(taking.fund_name)))
    return file.getvalue()


def _pounds(pence: int) -> str:
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02}"
