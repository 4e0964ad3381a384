"""Our own API: addresses while somebody types."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from address.places import actions
from address.places.rules import near_point
from address.places.schemas.suggestions import Near, Suggestions, Typed
from address.places.store.suggestions import Where
from address.shared.dates import AsOf
from chassis.auth import Caller, permission
from chassis.database import FastPool
from chassis.problems import invalid
from chassis.types import Gss, Slug, Uprn

router = APIRouter(prefix="/{council}/address/v1/addresses", tags=["addresses"])
Reader = Annotated[Caller, permission("address:read")]


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
    where = Where(None if near is None else near_point.read(near), ward, within, as_of)
    items = await actions.suggest(pool, council, q or "", limit, where)
    return Response(f'{{"items":[{",".join(items)}]}}', media_type="application/json")
