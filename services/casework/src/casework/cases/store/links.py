"""Statements of links between cases: a relation, a merge, a case that another opened."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from casework.cases.tables import case_link, case_record
from chassis.database import ReadSession, Session

_LINK, _CASE = case_link.c, case_record.c
_TARGET = select(_CASE.id, _CASE.closed_at, _CASE.restricted).where(
    _CASE.council == bindparam("council"),
    _CASE.mode == bindparam("mode"),
    _CASE.reference == bindparam("reference"),
)
_LOCK = (
    select(case_record)
    .where(_CASE.council == bindparam("council"), _CASE.id == bindparam("case_id"))
    .with_for_update(nowait=True)
)
_LOCK_NOT_AVAILABLE = "55P03"  # of PostgreSQL
_ADD = insert(case_link).on_conflict_do_nothing(index_elements=["council", "case_id", "link", "other_id"])


async def find_target(session: ReadSession, council: str, mode: str, reference: str) -> Row[Any] | None:
    """Find the case that a link names by its reference, without separators."""
    return await session.first(_TARGET, {"council": council, "mode": mode, "reference": reference})


async def try_lock(session: Session, council: str, case_id: UUID) -> Row[Any] | None:
    """Lock a case; None if somebody has it: two cases that merge into each other do not wait for ever."""
    try:
        async with session.connection.begin_nested():
            return await session.first(_LOCK, {"council": council, "case_id": case_id})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            return None
        raise


async def add_link(session: Session, values: Mapping[str, Any]) -> None:
    """Write a link. One that is there stays."""
    await session.execute(_ADD, values)
