"""Read, create, rename and close streets, and list their history."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, StringConstraints

from address.changes.actions import history
from address.changes.actions.change_log import ChangeContext
from address.changes.schemas import Past
from address.shared.dates import AsOf
from address.shared.dependencies import (
    Reader,
    Writer,
    etag_headers,
    read_number_cursor,
)
from address.streets import store
from address.streets.actions import streets as naming
from address.streets.actions import views
from address.streets.schemas import Closing, NewStreet, Street, StreetChange
from chassis import clock
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems, not_found
from chassis.types import Slug, Usrn, reject_control_characters

router = APIRouter(prefix="/{council}/address/v1/streets", tags=["streets"])
NameContains = Annotated[
    str,
    StringConstraints(min_length=2, max_length=100, strip_whitespace=True),
    AfterValidator(reject_control_characters),
    Query(description="Part of a current street name, in any language", examples=["york"]),
]


@router.get("", response_model=Page[Street])
async def list_streets(
    council: Slug,
    _: Reader,
    session: Reading,
    paging: Paging,
    q: NameContains | None = None,
    as_of: AsOf = None,
) -> Page[Street]:
    """List the council's streets by USRN, closed ones included; with ``as_of``, as they were on that day."""
    after = read_number_cursor(paging)
    pattern = None if q is None else store.like_pattern(q)
    rows = await store.list_streets(session, council, pattern, as_of, after or 0, paging.fetch)
    return paging.page(rows, views.to_street, lambda row: (row.usrn,))


@router.get("/{usrn}", response_model=Street, responses={200: ETAG, **document_problems(404)})
async def read_street(
    response: Response, council: Slug, usrn: Usrn, _: Reader, session: Reading, as_of: AsOf = None
) -> Street:
    """Read one street, open or closed. Send its ETag as ``If-Match`` when you change it."""
    street = await views.get_street(session, council, usrn, as_of)
    response.headers.update(etag_headers(street))
    return street


@router.post("", status_code=201, response_model=Street, responses={201: ETAG, **document_problems(409, 422)})
async def create_street(
    council: Slug, body: NewStreet, caller: Writer, session: Writing, once: OnlyOnce
) -> Response:
    """Create a street. It gets the next USRN from the council's range unless you send one.

    Its name must be free in its locality and town. Publishes ``address.street.created.v1``.
    """
    context = ChangeContext(council, caller, clock.today())

    def headers(created: Street) -> dict[str, str]:
        return {**etag_headers(created), "Location": f"/{council}/address/v1/streets/{created.usrn}"}

    return await once.run(
        session, caller, body, lambda: naming.create_street(session, context, body), headers=headers
    )


@router.patch(
    "/{usrn}", response_model=Street, responses={200: ETAG, **document_problems(404, 409, 412, 422, 428)}
)
async def change_street(
    council: Slug,
    usrn: Usrn,
    body: StreetChange,
    caller: Writer,
    session: Writing,
    once: OnlyOnce,
    precondition: IfMatch,
) -> Response:
    """Change a street. Send its ETag as ``If-Match``.

    A new name changes every address on the street at the same time. The change is added to the history of the
    street and of each property, and published for each (``address.street.changed.v1``).
    """
    context = ChangeContext(council, caller, clock.today())
    action = lambda: naming.change_street(session, context, usrn, body, precondition)  # noqa: E731 - once wants it without arguments
    return await once.run(session, caller, body, action, status=200, headers=etag_headers)


@router.post(
    "/{usrn}/close",
    response_model=Street,
    responses={200: ETAG, **document_problems(404, 409, 412, 422, 428)},
)
async def close_street(
    council: Slug,
    usrn: Usrn,
    body: Closing,
    caller: Writer,
    session: Writing,
    once: OnlyOnce,
    precondition: IfMatch,
) -> Response:
    """Close a street for good. Send its ETag as ``If-Match``. Refused while it has live properties.

    Publishes ``address.street.retired.v1``.
    """
    context = ChangeContext(council, caller, clock.today())
    action = lambda: naming.close_street(session, context, usrn, body, precondition)  # noqa: E731 - once wants it without arguments
    return await once.run(session, caller, body, action, status=200, headers=etag_headers)


@router.get("/{usrn}/history", response_model=Page[Past], responses=document_problems(404))
async def list_street_history(
    council: Slug, usrn: Usrn, _: Reader, session: Reading, paging: Paging
) -> Page[Past]:
    """List who changed what of a street, the latest first. Older streets may lack their first changes."""
    before = read_number_cursor(paging)
    entries = await history.list_by_street(session, council, usrn, before, paging.fetch)
    if not entries and before is None and await store.get_street(session, council, usrn) is None:
        raise not_found(f"street {usrn}")
    return paging.page(entries, lambda entry: entry, lambda entry: (entry.version,))
