"""Statements of constraints."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from mapping.constraints.tables import constraint_search, constraint_setting

_SETTING, _SEARCH = constraint_setting.c, constraint_search.c
_LATEST = (
    select(constraint_setting)
    .where(_SETTING.council == bindparam("council"))
    .order_by(_SETTING.version.desc())
    .limit(1)
)
_ADD_SETTING = insert(constraint_setting).on_conflict_do_nothing(index_elements=["council", "version"])
_ADD_SEARCH = insert(constraint_search)
_GET_SEARCH = select(constraint_search).where(
    _SEARCH.council == bindparam("council"), _SEARCH.mode == bindparam("mode"), _SEARCH.id == bindparam("id")
)
_PURGE = delete_batch(constraint_search, _SEARCH.keep_until < bindparam("today"))


async def get_setting(session: ReadSession, council: str) -> Row[Any] | None:
    """Get the latest version of a council's list; None: it never wrote one."""
    return await session.first(_LATEST, {"council": council})


async def add_setting(session: Session, council: str, values: Mapping[str, Any]) -> bool:
    """Add a version of a council's list; False if somebody added one meanwhile."""
    return await session.execute(_ADD_SETTING, {**values, "council": council}) > 0


async def add_search(session: Session, council: str, values: Mapping[str, Any]) -> None:
    """Keep a search."""
    await session.execute(_ADD_SEARCH, {**values, "council": council})


async def get_search(session: ReadSession, council: str, mode: str, search: UUID) -> Row[Any] | None:
    """Get a search that was kept."""
    return await session.first(_GET_SEARCH, {"council": council, "mode": mode, "id": search})


async def purge(session: Session, today: date, most: int) -> int:
    """Delete a batch of searches whose day has passed."""
    return await session.execute(_PURGE, {"today": today, "most": most})
