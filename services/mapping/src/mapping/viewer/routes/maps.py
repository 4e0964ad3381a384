"""The map: its page, its style, and the list of what it shows."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from chassis.problems import document_problems
from chassis.types import Slug
from mapping.collections.rules.layers import Extent, Layer, find_extent
from mapping.snapshots.actions import TheSnapshots
from mapping.viewer.actions.maps import list_in_box
from mapping.viewer.routes.access import (
    PAGES,
    Anybody,
    Chosen,
    Names,
    Point,
    choose_layers,
    list_public,
    read_point,
    refuse,
    render,
    write_point,
)
from mapping.viewer.rules.boxes import box_around, parse_box
from mapping.viewer.rules.styles import make_style
from mapping.viewer.rules.symbols import BASEMAP, make_symbols

router = APIRouter(prefix=f"{PAGES}/map", tags=["map pages"], default_response_class=HTMLResponse)
_PROBLEMS = document_problems(400, 404)
_FIRST: Final = (
    "grit-bins",
    "defibrillators",
    "conservation-areas",
)  # shown when nothing is chosen, if there
Box = Annotated[str, Query(max_length=100, description="west,south,east,north in degrees")]


@router.get("", responses=_PROBLEMS)
async def show_map(
    _: Anybody,
    request: Request,
    council: Slug,
    snapshots: TheSnapshots,
    layer: Chosen = [],  # noqa: B006 - FastAPI copies it
    at: Point = "",
    box: Box = "",
) -> Response:
    """Show a map with the layers that you choose, and what it shows as a list."""
    layers = list_overlays(list_public(snapshots, council))
    chosen = choose_layers(layers, ",".join(layer)) or [each for each in layers if each.name in _FIRST]
    place = read_point(at) if at else None
    extent = _read_extent(box) or (box_around(place.longitude, place.latitude) if place else None)
    extent = extent or find_extent(list_public(snapshots, council))
    return render(
        request,
        council,
        "map.html",
        has_map=True,
        listed=await list_in_box(snapshots, chosen, extent),
        names={each.name for each in chosen},
        extent=extent,
        place=place,
        at=write_point(place) if place else "",
        layers=layers,
        symbols=make_symbols(list_public(snapshots, council)),
    )


@router.get("/style", response_class=JSONResponse, responses=_PROBLEMS)
async def read_style(_: Anybody, council: Slug, snapshots: TheSnapshots, layers: Names = "") -> Response:
    """Get the MapLibre style of the council's map: the named layers are visible at first."""
    public = list_public(snapshots, council)
    visible = {layer.name for layer in choose_layers(public, layers)}
    style: dict[str, Any] = make_style(council, public, make_symbols(public), visible)
    return JSONResponse(style, headers={"Cache-Control": "no-cache"})


@router.get("/features", responses=_PROBLEMS)
async def list_map_features(
    _: Anybody, request: Request, council: Slug, snapshots: TheSnapshots, box: Box, layers: Names = ""
) -> Response:
    """List what a map of a box shows, as a part of its page."""
    extent = _read_extent(box)
    if extent is None:
        raise refuse("box", "must be west,south,east,north in degrees")
    chosen = choose_layers(list_overlays(list_public(snapshots, council)), layers)
    listed = await list_in_box(snapshots, chosen, extent)
    symbols = make_symbols(list_public(snapshots, council))
    return render(request, council, "map-features.html", listed=listed, symbols=symbols)


def list_overlays(layers: list[Layer]) -> list[Layer]:
    """List the layers that a reader may lay over the map: all but those that every map shows."""
    return [layer for layer in layers if layer.name not in BASEMAP]


def _read_extent(box: str) -> Extent | None:
    try:
        return parse_box(box) if box else None
    except ValueError as error:
        raise refuse("box", str(error)) from error
