"""Read Stripe's events: signed by ``Stripe-Signature``, and hints only."""

from collections.abc import Mapping

import stripe
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from payments.processors.rules import ForgedNotificationError, Notification, Topic

_TOLERANCE = 300  # seconds that an event may be old
_TOPICS = {
    "checkout.session.completed": Topic.AUTHORISATION,
    "checkout.session.expired": Topic.AUTHORISATION,
    "charge.captured": Topic.CAPTURE,
    "refund.created": Topic.REFUND,
    "refund.updated": Topic.REFUND,
    "refund.failed": Topic.REFUND,
    "charge.dispute.created": Topic.DISPUTE,
    "charge.dispute.updated": Topic.DISPUTE,
    "charge.dispute.closed": Topic.DISPUTE,
}
EVENTS = tuple(_TOPICS)
"""The events that a council's webhook endpoint at Stripe should send."""


class _Object(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(min_length=1, max_length=140)
    payment_intent: str | None = Field(default=None, max_length=140)


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    object: _Object


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str = Field(max_length=100)
    livemode: bool
    data: _Data


def read_notification(body: bytes, headers: Mapping[str, str], secret: str) -> Notification | None:
    """Check an event's signature and age, and read what it is about.

    None for what nobody needs, and for what Stripe's test mode says. Raises ForgedNotificationError.
    """
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(text, headers.get("stripe-signature", ""), secret, _TOLERANCE)
    except (stripe.SignatureVerificationError, UnicodeError) as error:
        raise ForgedNotificationError("the event is not signed with the account's secret") from error
    try:
        event = _Event.model_validate_json(text)
    except ValidationError:
        return None
    topic = _TOPICS.get(event.type)
    if topic is None or not event.livemode:
        return None
    provider_id = event.data.object.payment_intent if topic is Topic.CAPTURE else event.data.object.id
    return Notification(topic, provider_id) if provider_id else None
