"""What services get. Members without a value are left out, as GOV.UK Pay does."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from chassis.ids import Id


def show_instant(moment: datetime) -> str:
    """Write a time as Pay does: UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[datetime, PlainSerializer(show_instant, return_type=str)]


class PayModel(BaseModel):
    """A body of Pay's API."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, serialize_by_alias=True)

    @model_serializer(mode="wrap")
    def _leave_out_nulls(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}


class Link(PayModel):
    """Where to go, and how."""

    href: str
    method: str


class PostLink(Link):
    """A link that wants a form to be sent."""

    type: str | None = None
    params: dict[str, str] | None = None


class State(PayModel):
    """The state of a payment."""

    status: str = Field(examples=["created"])
    finished: bool
    code: str | None = None
    message: str | None = None
    can_retry: bool | None = None


class RefundSummary(PayModel):
    """How much has gone back, and how much can."""

    status: str
    amount_available: int
    amount_submitted: int


class SettlementSummary(PayModel):
    """When the money was taken, and when it was paid out."""

    capture_submit_time: Instant | None = None
    captured_date: str | None = None
    settled_date: str | None = None


class Address(PayModel):
    """The billing address."""

    line1: str | None = None
    line2: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None


class CardDetails(PayModel):
    """What is known of the card."""

    card_brand: str | None = None
    card_type: str | None = None
    last_digits_card_number: str | None = None
    first_digits_card_number: str | None = None
    expiry_date: str | None = None
    cardholder_name: str | None = None
    billing_address: Address | None = None


class ThreeDSecure(PayModel):
    """Whether the payer had to show that the card is theirs."""

    required: bool


class AuthorisationSummary(PayModel):
    """How the card was authorised."""

    three_d_secure: ThreeDSecure


class Line(PayModel):
    """A line of the basket, as it was taken."""

    line: int
    fund: str | None = None
    reference: str
    amount: int
    vat_code: str
    vat_amount: int
    ledger_code: str
    narrative: str
    refunded: int


class PaymentLinks(PayModel):
    """What can be done with a payment."""

    self: Link
    next_url: Link | None = None
    next_url_post: PostLink | None = None
    events: Link
    refunds: Link
    cancel: PostLink | None = None
    capture: PostLink | None = None
    auth_url_post: PostLink | None = None


class Payment(PayModel):
    """A payment."""

    payment_id: Id
    amount: int
    reference: str
    description: str
    state: State
    language: str
    email: str | None = None
    metadata: dict[str, str | bool | int | float] | None = None
    payment_provider: str
    provider_id: str | None = None
    created_date: Instant
    return_url: str | None = None
    delayed_capture: bool
    moto: bool
    authorisation_mode: str
    agreement_id: Id | None = None
    set_up_agreement: Id | None = None
    agreement_payment_type: str | None = None
    refund_summary: RefundSummary
    settlement_summary: SettlementSummary
    card_brand: str | None = None
    card_details: CardDetails | None = None
    authorisation_summary: AuthorisationSummary | None = None
    corporate_card_surcharge: int | None = None
    total_amount: int | None = None
    fee: int | None = None
    net_amount: int | None = None
    lines: list[Line] | None = Field(default=None, description="The basket; on the payment itself")
    links: PaymentLinks | None = Field(default=None, alias="_links")


class CreatedPayment(PayModel):
    """Which payment an answer is about."""

    payment_id: Id


class PaymentLinksForSearch(PaymentLinks):
    """What can be done with a payment of a search: `cancel` is null if it cannot be cancelled."""

    @model_serializer(mode="wrap")
    def _leave_out_nulls(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        members = {name: value for name, value in handler(self).items() if value is not None}
        return {"cancel": None, **members}


class PaymentSearchResult(Payment):
    """A payment of a search."""

    links: PaymentLinksForSearch = Field(alias="_links")


class PaymentEvent(PayModel):
    """A state that a payment came into."""

    payment_id: Id
    state: State
    updated: Instant
    links: dict[str, Link] = Field(alias="_links")


class PaymentEvents(PayModel):
    """A payment's history."""

    payment_id: Id
    events: list[PaymentEvent]
    links: dict[str, Link] = Field(alias="_links")


class RefundSettlement(PayModel):
    """When a refund was settled."""

    settled_date: str | None = None


class Refund(PayModel):
    """A refund."""

    refund_id: Id
    created_date: Instant
    amount: int
    status: str
    settlement_summary: RefundSettlement
    links: dict[str, Link] = Field(alias="_links")


class RefundId(PayModel):
    """What is remembered of a refund's request."""

    refund_id: Id


class Refunds(PayModel):
    """A payment's refunds."""

    payment_id: Id
    links: dict[str, Link] = Field(alias="_links")
    embedded: dict[str, list[Refund]] = Field(alias="_embedded")


class PayError(PayModel):
    """An error of Pay's API."""

    field: str | None = None
    header: str | None = None
    code: str = Field(examples=["P0101"])
    description: str = Field(examples=["Missing mandatory attribute: amount"])
