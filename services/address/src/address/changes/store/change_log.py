"""Write history and events of changes, increment versions, and lock a gazetteer."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, text

from address.shared.horizon import LOAD_LOCK
from chassis.database import Session

# Taken by changes of parents, retirements, numbering and the like: one at a time for each council.
_LOCK_STRUCTURE = text("SELECT pg_advisory_xact_lock(7430002, hashtext(:council))")
# The lock a load holds (loading's staged_csv), shared: a change never waits for a load's rows.
_LOCK_OUT_LOADS = text(f"SELECT pg_try_advisory_xact_lock_shared({LOAD_LOCK}, hashtext(:council))")

_HISTORY = text("""
    INSERT INTO history (council, uprn, version, actor, kind, changes)
    SELECT b.council, b.uprn, b.version, :actor, :kind, t.changes::jsonb
    FROM unnest(CAST(:uprns AS bigint[]), CAST(:changes AS text[])) AS t (uprn, changes)
        JOIN blpu b ON b.council = :council AND b.uprn = t.uprn
    ORDER BY b.uprn""")
_STATES = text("""SELECT uprn, version, easting, northing, postcode, logical_status, classification
    FROM blpu WHERE council = :council AND uprn = ANY(CAST(:uprns AS bigint[])) ORDER BY uprn""")
_STREET_HISTORY = text("""INSERT INTO street_history (council, usrn, version, actor, kind, changes)
    VALUES (:council, :usrn, :version, :actor, :kind, CAST(:changes AS jsonb))""")
_NEXT_VERSION = text("""UPDATE blpu SET version = version + 1, updated_at = now(),
        last_update = CAST(:today AS date)
    WHERE council = :council AND uprn = ANY(CAST(:uprns AS bigint[]))""")
_SET_LAST_UPDATE = text("""UPDATE gazetteer SET last_update = CAST(:today AS date) WHERE council IN (
    SELECT council FROM gazetteer WHERE council = :council AND last_update < CAST(:today AS date)
    FOR UPDATE SKIP LOCKED)""")


async def lock_structure(session: Session, council: str) -> None:
    """Lock the gazetteer's structure until the transaction ends."""
    await session.execute(_LOCK_STRUCTURE, {"council": council})


async def lock_out_loads(session: Session, council: str) -> bool:
    """Keep loads from starting until the transaction ends. Return False when one is running."""
    return bool(await session.scalar(_LOCK_OUT_LOADS, {"council": council}))


async def insert_history(
    session: Session, council: str, actor: str, kind: str, changes: Mapping[int, Mapping[str, Any] | None]
) -> None:
    """Insert who changed what of properties whose new versions are written."""
    as_json = [None if fields is None else json.dumps(fields, default=float) for fields in changes.values()]
    row = {"council": council, "actor": actor, "kind": kind, "uprns": list(changes), "changes": as_json}
    await session.execute(_HISTORY, row)


async def list_states(session: Session, council: str, uprns: Sequence[int]) -> Sequence[Row[Any]]:
    """List what an event says of each property, in the order of UPRNs."""
    return await session.all(_STATES, {"council": council, "uprns": list(uprns)})


async def set_last_update(session: Session, council: str, today: Any) -> None:
    """Set the day of the gazetteer's last change. A running load sets it itself."""
    await session.execute(_SET_LAST_UPDATE, {"council": council, "today": today})


async def increment_versions(session: Session, council: str, uprns: Sequence[int], today: date) -> None:
    """Increment the versions of properties whose addresses or references have changed."""
    await session.execute(_NEXT_VERSION, {"council": council, "uprns": list(uprns), "today": today})


async def insert_street_history(
    session: Session, council: str, usrn: int, version: int, actor: str, kind: str, changes: Any
) -> None:
    """Insert who changed what of a street. ``changes``: field to [before, after], None for a new one."""
    row = {"council": council, "usrn": usrn, "version": version, "actor": actor, "kind": kind}
    as_json = None if changes is None else json.dumps(changes, default=str)
    await session.execute(_STREET_HISTORY, {**row, "changes": as_json})
