"""The events that payments publishes: what a case needs to move on, and nothing personal."""

from typing import ClassVar

from pydantic import Field

from chassis.events import EventData
from chassis.ids import Id
from chassis.json_values import JsonObject
from chassis.types import Pence

Metadata = JsonObject


class PaymentEvent(EventData):
    """A payment as it is after the event."""

    payment: Id
    mode: str = Field(pattern="^(sandbox|live)$", description="Whether money moves, or it is a test")
    reference: str = Field(max_length=255, description="The service's own reference")
    amount: Pence
    surcharge: Pence = Field(default=0, description="Added to the amount for a corporate card")
    metadata: Metadata = Field(default={}, description="What the service sent along", max_length=15)


_EXAMPLE: dict[str, object] = {
    "payment": "01hzy3t8qk5v7m9x2c4b6n8p0r",
    "mode": "live",
    "reference": "GW-2026-000123",
    "amount": 5500,
    "surcharge": 250,
    "metadata": {"case": "HF7-K2P-9QX"},
}


class PaymentCreated(PaymentEvent):
    """A service asked for a payment."""

    event_type: ClassVar[str] = "payments.payment.created.v1"
    event_example: ClassVar[dict[str, object]] = _EXAMPLE


class PaymentSucceeded(PaymentEvent):
    """The payer confirmed and the card was authorised. The money is taken next."""

    event_type: ClassVar[str] = "payments.payment.succeeded.v1"
    event_example: ClassVar[dict[str, object]] = _EXAMPLE


class PaymentFailed(PaymentEvent):
    """The card was declined, the payer gave up, or the processor failed."""

    event_type: ClassVar[str] = "payments.payment.failed.v1"
    event_example: ClassVar[dict[str, object]] = {**_EXAMPLE, "code": "P0010"}

    code: str = Field(pattern="^P[0-9]{4}$", description="Why, as GOV.UK Pay's API says it")


class PaymentCancelled(PaymentEvent):
    """The service cancelled the payment."""

    event_type: ClassVar[str] = "payments.payment.cancelled.v1"
    event_example: ClassVar[dict[str, object]] = _EXAMPLE


class PaymentExpired(PaymentEvent):
    """The payer did not finish in time."""

    event_type: ClassVar[str] = "payments.payment.expired.v1"
    event_example: ClassVar[dict[str, object]] = _EXAMPLE


class PaymentRefunded(PaymentEvent):
    """Money went back to the payer. ``refunded``: what has gone back in all."""

    event_type: ClassVar[str] = "payments.payment.refunded.v1"
    event_example: ClassVar[dict[str, object]] = {
        **_EXAMPLE,
        "refund": "01hzy4a8qk5v7m9x2c4b6n8p0r",
        "refund_amount": 1500,
        "refunded": 1500,
    }

    refund: Id
    refund_amount: Pence
    refunded: Pence


class DisputeEvent(PaymentEvent):
    """A payer's dispute of a payment, as it is after the event. ``amount``: what is disputed."""

    dispute: Id
    reason: str = Field(max_length=60, description="The bank's reason, as GOV.UK Pay's API says it")


_DISPUTE: dict[str, object] = {
    **_EXAMPLE,
    "dispute": "01hzy5b8qk5v7m9x2c4b6n8p0r",
    "reason": "fraudulent",
}


class DisputeOpened(DisputeEvent):
    """A payer asked their bank for the money back. The council is to respond to the processor."""

    event_type: ClassVar[str] = "payments.dispute.opened.v1"
    event_example: ClassVar[dict[str, object]] = _DISPUTE


class DisputeReviewed(DisputeEvent):
    """The council responded, and the bank looks at it (`under_review`)."""

    event_type: ClassVar[str] = "payments.dispute.reviewed.v1"
    event_example: ClassVar[dict[str, object]] = _DISPUTE


class DisputeWon(DisputeEvent):
    """The council keeps the money."""

    event_type: ClassVar[str] = "payments.dispute.won.v1"
    event_example: ClassVar[dict[str, object]] = _DISPUTE


class DisputeLost(DisputeEvent):
    """The payer has the money back: what was paid is owed again."""

    event_type: ClassVar[str] = "payments.dispute.lost.v1"
    event_example: ClassVar[dict[str, object]] = _DISPUTE


class PaymentSettled(PaymentEvent):
    """The processor paid the money out to the council's bank. ``fee``: what the processor kept of it."""

    event_type: ClassVar[str] = "payments.payment.settled.v1"
    event_example: ClassVar[dict[str, object]] = {**_EXAMPLE, "settled_on": "2026-04-03", "fee": 102}

    settled_on: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="The day of the payout's arrival")
    fee: int = Field(ge=-100_000_000_000, le=100_000_000_000, description="Pence")


class MandateEvent(EventData):
    """A Direct Debit mandate as it is after the event."""

    mandate: Id
    mode: str = Field(pattern="^(sandbox|live)$")
    reference: str = Field(max_length=100, description="The council's own reference")
    code: str = Field(default="", max_length=20, description="The bank's reason, such as ADDACS-2")
    stops_letters: bool = Field(default=False, description="Send nothing more to the payer")
    metadata: Metadata = Field(default={}, max_length=15)


_MANDATE: dict[str, object] = {
    "mandate": "01hzy6c8qk5v7m9x2c4b6n8p0r",
    "mode": "live",
    "reference": "CT-800123459",
    "code": "",
    "stops_letters": False,
    "metadata": {"case": "HF7-K2P-9QX"},
}


class MandateCreated(MandateEvent):
    """A mandate was asked for. Its payer is to sign."""

    event_type: ClassVar[str] = "payments.mandate.created.v1"
    event_example: ClassVar[dict[str, object]] = _MANDATE


class MandateActivated(MandateEvent):
    """Money can be collected: for the first time, or again."""

    event_type: ClassVar[str] = "payments.mandate.activated.v1"
    event_example: ClassVar[dict[str, object]] = _MANDATE


class MandateSuspended(MandateEvent):
    """Nothing is collected until the cause is mended."""

    event_type: ClassVar[str] = "payments.mandate.suspended.v1"
    event_example: ClassVar[dict[str, object]] = {**_MANDATE, "code": "ARUDD-4"}


class MandateFailed(MandateEvent):
    """The payer's bank refused the mandate."""

    event_type: ClassVar[str] = "payments.mandate.failed.v1"
    event_example: ClassVar[dict[str, object]] = {**_MANDATE, "code": "AUDDIS-5"}


class MandateCancelled(MandateEvent):
    """The payer, their bank or the council cancelled the mandate."""

    event_type: ClassVar[str] = "payments.mandate.cancelled.v1"
    event_example: ClassVar[dict[str, object]] = {**_MANDATE, "code": "ADDACS-1"}


class MandateExpired(MandateEvent):
    """Nothing was collected by the mandate for so long that it is dormant."""

    event_type: ClassVar[str] = "payments.mandate.expired.v1"
    event_example: ClassVar[dict[str, object]] = _MANDATE


class ReceiptPosted(EventData):
    """A line of a receipt was posted to the ledger: money for one reference of one fund."""

    event_type: ClassVar[str] = "payments.receipt.posted.v1"
    event_example: ClassVar[dict[str, object]] = {
        "receipt": "01hzy3t8qk5v7m9x2c4b6n8p0r",
        "line": 1,
        "mode": "live",
        "fund": "23",
        "reference": "800123459",
        "amount": 5500,
        "taken_on": "2026-04-01",
        "method": "90",
        "metadata": {"case": "HF7-K2P-9QX"},
    }

    receipt: Id
    line: int = Field(ge=1, le=50)
    mode: str = Field(pattern="^(sandbox|live)$")
    fund: str = Field(max_length=20, description="The fund's code; empty: suspense")
    reference: str = Field(max_length=255)
    amount: int = Field(ge=-100_000_000_000, le=100_000_000_000, description="Pence; negative: taken back")
    taken_on: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="The UK day of the taking")
    method: str = Field(max_length=20, description="The method of payment's code")
    metadata: Metadata = Field(default={}, max_length=15)


PUBLISHED: list[type[EventData]] = [
    PaymentCreated,
    PaymentSucceeded,
    PaymentFailed,
    PaymentCancelled,
    PaymentExpired,
    PaymentRefunded,
    DisputeOpened,
    DisputeReviewed,
    DisputeWon,
    DisputeLost,
    PaymentSettled,
    MandateCreated,
    MandateActivated,
    MandateSuspended,
    MandateFailed,
    MandateCancelled,
    MandateExpired,
    ReceiptPosted,
]
