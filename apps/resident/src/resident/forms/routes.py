"""The pages of services: the council's list of them, and where each starts."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Reading
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import choose_language
from resident.publication.actions import get_live, list_live
from resident.shared.pages import PATH, pages

Anybody = Annotated[None, public]

router = APIRouter(prefix=f"/{{council}}/{PATH}", tags=["pages"], default_response_class=HTMLResponse)


@router.get("/")
async def list_services(_: Anybody, request: Request, session: Reading, council: Slug) -> Response:
    """List the council's services."""
    language = choose_language(request)
    services = sorted(
        (bundle.name.show(language), bundle.service) for bundle in await list_live(session, council)
    )
    return pages.render(request, "services.html", services=services)


@router.get("/{service}/", responses=document_problems(404))
async def start_service(
    _: Anybody, request: Request, session: Reading, council: Slug, service: Slug
) -> Response:
    """Say what a service is for, and start it."""
    bundle = await get_live(session, council, service)
    return pages.render(request, "start.html", bundle=bundle)
