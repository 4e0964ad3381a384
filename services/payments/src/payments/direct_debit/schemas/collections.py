"""The API models of collections and plans."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from chassis.ids import Id
from payments.direct_debit.schemas.mandates import Mode, Reference
from payments.funds.schemas.baskets import NewLine
from payments.funds.schemas.values import Change, Day
from payments.payments.schemas.requests import Metadata
from payments.shared.schemas import RequestBody

MAX_AMOUNT = 1_000_000
MAX_INSTALMENTS = 60
_MAX_LINES = 50
Lines = Annotated[list[NewLine], Field(min_length=1, max_length=_MAX_LINES)]
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT, description="In pence; the lines sum to it")]
ChargeDate = Annotated[
    Day,
    Field(description="The day of the charge. If banks do not work on it, the next working day is taken"),
]


class NewInstalment(RequestBody):
    """An amount and its day."""

    amount: Amount
    charge_date: ChargeDate | None = Field(default=None, description="Null: the first day that notice allows")
    lines: Lines


class NewCollection(NewInstalment):
    """A collection to be made."""

    mandate: Id
    reference: Reference
    metadata: Metadata | None = None


class NewPlan(RequestBody):
    """Collections to be made, with one notice of them all."""

    mandate: Id
    reference: Reference
    metadata: Metadata | None = None
    instalments: Annotated[list[NewInstalment], Field(min_length=1, max_length=MAX_INSTALMENTS)]


class CollectionChange(Change):
    """A change of a collection that was not submitted. The payer gets notice of it."""

    charge_date: ChargeDate | None = None
    amount: Amount | None = None
    lines: Lines | None = None

    @model_validator(mode="after")
    def _has_amount_and_lines(self) -> Self:
        self.reject_nulls()
        if (self.amount is None) != (self.lines is None):
            raise ValueError("give amount and lines together")
        return self


class NewPresentation(RequestBody):
    """A second presentation of a collection that came back."""

    charge_date: ChargeDate | None = Field(default=None, description="Null: the first day that notice allows")


class CollectionLine(BaseModel):
    """What a part of a collection is for."""

    fund: Id
    amount: int
    reference: str
    vat: int
    narrative: str


class Collection(BaseModel):
    """An amount that is charged on a day."""

    id: Id
    mandate: Id
    plan: Id | None
    presents: Id | None = Field(
        description="The collection that came back and is presented again by this one"
    )
    mode: Mode
    state: Literal[
        "scheduled",
        "suspended",
        "submitting",
        "submitted",
        "collected",
        "unpaid",
        "claimed",
        "stopped",
        "cancelled",
    ]
    reason: str | None = Field(description="A bank's code such as `ARUDD-0`, or why it was stopped")
    amount: int
    charge_date: date
    notice_sent_at: datetime | None = Field(description="When the payer was told of the amount and the day")
    notice_days: int
    reference: str
    metadata: dict[str, Any]
    lines: list[CollectionLine]
    posted_on: date | None = Field(description="The day of the receipt in the ledger")
    version: int
    created_at: datetime
    updated_at: datetime


class Plan(BaseModel):
    """Collections that were made at once."""

    id: Id
    collections: list[Collection]
