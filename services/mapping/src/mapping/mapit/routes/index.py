"""MapIt's own page, and what its forms lead to."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.types import Slug
from mapping.mapit.actions import places
from mapping.mapit.actions.problems import refuse
from mapping.mapit.routes.pages import render
from mapping.mapit.routes.responses import PREFIX, REDIRECTS, redirect
from mapping.mapit.rules.paths import parse_postcode

router = APIRouter(prefix=PREFIX, tags=["MapIt"])
CALLS = (
    "/point/4326/-2.3591,51.3827",
    "/point/27700/375100,164900/box",
    "/point/latlon/51.3827,-2.3591",
    "/postcode/BA1 1LJ",
    "/postcode/partial/BA1",
    "/nearest/4326/-2.3591,51.3827",
    "/area/E05012471",
    "/area/E05012471.geojson",
    "/areas/UTW",
    "/areas/king",
    "/generations",
)
Typed = Annotated[str, Query(max_length=100)]


@router.get("", name="show_index", response_class=HTMLResponse)
@router.get("/", name="show_index_with_slash", response_class=HTMLResponse)
async def show_index(request: Request, council: Slug, _: Annotated[None, public]) -> Response:
    """Show what addresses there are, and a form for a postcode."""
    return render(request, council, "mapit-index.html", calls=CALLS)


@router.get("/postcode/", status_code=302, response_model=None, responses=REDIRECTS)
async def find_postcode(
    request: Request, council: Slug, _: Annotated[None, public], pc: Typed = ""
) -> Response:
    """Lead to the page of the postcode that a form sent."""
    name = parse_postcode(pc)
    if name is None:
        raise refuse(f"Postcode '{pc}' is not valid.")
    return redirect(request, council, f"/postcode/{quote(name)}.html", keeps_query=False)


@router.get("/point/", status_code=302, response_model=None, responses=REDIRECTS)
async def find_point(request: Request, council: Slug, _: Annotated[None, public], pc: Typed = "") -> Response:
    """Lead to the page of the latitude and longitude that a form sent."""
    pair = "".join(pc.split())
    places.read_point(4326, pair)
    latitude, longitude = pair.split(",")
    return redirect(request, council, f"/point/4326/{longitude},{latitude}.html", keeps_query=False)
