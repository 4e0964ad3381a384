"""The simulator's payouts and balance transactions, read as the port has them."""

from datetime import date, datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from payments.processors.rules import (
    ProcessorError,
    Settlement,
    SettlementKind,
    SettlementLine,
    SettlementPage,
)

PAGE = 100
_MOST = 10**11  # pence


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Payout(_Model):
    id: str = Field(max_length=255)
    amount: int = Field(ge=-_MOST, le=_MOST)
    currency: str = Field(max_length=3)
    status: str = Field(max_length=40)
    reference: str = Field(max_length=255)
    created_at: datetime
    arrival_date: date


class _Line(_Model):
    id: str = Field(max_length=255)
    kind: str = Field(max_length=40)
    amount: int = Field(ge=-_MOST, le=_MOST)
    fee: int = Field(ge=-_MOST, le=_MOST)
    net: int
    currency: str = Field(max_length=3)
    authorisation: str | None = Field(default=None, max_length=255)
    source: str | None = Field(default=None, max_length=255)


class _Payouts(_Model):
    data: list[_Payout] = Field(max_length=PAGE)
    next: str | None = Field(default=None, max_length=255)


class _Lines(_Model):
    data: list[_Line] = Field(max_length=PAGE)
    next: str | None = Field(default=None, max_length=255)


_Page = TypeVar("_Page", bound=_Model)


def read_payouts(body: bytes) -> SettlementPage:
    """Read a page of payouts. Raises ProcessorError."""
    page = _read(_Payouts, body)
    settlements = [
        Settlement(
            provider_id=payout.id,
            amount=payout.amount,
            currency=payout.currency,
            is_reversed=payout.status == "reversed",
            reference=payout.reference,
            paid_at=payout.created_at,
            arrival_on=payout.arrival_date,
        )
        for payout in page.data
    ]
    return SettlementPage(settlements, page.next)


def read_lines(body: bytes) -> tuple[list[SettlementLine], str | None]:
    """Read a page of lines, and the id after which the next one begins. Raises ProcessorError."""
    page = _read(_Lines, body)
    if any(line.net != line.amount - line.fee for line in page.data):
        raise ProcessorError("a line of the processor's has a net that is not its amount less its fee")
    return [_to_line(line) for line in page.data], page.next


def _to_line(line: _Line) -> SettlementLine:
    is_kind = line.kind in set(SettlementKind)
    kind = SettlementKind(line.kind) if is_kind else SettlementKind.OTHER
    return SettlementLine(
        line.id, kind, line.amount, line.fee, line.currency, line.authorisation, line.source
    )


def _read(model: type[_Page], body: bytes) -> _Page:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise ProcessorError("the processor's answer cannot be read") from error
