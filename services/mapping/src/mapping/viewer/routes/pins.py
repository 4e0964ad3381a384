"""Where is it? A place that a page asks for: typed, chosen from things nearby, or pinned on a map."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Form, see_other
from mapping.collections.rules.layers import find_extent
from mapping.locate.routes.dependencies import TheReads
from mapping.snapshots.actions import TheSnapshots
from mapping.viewer.actions.place_search import Match, find_places
from mapping.viewer.actions.places import describe_place
from mapping.viewer.routes.access import (
    PAGES,
    Anybody,
    Names,
    PlaceText,
    Point,
    choose_layers,
    list_public,
    read_point,
    refuse,
    render,
    write_point,
)
from mapping.viewer.routes.places import EMPTY, NOT_FOUND
from mapping.viewer.rules.returns import MAX_LENGTH, add_place, check_return

router = APIRouter(prefix=f"{PAGES}/pin", tags=["map pages"], default_response_class=HTMLResponse)
_PROBLEMS = document_problems(400, 404)
ReturnPath = Annotated[
    str,
    Query(alias="return", max_length=MAX_LENGTH, description="The page of this council that gets the place"),
]
FeatureText = Annotated[str, Query(max_length=200, description="The chosen thing: `layer/id`, or nothing")]


@router.get("", responses=_PROBLEMS)
async def ask_place(
    _: Anybody,
    request: Request,
    council: Slug,
    snapshots: TheSnapshots,
    kinds: Names = "",
    return_path: ReturnPath = "",
) -> Response:
    """Ask where something is, for a page of this council that links here."""
    _check(snapshots, council, kinds, return_path)
    return _show(request, council, snapshots, Form({"q": ""}), kinds, return_path)


@router.get("/check", responses=_PROBLEMS)
async def check_place(
    _: Anybody,
    request: Request,
    council: Slug,
    snapshots: TheSnapshots,
    reads: TheReads,
    q: PlaceText = "",
    kinds: Names = "",
    return_path: ReturnPath = "",
) -> Response:
    """Show what is at the place, and ask whether it is the right one."""
    names = _check(snapshots, council, kinds, return_path)
    form = Form({"q": q, "feature": ""})
    matches = await find_places(snapshots, council, q) if q.strip() else []
    if len(matches) != 1:
        if not matches:
            form.error("q", NOT_FOUND if q.strip() else EMPTY)
        choices = [(match, write_point(match.place)) for match in matches]
        return _show(request, council, snapshots, form, kinds, return_path, choices)
    place = matches[0].place
    view = await describe_place(reads.of(council), place, names)
    context: dict[str, Any] = {"view": view, "place": place, "point": write_point(place), "kinds": kinds}
    return render(request, council, "pin-check.html", return_path=return_path, form=form, **context)


@router.get("/use", responses=_PROBLEMS)
async def use_place(
    _: Anybody,
    council: Slug,
    snapshots: TheSnapshots,
    point: Point,
    feature: FeatureText = "",
    return_path: ReturnPath = "",
) -> Response:
    """Take the place to the page that asked for it, else to the page about the place."""
    _check(snapshots, council, "", return_path)
    place = write_point(read_point(point))
    if not return_path:
        return see_other(f"/{council}/mapping/place?point={place}")
    return see_other(add_place(return_path, place, feature))


@router.get("/meaning", responses=_PROBLEMS)
async def read_meaning(
    _: Anybody,
    request: Request,
    council: Slug,
    snapshots: TheSnapshots,
    reads: TheReads,
    point: Point,
    kinds: Names = "",
) -> Response:
    """Say in a sentence or two what is at a place, as a part of a page."""
    names = _check(snapshots, council, kinds, "")
    view = await describe_place(reads.of(council), read_point(point), names)
    return render(request, council, "pin-meaning.html", view=view)


@router.get("/example", responses=_PROBLEMS)
async def show_example(
    _: Anybody, request: Request, council: Slug, place: Point = "", feature: FeatureText = ""
) -> Response:
    """Show how a page of a service asks for a place here, and what it gets."""
    values: dict[str, Any] = {"place": write_point(read_point(place)) if place else "", "feature": feature}
    return render(request, council, "pin-example.html", **values)


def _check(snapshots: TheSnapshots, council: str, kinds: str, return_path: str) -> list[str]:
    """Check what a page's link asks for, and list the layers' names. Raises Problem 400 or 404."""
    try:
        check_return(council, return_path) if return_path else None
    except ValueError as error:
        raise refuse("return", str(error)) from error
    return [layer.name for layer in choose_layers(list_public(snapshots, council), kinds)]


def _show(
    request: Request,
    council: str,
    snapshots: TheSnapshots,
    form: Form,
    kinds: str,
    return_path: str,
    matches: Sequence[tuple[Match, str]] = (),
) -> Response:
    extent = find_extent(list_public(snapshots, council))
    context: dict[str, Any] = {"form": form, "kinds": kinds, "return_path": return_path, "matches": matches}
    status = 200 if form.ok else 400
    return render(request, council, "pin.html", status, has_map=True, extent=extent, **context)
