"""The page of a case, its whole history, and its files."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from casework.attachments.routes.attachments import read_attachment
from casework.attachments.routes.dependencies import DOWNLOAD, FILE, TheContext
from casework.cases.actions import reads
from casework.office.actions import case_views, people
from casework.office.routes.access import PAGES, Reader, render
from chassis import ids
from chassis.database import Writing
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Form

router = APIRouter(prefix=f"{PAGES}/cases", tags=["office pages"], default_response_class=HTMLResponse)
_NAME = r"^[a-z][a-z0-9_-]{0,59}$|^$"
_PAGE = 50


@router.get("/{case_id}", responses=document_problems(404))
async def show_case(
    staff: Reader,
    request: Request,
    case_id: ids.Id,
    session: Writing,
    done: Annotated[str, Query(pattern=_NAME)] = "",
) -> Response:
    """Show a case. If it has personal data, an event says that you opened it, once an hour."""
    await people.remember(session, staff)
    view = await case_views.open_view(session, staff, case_id)
    definition = view.case_type.actions.get(done) or view.case_type.tasks.get(done)
    context: dict[str, Any] = {"view": view, "case": view.case, "case_type": view.case_type, "form": Form()}
    return render(
        request, staff, "office-case.html", done=definition.name.en if definition else "", **context
    )


@router.get("/{case_id}/history", responses=document_problems(404))
async def show_history(
    staff: Reader,
    request: Request,
    case_id: ids.Id,
    session: Writing,
    before: Annotated[int, Query(ge=2, le=2_147_483_647)] = 2_147_483_647,
) -> Response:
    """Show the history of a case, the latest first."""
    opened = await reads.open_whole(session, staff.council, staff.caller, case_id)
    last = min(before - 1, opened.case.version)
    after = max(0, last - _PAGE)
    entries = await case_views.list_entries(session, staff, opened, after, last - after)
    older = after + 1 if after else None
    context: dict[str, Any] = {
        "case": opened.case,
        "case_type": opened.version.bound.case_type,
        "older": older,
    }
    return render(request, staff, "office-history.html", entries=entries[::-1], **context)


@router.get(
    "/{case_id}/files/{attachment_id}",
    response_class=StreamingResponse,
    openapi_extra=DOWNLOAD,
    responses={**FILE, **document_problems(404, 409)},
)
async def read_file(
    staff: Reader, council: Slug, case_id: ids.Id, attachment_id: ids.Id, context: TheContext
) -> StreamingResponse:
    """Save a clean file of a case."""
    async with context.database.writing(council) as session:
        await reads.open_whole(session, council, staff.caller, case_id)
    return await read_attachment(council, case_id, attachment_id, staff.caller, context)
