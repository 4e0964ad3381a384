"""What is on its way to the bank, and what keeps a day from being closed."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Date

from chassis.database import ReadSession, Session
from chassis.tables import ID

_DAY = bindparam("day", type_=Date)
_LOCK_TILLS = text("""
    SELECT id, status, office, opening_float, counted_cash, counted_cheques FROM till
    WHERE council = :council AND mode = :mode AND id = ANY(:tills) ORDER BY id FOR UPDATE""").bindparams(
    bindparam("tills", type_=ARRAY(ID))
)
_BANK_TILLS = text("""
    UPDATE till SET status = 'banked', bag = :bag, version = version + 1, updated_by = :by, updated_at = :at
    WHERE council = :council AND id = ANY(:tills)""").bindparams(bindparam("tills", type_=ARRAY(ID)))
_NUMBERED = text("""SELECT count(*) FROM bag
    WHERE council = :council AND office = :office AND number = :number AND kind = 'deposit'""")
# As old at most as a bank's correction may be.
_OF_SIZES = text("""
    SELECT id, number, cash + cheques AS amount FROM bag
    WHERE council = :council AND mode = :mode AND abs(cash + cheques) = ANY(:sizes)
        AND banked_on > now() - interval '400 days' ORDER BY id""").bindparams(
    bindparam("sizes", type_=ARRAY(BigInteger))
)
_WAITING = text("""
    SELECT 'till' AS kind, id FROM till WHERE council = :council AND mode = :mode AND day <= :day
        AND status IN ('open', 'counted', 'recount', 'checking')
    ORDER BY id LIMIT :most""").bindparams(_DAY)
_OPEN = text("""
    SELECT 'tills-not-banked' AS kind, count(*) AS items,
        coalesce(sum(counted_cash + counted_cheques - opening_float), 0)::bigint AS amount
    FROM till WHERE council = :council AND mode = :mode AND status = 'balanced' AND day <= :day
        AND counted_cash + counted_cheques > opening_float
    UNION ALL
    SELECT 'transit-late', count(*), coalesce(sum(p.amount), 0)::bigint
    FROM bag b
    JOIN ledger_account a ON a.council = b.council AND a.mode = b.mode AND a.role = 'transit'
        AND a.fund IS NULL AND a.code = b.id::text
    CROSS JOIN LATERAL (SELECT sum(q.amount) AS amount FROM posting q
        WHERE q.council = a.council AND q.account = a.id) AS p
    WHERE b.council = :council AND b.mode = :mode AND b.banked_on < :before
        AND b.banked_on > :before - 400 AND p.amount <> 0""").bindparams(
    _DAY, bindparam("before", type_=Date)
)


async def lock_tills(session: Session, council: str, mode: str, tills: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Lock tills until the transaction ends, in the order of their ids."""
    return await session.all(_LOCK_TILLS, {"council": council, "mode": mode, "tills": list(tills)})


async def bank_tills(session: Session, council: str, tills: Sequence[UUID], **values: Any) -> None:
    """Write that locked tills are in a bag: bag, by, at."""
    await session.execute(_BANK_TILLS, {"council": council, "tills": list(tills), **values})


async def is_numbered(session: ReadSession, council: str, office: UUID, number: str) -> bool:
    """Check whether an office has used a paying-in number."""
    values = {"council": council, "office": office, "number": number}
    return bool(await session.scalar(_NUMBERED, values))


async def list_of_sizes(
    session: ReadSession, council: str, mode: str, sizes: Collection[int]
) -> Sequence[Row[Any]]:
    """List bags and returned cheques of these sizes (amounts without sign)."""
    return await session.all(_OF_SIZES, {"council": council, "mode": mode, "sizes": list(sizes)})


async def list_waiting(
    session: ReadSession, council: str, mode: str, day: date, most: int
) -> Sequence[Row[Any]]:
    """List the tills that a day cannot be closed with: they are not balanced."""
    values = {"council": council, "mode": mode, "day": day, "most": most}
    return await session.all(_WAITING, values)


async def count_open(
    session: ReadSession, council: str, mode: str, day: date, before: date
) -> Sequence[Row[Any]]:
    """Count what stands open, by kind; transit that was banked before a day is late."""
    values = {"council": council, "mode": mode, "day": day, "before": before}
    return await session.all(_OPEN, values)
