"""Closures: days on which the council is closed. They never move a deadline that others have set."""

from fastapi import APIRouter, Response

from casework.calendar.actions import closures
from casework.calendar.routes.access import BASE, CaseworkKeeper, CaseworkReader, headers_of_new
from casework.calendar.schemas.closures import ClosureView, NewClosure
from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix=f"{BASE}/closures", tags=["calendars"])


@router.post("", status_code=201, response_model=ClosureView, responses={201: ETAG, **document_problems(409)})
async def add_closure(
    council: Slug, body: NewClosure, caller: CaseworkKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Add days on which you are closed. They move your own standards only. You need a live credential."""
    return await once.run(
        session,
        caller,
        body,
        lambda: closures.add_closure(session, council, caller, body),
        headers=headers_of_new(council, "closures"),
    )


@router.get("")
async def list_closures(
    council: Slug, _: CaseworkReader, session: Reading, paging: Paging
) -> Page[ClosureView]:
    """List your closures in the order in which they were added."""
    rows = await closures.list_closures(session, council, paging.start_id(), paging.fetch)
    return paging.page(rows, closures.to_model, lambda row: (ids.show(row.id),))


@router.get("/{closure}", responses={200: ETAG, **document_problems(404)})
async def read_closure(
    council: Slug, closure: ids.Id, _: CaseworkReader, session: Reading, response: Response
) -> ClosureView:
    """Get a closure. Its version is the ETag."""
    record = await closures.get_closure(session, council, closure)
    response.headers.update(version_tag(record.version))
    return record


@router.put("/{closure}", responses={200: ETAG, **document_problems(404, 412, 428)})
async def change_closure(
    council: Slug,
    closure: ids.Id,
    body: NewClosure,
    caller: CaseworkKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> ClosureView:
    """Change a closure. You need a live credential."""
    changed = await closures.change_closure(session, council, closure, caller, precondition, body)
    response.headers.update(version_tag(changed.version))
    return changed


@router.delete("/{closure}", status_code=204, responses=document_problems(404, 412, 428))
async def remove_closure(
    council: Slug, closure: ids.Id, caller: CaseworkKeeper, session: Writing, precondition: IfMatch
) -> None:
    """Remove a closure. The audit keeps what it was. You need a live credential."""
    await closures.remove_closure(session, council, closure, caller, precondition)
