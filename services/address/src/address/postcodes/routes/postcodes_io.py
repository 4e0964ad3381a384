"""The postcodes.io operations, as clients written for api.postcodes.io know them. No key is needed.

The rules parse the parameters, because the contract has its own messages for what is wrong with each.
"""

import random
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from address.postcodes import schemas
from address.postcodes.actions import postcodes
from address.postcodes.routes.envelope import BASE, not_found, preflight, refusals_as_problems, to_response
from address.postcodes.rules import queries
from address.postcodes.rules.fields import Outcode, Postcode, write_outcode, write_postcode
from address.postcodes.rules.queries import OUTCODES, POSTCODES, NearQuery, RadiusLimits
from address.postcodes.schemas import OUTCODE_RADIUS, POSTCODE_RADIUS, documented
from chassis.auth import public
from chassis.database import fast_pool
from chassis.etags import NOT_MODIFIED
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix=f"/{{council}}/{BASE}", tags=["postcodes.io"])
Anyone = Annotated[None, public]
# The rules bound them, with the contract's own answer to a longer text.
Text = Annotated[str, Path(json_schema_extra={"maxLength": 100}, examples=["BA1 1LJ"])]
Degrees = Annotated[str, Path(json_schema_extra={"maxLength": 40}, examples=["51.383488"])]
Route = Callable[..., Any]
Documented = dict[int | str, dict[str, Any]]
# Besides JSON.
JSONP: Documented = {200: {"content": {"text/javascript": {"schema": {"type": "string"}}}}}


def read_route(
    path: str, model: Any, documentation: dict[str, Any], *errors: int
) -> Callable[[Route], Route]:
    """Register a route for GET, HEAD and CORS preflight."""

    def add(route: Route) -> Route:
        text = {**JSONP, **NOT_MODIFIED, **document_problems(*errors)}
        router.add_api_route(
            path, route, methods=["GET"], response_model=model, responses=text, openapi_extra=documentation
        )
        router.add_api_route(path, route, methods=["HEAD"], include_in_schema=False, response_model=None)
        router.add_api_route(
            path, preflight, methods=["OPTIONS"], include_in_schema=False, response_model=None
        )
        return route

    return add


@read_route("/ping", schemas.Pong, documented())
async def ping(request: Request, council: Slug, _: Anyone) -> Response:  # noqa: ARG001 - documents the path
    """Check that the service answers."""
    return to_response(request, '"pong"')


@read_route(
    "/postcodes",
    schemas.Postcodes,
    documented(
        "q", "query", "lon", "lat", "longitude", "latitude", "limit", "widesearch", radius=POSTCODE_RADIUS
    ),
)
async def query_postcodes(request: Request, council: Slug, _: Anyone) -> Response:
    """List the postcodes with a beginning (``q``), or those nearest to a point (``lon`` and ``lat``)."""
    query = request.query_params
    point = _point_params(request)
    if point is not None:
        near = _parse_near(request, *point, POSTCODES)
        (result,) = await postcodes.list_nearest(fast_pool(request), council, [near])
        return _list_response(request, result)
    with refusals_as_problems():
        text = queries.parse_beginning(query.get("q") or query.get("query") or "")
        limit = queries.parse_limit(query.get("limit"))
    return _list_response(request, await postcodes.list_beginning(fast_pool(request), council, text, limit))


@read_route("/postcodes/{postcode}", schemas.OnePostcode, documented(), 404)
async def read_postcode(request: Request, council: Slug, postcode: Text, _: Anyone) -> Response:
    """Read one postcode. Spaces and case do not matter."""
    if queries.parse_postcode(postcode) is None:
        raise not_found("Invalid postcode")
    (result,) = await postcodes.find_postcodes(fast_pool(request), council, [postcode])
    if result is None:
        raise not_found("Postcode not found")
    return to_response(request, write_postcode(result))


@read_route(
    "/postcodes/{postcode}/nearest",
    schemas.Postcodes,
    documented("limit", "widesearch", radius=POSTCODE_RADIUS),
    404,
)
async def nearest_postcodes(request: Request, council: Slug, postcode: Text, _: Anyone) -> Response:
    """List the postcodes nearest to a postcode, itself first."""
    near_query = _parse_near(request, "0", "0", POSTCODES)  # only the limits: the point is the postcode's
    pool = fast_pool(request)
    result = await postcodes.list_near_postcode(pool, council, postcode, near_query.radius, near_query.limit)
    if result is None:
        raise not_found("Postcode not found")
    return _list_response(request, result)


@read_route("/postcodes/{postcode}/validate", schemas.Valid, documented())
async def validate_postcode(request: Request, council: Slug, postcode: Text, _: Anyone) -> Response:
    """Check whether a postcode exists. The status is always 200, the result true or false."""
    (result,) = await postcodes.find_postcodes(fast_pool(request), council, [postcode])
    return to_response(request, "true" if result else "false")


@read_route("/postcodes/{postcode}/autocomplete", schemas.Names, documented("limit"))
async def autocomplete_postcode(request: Request, council: Slug, postcode: Text, _: Anyone) -> Response:
    """List the postcodes with a beginning."""
    with refusals_as_problems():
        text = queries.parse_beginning(postcode)
        limit = queries.parse_limit(request.query_params.get("limit"))
    result = await postcodes.list_beginning(fast_pool(request), council, text, limit)
    names = ",".join(f'"{postcode.postcode}"' for postcode in result)
    return to_response(request, f"[{names}]" if result else "null")


@read_route(
    "/postcodes/lon/{longitude}/lat/{latitude}",
    schemas.Postcodes,
    documented("limit", "widesearch", radius=POSTCODE_RADIUS),
)
async def postcodes_at(
    request: Request, council: Slug, longitude: Degrees, latitude: Degrees, _: Anyone
) -> Response:
    """List the postcodes nearest to a point."""
    near = _parse_near(request, longitude, latitude, POSTCODES)
    (result,) = await postcodes.list_nearest(fast_pool(request), council, [near])
    return _list_response(request, result)


@read_route(
    "/outcodes",
    schemas.Outcodes,
    documented("lon", "lat", "longitude", "latitude", "limit", radius=OUTCODE_RADIUS),
)
async def query_outcodes(request: Request, council: Slug, _: Anyone) -> Response:
    """The outcodes nearest to a point (``lon`` and ``lat``)."""
    longitude, latitude = _point_params(request) or (None, None)
    near = _parse_near(request, longitude, latitude, OUTCODES)
    return _outcodes_response(
        request, await postcodes.list_nearest_outcodes(fast_pool(request), council, near)
    )


@read_route("/outcodes/{outcode}", schemas.OneOutcode, documented(), 404)
async def read_outcode(request: Request, council: Slug, outcode: Text, _: Anyone) -> Response:
    """Read one outcode: the centre of its postcodes, and their areas."""
    return to_response(request, write_outcode(await _outcode(request, council, outcode)))


@read_route("/outcodes/{outcode}/nearest", schemas.Outcodes, documented("limit", radius=OUTCODE_RADIUS), 404)
async def nearest_outcodes(request: Request, council: Slug, outcode: Text, _: Anyone) -> Response:
    """List the outcodes nearest to an outcode, itself first."""
    result = await _outcode(request, council, outcode)
    longitude, latitude = result.lonlat or (0, 0)
    near = _parse_near(request, longitude, latitude, OUTCODES)
    if result.lonlat is None:
        return _outcodes_response(request, [])
    return _outcodes_response(
        request, await postcodes.list_nearest_outcodes(fast_pool(request), council, near)
    )


@read_route("/random/postcodes", schemas.OnePostcode, documented("outcode"))
async def random_postcode(request: Request, council: Slug, _: Anyone) -> Response:
    """Get a random postcode, from an outcode if you send one; null when there is none."""
    requested = request.query_params.get("outcode")
    outcode = queries.parse_outcode(requested) if requested else None
    if requested and outcode is None:
        return to_response(request, "null", "no-store")
    chance = random.random()  # noqa: S311 - not a secret
    result = await postcodes.get_random(fast_pool(request), council, chance, outcode)
    return to_response(request, write_postcode(result) if result else "null", "no-store")


async def _outcode(request: Request, council: str, outcode: str) -> Outcode:
    result = await postcodes.find_outcode(fast_pool(request), council, outcode)
    if result is None:
        raise not_found("Outcode not found")
    return result


def _point_params(request: Request) -> tuple[str, str] | None:
    """Return longitude and latitude of the query; None without both."""
    query = request.query_params
    for longitude, latitude in (("longitude", "latitude"), ("lon", "lat")):
        if query.get(longitude) and query.get(latitude):
            return query[longitude], query[latitude]
    return None


def _parse_near(request: Request, longitude: object, latitude: object, reach: RadiusLimits) -> NearQuery:
    """Parse point, limit and radius. Raise Problem 400 for an invalid one."""
    query = request.query_params
    wide = query.get("widesearch") or query.get("wideSearch")
    params = {
        "longitude": longitude,
        "latitude": latitude,
        "widesearch": wide if reach is POSTCODES else None,
    }
    with refusals_as_problems():
        return queries.parse_near(
            params | {"limit": query.get("limit"), "radius": query.get("radius")}, reach
        )


def _list_response(request: Request, result: list[Postcode]) -> Response:
    return to_response(request, f"[{','.join(map(write_postcode, result))}]" if result else "null")


def _outcodes_response(request: Request, result: list[Outcode]) -> Response:
    return to_response(request, f"[{','.join(map(write_outcode, result))}]" if result else "null")
