"""Figures of casework, as JSON and for spreadsheets."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from casework.calendar.routes.access import BASE, CaseworkReader
from casework.performance.actions.csv_file import write_csv
from casework.performance.actions.figures import PerformanceQuery, get_performance
from casework.performance.schemas import Performance
from chassis.database import Reading
from chassis.types import Slug

router = APIRouter(prefix=f"{BASE}/performance", tags=["performance"])
CodeFilter = Annotated[
    str,
    Query(
        alias="type", pattern=r"^([a-z][a-z0-9-]*)?$", max_length=50, description="The code of a case type"
    ),
]
FromDay = Annotated[
    date | None, Query(alias="from", description="A day of the first week; else twelve weeks before")
]
ToDay = Annotated[date | None, Query(alias="to", description="A day of the last week; else today")]


@router.get("")
async def get_casework_performance(
    council: Slug,
    caller: CaseworkReader,
    session: Reading,
    case_type: CodeFilter = "",
    first: FromDay = None,
    last: ToDay = None,
) -> Performance:
    """Get figures by type and ISO week, 106 weeks at most, and of what is open now.

    A week counts what was entered in it; what is in time follows from when an act counted.
    """
    return await get_performance(session, council, caller, PerformanceQuery(case_type, first, last))


@router.get(
    ".csv",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_casework_performance(
    council: Slug,
    caller: CaseworkReader,
    session: Reading,
    case_type: CodeFilter = "",
    first: FromDay = None,
    last: ToDay = None,
) -> Response:
    """Export the same figures for spreadsheets: one number a line."""
    figures = await get_performance(session, council, caller, PerformanceQuery(case_type, first, last))
    name = f"performance-{figures.first_day}-{figures.last_day}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    content = write_csv(figures.weeks, figures.now)
    return Response(content, headers=headers, media_type="text/csv; charset=utf-8")
