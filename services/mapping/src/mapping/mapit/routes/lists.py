"""Lists of areas, and what MapIt's words mean: generations and kinds."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse

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
    respond,
    respond_text,
)
from mapping.mapit.rules.paths import split_form
from mapping.mapit.schemas import AreaView, GenerationView, GeometryView
from mapping.snapshots.actions import TheSnapshots

router = APIRouter(prefix=PREFIX, tags=["MapIt"])
Names = Annotated[str, Path(min_length=1, max_length=8000)]
Views = dict[str, AreaView]


@router.get("/areas/{names}", response_model=Views, responses=DOCUMENTED)
async def list_areas(
    request: Request,
    council: Slug,
    names: Names,
    selectors: TheSelectors,
    snapshots: TheSnapshots,
    simplify_tolerance: Tolerance = "",
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """List areas by ids, by kinds, or by how their names begin."""
    text, form = split_form(names)
    if form == "wkt":
        raise no_address()
    read_tolerance(simplify_tolerance)
    listing = await lookups.list_areas(snapshots, council, text, selectors)
    return await pages.respond_areas(request, council, f"Areas: {text[:100]}", listing, form, match)


@router.get("/areas/{names}/geometry", response_model=dict[str, GeometryView], responses=DOCUMENTED)
async def measure_areas(
    council: Slug, names: Names, snapshots: TheSnapshots, match: Match = None, *, _: Annotated[None, public]
) -> Response:
    """Get the measures of areas by their ids."""
    _areas, places = await lookups.list_ids(snapshots, council, names)
    return respond(await shapes.measure_all(places), match)


@router.get("/areas/{srid}/{names}", response_model=None, responses=DOCUMENTED)
async def draw_areas(
    council: Slug,
    srid: Annotated[int, Path(ge=0, le=999_999)],
    names: Names,
    snapshots: TheSnapshots,
    simplify_tolerance: Tolerance = "",
    match: Match = None,
    *,
    _: Annotated[None, public],
) -> Response:
    """Get the shapes of areas by their ids (.geojson, .kml) in another coordinate system."""
    text, form = split_form(names)
    if form not in ("geojson", "kml"):
        raise no_address()
    tolerance = read_tolerance(simplify_tolerance)
    areas, places = await lookups.list_ids(snapshots, council, text)
    return respond_text(await shapes.write_collection(areas, places, form, tolerance, srid), form, match)


@router.post("/areas", response_model=Views, responses=DOCUMENTED)
async def list_posted(
    council: Slug,
    snapshots: TheSnapshots,
    ids: Annotated[str, Form(alias="URL", max_length=40_000)],
    *,
    _: Annotated[None, public],
) -> Response:
    """List areas by a long list of ids."""
    areas, places = await lookups.list_ids(snapshots, council, ids.strip())
    return respond(areas.describe_all(places), None)


@router.get("/generations", response_model=dict[str, GenerationView], responses=DOCUMENTED)
@router.get(
    "/generations.json",
    name="list_generations_json",
    response_model=dict[str, GenerationView],
    responses=DOCUMENTED,
)
async def list_generations(
    council: Slug, snapshots: TheSnapshots, match: Match = None, *, _: Annotated[None, public]
) -> Response:
    """List the days from which boundaries hold."""
    return respond(await lookups.list_generations(snapshots, council), match)


@router.get("/generations.html", response_class=HTMLResponse)
async def show_generations(
    request: Request, council: Slug, snapshots: TheSnapshots, _: Annotated[None, public]
) -> Response:
    """Show the days from which boundaries hold."""
    generations = await lookups.list_generations(snapshots, council)
    return pages.show_generations(request, council, list(generations.values()))


@router.get("/types", response_model=dict[str, dict[str, str]], responses=DOCUMENTED)
@router.get(
    "/types.json", name="list_types_json", response_model=dict[str, dict[str, str]], responses=DOCUMENTED
)
async def list_types(
    council: Slug, snapshots: TheSnapshots, match: Match = None, *, _: Annotated[None, public]
) -> Response:
    """List the kinds of areas, of codes and of names."""
    return respond(await lookups.list_types(snapshots, council), match)
