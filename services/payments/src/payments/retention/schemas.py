"""Holds, and personal data of a payer, as the API has them."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from chassis.ids import Id
from chassis.types import reject_control_characters
from payments.shared.schemas import RequestBody

_CLEAN = AfterValidator(reject_control_characters)
Words = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True), _CLEAN]
Text255 = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True), _CLEAN]


class NewHold(RequestBody):
    """Why nothing of a payment may be erased."""

    reason: Words = Field(description="Such as a claim or an inquiry and its number. Name nobody.")


class Hold(BaseModel):
    """A hold of a payment."""

    payment: Id
    reason: str
    placed_at: datetime


class PersonalDataRequest(RequestBody):
    """Whose data: by their e-mail address, or by a reference of theirs."""

    email: Text255 | None = Field(default=None, description="The whole address; capital letters are equal")
    reference: Text255 | None = Field(default=None, description="A payment's, or a line's, as it was written")

    @model_validator(mode="after")
    def _require_one(self) -> "PersonalDataRequest":
        if (self.email is None) == (self.reference is None):
            raise ValueError("give either email or reference")
        return self


class PersonalPayment(BaseModel):
    """A payment and what is stored of who paid."""

    payment_id: Id
    created_at: datetime
    status: str
    amount: int = Field(description="Pence")
    refunded: int = Field(description="Pence")
    reference: str
    description: str
    metadata: dict[str, Any] | None
    lines: list[dict[str, Any]] = Field(description="Reference, narrative and pence of each line")
    payer: dict[str, Any] | None = Field(description="E-mail address, name, address, digits of the card")
    agreement: dict[str, Any] | None = Field(description="The agreement that it was made with, and its card")
    staff_notes: list[str] = Field(description="What staff wrote about it")


class PersonalMandate(BaseModel):
    """A Direct Debit mandate and what is stored of who gave it. Bank details are the provider's alone."""

    mandate_id: Id
    created_at: datetime
    state: str
    reference: str
    email: str | None
    metadata: dict[str, Any] | None
    collections: list[dict[str, Any]] = Field(
        description="The newest 500: day, pence, state, reference, metadata and lines of each"
    )


class PersonalReceipt(BaseModel):
    """What was taken at the counter, or by an e-return, and whose cheque it was."""

    receipt_id: Id
    number: str
    taken_on: date
    kind: str
    status: str
    amount: int = Field(description="Pence")
    metadata: dict[str, Any]
    lines: list[dict[str, Any]] = Field(description="Reference, narrative and pence of each line")
    cheque: dict[str, Any] | None = Field(description="Number, sort code, account number, name")
    reason: str | None = Field(description="Of its void or return, as staff wrote it")


class PersonalData(BaseModel):
    """What is stored of a payer."""

    payments: list[PersonalPayment] = Field(description="The newest 500")
    is_truncated: bool = Field(description="Whether there are more than these, of any kind")
    mandates: list[PersonalMandate] = Field(description="The newest 500, of Direct Debit")
    receipts: list[PersonalReceipt] = Field(
        description="The newest 500, of the counter: by reference, as it has no e-mail addresses"
    )
