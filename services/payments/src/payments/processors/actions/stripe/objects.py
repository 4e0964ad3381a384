"""Stripe's objects, as far as we read them, and what the port calls them. Source: Stripe's API reference."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import stripe
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from payments.processors.rules import (
    Card,
    Dispute,
    DisputeState,
    PayerDetails,
    ProcessorError,
    RefundOutcome,
    RefundResult,
)

GBP = "gbp"
REFERENCE = "townhall_reference"
"""The metadata in which our own id travels: of a payment, or of a refund."""

_Id = Field(max_length=255)
_MOST = 10**11  # pence
_MAX_EMAIL = 254
_BRANDS = {
    "amex": "american-express",
    "diners": "diners-club",
    "mastercard": "master-card",
}
_FUNDING = {"credit", "debit"}
_STATES = {
    "warning_needs_response": DisputeState.NEEDS_RESPONSE,
    "warning_under_review": DisputeState.UNDER_REVIEW,
    "warning_closed": DisputeState.WON,
    "prevented": DisputeState.WON,
    "needs_response": DisputeState.NEEDS_RESPONSE,
    "under_review": DisputeState.UNDER_REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}
_REASONS = {"subscription_canceled": "subscription_cancelled", "unrecognized": "unrecognised"}
_REFUNDS = {
    "pending": RefundOutcome.SUBMITTED,
    "requires_action": RefundOutcome.SUBMITTED,
    "succeeded": RefundOutcome.SUCCESS,
    "failed": RefundOutcome.ERROR,
    "canceled": RefundOutcome.ERROR,
}


class Model(BaseModel):
    """An object of Stripe's. Members that we do not know are left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class BalanceTransaction(Model):
    """What a movement added to the balance, and its fee."""

    id: str = _Id
    fee: int = Field(ge=-_MOST, le=_MOST)
    currency: str = Field(max_length=3)
    created: int


class _CardDetails(Model):
    brand: str | None = Field(default=None, max_length=40)
    funding: str | None = Field(default=None, max_length=20)
    last4: str | None = Field(default=None, pattern=r"^[0-9]{4}$")
    exp_month: int | None = Field(default=None, ge=1, le=12)
    exp_year: int | None = Field(default=None, ge=2000, le=2999)


class _MethodDetails(Model):
    card: _CardDetails | None = None


class _Address(Model):
    line1: str | None = Field(default=None, max_length=500)
    line2: str | None = Field(default=None, max_length=500)
    city: str | None = Field(default=None, max_length=500)
    postal_code: str | None = Field(default=None, max_length=40)
    country: str | None = Field(default=None, max_length=2)


class BillingDetails(Model):
    """Who paid, as they said."""

    email: str | None = Field(default=None, max_length=800)
    name: str | None = Field(default=None, max_length=500)
    address: _Address | None = None


class _Charge(Model):
    id: str = _Id
    payment_method_details: _MethodDetails | None = None
    billing_details: BillingDetails | None = None
    balance_transaction: BalanceTransaction | str | None = None


class _LastError(Model):
    code: str | None = Field(default=None, max_length=100)
    decline_code: str | None = Field(default=None, max_length=100)


class _PaymentMethod(Model):
    id: str = _Id
    card: _CardDetails | None = None
    billing_details: BillingDetails | None = None


class PaymentIntent(Model):
    """A payment at Stripe, ``latest_charge`` expanded."""

    id: str = _Id
    status: str = Field(max_length=60)
    customer: str | None = Field(default=None, max_length=255)
    payment_method: str | None = Field(default=None, max_length=255)
    latest_charge: _Charge | None = None
    last_payment_error: _LastError | None = None
    metadata: Mapping[str, str] | None = None


class SetupIntent(Model):
    """A card that is kept without a payment, ``payment_method`` expanded."""

    id: str = _Id
    status: str = Field(max_length=60)
    customer: str | None = Field(default=None, max_length=255)
    payment_method: _PaymentMethod | None = None


class Session(Model):
    """A Checkout Session: a visit of a payer to Stripe's page, its intents expanded."""

    id: str = _Id
    status: str = Field(max_length=40)
    url: str | None = Field(default=None, max_length=8_000, pattern=r"^https://")
    customer_details: BillingDetails | None = None
    payment_intent: PaymentIntent | None = None
    setup_intent: SetupIntent | None = None


class _Refund(Model):
    id: str = _Id
    status: str = Field(max_length=40)
    metadata: Mapping[str, str] | None = None


class _Dispute(Model):
    id: str = _Id
    payment_intent: str | None = Field(default=None, max_length=255)
    status: str = Field(max_length=40)
    amount: int = Field(ge=1, le=100_000_000)
    reason: str = Field(max_length=60)
    created: int
    balance_transactions: list[BalanceTransaction] = Field(default=[], max_length=10)


_Kind = TypeVar("_Kind", bound=Model)


def read_object(model: type[_Kind], value: stripe.StripeObject | Mapping[str, Any]) -> _Kind:
    """Read an object of the library's. Raises ProcessorError."""
    plain = value.to_dict() if isinstance(value, stripe.StripeObject) else value
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        raise ProcessorError("an answer of Stripe's cannot be read") from error


def to_time(seconds: int) -> datetime:
    """Convert Stripe's time."""
    return datetime.fromtimestamp(seconds, UTC)


def to_card(details: _CardDetails | None) -> Card | None:
    """Return what may be kept of a card: Stripe never says the first digits."""
    if details is None or details.last4 is None:
        return None
    brand = details.brand or "unknown"
    funding = details.funding if details.funding in _FUNDING else None
    return Card(_BRANDS.get(brand, brand), funding, None, details.last4)


def to_payer(person: BillingDetails | None, card: _CardDetails | None) -> PayerDetails:
    """Return what a payer entered on Stripe's page, no longer than we keep it."""
    expiry = (
        f"{card.exp_month:02}/{card.exp_year % 100:02}" if card and card.exp_month and card.exp_year else None
    )
    if person is None:
        return PayerDetails(expiry_date=expiry)
    email = person.email if person.email and len(person.email) <= _MAX_EMAIL else None
    name = person.name[:255] if person.name else None
    return PayerDetails(email, name, _to_address(person.address), expiry)


def _to_address(address: _Address | None) -> Mapping[str, str] | None:
    if address is None:
        return None
    members = {
        "line1": (address.line1, 255),
        "line2": (address.line2, 255),
        "city": (address.city, 255),
        "postcode": (address.postal_code, 25),
        "country": (address.country, 2),
    }
    return {name: text[:most] for name, (text, most) in members.items() if text} or None


def read_refund(value: stripe.StripeObject) -> RefundResult:
    """Read a refund. Raises ProcessorError."""
    refund = read_object(_Refund, value)
    if refund.status not in _REFUNDS:
        raise ProcessorError("a refund of Stripe's has an unknown state")
    return RefundResult(refund.id, _REFUNDS[refund.status], (refund.metadata or {}).get(REFERENCE, ""))


def read_dispute(value: stripe.StripeObject) -> Dispute:
    """Read a dispute. Its fee is what Stripe took beside the amount and did not return.

    Raises ProcessorError.
    """
    dispute = read_object(_Dispute, value)
    if dispute.status not in _STATES:
        raise ProcessorError("a dispute of Stripe's has an unknown state")
    fee = sum(line.fee for line in dispute.balance_transactions if line.currency == GBP)
    reason = _REASONS.get(dispute.reason, dispute.reason)
    state, opened_at = _STATES[dispute.status], to_time(dispute.created)
    payment = dispute.payment_intent or ""
    is_taken = bool(dispute.balance_transactions)  # an inquiry takes nothing
    return Dispute(dispute.id, payment, state, dispute.amount, max(fee, 0), reason, opened_at, is_taken)
