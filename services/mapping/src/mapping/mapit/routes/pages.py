"""MapIt's answers as pages for people: an area, a list of areas with or without a drawing, a postcode.

Errors stay in MapIt's JSON.
"""

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response

from mapping.mapit.actions import shapes
from mapping.mapit.actions.lookups import Listing
from mapping.mapit.actions.selections import read_tolerance
from mapping.mapit.routes.responses import BASE, respond, respond_text
from mapping.mapit.rules.areas import CouncilAreas, Place
from mapping.mapit.rules.paths import PAGES
from mapping.mapit.rules.shapes import RELATIONS
from mapping.shared.pages import pages

MOST_ROWS = 300
"""Areas that a page lists; the others are in the JSON."""
MOST_DRAWN = 100


def render(request: Request, council: str, template: str, **context: Any) -> Response:
    """Render a page in English, as those of the other standards are: for people who work with data."""
    return pages.render(request, template, language="en", mapit=f"/{council}/{BASE}", **context)


async def respond_areas(
    request: Request, council: str, heading: str, listing: Listing, form: str, match: str | None = None
) -> Response:
    """Write a list of areas in the form that was asked for."""
    areas, places = listing
    if form in PAGES:
        return await _show_areas(request, council, heading, listing, has_drawing=form == "map.html")
    if form == "json":
        return respond(areas.describe_all(places), match)
    tolerance = read_tolerance(request.query_params.get("simplify_tolerance", ""))
    return respond_text(await shapes.write_collection(areas, places, form, tolerance), form, match)


async def _show_areas(
    request: Request, council: str, heading: str, listing: Listing, *, has_drawing: bool
) -> Response:
    areas, places = listing
    ordered = sorted(places, key=lambda place: (place.entry.name, place.entry.number))
    rows = [areas.describe(place) for place in ordered[:MOST_ROWS]]
    drawable = ordered if len(ordered) <= MOST_DRAWN else []
    return render(
        request,
        council,
        "mapit-areas.html",
        heading=heading,
        rows=rows,
        count=len(ordered),
        has_drawing=has_drawing,
        drawing=await shapes.draw_areas(drawable) if has_drawing else None,
        most_drawn=MOST_DRAWN,
        **_link_forms(request),
    )


def _link_forms(request: Request) -> dict[str, str]:
    """Make the addresses of the same answer as a page, as a page with a drawing, and as JSON."""
    path, query = request.url.path, f"?{request.url.query}" if request.url.query else ""
    stem = path.removesuffix(".html").removesuffix(".map")
    return {
        "as_page": f"{stem}.html{query}",
        "as_map": f"{stem}.map.html{query}",
        "as_json": f"{stem}{query}",
    }


async def show_area(request: Request, council: str, areas: CouncilAreas, place: Place) -> Response:
    """Show an area: what it is, its outline, its other forms and its neighbours."""
    return render(
        request,
        council,
        "mapit-area.html",
        area=areas.describe(place, names=True),
        drawing=await shapes.draw_areas([place]),
        relations=sorted(RELATIONS),
    )


def show_postcode(request: Request, council: str, postcode: dict[str, Any]) -> Response:
    """Show a postcode, a district's middle, or the postcode nearest to a point."""
    rows = list(postcode.get("areas", {}).values())
    return render(
        request, council, "mapit-postcode.html", postcode=postcode, rows=rows, **_link_forms(request)
    )


def show_generations(request: Request, council: str, generations: Sequence[dict[str, Any]]) -> Response:
    """Show the days from which boundaries hold."""
    return render(request, council, "mapit-generations.html", generations=generations, **_link_forms(request))
