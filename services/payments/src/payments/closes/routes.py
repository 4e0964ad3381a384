"""Closes of days, and their exports."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.closes.actions import closes, exports
from payments.closes.schemas import DayClose, NewClose
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader

router = APIRouter(prefix=BASE, tags=["reconciliation"])
ClosedDay = Annotated[
    date, Path(description="The last day of the close", ge=date(2000, 1, 1), le=date(2999, 12, 31))
]
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}, "description": "CSV"}
}


@router.post("/closes", status_code=201, response_model=DayClose, responses=document_problems(409))
async def close_day(
    council: Slug, body: NewClose, caller: FinanceKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Close a day and all open days before it. Nobody opens it again: what comes later is posted today.

    You get the takings, what stands open, and the general ledger's journal. A file for each debtor fund that
    took or gave back anything is written after: get the close again until its state is complete. A sandbox
    credential closes a day of the sandbox.
    """
    return await once.run(session, caller, body, lambda: closes.close_day(session, council, caller, body.day))


@router.get("/closes")
async def list_closes(
    council: Slug, caller: FinanceReader, session: Reading, paging: Paging
) -> Page[DayClose]:
    """List closes of the credential's mode by their number, without their exports."""
    start = paging.start(int)
    rows = await closes.list_closes(session, council, caller.mode, start[0] if start else 0, paging.fetch)
    return paging.page(rows, closes.to_model, lambda row: (row.number,))


@router.get("/closes/{day}", responses=document_problems(404))
async def read_close(council: Slug, day: ClosedDay, caller: FinanceReader, session: Reading) -> DayClose:
    """Get the close of a day with its exports."""
    return await closes.get_close(session, council, caller.mode, day)


@router.get(
    "/exports/{export}/content", response_class=Response, responses={**_CSV, **document_problems(404, 410)}
)
async def read_export(council: Slug, export: ids.Id, caller: FinanceReader, session: Reading) -> Response:
    """Get an export's bytes: the same each time, until its financial year is over for six years."""
    row = await exports.get_content(session, council, caller.mode, export)
    headers = {
        "Content-Disposition": f'attachment; filename="{row.name}"',
        "ETag": f'"{bytes(row.hash).hex()}"',
    }
    return Response(bytes(row.content), media_type="text/csv", headers=headers)
