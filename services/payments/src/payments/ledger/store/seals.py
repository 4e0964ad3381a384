"""The chain of seals, its signed roots, and balances."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, LargeBinary

from chassis.database import ReadSession, Session
from chassis.tables import ID

_RECORD = """
    SELECT t.id, t.mode, t.kind, t.cause, t.method, t.taken_on, t.value_date, t.reverses, t.posted_at,
        (SELECT json_agg(json_build_array(a.role, a.fund, a.code, p.amount, p.line, p.reference) ORDER BY p.n)
            FROM posting p JOIN ledger_account a ON a.council = p.council AND a.id = p.account
            WHERE p.council = t.council AND p.transaction = t.id) AS postings"""
_LOCK_CHAIN = text("SELECT pg_advisory_xact_lock(hashtext(:council), hashtext(:mode))")
_LAST = text("""SELECT sequence, hash FROM ledger_seal WHERE council = :council AND mode = :mode
    ORDER BY sequence DESC LIMIT 1""")
_ENDS = text("""SELECT sequence, transaction, hash FROM ledger_seal WHERE council = :council AND mode = :mode
    AND sequence IN (1, (SELECT max(sequence) FROM ledger_seal WHERE council = :council AND mode = :mode))
    ORDER BY sequence""")
_UNSEALED = text(f"""{_RECORD}
    FROM unsealed_transaction u
    JOIN ledger_transaction t ON t.council = u.council AND t.id = u.transaction
    WHERE u.council = :council AND u.mode = :mode ORDER BY u.transaction LIMIT :limit""")
_SEALED = text(f"""{_RECORD}, s.sequence, s.hash
    FROM ledger_seal s JOIN ledger_transaction t ON t.council = s.council AND t.id = s.transaction
    WHERE s.council = :council AND s.mode = :mode AND s.sequence > :after ORDER BY s.sequence LIMIT :limit""")
_SEAL = text("""
    WITH sealed AS (
        DELETE FROM unsealed_transaction
        WHERE council = :council AND mode = :mode AND transaction = ANY (:transactions)
    )
    INSERT INTO ledger_seal (council, mode, sequence, transaction, hash)
    SELECT :council, :mode, sequence, transaction, hash
    FROM unnest(:sequences, :transactions, :hashes) AS x (sequence, transaction, hash)""").bindparams(
    bindparam("transactions", type_=ARRAY(ID)),
    bindparam("sequences", type_=ARRAY(BigInteger)),
    bindparam("hashes", type_=ARRAY(LargeBinary)),
)
_WAITING = text("SELECT DISTINCT council, mode FROM unsealed_transaction ORDER BY council, mode")
_CHAINS = text("SELECT council, mode, max(sequence) AS sequence FROM ledger_seal GROUP BY council, mode")
_INSERT_ROOT = text("""INSERT INTO ledger_root (council, mode, day, sequence, hash, statement)
    VALUES (:council, :mode, :day, :sequence, :hash, :statement) ON CONFLICT DO NOTHING""")
_ROOTS = text("""SELECT day, sequence, hash, statement FROM ledger_root
    WHERE council = :council AND mode = :mode AND day > :after ORDER BY day LIMIT :limit""")
_SNAPSHOT = """(SELECT max(sequence) FROM balance_snapshot
    WHERE council = :council AND mode = :mode)"""
_INSERT_SNAPSHOT = text(f"""
    INSERT INTO balance_snapshot (council, mode, sequence, account, balance)
    SELECT :council, :mode, :sequence, account, sum(amount) FROM (
        SELECT account, balance AS amount FROM balance_snapshot
        WHERE council = :council AND mode = :mode AND sequence = {_SNAPSHOT}
        UNION ALL
        SELECT p.account, p.amount FROM ledger_seal s
        JOIN posting p ON p.council = s.council AND p.transaction = s.transaction
        WHERE s.council = :council AND s.mode = :mode AND s.sequence > coalesce({_SNAPSHOT}, 0)
            AND s.sequence <= :sequence) AS moved
    GROUP BY account ON CONFLICT DO NOTHING""")  # noqa: S608
_BALANCES = text(f"""
    SELECT a.role, a.fund, a.code, sum(moved.amount)::bigint AS balance FROM (
        SELECT account, balance AS amount FROM balance_snapshot
        WHERE council = :council AND mode = :mode AND sequence = {_SNAPSHOT}
        UNION ALL
        SELECT p.account, p.amount FROM ledger_seal s
        JOIN posting p ON p.council = s.council AND p.transaction = s.transaction
        WHERE s.council = :council AND s.mode = :mode AND s.sequence > coalesce({_SNAPSHOT}, 0)
        UNION ALL
        SELECT p.account, p.amount FROM unsealed_transaction u
        JOIN posting p ON p.council = u.council AND p.transaction = u.transaction
        WHERE u.council = :council AND u.mode = :mode) AS moved
    JOIN ledger_account a ON a.council = :council AND a.id = moved.account
    GROUP BY a.role, a.fund, a.code ORDER BY a.role, a.code, a.fund""")  # noqa: S608


async def lock_chain(session: Session, council: str, mode: str) -> None:
    """Lock a chain against another sealer."""
    await session.execute(_LOCK_CHAIN, {"council": council, "mode": mode})


async def find_last_seal(session: ReadSession, council: str, mode: str) -> Row[Any] | None:
    """Find the end of a chain."""
    return await session.first(_LAST, {"council": council, "mode": mode})


async def find_ends(session: ReadSession, council: str, mode: str) -> tuple[Row[Any], Row[Any]]:
    """Find the first and the last seal of a chain that has one."""
    rows = await session.all(_ENDS, {"council": council, "mode": mode})
    return rows[0], rows[-1]


async def list_unsealed(session: Session, council: str, mode: str, limit: int) -> Sequence[Row[Any]]:
    """List transactions that no seal covers, the oldest first, with their postings."""
    return await session.all(_UNSEALED, {"council": council, "mode": mode, "limit": limit})


async def list_sealed(
    session: ReadSession, council: str, mode: str, after: int, limit: int
) -> Sequence[Row[Any]]:
    """List sealed transactions with their postings and seals, in the chain's order."""
    params = {"council": council, "mode": mode, "after": after, "limit": limit}
    return await session.all(_SEALED, params)


async def insert_seals(
    session: Session, council: str, mode: str, seals: Sequence[tuple[int, UUID, bytes]]
) -> None:
    """Write seals: sequence, transaction, hash."""
    sequences, transactions, hashes = map(list, zip(*seals, strict=True))
    values = {"sequences": sequences, "transactions": transactions, "hashes": hashes}
    await session.execute(_SEAL, {"council": council, "mode": mode, **values})


async def list_waiting_chains(session: ReadSession) -> Sequence[Row[Any]]:
    """List the chains that have unsealed transactions, of all councils the session may see."""
    return await session.all(_WAITING)


async def list_chains(session: ReadSession) -> Sequence[Row[Any]]:
    """List the chains and the sequence of their last seal, of all councils the session may see."""
    return await session.all(_CHAINS)


async def insert_root(session: Session, council: str, mode: str, values: dict[str, Any]) -> None:
    """Write the root of a day, unless it has one."""
    await session.execute(_INSERT_ROOT, {"council": council, "mode": mode, **values})


async def list_roots(
    session: ReadSession, council: str, mode: str, after: date, limit: int
) -> Sequence[Row[Any]]:
    """List the signed roots of a chain, the oldest first."""
    return await session.all(_ROOTS, {"council": council, "mode": mode, "after": after, "limit": limit})


async def insert_snapshot(session: Session, council: str, mode: str, sequence: int) -> None:
    """Sum each account's postings up to a seal."""
    await session.execute(_INSERT_SNAPSHOT, {"council": council, "mode": mode, "sequence": sequence})


async def list_balances(session: ReadSession, council: str, mode: str) -> Sequence[Row[Any]]:
    """Sum every account's postings: the last snapshot and what came after, sealed or not."""
    return await session.all(_BALANCES, {"council": council, "mode": mode})
