"""The queues of the office."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from casework.office.actions import queues
from casework.office.actions.queues import Selected
from casework.office.routes.access import PAGES, Reader, render
from chassis import ids
from chassis.database import Reading
from chassis.pages import Paging

router = APIRouter(prefix=PAGES, tags=["office pages"], default_response_class=HTMLResponse)


@router.get("")
async def show_own_work(staff: Reader, request: Request, session: Reading, paging: Paging) -> Response:
    """Show the cases and tasks that are yours, the first due first."""
    start = paging.start(str, str)
    after = None if start is None else (paging.read_moment(start[0]), paging.read_id(start[1]))
    rows = await queues.list_cases(session, staff, Selected(is_mine=True), after, paging.fetch)
    page = paging.page(rows, lambda row: row, lambda row: (row.queued_at.isoformat(), ids.show(row.id)))
    cases = await queues.show_cases(session, staff, page.items)
    tasks = await queues.list_own_tasks(session, staff) if start is None else []
    return render(request, staff, "office-own-work.html", cases=cases, tasks=tasks, next=page.next)
