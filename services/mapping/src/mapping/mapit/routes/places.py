"""Areas of a point and of a postcode, and the nearest postcode."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from chassis.auth import public
from chassis.types import Slug
from mapping.mapit.actions import places
from mapping.mapit.actions.problems import no_address
from mapping.mapit.actions.selections import read_within
from mapping.mapit.routes import pages
from mapping.mapit.routes.responses import (
    DOCUMENTED,
    PREFIX,
    REDIRECTS,
    Match,
    TheSelectors,
    redirect,
    respond,
)
from mapping.mapit.rules.paths import PAGES, Form, split_form
from mapping.mapit.schemas import AreaView, DistrictView, NearestView, PostcodeView
from mapping.snapshots.actions import TheSnapshots

router = APIRouter(prefix=PREFIX, tags=["MapIt"])
Text = Annotated[str, Path(min_length=1, max_length=100)]
Srid = Annotated[int, Path(ge=0, le=999_999, description="4326 (longitude, latitude), 27700 or 3857")]
Within = Annotated[str, Query(max_length=40, description="Areas within so many metres of the point too")]
BOX_FORMS = ("", ".json", ".html", ".map.html")
Areas = dict[str, AreaView]


def _read_name(text: str, *forms: Form) -> tuple[str, Form]:
    """Read the last part of an address that has JSON and some other forms. Raises Problem 404."""
    name, form = split_form(text)
    if form not in ("json", *forms):
        raise no_address()
    return name, form


@router.get("/point/latlon/{pair}", status_code=302, response_model=None, responses=REDIRECTS)
async def redirect_degrees(
    request: Request, council: Slug, pair: Text, _: Annotated[None, public]
) -> Response:
    """Find the areas of a latitude and longitude."""
    name, _form = _read_name(pair, *PAGES)
    places.read_point(4326, name)
    latitude, longitude = name.split(",")
    return redirect(request, council, f"/point/4326/{longitude},{latitude}{pair[len(name) :]}")


@router.get("/point/osgb/{pair}", status_code=302, response_model=None, responses=REDIRECTS)
async def redirect_grid(request: Request, council: Slug, pair: Text, _: Annotated[None, public]) -> Response:
    """Find the areas of an easting and northing."""
    places.read_point(27700, _read_name(pair, *PAGES)[0])
    return redirect(request, council, f"/point/27700/{pair}")


async def redirect_box_of_degrees(
    request: Request, council: Slug, pair: Text, _: Annotated[None, public]
) -> Response:
    """Find the areas whose bounding box has a latitude and longitude."""
    places.read_point(4326, pair)
    latitude, longitude = pair.split(",")
    return redirect(request, council, f"/point/4326/{longitude},{latitude}/{_read_box(request)}")


async def redirect_box_of_grid(
    request: Request, council: Slug, pair: Text, _: Annotated[None, public]
) -> Response:
    """Find the areas whose bounding box has an easting and northing."""
    places.read_point(27700, pair)
    return redirect(request, council, f"/point/27700/{pair}/{_read_box(request)}")


def _read_box(request: Request) -> str:
    return request.url.path.rpartition("/")[2]


@router.get("/point/{srid}/{pair}", response_model=Areas, responses=DOCUMENTED)
async def list_at_point(
    request: Request,
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
    name, form = _read_name(pair, *PAGES)
    point = places.read_point(srid, name)
    distance = read_within(within)
    listing = await places.list_at_point(snapshots, council, point, selectors, distance, boxes=False)
    return await pages.respond_areas(request, council, f"Areas at {name}", listing, form, match)


async def list_at_box(
    request: Request,
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
    listing = await places.list_at_point(snapshots, council, point, selectors, 0.0, boxes=True)
    form = split_form(request.url.path)[1]
    return await pages.respond_areas(request, council, f"Areas whose box has {pair}", listing, form, match)


for _form in BOX_FORMS:
    _name = _form.replace(".", "_")
    for _system, _redirect in (("latlon", redirect_box_of_degrees), ("osgb", redirect_box_of_grid)):
        router.add_api_route(
            f"/point/{_system}/{{pair}}/box{_form}",
            _redirect,
            name=f"{_redirect.__name__}{_name}",
            status_code=302,
            response_model=None,
            responses=REDIRECTS,
        )
    router.add_api_route(
        f"/point/{{srid}}/{{pair}}/box{_form}",
        list_at_box,
        name=f"list_at_box{_name}",
        response_model=Areas,
        responses=DOCUMENTED,
    )


@router.get(
    "/postcode/{postcode}",
    response_model=PostcodeView,
    response_model_exclude_unset=True,
    responses=DOCUMENTED,
)
async def get_postcode(
    request: Request,
    council: Slug,
    postcode: Text,
    selectors: TheSelectors,
    snapshots: TheSnapshots,
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Get where a postcode is, and its areas."""
    name, form = _read_name(postcode, "html")
    whole = await places.get_postcode(snapshots, council, name, selectors)
    return pages.show_postcode(request, council, whole) if form == "html" else respond(whole, match)


@router.get("/postcode/partial/{postcode}", response_model=DistrictView, responses=DOCUMENTED)
async def get_district(
    request: Request,
    council: Slug,
    postcode: Text,
    snapshots: TheSnapshots,
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Get the middle of the postcodes that begin so."""
    name, form = _read_name(postcode, "html")
    district = await places.get_district(snapshots, council, name)
    return pages.show_postcode(request, council, district) if form == "html" else respond(district, match)


@router.get("/nearest/{srid}/{pair}", response_model=NearestView, responses=DOCUMENTED)
async def get_nearest(
    request: Request,
    council: Slug,
    srid: Srid,
    pair: Text,
    snapshots: TheSnapshots,
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Get the postcode nearest to a point."""
    name, form = _read_name(pair, "html")
    nearest = await places.get_nearest(snapshots, council, places.read_point(srid, name))
    if form == "html":
        return pages.show_postcode(request, council, nearest["postcode"])
    return respond(nearest, match)
