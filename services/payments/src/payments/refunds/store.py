"""Refunds and their lines."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text

from chassis.database import ReadSession, Session
from payments.payments.tables import payment_line, refund, refund_line

_INSERT = insert(refund)
_INSERT_LINES = insert(refund_line)
# Of a refund that is asked for, and again with negative amounts when it fails.
_MOVE_LINES = text("""UPDATE payment_line
    SET refunded = refunded + :amount, refunded_vat = refunded_vat + :vat
    WHERE council = :council AND payment = :payment AND n = :n""")
_MOVE_PAYMENT = text("""UPDATE payment SET refunded = refunded + :amount, version = version + :events
    WHERE council = :council AND id = :payment""")
_END = text("""UPDATE refund SET status = :status, provider_id = :provider_id, ended_at = :at
    WHERE council = :council AND id = :refund_id""")
_SUM = text("""SELECT coalesce(sum(amount), 0)::bigint FROM refund
    WHERE council = :council AND payment = :payment_id AND status = 'success'""")
_SELECT = select(refund).where(refund.c.council == bindparam("council"))
_FIND = _SELECT.where(refund.c.id == bindparam("refund_id"))
_LOCK = _FIND.with_for_update()
_OF_PAYMENT = _SELECT.where(refund.c.payment == bindparam("payment_id")).order_by(refund.c.id)
_LINES = (
    select(
        refund_line.c.n,
        refund_line.c.amount,
        refund_line.c.vat,
        *(
            payment_line.c[name]
            for name in ("fund", "is_suspense", "ledger_code", "reference", "vat_code", "narrative")
        ),
    )
    .join(
        payment_line,
        (payment_line.c.council == refund_line.c.council) & (payment_line.c.n == refund_line.c.n),
    )
    .where(
        refund_line.c.council == bindparam("council"),
        refund_line.c.refund == bindparam("refund_id"),
        payment_line.c.payment == bindparam("payment_id"),
    )
    .order_by(refund_line.c.n)
)


async def insert_refund(session: Session, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
    """Write a refund with its lines, and take it off what is left of the payment's."""
    await session.execute(_INSERT, row)
    rows = [{"council": row["council"], "refund": row["id"], **line} for line in lines]
    if rows:  # none: all of it is of the surcharge
        await session.execute(_INSERT_LINES, rows)
    await move_refunded(session, row, lines, 1)


async def move_refunded(
    session: Session, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], sign: int
) -> None:
    """Count a refund in what is refunded of the payment and its lines; ``sign`` -1: no longer."""
    of_payment = {"council": row["council"], "payment": row["payment"]}
    for line in lines:
        amounts = {"n": line["n"], "amount": sign * line["amount"], "vat": sign * line["vat"]}
        await session.execute(_MOVE_LINES, {**of_payment, **amounts})
    await session.execute(_MOVE_PAYMENT, {**of_payment, "amount": sign * row["amount"], "events": 0})


async def count_event(session: Session, council: str, payment_id: UUID) -> None:
    """Raise the payment's version for an event of it that changes no state."""
    await session.execute(
        _MOVE_PAYMENT, {"council": council, "payment": payment_id, "amount": 0, "events": 1}
    )


async def end_refund(session: Session, council: str, refund_id: UUID, values: Mapping[str, Any]) -> None:
    """Write what came of a refund: status, provider_id, at."""
    await session.execute(_END, {"council": council, "refund_id": refund_id, **values})


async def sum_refunds(session: ReadSession, council: str, payment_id: UUID) -> int:
    """Sum the refunds of a payment that the processor has made."""
    return int(await session.scalar(_SUM, {"council": council, "payment_id": payment_id}))


async def find_refund(session: ReadSession, council: str, refund_id: UUID) -> Row[Any] | None:
    """Find a refund."""
    return await session.first(_FIND, {"council": council, "refund_id": refund_id})


async def lock_refund(session: Session, council: str, refund_id: UUID) -> Row[Any] | None:
    """Lock a refund until the transaction ends."""
    return await session.first(_LOCK, {"council": council, "refund_id": refund_id})


async def list_refunds(session: ReadSession, council: str, payment_id: UUID) -> Sequence[Row[Any]]:
    """List a payment's refunds, the oldest first."""
    return await session.all(_OF_PAYMENT, {"council": council, "payment_id": payment_id})


async def list_lines(
    session: ReadSession, council: str, payment_id: UUID, refund_id: UUID
) -> Sequence[Row[Any]]:
    """List the lines of a refund with those of the payment."""
    params = {"council": council, "payment_id": payment_id, "refund_id": refund_id}
    return await session.all(_LINES, params)
