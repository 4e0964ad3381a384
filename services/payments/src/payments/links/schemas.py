"""The API models of payment links."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from chassis.ids import Id
from chassis.types import reject_control_characters
from payments.funds.schemas.values import Change, Help, IdOrCode, Title, Versioned
from payments.links.rules import MAX_AMOUNT
from payments.payments.schemas.requests import Text254
from payments.shared.schemas import RequestBody

Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT, description="In pence")]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=60), AfterValidator(reject_control_characters)
]
Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=255),
    AfterValidator(reject_control_characters),
]
Language = Literal["en", "cy", "both"]
WelshTitle = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(reject_control_characters)
]


class NewPaymentLink(RequestBody):
    """A payment link to be made."""

    title: Title = Field(examples=["Pay for garden waste"])
    title_cy: WelshTitle = ""
    description: Help = ""
    description_cy: Help = ""
    fund: IdOrCode
    reference: Reference | None = Field(
        default=None, description="Of every payment; null: the payer is asked"
    )
    reference_label: Label = Field(
        default="", description="What the page calls it", examples=["Account number"]
    )
    reference_label_cy: Label = ""
    amount: Amount | None = Field(
        default=None, description="Of every payment, in pence; null: the payer is asked"
    )
    min_amount: Amount = 1
    max_amount: Amount = MAX_AMOUNT
    language: Language = "en"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.language != "en" and not self.title_cy:
            raise ValueError("a link in Welsh needs title_cy")
        if not self.min_amount <= (self.amount or self.min_amount) <= self.max_amount:
            raise ValueError("amount must be between min_amount and max_amount, and they in this order")
        return self


class PaymentLinkChange(Change):
    """A change of a payment link. What it takes stays: make another link for that."""

    title: Title | None = None
    title_cy: WelshTitle | None = None
    description: Help | None = None
    description_cy: Help | None = None
    is_open: bool | None = Field(default=None, description="Whether it takes payments")

    @model_validator(mode="after")
    def _keeps_what_it_must_have(self) -> Self:
        self.reject_nulls()
        return self


class PaymentLink(Versioned):
    """A payment link."""

    title: str
    title_cy: str
    description: str
    description_cy: str
    fund: Id
    reference: str | None
    reference_label: str
    reference_label_cy: str
    amount: int | None
    min_amount: int
    max_amount: int
    language: Language
    is_open: bool
    mode: Literal["sandbox", "live"]
    url: str = Field(description="The page. Add ?reference= and ?amount= (pence) to fill it in")


class NewLinkPayment(RequestBody):
    """A payment that staff make by a link, for somebody on the telephone for example."""

    reference: Reference | None = None
    amount: Amount | None = None
    moto: bool = Field(default=False, description="Mail order or telephone order")
    email: Text254 | None = Field(default=None, description="The payer's, for the card page")


class LinkPayment(RequestBody):
    """A payment of a link. Send the payer its `next_url`; it works once."""

    payment_id: Id
    next_url: str
