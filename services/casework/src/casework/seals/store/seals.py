"""Statements of seals and heads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, any_, bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from casework.seals.tables import history_head, history_seal
from chassis.database import ReadSession, Session
from chassis.tables import ID, council

_SEAL, _HEAD = history_seal.c, history_head.c
_OF_COUNCIL = _SEAL.council == bindparam("council")
_LAST = select(history_seal).where(_OF_COUNCIL).order_by(_SEAL.sequence.desc()).limit(1)
_LAST_COMPLETE = _LAST.where(_SEAL.is_complete)
_SEALS = (
    select(history_seal)
    .where(_OF_COUNCIL, _SEAL.sequence > bindparam("after"))
    .order_by(_SEAL.sequence)
    .limit(bindparam("fetch"))
)
_HEADS = (
    select(_HEAD.case_id, _HEAD.n, _HEAD.digest)
    .where(_HEAD.council == bindparam("council"), _HEAD.sequence == bindparam("sequence"))
    .order_by(_HEAD.case_id)
)
# A history that a successor has goes on behind the seals of the council that it came from.
_HEADS_OF_CASES = (
    select(_HEAD.case_id, _HEAD.n, _HEAD.digest, _SEAL.since)
    .join(history_seal, (_SEAL.council == _HEAD.council) & (_SEAL.sequence == _HEAD.sequence))
    .where(_HEAD.case_id == any_(bindparam("cases", type_=ARRAY(ID))))
    .order_by(_HEAD.case_id, _HEAD.n)
)
_GROWN = text("""SELECT g.case_id, g.n, e.digest FROM (
        SELECT case_id, max(n) AS n FROM case_entry
        WHERE council = :council AND at < :until AND at >= :since
        GROUP BY case_id) AS g
    JOIN case_entry e ON e.council = :council AND e.case_id = g.case_id AND e.n = g.n
    WHERE g.n > coalesce((SELECT max(h.n) FROM history_head h WHERE h.case_id = g.case_id), 0)
    ORDER BY g.case_id LIMIT :fetch""")
_WITHOUT_TRACE = text("""SELECT DISTINCT h.case_id FROM history_head h WHERE h.council = :council
    AND NOT EXISTS (SELECT FROM case_record c WHERE c.id = h.case_id)
    AND NOT EXISTS (SELECT FROM case_tombstone t WHERE t.case_id = h.case_id) LIMIT :most""")
_COUNCILS = select(council.c.slug).where(council.c.status == "active").order_by(council.c.slug)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:council, 14))")


async def list_councils(session: ReadSession) -> list[str]:
    """List the councils whose histories are sealed."""
    return [row.slug for row in await session.all(_COUNCILS)]


async def find_last(session: ReadSession, council: str) -> Row[Any] | None:
    """Find the last seal."""
    return await session.first(_LAST, {"council": council})


async def find_last_complete(session: ReadSession, council: str) -> Row[Any] | None:
    """Find the last seal of a day that is sealed whole."""
    return await session.first(_LAST_COMPLETE, {"council": council})


async def list_grown(
    session: ReadSession, council: str, since: datetime, until: datetime, fetch: int
) -> Sequence[Row[Any]]:
    """List the ends of histories that have entries of a time which no seal covers."""
    params = {"council": council, "since": since, "until": until, "fetch": fetch}
    return await session.all(_GROWN, params)


async def lock_chain(session: Session, council: str) -> None:
    """Lock a council's chain against another sealer."""
    await session.execute(_LOCK, {"council": council})


async def insert_seal(session: Session, row: Mapping[str, Any], heads: Sequence[Mapping[str, Any]]) -> None:
    """Write a seal and its heads."""
    await session.execute(insert(history_seal), row)
    if heads:
        await session.execute(insert(history_head), heads)


async def list_seals(session: ReadSession, council: str, after: int, fetch: int) -> Sequence[Row[Any]]:
    """List seals in their order."""
    return await session.all(_SEALS, {"council": council, "after": after, "fetch": fetch})


async def list_heads(session: ReadSession, council: str, sequence: int) -> list[tuple[UUID, int, bytes]]:
    """List the heads of a seal, by case."""
    rows = await session.all(_HEADS, {"council": council, "sequence": sequence})
    return [(row.case_id, row.n, bytes(row.digest)) for row in rows]


async def list_heads_of_cases(session: ReadSession, cases: Sequence[UUID]) -> Sequence[Row[Any]]:
    """List the heads of cases in the seals of every council that the session may see."""
    return await session.all(_HEADS_OF_CASES, {"cases": list(cases)})


async def list_without_trace(session: ReadSession, council: str, most: int) -> list[UUID]:
    """List cases that were sealed, and of which nothing is left, not even a tombstone."""
    return [row.case_id for row in await session.all(_WITHOUT_TRACE, {"council": council, "most": most})]
