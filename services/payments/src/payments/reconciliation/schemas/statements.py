"""Bank accounts, statements and their lines, as the API shows them."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from chassis.ids import Id
from payments.bank_files.rules.statements import normalise_account
from payments.funds.schemas.values import Title
from payments.shared.schemas import RequestBody

Format = Literal["camt053", "mt940", "bai2"]
SignedPence = Annotated[int, Field(description="Pence; negative: out of the account")]


def _check_account(text: str) -> str:
    account = normalise_account(text)
    if not account:
        raise ValueError("has no letter or digit")
    return account


class NewBankAccount(RequestBody):
    """A bank account whose statements you want to load."""

    name: Title
    identification: Annotated[
        str, StringConstraints(min_length=1, max_length=60), AfterValidator(_check_account)
    ] = Field(
        description="Sort code and account number, or the IBAN, as the bank's statements have it",
        examples=["20-00-00 12345678"],
    )
    receives_payouts: bool = Field(default=True, description="Card processors pay out to it")


class BankAccount(BaseModel):
    """A bank account."""

    id: Id
    name: str
    identification: str
    receives_payouts: bool
    created_at: datetime


class BankStatement(BaseModel):
    """A statement of a bank account."""

    id: Id
    file: Id
    account: Id = Field(description="The bank account")
    identity: str = Field(description="What the bank calls the statement")
    from_date: date | None
    to_date: date
    opening: SignedPence
    closing: SignedPence
    lines: int


class StatementFile(BaseModel):
    """A file of statements that was imported. A file that repeats an earlier one is the earlier one."""

    id: Id
    format: Format
    sha256: str
    imported_at: datetime
    statements: list[BankStatement]


class BankLine(BaseModel):
    """A line of a bank statement, and what it was matched with."""

    id: Id
    n: int
    file_line: int = Field(description="Where it stands in the file")
    amount: SignedPence
    booked_on: date
    value_on: date
    reference: str
    text: str
    settlement: Id | None = Field(description="The payout that it is")
    bag: Id | None = Field(default=None, description="The bag, or the returned cheque, that it is")
    rule: str | None = Field(description="The rule that placed it; null: it is in suspense")
