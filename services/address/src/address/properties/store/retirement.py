"""Set the logical status of properties and their addresses, and write successors."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, text

from address.properties import tables
from chassis.database import Session

# Everything live within a property, itself left out, the nearest first.
_LIST_CHILDREN = text("""
    WITH RECURSIVE down (uprn, logical_status, depth) AS (
        SELECT b.uprn, b.logical_status, 1 FROM blpu b
        WHERE b.council = :council AND b.parent_uprn = :uprn
        UNION
        SELECT b.uprn, b.logical_status, down.depth + 1
        FROM down JOIN blpu b ON b.council = :council AND b.parent_uprn = down.uprn
        WHERE down.depth < :deepest)
    SELECT DISTINCT uprn, logical_status FROM down WHERE logical_status <> 8 ORDER BY uprn""")
_LOCK = text("""SELECT uprn, logical_status FROM blpu
    WHERE council = :council AND uprn = ANY(CAST(:uprns AS bigint[])) ORDER BY uprn FOR UPDATE""")
_SET_STATUS = text("""
    UPDATE blpu b SET logical_status = t.status, version = b.version + 1, updated_at = now(),
        last_update = t.today, end_date = CASE WHEN t.status = 8 THEN t.today ELSE b.end_date END,
        state = coalesce(t.state, b.state),
        state_date = CASE WHEN t.state <> b.state OR b.state IS NULL AND t.state IS NOT NULL
            THEN t.today ELSE b.state_date END
    FROM (SELECT CAST(:status AS smallint) AS status, CAST(:state AS smallint) AS state,
        CAST(:today AS date) AS today) t
    WHERE b.council = :council AND b.uprn = ANY(CAST(:uprns AS bigint[]))""")
_SET_ADDRESS_STATUSES = text("""
    UPDATE lpi l SET logical_status = t.after, last_update = t.today,
        end_date = CASE WHEN t.after = 8 THEN t.today ELSE l.end_date END
    FROM (SELECT CAST(:now AS smallint) AS before, CAST(:then AS smallint) AS after,
        CAST(:today AS date) AS today) t
    WHERE l.council = :council AND l.uprn = ANY(CAST(:uprns AS bigint[])) AND l.logical_status = t.before""")
_INSERT_SUCCESSOR = insert(tables.successor)


async def list_children(session: Session, council: str, uprn: int, deepest: int) -> Sequence[Row[Any]]:
    """List the live properties within one, at any depth: ``uprn``, ``logical_status``."""
    return await session.all(_LIST_CHILDREN, {"council": council, "uprn": uprn, "deepest": deepest})


async def lock(session: Session, council: str, uprns: Sequence[int]) -> dict[int, int]:
    """Lock properties. Return the logical status of each that exists."""
    rows = await session.all(_LOCK, {"council": council, "uprns": list(uprns)})
    return {row.uprn: row.logical_status for row in rows}


async def set_status(
    session: Session, council: str, uprns: Sequence[int], status: int, today: date, state: int | None = None
) -> None:
    """Set the properties' logical status, and a state if there is one, in a new version."""
    params = {"council": council, "uprns": list(uprns), "status": status, "today": today, "state": state}
    await session.execute(_SET_STATUS, params)


async def set_address_statuses(
    session: Session, council: str, uprns: Sequence[int], statuses: Mapping[int, int], today: date
) -> None:
    """Change the status of their addresses as ``statuses`` maps it."""
    for before, after in statuses.items():
        params = {"council": council, "uprns": list(uprns), "now": before, "then": after, "today": today}
        await session.execute(_SET_ADDRESS_STATUSES, params)


async def insert_successors(
    session: Session, council: str, uprn: int, successors: Mapping[str, int], today: date
) -> None:
    """Insert which properties took the place of one, by the keys of the records."""
    dates = dict.fromkeys(("start_date", "entry_date", "last_update"), today)
    rows = [
        {"council": council, "uprn": uprn, "succ_key": key, "successor": successor, **dates}
        for key, successor in successors.items()
    ]
    await session.execute(_INSERT_SUCCESSOR, rows)
