"""API models of receipts at the counter."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from chassis.ids import Id
from chassis.messages import Channel, is_recipient
from payments.cash_office.rules.tills import Reason
from payments.cash_office.schemas.values import Cheque, Kind, NewRecord, Note, Pennies, reject_card_number
from payments.funds.schemas.baskets import NewLine
from payments.funds.schemas.values import Code, Day
from payments.payments.schemas.requests import Metadata
from payments.shared.schemas import RequestBody


def _check_email(text: str) -> str:
    if not is_recipient(Channel.EMAIL, text):
        raise ValueError("is no e-mail address")
    return text


Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_check_email)]


class NewReceipt(NewRecord):
    """Cash or a cheque of one payer."""

    lines: list[NewLine] = Field(min_length=1, max_length=50, description="What it is for")
    tendered: Pennies | None = Field(
        default=None, description="Cash that was handed over, if change is to be given"
    )
    cheque: Cheque | None = Field(default=None, description="Left out: it is cash")
    method: Code | None = Field(
        default=None, description="The code of the method of payment, such as that of cheques by post"
    )
    email: Email | None = Field(default=None, description="Where the receipt is sent. It is not kept")
    language: Literal["en", "cy"] = Field(default="en", description="Of the e-mail")
    metadata: Metadata | None = Field(default=None, description="What events say of it, such as the case")

    @property
    def amount(self) -> int:
        """Return what is paid, in pence."""
        return sum(line.amount for line in self.lines)

    @model_validator(mode="after")
    def _is_cash_or_cheque(self) -> "NewReceipt":
        if self.cheque is not None and self.tendered is not None:
            raise ValueError("no change is given on a cheque; leave tendered out")
        if self.tendered is not None and self.tendered < self.amount:
            raise ValueError(f"tendered is less than the {self.amount} pence to be paid")
        for name, value in (self.metadata or {}).items():
            reject_card_number(f"{name} {value}")
        return self


class ReturnedCheque(RequestBody):
    """A cheque that the bank returned unpaid."""

    returned_on: Day = Field(description="The day on which the bank takes the money back")
    note: Note = ""


class ReceiptLine(BaseModel):
    """A line of a receipt, as it was taken."""

    n: int
    fund: Id
    ledger_code: str
    reference: str
    vat_code: Id
    basis_points: int | None
    amount: int
    vat: int
    narrative: str
    refunded: int = Field(description="Given back by credit notes")
    moved: int = Field(description="Moved to other accounts by journals")


class Receipt(BaseModel):
    """A receipt. Its lines and its cheque are shown with the receipt itself, not in lists."""

    id: Id
    number: str
    till: Id | None
    e_return: Id | None
    office: Id
    kind: Kind
    method: str
    amount: int
    tendered: int | None
    change: int | None = Field(description="Cash that was given back at once")
    taken_on: date
    status: Literal["posted", "voided", "returned"]
    created_by: str
    created_at: datetime
    reason: Reason | Literal["returned"] | None = Field(description="Why it was undone")
    ended_by: str | None
    ended_at: datetime | None
    lines: list[ReceiptLine] = Field(default=[])
    cheque: Cheque | None = None
