"""The office's pages of takings, a chart with its table and a file, and of closes."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from chassis.database import Reading
from chassis.pages import Paging
from chassis.problems import Problem
from chassis.web import Form
from payments.closes.actions import closes
from payments.office.actions import takings
from payments.office.routes.access import PAGES, OfficeStaff, render
from payments.office.rules.takings import draw, sum_by
from payments.office.schemas import Taking
from payments.shared.days import today
from payments.shared.locales import format_day

router = APIRouter(prefix=PAGES, tags=["office pages"])
Grouping = Literal["fund", "method", "day"]
DayText = Annotated[str, Query(max_length=10)]
_DAYS = 7
_AFTER_ALL = 2**31 - 1  # numbers of closes
_NAMES = {"fund": "Fund", "method": "Method of payment", "day": "Day"}


@router.get("/takings", response_class=HTMLResponse)
async def show_takings(
    staff: OfficeStaff, request: Request, session: Reading, first: DayText = "", last: DayText = "",
    by: Grouping = "fund",
) -> Response:  # fmt: skip
    """Show what was taken: by fund, by method of payment, or by day."""
    form, period = _read_period(first, last)
    try:
        rows = await takings.list_takings(session, staff, period)
    except Problem as problem:
        form.error("last", "%(text)s", text=problem.detail)
        rows = []
    sums = sum_by(rows, lambda row: _name(row, by), lambda row: (row.gross, row.vat))
    sums = sums if by == "day" else sorted(sums, key=lambda item: -item.gross)
    total = (sum(item.gross for item in sums), sum(item.vat for item in sums))
    context = {"sums": sums, "chart": draw(sums), "total": total, "names": _NAMES, "by": by}
    return render(
        request, staff, "office-takings.html", 200 if form.ok else 400, form=form, period=period, **context
    )


@router.get("/takings.csv", response_class=PlainTextResponse)
async def download_takings(staff: OfficeStaff, session: Reading, first: date, last: date) -> Response:
    """Download takings by day, fund and method of payment."""
    rows = await takings.list_takings(session, staff, takings.Period(first, last))
    headers = {
        "Content-Disposition": f'attachment; filename="takings-{first}-{last}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(takings.write_csv(rows), headers=headers, media_type="text/csv; charset=utf-8")


@router.get("/closes", response_class=HTMLResponse)
async def show_closes(staff: OfficeStaff, request: Request, session: Reading, paging: Paging) -> Response:
    """Show closes, the newest first, each with the progress of its files."""
    start = paging.start(int)
    before = start[0] if start else _AFTER_ALL
    rows = await closes.list_newest(session, staff.council, staff.mode, before, paging.fetch)
    page = paging.page(rows, closes.to_model, lambda row: (row.number,)).model_dump()
    return render(request, staff, "office-closes.html", page=page)


def _name(row: Taking, by: Grouping) -> str:
    if by == "day":
        return format_day(row.day)
    if by == "method":
        return row.method
    return f"{row.fund} {row.fund_name}" if row.fund else "Surcharges"


def _read_period(first: str, last: str) -> tuple[Form, takings.Period]:
    """Read the days of the form; without any the last week. What is no day is an error in the form."""
    default = takings.Period(today() - timedelta(days=_DAYS - 1), today())
    form = Form({"first": first or default.first.isoformat(), "last": last or default.last.isoformat()})
    days = []
    for name, usual in default._asdict().items():
        try:
            days.append(date.fromisoformat(form.get(name)))
        except ValueError:
            form.error(name, "Enter a day, such as 2026-04-01")
            days.append(usual)
    return form, takings.Period(*days)
