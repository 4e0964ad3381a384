"""The council's list of services, and where each starts."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from apps.recipes.expressions.values import local_day
from chassis.database import Reading
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import choose_language
from resident.forms.routes.visits import ROOT, Anybody, AnyProgress, render
from resident.forms.rules.charges import list_prices
from resident.forms.rules.pages import NEEDS_SIGN_IN, estimate_minutes
from resident.publication.actions.reads import list_live
from resident.shared.pages import PATH, pages
from resident.shared.paths import SERVICE

router = APIRouter(prefix=ROOT, tags=["pages"], default_response_class=HTMLResponse)


@router.get("/")
async def list_services(_: Anybody, request: Request, session: Reading, council: Slug) -> Response:
    """List the council's services."""
    language = choose_language(request)
    services = sorted(
        (bundle.name.show(language), bundle.service) for bundle in await list_live(session, council)
    )
    return pages.render(request, "services.html", services=services, home=f"/{council}/{PATH}/")


@router.get(f"{SERVICE}/", responses=document_problems(404))
async def start_service(_: Anybody, request: Request, progress: AnyProgress) -> Response:
    """Say what a service is for, what it asks and costs, and start it, or go on with it."""
    prices = list_prices(progress.bundle, local_day(progress.now))
    return render(
        request,
        "start.html",
        progress,
        prices=prices,
        minutes=estimate_minutes(progress.bundle),
        may_start=progress.bundle.sign_in not in NEEDS_SIGN_IN,
    )
