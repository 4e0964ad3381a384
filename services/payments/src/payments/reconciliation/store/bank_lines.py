"""Bank lines, and the payouts that they are matched with."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Date

from chassis.database import ReadSession, Session
from payments.reconciliation.tables import bank_line

_SIZES = bindparam("sizes", type_=ARRAY(BigInteger))
# Of a size, and as old at most as a bank's correction may be.
_PAYOUTS = text("""
    SELECT id, coalesce(account, service_user) AS merchant, amount, reference, arrival_on, is_reversed
    FROM settlement
    WHERE council = :council AND mode = :mode AND abs(amount) = ANY(:sizes) AND currency = 'GBP'
        AND arrival_on > now() - interval '400 days' AND amount <> 0
    ORDER BY id""").bindparams(_SIZES)
_LINES = text("""
    SELECT id, account, amount, booked_on, concat_ws(' ', reference, text) AS text, has_fund_reference,
        is_for_payouts, settlement, bag, rule, match
    FROM bank_line
    WHERE council = :council AND mode = :mode AND abs(amount) = ANY(:sizes)
        AND booked_on > now() - interval '400 days'
    ORDER BY id""").bindparams(_SIZES)
_INSERT = insert(bank_line)
_MATCH = text("""UPDATE bank_line SET settlement = :settlement, bag = :bag, rule = :rule, match = :match
    WHERE council = :council AND id = :line""")
_ERASE = text("""UPDATE bank_line SET reference = '', text = '' WHERE council = :council AND id IN (
    SELECT id FROM bank_line WHERE council = :council AND booked_on <= :last_day
    AND (reference <> '' OR text <> '') LIMIT :most)""").bindparams(bindparam("last_day", type_=Date))
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
    """List lines of these sizes (amounts without sign)."""
    return await session.all(_LINES, {"council": council, "mode": mode, "sizes": list(sizes)})


async def insert_lines(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write lines of a statement."""
    if rows:
        await session.execute(_INSERT, [dict(row) for row in rows])


async def match_line(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Write what a line is matched with: line, settlement, bag, rule, match; nulls if with nothing."""
    await session.execute(_MATCH, {"council": council, **values})


async def list_lines(
    session: ReadSession, council: str, statement: UUID, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List the lines of a statement."""
    params = {"council": council, "statement": statement, "after": after, "fetch": fetch}
    return await session.all(_PAGE, params)


async def erase_words(session: Session, council: str, last_day: date, most: int) -> int:
    """Erase the references and texts of a batch of lines up to a day; return how many there were."""
    return await session.execute(_ERASE, {"council": council, "last_day": last_day, "most": most})
