"""The seven OS Places operations, as clients written for api.os.uk know them."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from address.places import actions
from address.places.routes.responses import DOCUMENTED, shape, to_query, to_response
from address.places.rules import geometry, postcode_search
from address.places.schemas.params import (
    BboxOptions,
    FindOptions,
    NearestOptions,
    PolygonOptions,
    PostcodeOptions,
    RadiusOptions,
    UprnOptions,
    invalid_param,
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
_TOO_SHORT = (
    "Requested postcode must contain a minimum of the sector plus 1 digit of the district e.g. SO1."
    " Requested postcode was {}"
)
_MAX_ECHOED = 1_000  # characters of a polygon in the header
_POLYGON: dict[str, Any] = {
    "description": "A GeoJSON Polygon or MultiPolygon, or a Feature or a FeatureCollection of one feature"
    f" with it, in the coordinate system of srs. At most {geometry.MAX_POINTS} points",
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"enum": ["Polygon", "MultiPolygon", "Feature", "FeatureCollection"]},
                    "coordinates": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": geometry.MAX_POINTS,
                        "items": {"type": "array", "maxItems": geometry.MAX_POINTS, "items": {}},
                    },
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
    """Find the addresses of a postcode, or of all postcodes with its beginning."""
    options = PostcodeOptions.read(request)
    try:
        search = postcode_search.parse_postcode(options.postcode)
    except ValueError:
        raise Problem(400, "invalid-postcode", _TOO_SHORT.format(options.postcode[:100])) from None
    record = await places.list_by_postcode(fast_pool(request), council, search, to_query(options))
    return to_response(request, options, f"postcode={options.postcode}", record)


@router.get("/uprn", response_model=Answer, responses=DOCUMENTED, openapi_extra=UprnOptions.documented())
async def places_by_uprn(request: Request, council: Slug, _: Reader) -> Response:
    """Find the addresses of one property."""
    options = UprnOptions.read(request)
    record = await places.list_by_uprn(fast_pool(request), council, options.uprn, to_query(options))
    return to_response(request, options, f"uprn={options.uprn}", record)


@router.get("/find", response_model=Answer, responses=DOCUMENTED, openapi_extra=FindOptions.documented())
async def find_places(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """Find the addresses that match free text best, with a score from 0 to 1."""
    options = FindOptions.read(request)
    try:
        box = None if options.bbox is None else geometry.parse_box(options.bbox, "BNG")
    except ValueError as error:
        raise invalid_param("bbox", error) from None
    bounds = (box.west, box.south, box.east, box.north) if box else None
    scoring = Scoring(options.minmatch or 0.0, options.matchprecision or 1, bounds)
    record = await actions.find_addresses(pool, council, options.query, to_query(options), scoring)
    more = {} if options.matchprecision is None else {"matchprecision": options.matchprecision}
    return to_response(request, options, f"query={options.query}", record, **more)


@router.get(
    "/nearest", response_model=Answer, responses=DOCUMENTED, openapi_extra=NearestOptions.documented()
)
async def places_nearest(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """Find the address nearest to a point within the radius, for each dataset."""
    options = NearestOptions.read(request)
    record = await areas.find_nearest(pool, council, options.centre(), options.radius, to_query(options))
    return to_response(request, options, f"point={options.point}", record)


@router.get("/radius", response_model=Answer, responses=DOCUMENTED, openapi_extra=RadiusOptions.documented())
async def places_radius(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """Find the addresses around a point, the nearest first."""
    options = RadiusOptions.read(request)
    record = await areas.list_within_circle(
        pool, council, options.centre(), options.radius, to_query(options)
    )
    return to_response(request, options, f"point={options.point}", record)


@router.get("/bbox", response_model=Answer, responses=DOCUMENTED, openapi_extra=BboxOptions.documented())
async def places_bbox(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """Find the addresses in a box of at most one square kilometre, by postcode and number."""
    options = BboxOptions.read(request)
    record = await areas.list_within_area(pool, council, options.area(), to_query(options))
    return to_response(request, options, f"bbox={options.bbox}", record)


@router.post(
    "/polygon",
    response_model=Answer,
    responses=DOCUMENTED,
    openapi_extra={**PolygonOptions.documented(), "requestBody": _POLYGON},
)
async def places_polygon(request: Request, council: Slug, _: Reader, pool: FastPool) -> Response:
    """Find the addresses in a polygon and on its edge, by postcode and number or nearest to a point first."""
    options = PolygonOptions.read(request)
    body = await request.body()
    area, reference = options.area(body), options.reference()
    record = await areas.list_within_area(pool, council, area, to_query(options), reference)
    echoed = " ".join(body[:_MAX_ECHOED].decode("utf-8", "replace").split())
    return to_response(request, options, f"polygon={echoed}", record)
