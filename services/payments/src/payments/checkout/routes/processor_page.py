"""Payments whose card is entered on the processor's own page: the way there, and the two ways back.

Coming back is a hint. What became of the payment is read from the processor.
"""

import hashlib
import hmac
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from chassis.auth import public
from chassis.problems import document_problems, not_found
from chassis.recovery import Calls
from chassis.types import Slug
from chassis.web import Form, see_other
from payments.checkout.routes.views import make_path, render_payment
from payments.checkout.routes.visitor import Visit, Visited, database_of, find_payment
from payments.payments.actions import payer
from payments.payments.rules.states import TAKEN, Status

router = APIRouter(tags=["card pages"], default_response_class=HTMLResponse)
Anybody = Annotated[None, public]
_PAGE = "/{council}/payments/card_details/{payment_id}"
_MAX_TICKET = 64
_HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
Ticket = Annotated[str, Path(max_length=_MAX_TICKET, description="Of the payment's way back")]


async def show_elsewhere(
    request: Request, council: str, visit: Visit, calls: Calls, row: Row[Any]
) -> Response:
    """Lead to the processor's page while the payment waits for it; else show what became of the payment."""
    if row.status == Status.STARTED:
        await _begin(request, council, calls, row)
        row = await find_payment(request, council, visit)
    elif row.status == Status.CHALLENGED:
        is_answered = await payer.end_challenge(calls, council, row.id)
        row = await find_payment(request, council, visit)
        if not is_answered and row.status == Status.CHALLENGED:
            return _wait(request, council, row)
    if row.status == Status.CHALLENGED:
        response = see_other(row.three_d_secure)
        response.headers.update(_HEADERS)
        return response
    return _wait(request, council, row) if row.status == Status.AUTHORISING else _show(request, council, row)


async def _begin(request: Request, council: str, calls: Calls, row: Row[Any]) -> None:
    """Have the processor open its page. Without an answer in time the worker asks, with the same key."""
    path = make_path(council, row.id)
    url = f"{request.app.state.links.origin}{path}"
    cancel_url = f"{url}/gave-up/{_make_ticket(request, row.id)}"
    async with database_of(request).writing(council) as session:
        operation = await payer.begin_visit(session, council, row.id, f"{url}/paid", cancel_url)
    if operation is not None:
        await payer.authorise(calls, operation)


@router.get(f"{_PAGE}/paid", responses=document_problems(403, 404))
async def return_from_processor(
    _: Anybody, request: Request, council: Slug, visit: Visited, calls: Calls
) -> Response:
    """Lead from the processor's page to the service, if the payment succeeded; else to the payment."""
    row = await find_payment(request, council, visit)
    if row.status == Status.CHALLENGED:
        await payer.end_challenge(calls, council, row.id)
        row = await find_payment(request, council, visit)
    is_paid = row.status in {*TAKEN, Status.CAPTURABLE}
    return see_other(row.return_url if is_paid and row.return_url else _make_way_back(council, row))


@router.get(f"{_PAGE}/gave-up/{{ticket}}", responses=document_problems(403, 404))
async def give_up_on_processor(
    _: Anybody, request: Request, council: Slug, visit: Visited, ticket: Ticket, calls: Calls
) -> Response:
    """Give the payment up, as the payer did on the processor's page, unless they had paid before."""
    if not hmac.compare_digest(ticket.encode(), _make_ticket(request, visit.payment_id).encode()):
        raise not_found("page")
    row = await find_payment(request, council, visit)
    if row.status == Status.CHALLENGED and await payer.end_challenge(calls, council, row.id):
        async with database_of(request).writing(council) as session:
            await payer.give_up(session, council, row.id)
    return see_other(_make_way_back(council, row))


def _make_way_back(council: str, row: Row[Any]) -> str:
    """Make the path of the payment's page in its language: the way there showed no page that remembers it."""
    path = make_path(council, row.id)
    return f"{path}?lang={row.language}"


def _make_ticket(request: Request, payment_id: UUID) -> str:
    """Make what only the processor's page links to, so that no other site gives a payment up."""
    key = request.app.state.links.ticket_key
    return hmac.digest(key, b"gave up " + payment_id.bytes, hashlib.sha256).hex()


def _wait(request: Request, council: str, row: Row[Any]) -> Response:
    return render_payment(request, council, row, Form({}), template="processor-waiting.html")


def _show(request: Request, council: str, row: Row[Any]) -> Response:
    return render_payment(request, council, row, Form({}))
