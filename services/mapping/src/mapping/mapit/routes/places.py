"""Areas of a point and of a postcode, and the nearest postcode."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from chassis.auth import public
from chassis.types import Slug
from mapping.mapit.actions import places
from mapping.mapit.actions.problems import no_address
from mapping.mapit.actions.selections import read_within
from mapping.mapit.routes.responses import DOCUMENTED, PREFIX, Match, TheSelectors, redirect, respond
from mapping.mapit.rules.paths import split_form
from mapping.mapit.schemas import AreaView, DistrictView, NearestView, PostcodeView
from mapping.snapshots.actions import TheSnapshots

router = APIRouter(prefix=PREFIX, tags=["MapIt"])
Text = Annotated[str, Path(min_length=1, max_length=100)]
Srid = Annotated[int, Path(ge=0, le=999_999, description="4326 (longitude, latitude), 27700 or 3857")]
Within = Annotated[str, Query(max_length=40, description="Areas within so many metres of the point too")]
Areas = dict[str, AreaView]
_REDIRECTS = {302: {"description": "The same by its general address"}, **DOCUMENTED}


def _read_json_name(text: str) -> str:
    """Read the last part of an address that has no form but JSON. Raises Problem 404."""
    name, form = split_form(text)
    if form != "json":
        raise no_address()
    return name


@router.get("/point/latlon/{pair}", status_code=302, response_model=None, responses=_REDIRECTS)
async def redirect_degrees(
    request: Request, council: Slug, pair: Text, _: Annotated[None, public]
) -> Response:
    """Find the areas of a latitude and longitude."""
    name = _read_json_name(pair)
    places.read_point(4326, name)
    latitude, longitude = name.split(",")
    return redirect(request, council, f"/point/4326/{longitude},{latitude}{pair[len(name) :]}")


@router.get("/point/osgb/{pair}", status_code=302, response_model=None, responses=_REDIRECTS)
async def redirect_grid(request: Request, council: Slug, pair: Text, _: Annotated[None, public]) -> Response:
    """Find the areas of an easting and northing."""
    places.read_point(27700, _read_json_name(pair))
    return redirect(request, council, f"/point/27700/{pair}")


@router.get("/point/{srid}/{pair}", response_model=Areas, responses=DOCUMENTED)
async def list_at_point(
    council: Slug,
    srid: Srid,
    pair: Text,
    selectors: TheSelectors,
    snapshots: TheSnapshots,
    match: Match = None,
    within: Within = "",
    *,
    _: Annotated[None, public],
) -> Response:
    """List the areas that a point is in, by their ids."""
    point = places.read_point(srid, _read_json_name(pair))
    distance = read_within(within)
    areas = await places.list_at_point(snapshots, council, point, selectors, distance, boxes=False)
    return respond(areas, match)


@router.get("/point/{srid}/{pair}/box", response_model=Areas, responses=DOCUMENTED)
@router.get("/point/{srid}/{pair}/box.json", include_in_schema=False, response_model=None)
async def list_at_box(
    council: Slug,
    srid: Srid,
    pair: Text,
    selectors: TheSelectors,
    snapshots: TheSnapshots,
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """List the areas whose bounding box a point is in: quicker, and more than those it is in."""
    point = places.read_point(srid, pair)
    areas = await places.list_at_point(snapshots, council, point, selectors, 0.0, boxes=True)
    return respond(areas, match)


@router.get(
    "/postcode/{postcode}",
    response_model=PostcodeView,
    response_model_exclude_unset=True,
    responses=DOCUMENTED,
)
async def get_postcode(
    council: Slug,
    postcode: Text,
    selectors: TheSelectors,
    snapshots: TheSnapshots,
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Get where a postcode is, and its areas."""
    name = _read_json_name(postcode)
    return respond(await places.get_postcode(snapshots, council, name, selectors), match)


@router.get("/postcode/partial/{postcode}", response_model=DistrictView, responses=DOCUMENTED)
async def get_district(
    council: Slug,
    postcode: Text,
    snapshots: TheSnapshots,
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Get the middle of the postcodes that begin so."""
    return respond(await places.get_district(snapshots, council, _read_json_name(postcode)), match)


@router.get("/nearest/{srid}/{pair}", response_model=NearestView, responses=DOCUMENTED)
async def get_nearest(
    council: Slug,
    srid: Srid,
    pair: Text,
    snapshots: TheSnapshots,
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Get the postcode nearest to a point."""
    point = places.read_point(srid, _read_json_name(pair))
    return respond(await places.get_nearest(snapshots, council, point), match)
