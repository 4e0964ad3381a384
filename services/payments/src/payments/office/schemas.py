"""API models of the office."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator

from chassis import ids
from chassis.ids import Id
from payments.funds.schemas.baskets import NewLine
from payments.office.rules.requests import Kind, Reason, Status
from payments.payments.schemas.requests import RefundLine
from payments.shared.schemas import Note, RequestBody

MAX_REFUND = 10_000_000  # pence
Pennies = Annotated[int, Field(ge=0, le=100_000_000_000, description="Pence")]


class NewRequest(RequestBody):
    """What every request of staff says."""

    id: Id = Field(
        default_factory=ids.new, description="An id you choose: sent again, the request is made once"
    )
    reason: Reason
    note: Note = Field(default="", description="In your own words; needed with the reason `other`")


class NewRefund(NewRequest):
    """A refund by staff."""

    amount: int = Field(ge=1, le=MAX_REFUND, strict=True, description="Pence")
    lines: list[RefundLine] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description="From which lines; spread over them if left out",
    )


class CreditLine(RequestBody):
    """What is given back of a line."""

    line: int = Field(ge=1, le=50)
    amount: int = Field(ge=1, le=MAX_REFUND, strict=True, description="Pence")


class NewCreditNote(NewRequest):
    """Money of a receipt at the counter that is given back, by the payments ledger."""

    receipt: Id
    lines: list[CreditLine] = Field(min_length=1, max_length=50)

    @property
    def amount(self) -> int:
        """Return what is given back, in pence."""
        return sum(line.amount for line in self.lines)

    @model_validator(mode="after")
    def _names_each_line_once(self) -> "NewCreditNote":
        if len({line.line for line in self.lines}) != len(self.lines):
            raise ValueError("name each line once")
        return self


class NewJournal(NewRequest):
    """Money moved to other accounts: out of suspense, or from a line of a payment."""

    item: Id = Field(description="The item in suspense, the payment, or the receipt at the counter")
    line: int | None = Field(default=None, ge=1, le=50, description="Its line; left out: suspense")
    lines: list[NewLine] = Field(min_length=1, max_length=20, description="Where the money belongs")


class Answer(RequestBody):
    """Why a request is rejected."""

    answer: Note = Field(min_length=1)


class NewLimit(RequestBody):
    """What staff with a scope may give back without a second person."""

    refund: Pennies = Field(description="At once, in pence")
    daily: Pennies = Field(description="In a day, in pence: at least as much")


class OfficeLimit(NewLimit):
    """A limit as it is."""

    scope: str


class OfficeRequest(BaseModel):
    """A request of staff."""

    id: Id
    kind: Kind
    status: Status
    subject: Id = Field(description="The payment, the item in suspense, the journal, or the receipt")
    line: int | None
    amount: int
    reason: Reason
    note: str
    answer: str
    content: dict[str, Any]
    requested_by: str
    requested_at: datetime
    checked_by: str | None
    checked_at: datetime | None
    result: Id | None = Field(description="The refund, or the transaction in the ledger")


class PaymentSummary(BaseModel):
    """A payment in a list."""

    id: Id
    status: str
    amount: int
    refunded: int
    reference: str
    description: str
    created_at: datetime


class TimelineEvent(BaseModel):
    """Something that happened to a payment."""

    at: datetime
    kind: str = Field(description="state, refund, request or webhook")
    text: str
    id: Id | None = None
    amount: int | None = None


class PaymentLine(BaseModel):
    """A line of a payment's basket."""

    n: int
    fund: Id
    reference: str
    narrative: str
    ledger_code: str
    vat_code: str
    amount: int
    vat: int
    refunded: int
    moved: int


class PaymentDetail(PaymentSummary):
    """A payment with its payer, basket, postings and timeline."""

    mode: str
    email: str | None
    cardholder_name: str | None
    card_brand: str | None
    last_digits: str | None
    lines: list[PaymentLine]
    postings: list["PostedAmount"]
    timeline: list[TimelineEvent]


class PostedAmount(BaseModel):
    """A posting in the ledger: debit positive, credit negative."""

    kind: str
    taken_on: date
    role: str
    code: str
    amount: int


class SuspenseItem(BaseModel):
    """Money that has no place yet."""

    item: Id
    fund: Id | None
    amount: int
    taken_on: date
    days: int
    reference: str


class Taking(BaseModel):
    """Takings of a day, fund and method of payment."""

    day: date
    fund: str = Field(description="Its code; empty for surcharges of cards")
    method: str
    gross: int
    vat: int
    fund_name: str = Field(description="As staff read it; empty for surcharges of cards")
