"""Our own API: addresses while somebody types, one property, and changing it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import JsonValue, RootModel

from address.actions import properties, searches
from address.schemas.addresses import Address, AddressChange, AddressLines, Typed
from address.store import places
from chassis.auth import Caller, permission
from chassis.database import FastPool, Writing, fast_pool
from chassis.idempotency import OnlyOnce
from chassis.problems import Problem, documents, not_found
from chassis.types import Slug, Uprn

router = APIRouter(prefix="/{council}/address/v1/addresses", tags=["addresses"])
Reader = Annotated[Caller, permission("address:read")]
Writer = Annotated[Caller, permission("address:write")]
_ETAG = {"ETag": {"description": "The property's version", "schema": {"type": "string"}}}
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "As the ETag in If-None-Match says"}}
_LONGEST_TAG = 12
_AsWritten = RootModel[dict[str, JsonValue]]  # the JSON that PostgreSQL wrote, to the letter of its times
# A reader keeps its copy, but asks each time whether it still holds.
_CACHE = "private, no-cache"
IfMatch = Annotated[
    str | None, Header(max_length=200, description='The ETag of the version you have seen, such as "3"')
]


@router.get("", response_model=AddressLines)
async def suggest_addresses(
    council: Slug,
    _: Reader,
    pool: FastPool,
    q: Typed,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Response:
    """Addresses for what somebody has typed so far, best first: for a box that completes as people type.

    Understands a partial postcode, a number and a street, a flat and a street (``flat 2 acacia``), names of
    buildings and organisations, and a UPRN. Retired properties are left out.
    """
    items = await searches.suggest(pool, council, q, limit)
    return Response(f'{{"items":[{",".join(items)}]}}', media_type="application/json")


@router.get(
    "/{uprn}",
    response_model=Address,
    responses={200: {"headers": _ETAG}, **_NOT_MODIFIED, **documents(404)},
)
async def read_address(
    request: Request,
    council: Slug,
    uprn: Uprn,
    _: Reader,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """One property, whatever its status. Its ETag is what a change sends as If-Match."""
    found = await places.own(fast_pool(request), council, uprn)
    if found is None:
        raise not_found(f"property {uprn}")
    headers = {"ETag": f'"{found["version"]}"', "Cache-Control": _CACHE}
    if if_none_match is not None and found["version"] in _versions(if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(found["body"], media_type="application/json", headers=headers)


@router.patch(
    "/{uprn}",
    response_model=Address,
    responses={200: {"headers": _ETAG}, **documents(404, 409, 412, 428)},
)
async def change_address(
    council: Slug,
    uprn: Uprn,
    body: AddressChange,
    caller: Writer,
    session: Writing,
    once: OnlyOnce,
    if_match: IfMatch = None,
) -> Response:
    """Change a property. ``If-Match`` must carry the ETag it was read with.

    The change is kept in the history and published as ``address.property.changed.v1``. A change that
    changes nothing leaves the version as it is. With an ``Idempotency-Key`` a request whose answer was lost
    can be sent again: without one it would be told 412, its own change having made the version stale.
    """
    if if_match is None:
        detail = "Send the ETag the property was read with as If-Match, so that nobody's change is lost."
        raise Problem(428, "precondition-required", detail)
    today, seen = datetime.now(UTC).date(), _versions(if_match)

    async def change() -> _AsWritten:
        found = await properties.change(session, council, uprn, body, caller, today, seen)
        return _AsWritten.model_validate_json(found.body)

    return await once.run(
        session, caller, body, change, status=200, headers=lambda made: {"ETag": f'"{made.root["version"]}"'}
    )


def _versions(tags: str) -> set[int]:
    """The versions in a list of entity tags (RFC 9110, 8.8.3); tags that are not ours match nothing."""
    bare = (tag.strip().removeprefix("W/") for tag in tags.split(","))
    return {
        int(tag[1:-1])
        for tag in bare
        if tag[:1] == tag[-1:] == '"' and tag[1:-1].isdecimal() and len(tag) <= _LONGEST_TAG
    }
