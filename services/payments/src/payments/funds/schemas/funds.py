"""The API models of funds, and of the check of a reference."""

from datetime import date
from typing import Self

from pydantic import BaseModel, Field, model_validator

from chassis.ids import Id
from payments.funds.schemas.values import (
    MAX_MONTHS,
    Amount,
    Change,
    Code,
    Day,
    FundKind,
    LedgerCode,
    ReferenceText,
    RefundSpread,
    Title,
    Versioned,
)
from payments.shared.references import Code as FaultCode
from payments.shared.retention import DEFAULT_MONTHS
from payments.shared.schemas import RequestBody

_KIND = (
    "income: of the council itself; debtor: what somebody owes, in another system; suspense: cannot be placed"
)
_RULE = "The rule of its references; null: they may be anything"
_OVERRIDE = "Whether a line may name another VAT code"
_MAX = "The most that one line may have; null: no limit"
_SPREAD = "How a refund that names no lines is spread over the basket; refuse: it must name them"
_MONTHS = "Months for which the payer's personal data are kept"
_LAST = "The last day on which it takes money; null: no end. End a fund so, it is never removed"


class FundMembers(RequestBody):
    """What a fund is, but for the records that it names."""

    code: Code
    name: Title = Field(examples=["Council tax"])
    name_cy: Title = Field(description="In Welsh", examples=["Treth gyngor"])
    kind: FundKind = Field(description=_KIND)
    vat_override: bool = Field(default=False, description=_OVERRIDE)
    ledger_code: LedgerCode
    max_amount: Amount | None = Field(default=None, description=_MAX)
    overpay: bool = Field(default=True, description="Whether more than is owed may be paid")
    refund_spread: RefundSpread = Field(default="last_line_first", description=_SPREAD)
    retention_months: int = Field(default=DEFAULT_MONTHS, ge=1, le=MAX_MONTHS, description=_MONTHS)


class NewFund(FundMembers):
    """A fund to be added."""

    reference_rule: Id | None = Field(default=None, description=_RULE)
    vat_code: Id
    valid_from: Day = Field(description="The first day on which it takes money")
    valid_to: Day | None = Field(default=None, description=_LAST)


class FundChange(Change):
    """A change of a fund. Its code and kind stay: end it, and add another."""

    name: Title | None = None
    name_cy: Title | None = None
    reference_rule: Id | None = Field(default=None, description=_RULE)
    vat_code: Id | None = None
    vat_override: bool | None = Field(default=None, description=_OVERRIDE)
    ledger_code: LedgerCode | None = None
    max_amount: Amount | None = Field(default=None, description=_MAX)
    overpay: bool | None = None
    refund_spread: RefundSpread | None = Field(default=None, description=_SPREAD)
    retention_months: int | None = Field(default=None, ge=1, le=MAX_MONTHS, description=_MONTHS)
    valid_from: Day | None = None
    valid_to: Day | None = Field(default=None, description=_LAST)

    @model_validator(mode="after")
    def _keeps_what_it_must_have(self) -> Self:
        self.reject_nulls("reference_rule", "max_amount", "valid_to")
        return self


class Fund(Versioned):
    """A fund: the kind of debt or income that a line of a payment belongs to."""

    code: str
    name: str
    name_cy: str
    kind: FundKind = Field(description=_KIND)
    reference_rule: Id | None = Field(description=_RULE)
    vat_code: Id
    vat_override: bool = Field(description=_OVERRIDE)
    ledger_code: str
    max_amount: int | None = Field(description=_MAX)
    overpay: bool
    refund_spread: RefundSpread = Field(description=_SPREAD)
    retention_months: int = Field(description=_MONTHS)
    valid_from: date
    valid_to: date | None = Field(description=_LAST)


class ReferenceToCheck(RequestBody):
    """A reference as somebody typed it."""

    reference: ReferenceText = Field(examples=["800 123 459"])


class ReferenceCheck(BaseModel):
    """Whether a text is a reference of a fund. It does not say whether there is such an account."""

    right: bool
    reference: str = Field(description="As it would be stored", examples=["800123459"])
    code: FaultCode | None = Field(description="What is wrong; null: nothing")
    message: str = Field(
        description="What is wrong and what to do, for people",
        examples=["This is not a reference of Council tax: it is mistyped. It has 9 digits."],
    )
    help: str = Field(description="How references of the fund look, in the council's words")
    help_cy: str = Field(description="The same in Welsh")
