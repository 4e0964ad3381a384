"""Our own API: addresses while somebody types, one property, and changing it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import JsonValue, RootModel

from address.actions import properties, searches
from address.rules import nearby
from address.schemas.addresses import Address, AddressChange, Near, Suggestions, Typed
from address.schemas.dates import AsOf
from address.store import places
from address.store.suggestions import Where
from chassis.auth import Caller, permission
from chassis.database import FastPool, Writing, fast_pool
from chassis.idempotency import OnlyOnce
from chassis.problems import Problem, documents, invalid, not_found
from chassis.types import Gss, Slug, Uprn

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


@router.get("", response_model=Suggestions)
async def suggest_addresses(
    council: Slug,
    _: Reader,
    pool: FastPool,
    q: Typed | None = None,
    near: Near | None = None,
    ward: Gss | None = None,
    within: Uprn | None = None,
    as_of: AsOf = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Response:
    """Addresses for what somebody has typed so far, best first: for a box that completes as people type.

    Understands a partial postcode, a number and a street, a flat and a street (``flat 2 acacia``), names of
    buildings and organisations, and a UPRN. Flats that match alike come as their building, which ``contains``
    them; ``within`` lists them, and then ``q`` may be left out. ``ward`` keeps to one ward. Retired
    properties are left out.
    """
    if q is None and within is None:
        raise invalid("query.q", "is missing: say what was typed, or within which building", "missing")
    where = Where(None if near is None else nearby.read(near), ward, within, as_of)
    items = await searches.suggest(pool, council, q or "", limit, where)
    return Response(f'{{"items":[{",".join(items)}]}}', media_type="application/json")
