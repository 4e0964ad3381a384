"""OS Places, as clients written for api.os.uk know it: its seven operations."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from address.places import actions
from address.places.routes.responses import DOCUMENTED, answered, shape, wanted
from address.places.rules import geometry, postcode_search
from address.places.schemas.params import (
    BboxOptions,
    FindOptions,
    NearestOptions,
    PolygonOptions,
    PostcodeOptions,
    RadiusOptions,
    UprnOptions,
    unusable,
)
from address.places.schemas.places import Answer
from address.places.store import areas, places
from address.places.store.find import Scoring
from chassis.auth import Caller, permission
from chassis.database import FastPool, fast_pool
from chassis.problems import Problem
from chassis.types import Slug

__all__ = ["router", "shape"]

router = APIRouter(prefix=f"/{{council}}/{shape.base}", tags=["OS Places"])
Reader = Annotated[Caller, permission("address:read")]
_TOO_LITTLE = (
    "Requested postcode must contain a minimum of the sector plus 1 digit of the district e.g. SO1."
    " Requested postcode was {}"
)
_SHOWN = 1_000  # characters of a polygon that the header repeats
_POLYGON: dict[str, Any] = {
    "description": "A GeoJSON Polygon or MultiPolygon, or a Feature or a FeatureCollection of one feature"
    f" that has it; in the coordinate system of srs, of {geometry.MOST_POINTS} points at most",
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"enum": ["Polygon", "MultiPolygon", "Feature", "FeatureCollection"]},
                    "coordinates": {"type": "array", "minItems": 1, "items": {"type": "array"}},
                    "geometry": {"type": "object"},
                    "features": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "object"}},
                },
            },
            "example": {
                "type": "Polygon",
                "coordinates": [
                    [[374900, 164900], [375100, 164900], [375100, 165100], [374900, 165100], [374900, 164900]]
                ],
            },
        }
    },
}


@router.get(
    "/postcode",
    response_model=Answer,
    responses=DOCUMENTED,
    openapi_extra=PostcodeOptions.documented(),
)
async def places_by_postcode(request: Request, council: Slug, _: Reader) -> Response:
    """The addresses of a postcode, or of all postcodes that begin so."""
    asked = PostcodeOptions.read(request)
    try:
        search = postcode_search.search(asked.postcode)
    except ValueError:
        raise Problem(400, "invalid-postcode", _TOO_LITTLE.format(asked.postcode[:100])) from None
    found = await places.by_postcode(fast_pool(request), council, search, wanted(asked))
    return answered(request, asked, f"postcode={asked.postcode}", found)


@router.get("/uprn", response_model=Answer, responses=DOCUMENTED, openapi_extra=UprnOptions.documented())
async def places_by_uprn(request: Request, council: Slug, _: Reader) -> Response:
    """The addresses of one property."""
    asked = UprnOptions.read(request)
    found = await places.by_uprn(fast_pool(request), council, asked.uprn, wanted(asked))
    return answered(request, asked, f"uprn={asked.uprn}", found)


@router.get("/find", response_model=Answer, responses=DOCUMENTED, openapi_extra=FindOptions.documented())
async def find_places(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """The addresses that match free text best, with a score from 0 to 1."""
    asked = FindOptions.read(request)
    try:
        box = None if asked.bbox is None else geometry.read_box(asked.bbox, "BNG")
    except ValueError as error:
        raise unusable("bbox", error) from None
    bounds = (box.west, box.south, box.east, box.north) if box else None
    scoring = Scoring(asked.minmatch or 0.0, asked.matchprecision or 1, bounds)
    found = await actions.find(pool, council, asked.query, wanted(asked), scoring)
    more = {} if asked.matchprecision is None else {"matchprecision": asked.matchprecision}
    return answered(request, asked, f"query={asked.query}", found, **more)


@router.get(
    "/nearest", response_model=Answer, responses=DOCUMENTED, openapi_extra=NearestOptions.documented()
)
async def places_nearest(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """The address nearest to a point, of each dataset asked; none when it is farther than the radius."""
    asked = NearestOptions.read(request)
    found = await areas.nearest(pool, council, asked.centre(), asked.radius, wanted(asked))
    return answered(request, asked, f"point={asked.point}", found)


@router.get("/radius", response_model=Answer, responses=DOCUMENTED, openapi_extra=RadiusOptions.documented())
async def places_radius(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """The addresses round a point, the nearest first."""
    asked = RadiusOptions.read(request)
    found = await areas.within_circle(pool, council, asked.centre(), asked.radius, wanted(asked))
    return answered(request, asked, f"point={asked.point}", found)


@router.get("/bbox", response_model=Answer, responses=DOCUMENTED, openapi_extra=BboxOptions.documented())
async def places_bbox(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """The addresses in a box of one square kilometre at most, by postcode and number."""
    asked = BboxOptions.read(request)
    found = await areas.within(pool, council, asked.area(), wanted(asked))
    return answered(request, asked, f"bbox={asked.bbox}", found)


@router.post(
    "/polygon",
    response_model=Answer,
    responses=DOCUMENTED,
    openapi_extra={**PolygonOptions.documented(), "requestBody": _POLYGON},
)
async def places_polygon(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """The addresses in a polygon and on its edge, by postcode and number or the nearest to a point first."""
    asked = PolygonOptions.read(request)
    body = await request.body()
    area, reference = asked.area(body), asked.reference()
    found = await areas.within(pool, council, area, wanted(asked), reference)
    shown = " ".join(body[:_SHOWN].decode("utf-8", "replace").split())
    return answered(request, asked, f"polygon={shown}", found)
