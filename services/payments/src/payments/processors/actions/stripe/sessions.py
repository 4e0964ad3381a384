"""Checkout Sessions: what Stripe's page is asked to show, and what a payer did there."""

import re
from typing import Any

from payments.processors.actions.stripe.objects import (
    GBP,
    REFERENCE,
    PaymentIntent,
    Session,
    SetupIntent,
    to_card,
    to_payer,
)
from payments.processors.rules import Authorisation, AuthorisationRequest, Outcome, ProcessorError

PREFIX = "cs_"
SETUP_PREFIX = "seti_"
EXPANDED = ["payment_intent.latest_charge", "setup_intent.payment_method"]
_MAX_NAME = 250
# "Stripe's payment page is in English. Enter your card's details and press the button to pay. Then you come
# back to our page in Welsh." Stripe shows it above its button.
_WELSH = (
    "Mae tudalen dalu Stripe yn Saesneg. Rhowch fanylion eich cerdyn a phwyswch y botwm i dalu. "
    "Wedyn byddwch yn dod yn ôl i'n tudalen Gymraeg."
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
OPEN = "open"
_COMPLETE, _EXPIRED = "complete", "expired"
_OUTCOMES = {
    "requires_capture": Outcome.AUTHORISED,
    "succeeded": Outcome.AUTHORISED,
    "processing": Outcome.CHALLENGED,
    "requires_action": Outcome.CHALLENGED,
    "requires_confirmation": Outcome.CHALLENGED,
    "requires_payment_method": Outcome.DECLINED,
    "canceled": Outcome.ERROR,
}
# A later payment by the agreement will be declined again. Source: pay-connector's
# StripeAuthorisationRejectedCodeMapper and MappedAuthorisationRejectedReason.
_FINAL_DECLINES = {
    "authentication_required", "do_not_try_again", "expired_card", "incorrect_number", "lost_card",
    "pickup_card", "revocation_of_all_authorizations", "revocation_of_authorization", "stolen_card",
    "stop_payment_order", "transaction_not_allowed",
}  # fmt: skip


def make_params(request: AuthorisationRequest) -> dict[str, Any]:
    """Make the parameters of a session. They are the same at every try, as Stripe's keys demand.

    The money is held, not taken: it is captured when the payment succeeds here. The session has no end of its
    own: ours ends it. Stripe's page has no Welsh: for a Welsh payment it has our own words beside its button.
    """
    metadata = {REFERENCE: request.reference}
    params: dict[str, Any] = {
        "mode": "payment",
        "payment_method_types": ["card"],
        "client_reference_id": request.reference,
        "success_url": request.return_url,
        "cancel_url": request.cancel_url,
        "locale": "en-GB",
        "billing_address_collection": "required",
        "metadata": metadata,
        "expand": EXPANDED,
    }
    if request.language == "cy":
        params["custom_text"] = {"submit": {"message": _WELSH}}
    if request.email and _EMAIL.fullmatch(request.email):
        params["customer_email"] = request.email
    if request.agreement:
        params["customer_creation"] = "always"
    if not request.amount:
        return {**params, "mode": "setup", "setup_intent_data": {"metadata": metadata}}
    name = request.description[:_MAX_NAME] or request.reference
    intent: dict[str, Any] = {"capture_method": "manual", "metadata": metadata}
    if request.agreement:
        intent["setup_future_usage"] = "off_session"
    price = {"currency": GBP, "unit_amount": request.amount, "product_data": {"name": name}}
    return {
        **params,
        "adaptive_pricing": {"enabled": False},  # pounds, whatever the card's currency
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_intent_data": intent,
    }


def read_session(session: Session) -> Authorisation:
    """Read what a payer did on Stripe's page. Raises ProcessorError."""
    if session.status == OPEN:
        if session.url is None:
            raise ProcessorError("a Checkout Session of Stripe's has no address")
        return Authorisation(session.id, Outcome.CHALLENGED, challenge_url=session.url)
    if session.status == _EXPIRED:
        return Authorisation(session.id, Outcome.EXPIRED)
    if session.status != _COMPLETE:
        raise ProcessorError("a Checkout Session of Stripe's has an unknown state")
    if session.setup_intent is not None:
        return read_setup(session.setup_intent)
    if session.payment_intent is None:
        raise ProcessorError("a complete Checkout Session of Stripe's has no payment")
    return read_payment(session.payment_intent)


def read_payment(intent: PaymentIntent) -> Authorisation:
    """Read a payment. Raises ProcessorError."""
    if intent.status not in _OUTCOMES:
        raise ProcessorError("a payment of Stripe's has an unknown state")
    charge, error = intent.latest_charge, intent.last_payment_error
    details = charge.payment_method_details if charge else None
    card = details.card if details else None
    reason = (error.decline_code or error.code) if error else None
    return Authorisation(
        intent.id,
        _OUTCOMES[intent.status],
        to_card(card),
        can_retry=may_retry(reason),
        payer=to_payer(charge.billing_details if charge else None, card),
        token=_make_token(intent.customer, intent.payment_method),
    )


def read_setup(intent: SetupIntent) -> Authorisation:
    """Read a card that was kept without a payment. Raises ProcessorError."""
    if intent.status not in _OUTCOMES:
        raise ProcessorError("a kept card of Stripe's has an unknown state")
    method = intent.payment_method
    return Authorisation(
        intent.id,
        _OUTCOMES[intent.status],
        to_card(method.card if method else None),
        payer=to_payer(method.billing_details if method else None, method.card if method else None),
        token=_make_token(intent.customer, method.id if method else None),
    )


def may_retry(reason: str | None) -> bool:
    """Tell whether another payment from a card may succeed after a decline for this reason."""
    return reason not in _FINAL_DECLINES


def _make_token(customer: str | None, payment_method: str | None) -> str | None:
    """Name a kept card: Stripe knows it by its customer and itself."""
    return f"{customer} {payment_method}" if customer and payment_method else None


def make_later_params(request: AuthorisationRequest) -> dict[str, Any]:
    """Make the parameters of a payment by an agreement, whose payer is not there. Raises ProcessorError."""
    customer, _, payment_method = (request.agreement or "").partition(" ")
    if not payment_method:
        raise ProcessorError("the agreement has no card at Stripe")
    return {
        "amount": request.amount,
        "currency": GBP,
        "customer": customer,
        "payment_method": payment_method,
        "payment_method_types": ["card"],
        "capture_method": "manual",
        "off_session": True,
        "confirm": True,
        "metadata": {REFERENCE: request.reference},
        "expand": ["latest_charge"],
    }
