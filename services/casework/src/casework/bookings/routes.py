"""Pools of slots, free slots, and holds for forms."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from casework.bookings.actions import pools, slots
from casework.bookings.schemas import Area, Hold, NewHold, NewPool, PoolName, PoolView, SlotList
from casework.calendar.routes.access import BASE, CaseworkKeeper, CaseworkReader, headers_of_new
from casework.calendar.schemas.values import Day
from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix=BASE, tags=["bookings"])
Worker = Annotated[Caller, permission("casework:act")]


@router.post(
    "/slot-pools", status_code=201, response_model=PoolView, responses={201: ETAG, **document_problems(409)}
)
async def add_slot_pool(
    council: Slug, body: NewPool, caller: CaseworkKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Add a pool of slots: a week's pattern, and days that are otherwise. You need a live credential."""
    return await once.run(
        session,
        caller,
        body,
        lambda: pools.add_pool(session, council, caller, body),
        headers=headers_of_new(council, "slot-pools"),
    )


@router.get("/slot-pools")
async def list_slot_pools(
    council: Slug, _: CaseworkReader, session: Reading, paging: Paging
) -> Page[PoolView]:
    """List your pools of slots in the order in which they were added."""
    rows = await pools.list_pools(session, council, paging.start_id(), paging.fetch)
    return paging.page(rows, pools.to_model, lambda row: (ids.show(row.id),))


@router.get("/slot-pools/{pool}", responses={200: ETAG, **document_problems(404)})
async def get_slot_pool(
    council: Slug, pool: ids.Id, _: CaseworkReader, session: Reading, response: Response
) -> PoolView:
    """Get a pool of slots. Its version is the ETag."""
    view = await pools.get_pool(session, council, pool)
    response.headers.update(version_tag(view.version))
    return view


@router.put("/slot-pools/{pool}", responses={200: ETAG, **document_problems(404, 409, 412, 428)})
async def change_slot_pool(
    council: Slug,
    pool: ids.Id,
    body: NewPool,
    caller: CaseworkKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> PoolView:
    """Change a pool of slots. What is booked stays booked. You need a live credential."""
    view = await pools.change_pool(session, council, pool, caller, precondition, body)
    response.headers.update(version_tag(view.version))
    return view


@router.get("/slots")
async def list_slots(
    council: Slug,
    caller: CaseworkReader,
    session: Reading,
    pool: PoolName,
    area: Area = "",
    first: Annotated[Day | None, Query(alias="from", description="The first day; today without it")] = None,
    days: Annotated[int, Query(ge=1, le=31)] = 14,
) -> SlotList:
    """List the slots of a pool that have free places. A sandbox credential sees those of the sandbox."""
    return await slots.list_free(session, council, caller.mode, pool, area, first, days)


@router.post("/slot-holds", status_code=201, response_model=Hold, responses=document_problems(404, 409))
async def hold_slot(
    council: Slug, body: NewHold, caller: Worker, session: Writing, once: OnlyOnce
) -> Response:
    """Hold a slot while somebody fills in a form. Open the case with the same `submission` before it ends."""
    return await once.run(session, caller, body, lambda: slots.hold(session, council, caller, body))
