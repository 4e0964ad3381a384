"""Statements that give staff roles and take them away."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from casework.cases.tables import role_holder
from chassis.database import ReadSession, Session

_HOLDER = role_holder.c
_ONE = (_HOLDER.council == bindparam("council"), _HOLDER.subject == bindparam("subject"))
_FIND = select(_HOLDER.roles, _HOLDER.email, _HOLDER.away_from, _HOLDER.away_until, _HOLDER.version).where(
    *_ONE
)
_LOCK = _FIND.with_for_update()
_UPSERT = upsert(role_holder)
_SAVE = _UPSERT.on_conflict_do_update(
    index_elements=["council", "subject"],
    set_={
        "roles": _UPSERT.excluded.roles,
        "email": _UPSERT.excluded.email,
        "away_from": _UPSERT.excluded.away_from,
        "away_until": _UPSERT.excluded.away_until,
        "version": _HOLDER.version + 1,
    },
).returning(_HOLDER.version)
_LIST = (
    select(_HOLDER.subject, _HOLDER.roles, _HOLDER.email)
    .where(_HOLDER.council == bindparam("council"))
    .order_by(_HOLDER.subject)
    .limit(bindparam("most"))
)
_DELETE = (
    delete(role_holder)
    .where(*_ONE)
    .returning(_HOLDER.roles, _HOLDER.email, _HOLDER.away_from, _HOLDER.away_until)
)


async def find_roles(session: ReadSession, council: str, subject: str) -> Row[Any] | None:
    """Find the roles that a member of staff acts in."""
    return await session.first(_FIND, {"council": council, "subject": subject})


async def lock_roles(session: Session, council: str, subject: str) -> Row[Any] | None:
    """Find the roles that a member of staff acts in, and lock them until the transaction ends."""
    return await session.first(_LOCK, {"council": council, "subject": subject})


async def save_roles(
    session: Session,
    council: str,
    subject: str,
    roles: Sequence[str],
    email: str | None,
    absence: tuple[date | None, date | None],
) -> int:
    """Write a member of staff's roles, and return their version. ``absence``: its first and last day."""
    row = {"council": council, "subject": subject, "roles": list(roles), "email": email, "version": 1}
    away = {"away_from": absence[0], "away_until": absence[1]}
    return int(await session.scalar(_SAVE, row | away))


async def delete_roles(session: Session, council: str, subject: str) -> Row[Any] | None:
    """Take all roles from a member of staff, and return what they were; None if there were none."""
    return await session.first(_DELETE, {"council": council, "subject": subject})


async def list_holders(session: ReadSession, council: str, most: int) -> Sequence[Row[Any]]:
    """List who has roles, and which."""
    return await session.all(_LIST, {"council": council, "most": most})
