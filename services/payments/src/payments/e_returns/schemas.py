"""API models of e-returns and their templates."""

from datetime import date, datetime

from pydantic import BaseModel, Field, model_validator

from chassis.ids import Id
from payments.cash_office.schemas.values import BagNumber, Cheque, Counted, Kind, NewRecord, Versioned
from payments.e_returns.rules import Status
from payments.funds.schemas.values import (
    Amount,
    Change,
    Day,
    IdOrCode,
    LedgerCode,
    Narrative,
    ReferenceText,
    Title,
)
from payments.shared.schemas import RequestBody

MAX_ROWS = 50


class TemplateRow(RequestBody):
    """A row of a template: what a service takes money for."""

    fund: IdOrCode
    label: Title
    reference: ReferenceText = Field(default="", description="Left out: each e-return has its own")
    ledger_code: LedgerCode | None = None
    vat_code: IdOrCode | None = None


class NewTemplate(NewRecord):
    """What a service's e-returns list."""

    office: Id
    name: Title
    kind: Kind
    rows: list[TemplateRow] = Field(min_length=1, max_length=MAX_ROWS)


class TemplateChange(Change):
    """A change of a template: e-returns that were posted stay."""

    name: Title | None = None
    rows: list[TemplateRow] | None = Field(default=None, min_length=1, max_length=MAX_ROWS)
    is_closed: bool | None = Field(default=None, description="Whether no e-return is made of it any more")


class Template(Versioned):
    """What a service's e-returns list."""

    office: Id
    name: str
    kind: Kind
    rows: list[TemplateRow]
    is_closed: bool


class EReturnLine(RequestBody):
    """What was taken for a row of the template."""

    row: int = Field(ge=1, le=MAX_ROWS, description="The template's, from 1")
    amount: Amount
    reference: ReferenceText = Field(default="", description="If the row has none")
    narrative: Narrative = ""
    cheque: Cheque | None = Field(default=None, description="Of an e-return of cheques: one for each line")


class EReturnContent(RequestBody):
    """What a service took and banked."""

    number: BagNumber
    banked_on: Day
    counted: Counted | None = Field(default=None, description="Of an e-return of cash: it has the lines' sum")
    lines: list[EReturnLine] = Field(min_length=1, max_length=MAX_ROWS)

    @property
    def amount(self) -> int:
        """Return what was taken, in pence."""
        return sum(line.amount for line in self.lines)

    @model_validator(mode="after")
    def _is_one_kind(self) -> "EReturnContent":
        with_cheque = sum(line.cheque is not None for line in self.lines)
        if with_cheque not in {0, len(self.lines)} or (with_cheque > 0) != (self.counted is None):
            raise ValueError("an e-return has either cash, counted, or a cheque for each line")
        return self


class NewEReturn(EReturnContent, NewRecord):
    """A new e-return: a draft."""

    template: Id


class EReturn(Versioned):
    """A service's own list of cash or cheques that it banked."""

    template: Id
    office: Id
    kind: Kind
    status: Status
    number: str
    banked_on: date
    counted: dict[str, int] | None
    lines: list[EReturnLine]
    amount: int
    created_by: str
    submitted_by: str | None
    checked_by: str | None
    checked_at: datetime | None
    answer: str
    bag: Id | None


class EReturnSummary(BaseModel):
    """An e-return in a list."""

    id: Id
    template: Id
    office: Id
    kind: Kind
    status: Status
    number: str
    banked_on: date
    amount: int
    created_by: str
