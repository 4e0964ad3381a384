"""An area: what it is, its shape, its children and its neighbours; and what a code names."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from chassis.auth import public
from chassis.types import Slug
from mapping.mapit.actions import lookups, shapes
from mapping.mapit.actions.problems import no_address
from mapping.mapit.actions.selections import read_tolerance
from mapping.mapit.routes import pages
from mapping.mapit.routes.responses import (
    DOCUMENTED,
    PREFIX,
    Match,
    TheSelectors,
    Tolerance,
    redirect,
    respond,
    respond_text,
)
from mapping.mapit.rules.paths import PAGES, split_form
from mapping.mapit.rules.shapes import RELATIONS
from mapping.mapit.schemas import AreaView
from mapping.snapshots.actions import TheSnapshots

router = APIRouter(prefix=PREFIX, tags=["MapIt"])
Name = Annotated[str, Path(min_length=1, max_length=100)]
_SRID = re.compile(r"[0-9]{1,6}")
_LISTS = {"json", *PAGES}


@router.get("/area/{area}", response_model=AreaView, responses=DOCUMENTED)
async def get_area(
    request: Request,
    council: Slug,
    area: Name,
    selectors: TheSelectors,
    snapshots: TheSnapshots,
    simplify_tolerance: Tolerance = "",
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Get an area by its id or GSS code: MapIt's object, a page (.html), its shape (.geojson, .kml, .wkt)."""
    name, form = split_form(area)
    kind = lookups.name_code(name)
    if kind is not None:
        number = await lookups.find_by_code(snapshots, council, kind, name, selectors)
        return redirect(request, council, f"/area/{number}{area[len(name) :]}")
    areas, place = await lookups.find_area(snapshots, council, name)
    if form == "json":
        return respond(areas.describe(place, names=True), match)
    if form in PAGES:
        return await pages.show_area(request, council, areas, place)
    tolerance = read_tolerance(simplify_tolerance)
    return respond_text(await shapes.write_shape(place, form, None, tolerance), form, match)


@router.get("/area/{area}/{part}", response_model=None, responses=DOCUMENTED)
async def get_part(
    request: Request,
    council: Slug,
    area: Name,
    part: Name,
    selectors: TheSelectors,
    snapshots: TheSnapshots,
    simplify_tolerance: Tolerance = "",
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Get an area's measures, children, an example of its postcodes, or the areas that touch, cover ... it.

    ``/area/{srid}/{id}.geojson`` is its shape in another coordinate system.
    """
    name, form = split_form(part)
    tolerance = read_tolerance(simplify_tolerance)
    if name == "children" and form != "wkt":
        listing = await lookups.list_children(snapshots, council, area, selectors)
        return await pages.respond_areas(request, council, f"Children of {area}", listing, form, match)
    if name in RELATIONS and form in _LISTS:
        listing = await lookups.list_related(snapshots, council, area, name, selectors)
        return await pages.respond_areas(request, council, f"{area} {name}", listing, form, match)
    if form in ("json", "html") and name in ("geometry", "example_postcode"):
        return await _get_detail(snapshots, council, area, name, match)
    return await _get_shape(snapshots, council, (area, name, form), tolerance, match)


async def _get_detail(
    snapshots: TheSnapshots, council: str, area: str, name: str, match: str | None
) -> Response:
    if name == "geometry":
        _, place = await lookups.find_area(snapshots, council, area)
        return respond(await shapes.measure_shape(place), match)
    return respond(await lookups.find_example(snapshots, council, area), match)


async def _get_shape(
    snapshots: TheSnapshots, council: str, name: tuple[str, str, str], tolerance: float, match: str | None
) -> Response:
    srid, area, form = name
    is_named = _SRID.fullmatch(srid) and area.isdecimal()
    if not is_named or form in _LISTS:
        raise no_address()
    _, place = await lookups.find_area(snapshots, council, area)
    return respond_text(await shapes.write_shape(place, form, int(srid), tolerance), form, match)


@router.get(
    "/code/{kind}/{value}",
    status_code=302,
    response_model=None,
    responses={302: {"description": "The area of the code"}, **DOCUMENTED},
)
async def find_by_code(
    request: Request,
    council: Slug,
    kind: Annotated[str, Path(pattern="^(gss|ons|unit_id)$")],
    value: Name,
    selectors: TheSelectors,
    snapshots: TheSnapshots,
    *,
    _: Annotated[None, public],
) -> Response:
    """Find the area that has a code."""
    code, _form = split_form(value)
    number = await lookups.find_by_code(snapshots, council, kind, code, selectors)
    return redirect(request, council, f"/area/{number}{value[len(code) :]}")
