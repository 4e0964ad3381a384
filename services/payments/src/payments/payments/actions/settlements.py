"""Find the payments and refunds that a processor settles, and write that it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids, outbox
from chassis.database import ReadSession, Session
from payments.payments.store import settlements as store


@dataclass(frozen=True, slots=True)
class SettledPayment:
    """A payment that a payout pays, and the fee the processor took."""

    payment: UUID
    settled_on: date
    fee: int


async def find_payments(
    session: ReadSession, council: str, account: UUID, provider_ids: Sequence[str]
) -> Sequence[Row[Any]]:
    """Find an account's payments by their ids at the processor: amount with surcharge, fee, captured_at."""
    return await store.find_payments(session, council, account, provider_ids)


async def find_refunds(
    session: ReadSession, council: str, account: UUID, provider_ids: Sequence[str]
) -> Sequence[Row[Any]]:
    """Find an account's refunds by their ids at the processor."""
    return await store.find_refunds(session, council, account, provider_ids)


async def settle_payments(session: Session, council: str, settled: Sequence[SettledPayment]) -> None:
    """Write when payments were settled and what fee was taken, and tell of each: two statements for all."""
    if not settled:
        return
    payments = [item.payment for item in settled]
    columns = {
        "payments": payments,
        "days": [item.settled_on for item in settled],
        "fees": [item.fee for item in settled],
    }
    await store.settle_payments(session, council, columns)
    names = [ids.show(payment) for payment in payments]
    await outbox.add_from_rows(
        session, store.INSERT_EVENTS, council=council, bulk=True, payments=payments, shown=names
    )


async def settle_refunds(session: Session, council: str, refunds: Sequence[UUID], settled_on: date) -> None:
    """Write when refunds were settled."""
    if refunds:
        await store.settle_refunds(session, council, refunds, settled_on)
