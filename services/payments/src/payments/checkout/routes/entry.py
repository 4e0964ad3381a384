"""The ways in: the one-time link of a payment, as a link and as a form, and the page for who has none."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.database import Session, Writing
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from chassis.web import form_body, see_other
from payments.checkout.routes.card_form import read_foreign_form
from payments.checkout.routes.views import make_path
from payments.checkout.routes.visitor import Visit, admit, find_visit, pages
from payments.payments.actions import payer
from payments.payments.routes.dependencies import Links
from payments.shared.link_maker import LinkMaker
from payments.shared.payer_links import read_payment_id

router = APIRouter(tags=["card pages"], default_response_class=HTMLResponse)
Anybody = Annotated[None, public]
_SECURE = "/{council}/payments/secure"
_MAX_TOKEN = 80
_USED = "The link is not right, or it was used. Go back to the service: it has a new one."
_LINK_FORM = form_body(chargeTokenId=_MAX_TOKEN)
_HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
Token = Annotated[str, Path(max_length=_MAX_TOKEN)]


@router.get("/payments/")
async def show_start(_: Anybody, request: Request) -> Response:
    """Say where a payment begins: for people who follow the header's link from an error."""
    return pages.render(request, "start.html")


@router.get(f"{_SECURE}/{{token}}", responses=document_problems(404))
async def open_payment(
    _: Anybody, request: Request, council: Slug, token: Token, session: Writing, links: Links
) -> Response:
    """Open a payment by its one-time link, `next_url`."""
    return await _open(request, session, council, token, links)


@router.post(_SECURE, responses=document_problems(404), openapi_extra=_LINK_FORM)
async def open_payment_by_form(
    _: Anybody, request: Request, council: Slug, session: Writing, links: Links
) -> Response:
    """Open a payment by a form from the service's own page, `next_url_post`."""
    form = await read_foreign_form(request)
    return await _open(request, session, council, form.get("chargeTokenId", _MAX_TOKEN), links)


async def _open(request: Request, session: Session, council: str, token: str, links: LinkMaker) -> Response:
    row = await payer.open_link(session, council, token, links)
    if row is None:
        return _go_on(request, council, token)
    path = make_path(council, row.id)
    response = see_other(f"{path}?lang={row.language}")
    response.headers.update(_HEADERS)
    admit(request, response, Visit(row.id, row.visits + 1), row.expires_at)
    return response


def _go_on(request: Request, council: str, token: str) -> Response:
    """Lead the browser that opened the payment before back to it. Raises Problem 404 for any other."""
    payment_id = read_payment_id(token)
    if payment_id is None or find_visit(request, payment_id) is None:
        raise Problem(404, "link-used", _USED)
    response = see_other(make_path(council, payment_id))
    response.headers.update(_HEADERS)
    return response
