"""What is in suspense, and what was taken, as the postings say."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from chassis.database import ReadSession, Session

_ITEM = """SELECT a.code, a.fund, -sum(p.amount)::bigint AS amount, min(t.taken_on) AS taken_on,
        min(p.reference) AS reference
    FROM ledger_account a
    JOIN posting p ON p.council = a.council AND p.account = a.id
    JOIN ledger_transaction t ON t.council = p.council AND t.id = p.transaction
    WHERE a.council = :council AND a.mode = :mode AND a.role = 'suspense'"""
_ITEMS = text(f"""SELECT * FROM ({_ITEM} GROUP BY a.code, a.fund HAVING sum(p.amount) <> 0) AS item
    WHERE (taken_on, code) > (:day, :code) ORDER BY taken_on, code LIMIT :most""")  # noqa: S608
_ONE_ITEM = text(f"{_ITEM} AND a.code = :code GROUP BY a.code, a.fund")
_LOCK_ITEM = text("SELECT pg_advisory_xact_lock(hashtextextended(:code, 20261))")
# The VAT of a line is posted right after what its fund gets.
_TAKINGS = text("""
    SELECT t.taken_on AS day, t.method, owner.fund, -sum(p.amount)::bigint AS gross,
        -coalesce(sum(p.amount) FILTER (WHERE a.role = 'vat'), 0)::bigint AS vat
    FROM ledger_transaction t
    JOIN posting p ON p.council = t.council AND p.transaction = t.id
    JOIN ledger_account a ON a.council = p.council AND a.id = p.account
        AND a.role IN ('fund', 'suspense', 'surcharges', 'vat')
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.role <> 'vat' THEN a.fund ELSE (
            SELECT b.fund FROM posting q
            JOIN ledger_account b ON b.council = q.council AND b.id = q.account
            WHERE q.council = p.council AND q.transaction = p.transaction AND q.n = p.n - 1) END AS fund
        ) AS owner
    WHERE t.council = :council AND t.mode = :mode AND t.taken_on BETWEEN :first AND :last
    GROUP BY t.taken_on, t.method, owner.fund HAVING sum(p.amount) <> 0
    ORDER BY t.taken_on, t.method, owner.fund LIMIT :most""")
_BALANCES = text("""
    SELECT a.code, sum(p.amount)::bigint AS balance FROM ledger_account a
    JOIN posting p ON p.council = a.council AND p.account = a.id
    WHERE a.council = :council AND a.mode = :mode AND a.role = :role AND a.fund IS NULL
        AND a.code = ANY(:codes)
    GROUP BY a.code""").bindparams(bindparam("codes", type_=ARRAY(Text)))


async def list_balances(
    session: ReadSession, council: str, mode: str, role: str, codes: Sequence[str]
) -> Sequence[Row[Any]]:
    """Sum the postings of accounts by their codes."""
    values = {"council": council, "mode": mode, "role": role, "codes": list(codes)}
    return await session.all(_BALANCES, values)


async def list_suspense(session: ReadSession, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """List what is in suspense, the oldest first: council, mode, day, code (of the last), most."""
    return await session.all(_ITEMS, values)


async def find_suspense(session: ReadSession, council: str, mode: str, code: str) -> Row[Any] | None:
    """Find an item in suspense: its fund and what is left of it."""
    return await session.first(_ONE_ITEM, {"council": council, "mode": mode, "code": code})


async def lock_suspense(session: Session, code: str) -> None:
    """Lock an item in suspense until the transaction ends."""
    await session.execute(_LOCK_ITEM, {"code": code})


async def list_takings(session: ReadSession, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """Sum what was taken by day, method and fund: council, mode, first, last, most."""
    return await session.all(_TAKINGS, values)
