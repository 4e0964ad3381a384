"""Number and approve developments."""

from uuid import UUID

from fastapi import APIRouter, Response

from address.changes.actions.change_log import ChangeContext
from address.developments import actions, store
from address.developments.schemas import Approval, Development, DevelopmentLine, NewDevelopment
from address.shared.dates import AsOf
from address.shared.dependencies import Reader, Writer, etag_headers
from chassis import clock, ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems, invalid
from chassis.types import Slug

router = APIRouter(prefix="/{council}/address/v1/developments", tags=["street naming and numbering"])


@router.post(
    "", status_code=201, response_model=Development, responses={201: ETAG, **document_problems(409, 422)}
)
async def create_development(
    council: Slug, body: NewDevelopment, caller: Writer, session: Writing, once: OnlyOnce
) -> Response:
    """Number the plots of a development on a street: all of them, or none.

    Each plot gets a provisional property with the next UPRN from the council's range. Each flat gets one
    within its building. Numbers and names must be free on the street.
    """
    context = ChangeContext(council, caller, clock.today())

    def headers(created: Development) -> dict[str, str]:
        return {
            **etag_headers(created),
            "Location": f"/{council}/address/v1/developments/{ids.show(created.id)}",
        }

    return await once.run(
        session, caller, body, lambda: actions.create_development(session, context, body), headers=headers
    )


@router.get("", response_model=Page[DevelopmentLine])
async def list_developments(
    council: Slug, _: Reader, session: Reading, paging: Paging
) -> Page[DevelopmentLine]:
    """List the council's developments, the latest first."""
    cursor = paging.start(str)
    try:
        before: UUID | None = None if cursor is None else ids.read(cursor[0])
    except ValueError as error:
        raise invalid("query.after", "is not a cursor of this list", "bad_cursor") from error
    rows = await store.list_developments(session, council, before, paging.fetch)
    return paging.page(rows, actions.to_line, lambda row: (ids.show(row.id),))


@router.get("/{development}", response_model=Development, responses={200: ETAG, **document_problems(404)})
async def read_development(
    response: Response, council: Slug, development: ids.Id, _: Reader, session: Reading, as_of: AsOf = None
) -> Development:
    """Read one development with its properties, now or on a day."""
    result = await actions.get_development(session, council, development, as_of)
    response.headers.update(etag_headers(result))
    return result


@router.post(
    "/{development}/approve",
    response_model=Development,
    responses={200: ETAG, **document_problems(404, 409, 412, 422, 428)},
)
async def approve_development(
    council: Slug,
    development: ids.Id,
    body: Approval,
    caller: Writer,
    session: Writing,
    once: OnlyOnce,
    precondition: IfMatch,
) -> Response:
    """Approve all properties of a development that are still provisional.

    Send the development's ETag as ``If-Match``. Publishes ``address.property.changed.v1`` for each.
    """
    context = ChangeContext(council, caller, clock.today())

    async def approve() -> Development:
        return await actions.approve_development(session, context, development, body, precondition)

    return await once.run(session, caller, body, approve, status=200, headers=etag_headers)
