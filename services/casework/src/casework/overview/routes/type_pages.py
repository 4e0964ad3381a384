"""Pages of case types."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from casework.diagrams.actions import draw_bpmn, draw_svg
from casework.diagrams.rules.vocabulary import Wording
from casework.office.routes.access import PAGES, Reader, render
from casework.overview.actions import case_types
from chassis.database import Reading

router = APIRouter(prefix=f"{PAGES}/case-types", tags=["office pages"], default_response_class=HTMLResponse)
Code = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", min_length=2, max_length=50)]
Number = Annotated[str, Query(pattern=r"^([0-9]{1,3}\.[0-9]{1,3}(\.[a-z0-9]{1,16})?)?$", max_length=24)]


@router.get("")
async def show_case_types(staff: Reader, request: Request, session: Reading) -> Response:
    """Show the council's case types."""
    lines = await case_types.list_types(session, staff)
    return render(request, staff, "overview-case-types.html", types=lines)


@router.get("/{code}")
async def show_case_type(staff: Reader, request: Request, code: Code, version: Number = "") -> Response:
    """Show a case type: its picture, its deadlines with their sources, its parameters and versions."""
    async with request.app.state.database.reading(staff.council) as session:
        view = await case_types.get_type(session, staff, code, version)
    picture = Markup(await draw_svg(view.version, Wording()))  # noqa: S704 - all of its words are escaped
    return render(request, staff, "overview-case-type.html", view=view, picture=picture)


@router.get("/{code}/diagram.bpmn", response_class=Response)
async def download_bpmn(staff: Reader, request: Request, code: Code, version: Number = "") -> Response:
    """Download a case type as BPMN 2.0, for a modeller."""
    async with request.app.state.database.reading(staff.council) as session:
        view = await case_types.get_type(session, staff, code, version)
    headers = {
        "Content-Disposition": f'attachment; filename="{code}.bpmn"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(await draw_bpmn(view.version), headers=headers, media_type="application/xml")
