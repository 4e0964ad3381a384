"""Bank lines, and the payouts that they are matched with."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from chassis.database import ReadSession, Session
from payments.reconciliation.tables import bank_line

_SIZES = bindparam("sizes", type_=ARRAY(BigInteger))
# Of a size, and as old at most as a bank's correction may be.
_PAYOUTS = text("""
    SELECT id, account, amount, reference, arrival_on, is_reversed FROM settlement
    WHERE council = :council AND mode = :mode AND abs(amount) = ANY(:sizes) AND currency = 'GBP'
        AND arrival_on > now() - interval '400 days' AND amount <> 0
    ORDER BY id""").bindparams(_SIZES)
_LINES = text("""
    SELECT id, account, amount, booked_on, concat_ws(' ', reference, text) AS text, has_fund_reference,
        settlement, rule, match
    FROM bank_line
    WHERE council = :council AND mode = :mode AND abs(amount) = ANY(:sizes) AND is_for_payouts
        AND booked_on > now() - interval '400 days'
    ORDER BY id""").bindparams(_SIZES)
_INSERT = insert(bank_line)
_MATCH = text("""UPDATE bank_line SET settlement = :settlement, rule = :rule, match = :match
    WHERE council = :council AND id = :line""")
_PAGE = (
    select(bank_line)
    .where(
        bank_line.c.council == bindparam("council"),
        bank_line.c.statement == bindparam("statement"),
        bank_line.c.n > bindparam("after"),
    )
    .order_by(bank_line.c.n)
    .limit(bindparam("fetch"))
)


async def list_payouts(
    session: ReadSession, council: str, mode: str, sizes: Collection[int]
) -> Sequence[Row[Any]]:
    """List payouts of these sizes (amounts without sign)."""
    return await session.all(_PAYOUTS, {"council": council, "mode": mode, "sizes": list(sizes)})


async def list_candidates(
    session: ReadSession, council: str, mode: str, sizes: Collection[int]
) -> Sequence[Row[Any]]:
    """List lines of these sizes on accounts that receive payouts."""
    return await session.all(_LINES, {"council": council, "mode": mode, "sizes": list(sizes)})


async def insert_lines(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write lines of a statement."""
    if rows:
        await session.execute(_INSERT, [dict(row) for row in rows])


async def match_line(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Write what a line is matched with: line, settlement, rule, match; nulls if with nothing."""
    await session.execute(_MATCH, {"council": council, **values})


async def list_lines(
    session: ReadSession, council: str, statement: UUID, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List the lines of a statement."""
    params = {"council": council, "statement": statement, "after": after, "fetch": fetch}
    return await session.all(_PAGE, params)
