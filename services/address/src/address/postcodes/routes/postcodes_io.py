"""postcodes.io, as clients written for api.postcodes.io know it. Public: nobody needs a key.

Parameters are read from the request by the rules, because the contract has its own words for what is wrong
with each.
"""

import random
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from address.postcodes import schemas
from address.postcodes.actions import postcodes
from address.postcodes.routes.envelope import BASE, answered, none, preflight, refused
from address.postcodes.rules import queries
from address.postcodes.rules.fields import Outcode, Postcode, write, write_outcode
from address.postcodes.rules.queries import OUTCODES, POSTCODES, Near, Reach
from address.postcodes.schemas import OUTCODE_RADIUS, POSTCODE_RADIUS, documented
from chassis.auth import public
from chassis.database import fast_pool
from chassis.problems import documents
from chassis.types import Slug

router = APIRouter(prefix=f"/{{council}}/{BASE}", tags=["postcodes.io"])
Anyone = Annotated[None, public]
# Bounded by the rules, which have the contract's own answer to what is too long.
Text = Annotated[str, Path(json_schema_extra={"maxLength": 100}, examples=["BA1 1LJ"])]
Degrees = Annotated[str, Path(json_schema_extra={"maxLength": 40}, examples=["51.383488"])]
Route = Callable[..., Any]
Documented = dict[int | str, dict[str, Any]]
_NOT_MODIFIED: Documented = {304: {"description": "As the ETag in If-None-Match says"}}
# Besides JSON.
JSONP: Documented = {200: {"content": {"text/javascript": {"schema": {"type": "string"}}}}}


def reads(path: str, model: Any, documentation: dict[str, Any], *errors: int) -> Callable[[Route], Route]:
    """A route for GET; for HEAD, and for a browser that asks first, too."""

    def add(route: Route) -> Route:
        said = {**JSONP, **_NOT_MODIFIED, **documents(*errors)}
        router.add_api_route(
            path, route, methods=["GET"], response_model=model, responses=said, openapi_extra=documentation
        )
        router.add_api_route(path, route, methods=["HEAD"], include_in_schema=False, response_model=None)
        router.add_api_route(
            path, preflight, methods=["OPTIONS"], include_in_schema=False, response_model=None
        )
        return route

    return add


@reads("/ping", schemas.Pong, documented())
async def ping(request: Request, council: Slug, _: Anyone) -> Response:  # noqa: ARG001 - documents the path
    """Whether the service answers."""
    return answered(request, '"pong"')


@reads(
    "/postcodes",
    schemas.Postcodes,
    documented(
        "q", "query", "lon", "lat", "longitude", "latitude", "limit", "widesearch", radius=POSTCODE_RADIUS
    ),
)
async def query_postcodes(request: Request, council: Slug, _: Anyone) -> Response:
    """The postcodes that begin so (``q``), or those nearest to a point (``lon`` and ``lat``)."""
    query = request.query_params
    point = _point(request)
    if point is not None:
        near = _near(request, *point, POSTCODES)
        (found,) = await postcodes.nearest(fast_pool(request), council, [near])
        return _several(request, found)
    with refused():
        said = queries.typed(query.get("q") or query.get("query") or "")
        limit = queries.limit(query.get("limit"))
    return _several(request, await postcodes.begins(fast_pool(request), council, said, limit))


@reads("/postcodes/{postcode}", schemas.OnePostcode, documented(), 404)
async def read_postcode(request: Request, council: Slug, postcode: Text, _: Anyone) -> Response:
    """One postcode. Spaces and case do not matter."""
    if queries.whole(postcode) is None:
        raise none("Invalid postcode")
    (found,) = await postcodes.find(fast_pool(request), council, [postcode])
    if found is None:
        raise none("Postcode not found")
    return answered(request, write(found))


@reads(
    "/postcodes/{postcode}/nearest",
    schemas.Postcodes,
    documented("limit", "widesearch", radius=POSTCODE_RADIUS),
    404,
)
async def nearest_postcodes(request: Request, council: Slug, postcode: Text, _: Anyone) -> Response:
    """The postcodes nearest to a postcode, itself the first."""
    asked = _near(request, "0", "0", POSTCODES)  # the limits; the point is the postcode's own
    pool = fast_pool(request)
    found = await postcodes.near_postcode(pool, council, postcode, asked.radius, asked.limit)
    if found is None:
        raise none("Postcode not found")
    return _several(request, found)


@reads("/postcodes/{postcode}/validate", schemas.Valid, documented())
async def validate_postcode(request: Request, council: Slug, postcode: Text, _: Anyone) -> Response:
    """Whether there is such a postcode: always 200, true or false."""
    (found,) = await postcodes.find(fast_pool(request), council, [postcode])
    return answered(request, "true" if found else "false")


@reads("/postcodes/{postcode}/autocomplete", schemas.Names, documented("limit"))
async def autocomplete_postcode(request: Request, council: Slug, postcode: Text, _: Anyone) -> Response:
    """The postcodes that begin so."""
    with refused():
        said = queries.typed(postcode)
        limit = queries.limit(request.query_params.get("limit"))
    found = await postcodes.begins(fast_pool(request), council, said, limit)
    names = ",".join(f'"{one.postcode}"' for one in found)
    return answered(request, f"[{names}]" if found else "null")


@reads(
    "/postcodes/lon/{longitude}/lat/{latitude}",
    schemas.Postcodes,
    documented("limit", "widesearch", radius=POSTCODE_RADIUS),
)
async def postcodes_at(
    request: Request, council: Slug, longitude: Degrees, latitude: Degrees, _: Anyone
) -> Response:
    """The postcodes nearest to a point."""
    near = _near(request, longitude, latitude, POSTCODES)
    (found,) = await postcodes.nearest(fast_pool(request), council, [near])
    return _several(request, found)


@reads(
    "/outcodes",
    schemas.Outcodes,
    documented("lon", "lat", "longitude", "latitude", "limit", radius=OUTCODE_RADIUS),
)
async def query_outcodes(request: Request, council: Slug, _: Anyone) -> Response:
    """The outcodes nearest to a point (``lon`` and ``lat``)."""
    longitude, latitude = _point(request) or (None, None)
    near = _near(request, longitude, latitude, OUTCODES)
    return _outcodes(request, await postcodes.nearest_outcodes(fast_pool(request), council, near))


@reads("/outcodes/{outcode}", schemas.OneOutcode, documented(), 404)
async def read_outcode(request: Request, council: Slug, outcode: Text, _: Anyone) -> Response:
    """One outcode: the middle of its postcodes, and their areas."""
    return answered(request, write_outcode(await _outcode(request, council, outcode)))


@reads("/outcodes/{outcode}/nearest", schemas.Outcodes, documented("limit", radius=OUTCODE_RADIUS), 404)
async def nearest_outcodes(request: Request, council: Slug, outcode: Text, _: Anyone) -> Response:
    """The outcodes nearest to an outcode, itself the first."""
    found = await _outcode(request, council, outcode)
    longitude, latitude = found.lonlat or (0, 0)
    near = _near(request, longitude, latitude, OUTCODES)
    if found.lonlat is None:
        return _outcodes(request, [])
    return _outcodes(request, await postcodes.nearest_outcodes(fast_pool(request), council, near))


@reads("/random/postcodes", schemas.OnePostcode, documented("outcode"))
async def random_postcode(request: Request, council: Slug, _: Anyone) -> Response:
    """Some postcode, of an outcode if one is given; null when there is none."""
    given = request.query_params.get("outcode")
    outcode = queries.outward(given) if given else None
    if given and outcode is None:
        return answered(request, "null", "no-store")
    chance = random.random()  # noqa: S311 - nothing is kept secret by it
    found = await postcodes.at_random(fast_pool(request), council, chance, outcode)
    return answered(request, write(found) if found else "null", "no-store")


async def _outcode(request: Request, council: str, asked: str) -> Outcode:
    found = await postcodes.find_outcode(fast_pool(request), council, asked)
    if found is None:
        raise none("Outcode not found")
    return found


def _point(request: Request) -> tuple[str, str] | None:
    """What the query gives as longitude and latitude; None when it does not give both."""
    query = request.query_params
    for longitude, latitude in (("longitude", "latitude"), ("lon", "lat")):
        if query.get(longitude) and query.get(latitude):
            return query[longitude], query[latitude]
    return None


def _near(request: Request, longitude: object, latitude: object, reach: Reach) -> Near:
    """Raises Problem 400 for a point, limit or radius that is none."""
    query = request.query_params
    wide = query.get("widesearch") or query.get("wideSearch")
    asked = {"longitude": longitude, "latitude": latitude, "widesearch": wide if reach is POSTCODES else None}
    with refused():
        return queries.near(asked | {"limit": query.get("limit"), "radius": query.get("radius")}, reach)


def _several(request: Request, found: list[Postcode]) -> Response:
    return answered(request, f"[{','.join(map(write, found))}]" if found else "null")


def _outcodes(request: Request, found: list[Outcode]) -> Response:
    return answered(request, f"[{','.join(map(write_outcode, found))}]" if found else "null")
