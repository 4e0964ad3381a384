"""The pages that find a place, and say what is there."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import Form, gettext_noop, see_other
from mapping.locate.routes.dependencies import TheReads
from mapping.snapshots.actions import TheSnapshots
from mapping.viewer.actions.place_search import find_places
from mapping.viewer.actions.places import describe_place
from mapping.viewer.routes.access import PAGES, Anybody, PlaceText, Point, read_point, render, write_point
from mapping.viewer.rules.boxes import box_around

router = APIRouter(prefix=PAGES, tags=["map pages"], default_response_class=HTMLResponse)
NOT_FOUND = gettext_noop(
    "We did not find that place. Check the spelling, or enter a postcode or a grid reference"
)
EMPTY = gettext_noop("Enter a postcode, a street or coordinates")
Submitted = Annotated[Literal["yes", ""], Query(description="`yes` when the form was sent")]


@router.get("/find", responses=document_problems(400))
async def find_place(
    _: Anybody,
    request: Request,
    council: Slug,
    snapshots: TheSnapshots,
    q: PlaceText = "",
    submitted: Submitted = "",
) -> Response:
    """Find a place by postcode, street, coordinates or grid reference."""
    form = Form({"q": q})
    if submitted and not q.strip():
        form.error("q", EMPTY)
    matches = await find_places(snapshots, council, q) if q.strip() else []
    if len(matches) == 1:
        return see_other(f"/{council}/mapping/place?point={write_point(matches[0].place)}")
    if q.strip() and not matches:
        form.error("q", NOT_FOUND)
    return render(
        request,
        council,
        "find.html",
        200 if form.ok else 400,
        has_map=True,
        form=form,
        matches=[(match, write_point(match.place)) for match in matches],
    )


@router.get("/place", responses=document_problems(400))
async def show_place(_: Anybody, request: Request, council: Slug, reads: TheReads, point: Point) -> Response:
    """Show what is at a place: its areas, the nearest street and what is nearby."""
    place = read_point(point)
    view = await describe_place(reads.of(council), place)
    around = box_around(place.longitude, place.latitude)
    context: dict[str, Any] = {"view": view, "point": write_point(place), "extent": around}
    return render(request, council, "place.html", has_map=True, **context)
