"""Collections and plans."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.direct_debit.actions import collections
from payments.direct_debit.routes.access import BASE, CollectionId, DebitKeeper, DebitReader
from payments.direct_debit.schemas.collections import (
    Collection,
    CollectionChange,
    NewCollection,
    NewPlan,
    NewPresentation,
    Plan,
)

router = APIRouter(prefix=BASE, tags=["direct debit"])
_CREATED = document_problems(404, 409, 422)
_CHANGED = {200: ETAG, **document_problems(404, 409, 412, 428)}


@router.post("/collections", status_code=201, response_model=Collection, responses={201: ETAG, **_CREATED})
async def create_collection(
    council: Slug, body: NewCollection, caller: DebitKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Plan a collection. The payer gets notice by e-mail; without it in time nothing is collected."""
    return await once.run(
        session,
        caller,
        body,
        lambda: collections.create_collection(session, council, caller, body),
        headers=lambda collection: {
            **version_tag(collection.version),
            "Location": f"{BASE.format(council=council)}/collections/{ids.show(collection.id)}",
        },
    )


@router.post("/plans", status_code=201, response_model=Plan, responses=_CREATED)
async def create_plan(
    council: Slug, body: NewPlan, caller: DebitKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Plan several collections, such as the instalments of a year, with one notice of all."""
    return await once.run(
        session, caller, body, lambda: collections.create_plan(session, council, caller, body)
    )


@router.get("/collections")
async def list_collections(
    council: Slug,
    caller: DebitReader,
    session: Reading,
    paging: Paging,
    mandate: Annotated[ids.Id | None, Query(description="Only this mandate's")] = None,
    plan: Annotated[ids.Id | None, Query(description="Only this plan's")] = None,
) -> Page[Collection]:
    """List collections in the order in which they were made."""
    filters = {"mandate": mandate, "plan": plan}
    rows = await collections.list_collections(
        session, council, caller, paging.start_id(), paging.fetch, filters
    )
    return paging.page(rows, lambda row: row, lambda row: (ids.show(row.id),))


@router.get("/collections/{collection_id}", responses={200: ETAG, **document_problems(404)})
async def get_collection(
    council: Slug, collection_id: CollectionId, caller: DebitReader, session: Reading, response: Response
) -> Collection:
    """Get a collection. Its version is the ETag."""
    row = await collections.get_collection(session, council, caller, collection_id)
    response.headers.update(version_tag(row.version))
    return row


@router.patch(
    "/collections/{collection_id}", responses={200: ETAG, **document_problems(404, 409, 412, 422, 428)}
)
async def change_collection(
    council: Slug,
    collection_id: CollectionId,
    body: CollectionChange,
    caller: DebitKeeper,
    session: Writing,
    precondition: IfMatch,
    response: Response,
) -> Collection:
    """Change the day or the amount of a collection that was not submitted. The payer gets notice again."""
    row = await collections.change_collection(session, council, caller, collection_id, precondition, body)
    response.headers.update(version_tag(row.version))
    return row


@router.post("/collections/{collection_id}/cancel", responses=_CHANGED)
async def cancel_collection(
    council: Slug,
    collection_id: CollectionId,
    caller: DebitKeeper,
    session: Writing,
    precondition: IfMatch,
    response: Response,
) -> Collection:
    """Cancel a collection that was not submitted."""
    row = await collections.cancel_collection(session, council, caller, collection_id, precondition)
    response.headers.update(version_tag(row.version))
    return row


@router.post(
    "/collections/{collection_id}/presentations",
    status_code=201,
    response_model=Collection,
    responses={201: ETAG, **document_problems(404, 409, 412, 428)},
)
async def present_collection_again(
    council: Slug,
    collection_id: CollectionId,
    body: NewPresentation,
    caller: DebitKeeper,
    session: Writing,
    precondition: IfMatch,
    once: OnlyOnce,
) -> Response:
    """Present a collection again that came back by `ARUDD-0`: once, the same amount, within a month."""
    return await once.run(
        session,
        caller,
        body,
        lambda: collections.present_again(session, council, caller, collection_id, precondition, body),
        headers=lambda collection: version_tag(collection.version),
    )
