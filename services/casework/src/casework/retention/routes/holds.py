"""Legal holds."""

from fastapi import APIRouter, Response

from casework.retention.actions import holds
from casework.retention.routes.dependencies import HoldId, Reader, TheChange, Worker
from casework.retention.schemas.holds import HoldView, Lift, NewHold
from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/holds", tags=["retention"])


@router.post(
    "", status_code=201, response_model=HoldView, responses={201: ETAG, **document_problems(403, 404)}
)
async def place_hold(
    council: Slug, body: NewHold, caller: Worker, session: Writing, once: OnlyOnce
) -> Response:
    """Hold a case, a person's cases or a type's cases: nothing of them is erased until it is lifted."""

    async def work() -> HoldView:
        return await holds.place(session, council, caller, body)

    return await once.run(session, caller, body, work, headers=_tag)


def _tag(hold: HoldView) -> dict[str, str]:
    return version_tag(hold.version)


@router.get("", responses=document_problems(403))
async def list_holds(council: Slug, caller: Reader, session: Reading, paging: Paging) -> Page[HoldView]:
    """List holds, the oldest first, with those that were lifted."""
    rows = await holds.list_holds(session, council, caller, paging.start_id(), paging.fetch)
    return paging.page(rows, lambda hold: hold, lambda hold: (ids.show(hold.id),))


@router.get("/{hold_id}", responses={200: ETAG, **document_problems(403, 404)})
async def get_hold(
    council: Slug, hold_id: HoldId, caller: Reader, session: Reading, response: Response
) -> HoldView:
    """Get a hold."""
    hold = await holds.get(session, council, caller, hold_id)
    response.headers.update(_tag(hold))
    return hold


@router.post(
    "/{hold_id}/lift",
    response_model=HoldView,
    responses={200: ETAG, **document_problems(403, 404, 409, 412, 428)},
)
async def lift_hold(
    council: Slug, hold_id: HoldId, body: Lift, caller: Worker, change: TheChange, once: OnlyOnce
) -> Response:
    """Lift a hold, and say why."""

    async def work() -> HoldView:
        return await holds.lift(change.session, council, caller, hold_id, change.precondition, body.reason)

    return await once.run(change.session, caller, body, work, status=200, headers=_tag)
