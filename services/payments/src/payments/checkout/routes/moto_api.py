"""GOV.UK Pay's operation for card details that a service sends, for payments by telephone.

It takes the numbers of test cards and no other, where the installation and the account allow it. A number is
looked at here and kept nowhere.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from chassis.auth import Caller, public
from chassis.database import Database
from chassis.problems import Problem, document_problems
from chassis.rates import network_of
from chassis.recovery import Calls
from chassis.types import Slug
from payments.checkout.actions import moto_api
from payments.checkout.actions.limits import CardLimits
from payments.checkout.rules.card_form import CardForm, Fault, Wrong, check_card, hides_number, read_card
from payments.checkout.schemas import AuthorisationRequest, RequestFingerprint
from payments.payments.actions.payer import Card
from payments.payments.routes.dependencies import Links, OnlyOnce
from payments.shared.days import today
from payments.shared.payer_links import read_payment_id

router = APIRouter(tags=["payments"])
Anybody = Annotated[None, public]
_HEADER = "Idempotency-Key"
_REFUSED_CARDS = {Wrong.NOT_TEST, Wrong.BRAND}
_MESSAGES = {
    "card-no": ("card_number", "Must be a valid card number"),
    "expiry-month": ("expiry_date", "Must be a date in the future, as MM/YY"),
    "cardholder-name": ("cardholder_name", "Must not contain a card number"),
    "cvc": ("cvc", "Must be the card's security code: 3 digits, or 4 for American Express"),
}


@router.post(
    "/{council}/payments/v1/auth", status_code=204, responses=document_problems(400, 402, 409, 422, 500)
)
async def authorise_payment(
    _: Anybody, request: Request, council: Slug, body: AuthorisationRequest, calls: Calls, links: Links,
    once: OnlyOnce,
) -> Response:  # fmt: skip
    """Authorise a payment that you created with `authorisation_mode` `moto_api`, with details of a test card.

    Its `one_time_token` is the credential and works once; an authorised payment is captured at once, unless
    it has `delayed_capture`. After status 500 get the payment: it may succeed yet. Repeat a request with its
    Idempotency-Key and you get the same answer.
    """
    database: Database = request.app.state.database
    limits: CardLimits = request.app.state.card_limits
    payment_id = read_payment_id(body.one_time_token)
    await limits.take_auth_request(database, network_of(request), payment_id)
    _check_details(request, body)
    card = _read_card(body)
    fingerprint = RequestFingerprint(
        card=card.name if card else "", expiry_date=body.expiry_date, cardholder_name=body.cardholder_name
    )
    async with database.writing(council) as session:
        answer = await once.run(
            session,
            _make_caller(council, payment_id),
            fingerprint,
            lambda: moto_api.begin(session, council, payment_id, body.one_time_token, card, links),
            status=204,
        )
    if payment_id is not None:  # it is none of a token that ``begin`` refused
        await moto_api.finish(calls, council, payment_id)
        async with database.reading(council) as reader:
            await moto_api.require_success(reader, council, payment_id)
    return answer


def _check_details(request: Request, body: AuthorisationRequest) -> None:
    """Check what no schema tells of the details. Raises Problem 422 P0102, which repeats no value."""
    if hides_number(request.headers.get(_HEADER, "")):
        raise Problem(422, "P0102", f"Header [{_HEADER}] must not contain a card number")
    for name, fault in check_card(_to_form(body), today()).items():
        if fault.wrong in {*_REFUSED_CARDS, Wrong.ENTER_NAME}:
            continue
        field, message = _MESSAGES[name]
        raise Problem(422, "P0102", message, field=field)


def _read_card(body: AuthorisationRequest) -> Card | None:
    """Find the test card with what may be kept of its payer; None for a card that is not taken."""
    card = read_card(_to_form(body))
    if isinstance(card, Fault):
        return None
    payer = {"cardholder_name": body.cardholder_name or None, "expiry_date": body.expiry_date}
    return Card(card.name, payer, card.corporate)


def _to_form(body: AuthorisationRequest) -> CardForm:
    month, _, year = body.expiry_date.partition("/")
    return CardForm(body.card_number, month, year, body.cardholder_name, body.cvc)


def _make_caller(council: str, payment_id: UUID | None) -> Caller:
    """Name who owns the request's key: whoever has the payment's token."""
    owner = "none" if payment_id is None else payment_id.hex
    return Caller(owner, owner, "", frozenset({council}), frozenset(), "sandbox", 0)
