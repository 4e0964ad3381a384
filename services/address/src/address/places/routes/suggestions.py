"""Type-ahead: suggest addresses while one is typed."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from address.places import actions
from address.places.rules import near_point
from address.places.schemas.suggestions import NearPoint, SearchText, Suggestions
from address.places.store.suggestions import SuggestionScope
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
    q: SearchText | None = None,
    near: NearPoint | None = None,
    ward: Gss | None = None,
    within: Uprn | None = None,
    as_of: AsOf = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Response:
    """Suggest addresses for the text typed so far, best first. Use it for a box that completes as people
    type.

    ``q`` can be part of a postcode, a number and a street, a flat and a street (``flat 2 acacia``), the name
    of a building or an organisation, or a UPRN. Flats that match equally are shown as their building, which
    ``contains`` them. To list them, send ``within``; then you can leave out ``q``. Send ``ward`` to search
    one ward. Retired properties are left out.
    """
    if q is None and within is None:
        raise invalid("query.q", "is missing: say what was typed, or within which building", "missing")
    scope = SuggestionScope(None if near is None else near_point.parse_point(near), ward, within, as_of)
    items = await actions.suggest_addresses(pool, council, q or "", limit, scope)
    return Response(f'{{"items":[{",".join(items)}]}}', media_type="application/json")
