"""The card pages. One address shows what the payment waits for: a card, a check, a confirmation, its end."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from chassis.auth import public
from chassis.database import Writing
from chassis.ids import Id
from chassis.problems import document_problems
from chassis.rates import network_of
from chassis.recovery import Calls
from chassis.types import Slug
from chassis.web import Form, SubmittedForm, choose_language, form_body, see_other
from payments.checkout.actions.limits import CardLimits
from payments.checkout.routes.card_form import (
    CARD_FORM,
    check_card_form,
    prefill_card_form,
    read_card_form,
)
from payments.checkout.routes.processor_page import show_elsewhere
from payments.checkout.routes.views import make_path, render_payment
from payments.checkout.routes.visitor import (
    Visited,
    database_of,
    find_payment,
    pages,
    require_latest,
)
from payments.checkout.rules.card_form import read_card, read_payer
from payments.checkout.rules.countries import list_countries
from payments.payments.actions import payer
from payments.payments.actions.payer import Card
from payments.payments.rules.states import Status
from payments.shared.days import today
from payments.shared.sandbox_cards import SandboxCard

router = APIRouter(tags=["card pages"], default_response_class=HTMLResponse)
Anybody = Annotated[None, public]
_PAGE = "/{council}/payments/card_details/{payment_id}"


@router.get(_PAGE, responses=document_problems(403, 404))
async def show_payment(_: Anybody, request: Request, council: Slug, visit: Visited, calls: Calls) -> Response:
    """Show what the payment waits for."""
    row = await find_payment(request, council, visit)
    if payer.is_paid_elsewhere(row):
        return await show_elsewhere(request, council, visit, calls, row)
    if row.status == Status.CHALLENGED:
        await payer.end_challenge(calls, council, row.id)
        row = await find_payment(request, council, visit)
    return await _render(request, council, row, prefill_card_form(row))


@router.post(_PAGE, responses=document_problems(403, 404, 429), openapi_extra=CARD_FORM)
async def submit_card(
    _: Anybody, request: Request, council: Slug, visit: Visited, calls: Calls, form: SubmittedForm
) -> Response:
    """Take the card. The number and the security code are looked at and kept nowhere."""
    row = await find_payment(request, council, visit)
    path = make_path(council, row.id)
    if row.status != Status.STARTED or payer.is_paid_elsewhere(row):
        return see_other(path)
    limits: CardLimits = request.app.state.card_limits
    limits.take_form(row.id)
    card_form, language = read_card_form(form), choose_language(request)
    echo = check_card_form(form, card_form, today(), list_countries(language))
    card = read_card(card_form)
    if not echo.ok or not isinstance(card, SandboxCard):
        return await _render(request, council, row, echo, 400)
    await limits.take_card(database_of(request), network_of(request))
    chosen = Card(card.name, read_payer(card_form)._asdict(), card.corporate)
    back = f"{request.app.state.links.origin}{path}/3ds_required_in?lang={language}"
    async with database_of(request).writing(council) as session:
        operation = await payer.choose_card(session, council, row.id, chosen, back)
    if operation is not None:
        await payer.authorise(calls, operation)
    return see_other(path)


@router.post(f"{_PAGE}/confirm", responses=document_problems(403, 404), openapi_extra=form_body())
async def confirm_payment(
    _: Anybody, council: Slug, visit: Visited, session: Writing, _form: SubmittedForm
) -> Response:
    """Confirm the payment: it succeeds, and you go back to the service."""
    require_latest(visit, await payer.find(session, council, visit.payment_id))
    row = await payer.confirm(session, council, visit.payment_id)
    if row.status == Status.AUTHORISED:  # it was, before this
        return see_other(row.return_url)
    return see_other(make_path(council, row.id))


@router.post(f"{_PAGE}/cancel", responses=document_problems(403, 404), openapi_extra=form_body())
async def give_up_payment(
    _: Anybody, council: Slug, visit: Visited, session: Writing, _form: SubmittedForm
) -> Response:
    """Give the payment up. Nothing is taken."""
    require_latest(visit, await payer.find(session, council, visit.payment_id))
    await payer.give_up(session, council, visit.payment_id)
    return see_other(make_path(council, visit.payment_id))


@router.post(f"{_PAGE}/3ds_required_in")
async def return_from_challenge_by_form(
    _: Anybody, request: Request, council: Slug, payment_id: Id
) -> Response:
    """Lead from the bank's page back to the payment: some banks send a form, whose content is not read."""
    return _render_return(request, council, payment_id)


@router.get(f"{_PAGE}/3ds_required_in")
async def return_from_challenge(_: Anybody, request: Request, council: Slug, payment_id: Id) -> Response:
    """Lead from the bank's page, which is in a frame, back to the payment."""
    return _render_return(request, council, payment_id)


def _render_return(request: Request, council: str, payment_id: UUID) -> Response:
    """Render the page in the frame. It tells and changes nothing: the bank's page sends no cookie along."""
    return pages.render(request, "challenge-return.html", path=make_path(council, payment_id), is_framed=True)


async def _render(request: Request, council: str, row: Row[Any], form: Form, status: int = 200) -> Response:
    async with database_of(request).reading(council) as session:
        surcharges = await payer.list_surcharges(session, council, row)
    return render_payment(request, council, row, form, status, surcharges=surcharges)
