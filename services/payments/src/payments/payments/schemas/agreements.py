"""Agreements: what services send and get. Source: GOV.UK Pay's published API."""

from pydantic import Field

from chassis.ids import Id
from payments.payments.schemas.requests import Required255, ServiceRequest
from payments.payments.schemas.responses import CardDetails, Instant, PayModel


class CreateAgreementRequest(ServiceRequest):
    """An agreement that a service asks for."""

    reference: Required255 = Field(examples=["CT-22-23-0001"])
    description: Required255 = Field(
        description="Shown to the payer at the first payment", examples=["Council tax by instalments"]
    )
    user_identifier: Required255 | None = Field(
        default=None, description="Your own id of the payer. No personal data", examples=["user-3fb81107"]
    )


class PaymentInstrument(PayModel):
    """The card that an agreement's payments are taken from."""

    type: str = "card"
    card_details: CardDetails
    created_date: Instant


class Agreement(PayModel):
    """A payer's agreement to later payments."""

    agreement_id: Id
    reference: str
    description: str
    user_identifier: str | None = None
    status: str = Field(examples=["created"])
    created_date: Instant
    cancelled_date: Instant | None = None
    payment_instrument: PaymentInstrument | None = None
