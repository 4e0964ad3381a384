"""The page of figures, with its chart, its tables and its file."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from casework.office.routes.access import PAGES, Reader, render
from casework.overview.actions import figures
from casework.performance.actions.csv_file import write_csv
from casework.performance.actions.figures import PerformanceQuery, get_performance, read_weeks
from casework.shared.days import format_day
from chassis.database import Reading
from chassis.problems import Problem
from chassis.web import Form

router = APIRouter(prefix=PAGES, tags=["office pages"])
DayText = Annotated[str, Query(max_length=10)]
FromText = Annotated[str, Query(alias="from", max_length=10)]
Code = Annotated[str, Query(alias="type", pattern=r"^([a-z][a-z0-9-]*)?$", max_length=50)]
FromDay = Annotated[date, Query(alias="from")]


@router.get("/performance", response_class=HTMLResponse)
async def show_performance(
    staff: Reader,
    request: Request,
    session: Reading,
    first: FromText = "",
    to: DayText = "",
    code: Code = "",
) -> Response:
    """Show how many cases came and went, and how many in time."""
    form, query = _read_query(code, first, to)
    types = await figures.list_type_names(session, staff)
    view = await figures.get_figures(session, staff, query, types)
    status = 200 if form.ok else 400
    context = {"view": view, "types": types, "code": code, "day": format_day}
    return render(request, staff, "overview-performance.html", status, form=form, **context)


@router.get("/performance.csv", response_class=PlainTextResponse)
async def download_performance(
    staff: Reader, session: Reading, first: FromDay, to: date, code: Code = ""
) -> Response:
    """Download the figures for spreadsheets."""
    totals = await get_performance(session, staff.council, staff.caller, PerformanceQuery(code, first, to))
    headers = {
        "Content-Disposition": f'attachment; filename="performance-{first}-{to}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    content = write_csv(totals.weeks, totals.now)
    return Response(content, headers=headers, media_type="text/csv; charset=utf-8")


def _read_query(code: str, first: str, to: str) -> tuple[Form, PerformanceQuery]:
    """Read the form; what is no day, or no period, is an error in it, and the last twelve weeks are shown."""
    usual = read_weeks(PerformanceQuery())
    form = Form({"type": code, "from": first or usual.first.isoformat(), "to": to or usual.last.isoformat()})
    days = []
    for name in ("from", "to"):
        try:
            days.append(date.fromisoformat(form.get(name)))
        except ValueError:
            form.error(name, "Enter a day, such as 2026-04-01")
    if form.ok:
        query = PerformanceQuery(code, *days)
        try:
            read_weeks(query)
        except Problem as problem:
            form.error("to", "%(text)s", text=problem.detail)
        else:
            return form, query
    return form, PerformanceQuery(code, usual.first, usual.last)
