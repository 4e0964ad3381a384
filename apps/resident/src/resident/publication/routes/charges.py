"""The public page of charges: every fee, from when, and who decided it."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import clock
from chassis.auth import public
from chassis.database import Reading
from chassis.types import Slug
from chassis.web import choose_language
from resident.publication.actions.charges import format_day, list_charges
from resident.publication.actions.reads import list_live
from resident.shared.pages import PATH, pages

Anybody = Annotated[None, public]

router = APIRouter(prefix=f"/{{council}}/{PATH}", tags=["pages"], default_response_class=HTMLResponse)


@router.get("/charges")
async def show_charges(_: Anybody, request: Request, session: Reading, council: Slug) -> Response:
    """Show what the council's services cost now and later, and who decided it when."""
    language = choose_language(request)
    bundles = await list_live(session, council)
    services = list_charges(bundles, language, clock.today())
    return pages.render(
        request, "charges.html", services=services, day=lambda text: format_day(text, language)
    )
