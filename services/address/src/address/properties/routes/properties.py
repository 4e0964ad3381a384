"""Read, create, change and retire a property, and list its history."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Row

from address.changes.actions import history
from address.changes.actions.change_log import ChangeContext
from address.changes.schemas import Past
from address.properties.actions import creation, properties, retirement
from address.properties.schemas.properties import Address, AddressChange, NewProperty, Retirement
from address.properties.store import reads
from address.shared.dates import AsOf
from address.shared.dependencies import (
    Reader,
    StoredJson,
    Writer,
    etag_headers,
    read_number_cursor,
)
from chassis import clock
from chassis.database import Reading, Writing, fast_pool
from chassis.etags import ETAG, NOT_MODIFIED, IfMatch, IfNoneMatch, is_current, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import Problem, document_problems, not_found
from chassis.types import Slug, Uprn

router = APIRouter(prefix="/{council}/address/v1/addresses", tags=["addresses"])
# Clients keep a copy and revalidate it at each use.
_CACHE = "private, no-cache"


@router.get(
    "/{uprn}", response_model=Address, responses={200: ETAG, **NOT_MODIFIED, **document_problems(404)}
)
async def read_address(
    request: Request,
    council: Slug,
    uprn: Uprn,
    _: Reader,
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read one property, whatever its status. Send its ETag as ``If-Match`` when you change it.

    With ``as_of`` you get the property as it was on that day: 404 for a day before the gazetteer had it.
    """
    pool = fast_pool(request)
    if as_of is None:
        property_json = await reads.get_json(pool, council, uprn)
    else:
        property_json = await reads.get_json_as_of(pool, council, uprn, as_of)
    if property_json is None:
        raise property_not_found(
            uprn, as_of, None if as_of is None else await reads.get_first_day(pool, council, uprn)
        )
    headers = {**version_tag(property_json["version"]), "Cache-Control": _CACHE}
    if is_current(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(property_json["body"], media_type="application/json", headers=headers)


def property_not_found(uprn: int, day: date | None, first: date | None) -> Problem:
    """Return the 404 for a property, with its first day if it exists on another day."""
    if day is None or first is None:
        return not_found(f"property {uprn}")
    detail = f"There was no property {uprn} on {day}: the gazetteer has it from {first} on."
    return Problem(404, "not-found", detail)


@router.post(
    "", status_code=201, response_model=Address, responses={201: ETAG, **document_problems(409, 422)}
)
async def create_address(
    council: Slug, body: NewProperty, caller: Writer, session: Writing, once: OnlyOnce
) -> Response:
    """Create a property. It is provisional by default and gets the next UPRN from the council's range.

    You can send a UPRN that is not and was not in use. The number or name must be free on the street.
    Publishes ``address.property.created.v1``.
    """
    context = ChangeContext(council, caller, clock.today())

    async def create() -> StoredJson:
        return _stored_json(await creation.create_property(session, context, body))

    def headers(created: StoredJson) -> dict[str, str]:
        return {
            **etag_headers(created),
            "Location": f"/{council}/address/v1/addresses/{created.root['uprn']}",
        }

    return await once.run(session, caller, body, create, headers=headers)


@router.patch(
    "/{uprn}", response_model=Address, responses={200: ETAG, **document_problems(404, 409, 412, 422, 428)}
)
async def change_address(
    council: Slug,
    uprn: Uprn,
    body: AddressChange,
    caller: Writer,
    session: Writing,
    once: OnlyOnce,
    precondition: IfMatch,
) -> Response:
    """Change a property. Send the ETag you read it with as ``If-Match``.

    Adds the change to the history and publishes ``address.property.changed.v1``, or ``retired.v1`` when the
    property becomes historic. A change with no effect keeps the version. Send an ``Idempotency-Key`` so that
    you can repeat the request if you lose the answer: without one, the repeat is refused with 412.
    """
    today = clock.today()

    async def change() -> StoredJson:
        return _stored_json(
            await properties.change_property(session, council, uprn, body, caller, today, precondition)
        )

    return await once.run(session, caller, body, change, status=200, headers=etag_headers)


@router.post(
    "/{uprn}/retire",
    response_model=Address,
    responses={200: ETAG, **document_problems(404, 409, 412, 422, 428)},
)
async def retire_address(
    council: Slug,
    uprn: Uprn,
    body: Retirement,
    caller: Writer,
    session: Writing,
    once: OnlyOnce,
    precondition: IfMatch,
) -> Response:
    """Retire a property for good, and name its successors. Send its ETag as ``If-Match``.

    Refused while there are live properties within it, unless ``children`` is true: then they are retired too.
    Publishes ``address.property.retired.v1`` for each.
    """
    context = ChangeContext(council, caller, clock.today())

    async def retire() -> StoredJson:
        return _stored_json(await retirement.retire_property(session, context, uprn, body, precondition))

    return await once.run(session, caller, body, retire, status=200, headers=etag_headers)


@router.get("/{uprn}/history", response_model=Page[Past], responses=document_problems(404))
async def list_address_history(
    council: Slug, uprn: Uprn, _: Reader, session: Reading, paging: Paging
) -> Page[Past]:
    """List who changed what of a property, the latest first."""
    before = read_number_cursor(paging)
    entries = await history.list_by_property(session, council, uprn, before, paging.fetch)
    if not entries and before is None:
        raise not_found(f"property {uprn}")
    return paging.page(entries, lambda entry: entry, lambda entry: (entry.version,))


def _stored_json(row: Row[Any]) -> StoredJson:
    return StoredJson.model_validate_json(row.body)
