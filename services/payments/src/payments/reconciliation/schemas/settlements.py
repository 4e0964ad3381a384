"""Settlements, their lines and exceptions, as the API shows them."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from chassis.ids import Id
from payments.reconciliation.rules.matching import ExceptionKind


class Settlement(BaseModel):
    """A payout of a card processor or of Direct Debits."""

    id: Id
    account: Id | None = Field(description="The gateway account; null: Direct Debits were paid out")
    service_user: Id | None = Field(description="The service user of Direct Debit; null: a gateway account")
    provider_id: str
    reference: str = Field(description="What the bank's statement shows")
    amount: int = Field(description="Pence paid to the bank; negative: taken from it")
    currency: str
    is_reversed: bool = Field(description="The bank sent it back")
    lines: int
    gross: int
    fee: int
    paid_at: datetime
    arrival_on: date


class SettlementLine(BaseModel):
    """A line of a payout, and what it was matched with."""

    n: int
    provider_id: str
    kind: str
    amount: int
    fee: int
    net: int
    currency: str
    payment: Id | None
    refund: Id | None
    collection: Id | None = Field(description="The Direct Debit")
    rule: str | None = Field(description="The rule that matched it; null: nothing did")


class ReconciliationException(BaseModel):
    """Something that does not match."""

    id: Id
    kind: ExceptionKind
    settlement: Id | None
    line: int | None
    payment: Id | None
    collection: Id | None = Field(description="The Direct Debit")
    amount: int
    opened_at: datetime
    closed_at: datetime | None


class Fetch(BaseModel):
    """Settlements that will be fetched."""

    accounts: int = Field(description="Gateway accounts and service users whose processors are asked")
