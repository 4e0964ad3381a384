"""Receipts of counter takings with their lines and cheques."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import ReadSession, Session
from chassis.tables import ID
from payments.cash_office.tables import cheque, counter_line

_SERIALS = text("SELECT nextval('counter_receipt_number') FROM generate_series(1, :count)")
_INSERT_LINES, _INSERT_CHEQUE = insert(counter_line), insert(cheque)
_RECEIPTS = bindparam("receipts", type_=ARRAY(ID))
_LINES = (
    select(counter_line)
    .where(
        counter_line.c.council == bindparam("council_"),
        counter_line.c.receipt == bindparam("receipts", type_=ARRAY(ID)).any_(),
    )
    .order_by(counter_line.c.receipt, counter_line.c.n)
)
_CHEQUES = text("SELECT * FROM cheque WHERE council = :council AND receipt = ANY(:receipts)").bindparams(
    _RECEIPTS
)
_SUMS = text("""
    SELECT coalesce(sum(amount) FILTER (WHERE kind = 'cash'), 0)::bigint AS cash,
        coalesce(sum(amount) FILTER (WHERE kind = 'cheque'), 0)::bigint AS cheques
    FROM counter_receipt WHERE council = :council AND till = :till AND status <> 'voided'""")
_GIVE_BACK = text("""
    UPDATE counter_line SET refunded = refunded + :refunded, refunded_vat = refunded_vat + :refunded_vat,
        moved = moved + :moved, moved_vat = moved_vat + :moved_vat
    WHERE council = :council AND receipt = :receipt AND n = :n""")


async def draw_serials(session: Session, count: int) -> Sequence[int]:
    """Draw serial numbers for receipts. A number that is not used is never used."""
    return [int(row[0]) for row in await session.all(_SERIALS, {"count": count})]


async def insert_lines(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the lines of receipts."""
    await session.execute(_INSERT_LINES, [dict(row) for row in rows])


async def insert_cheques(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write whose cheques they are."""
    if rows:
        await session.execute(_INSERT_CHEQUE, [dict(row) for row in rows])


async def list_lines(session: ReadSession, council: str, receipts: Sequence[UUID]) -> Sequence[Row[Any]]:
    """List the lines of receipts, in order."""
    return await session.all(_LINES, {"council_": council, "receipts": list(receipts)})


async def list_cheques(session: ReadSession, council: str, receipts: Sequence[UUID]) -> Sequence[Row[Any]]:
    """List the cheques of receipts."""
    return await session.all(_CHEQUES, {"council": council, "receipts": list(receipts)})


async def sum_till(session: ReadSession, council: str, till: UUID) -> Row[Any]:
    """Sum what a till took, by cash and cheques."""
    row = await session.first(_SUMS, {"council": council, "till": till})
    if row is None:
        raise LookupError("a sum has a row")
    return row


async def take_from_line(session: Session, council: str, receipt: UUID, n: int, **amounts: int) -> None:
    """Count what a credit note or a journal took from a line: refunded, moved, and the VAT of each."""
    nothing = {"refunded": 0, "refunded_vat": 0, "moved": 0, "moved_vat": 0}
    await session.execute(_GIVE_BACK, {**nothing, **amounts, "council": council, "receipt": receipt, "n": n})
